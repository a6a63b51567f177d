"""What a style is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from local.darkroom.grid import Field
from local.darkroom.words import Wish


@dataclass(frozen=True)
class Canvas:
    """A composed picture, where its subject is, the scene behind it, and the style's own chance."""

    picture: Field
    alpha: Field
    scene: Field
    rng: np.random.Generator
    wish: Wish

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.picture.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.picture.shape[0])
