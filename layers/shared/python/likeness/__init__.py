"""Likeness: what every feature shares."""

__version__ = "0.1.0"
