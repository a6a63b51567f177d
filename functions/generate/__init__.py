"""What can be ordered, and orders of pictures."""
