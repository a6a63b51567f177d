"""From a rough mask to a clean outline: one piece, no holes, along the edges of the photo."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from local.darkroom.grid import Field, blur, resize


def refine(share: Field, photo: Field) -> Field:
    """Keep one piece without holes, then let its outline follow the photo at half size."""
    solid = _closed(_one_piece(share > 0.5))
    height, width = (side // 2 for side in photo.shape[:2])
    guide = resize(photo, width, height, Image.Resampling.BOX) @ np.full(3, 1 / 3, np.float32)
    rough = resize(solid.astype(np.float32), width, height, Image.Resampling.BILINEAR)
    soft = _guided(guide, blur(rough, 0.8))
    return np.clip((soft - 0.12) / 0.76, 0, 1).astype(np.float32)


def _guided(guide: Field, plane: Field, sigma: float = 3.0, eps: float = 4e-4) -> Field:
    mean_g, mean_p = blur(guide, sigma), blur(plane, sigma)
    slope = (blur(guide * plane, sigma) - mean_g * mean_p) / (blur(guide * guide, sigma) - mean_g**2 + eps)
    offset = mean_p - slope * mean_g
    return blur(slope, sigma) * guide + blur(offset, sigma)


def _one_piece(solid: Field) -> Field:
    pieces = Image.fromarray((solid * 255).astype(np.uint8)).copy()
    best: Field = np.zeros(solid.shape, bool)
    for y in range(2, solid.shape[0], 6):
        for x in range(2, solid.shape[1], 6):
            if pieces.getpixel((x, y)) == 255:
                ImageDraw.floodfill(pieces, (x, y), 128)
                piece = np.asarray(pieces) == 128
                best = piece if piece.sum() > best.sum() else best
                pieces.paste(0, mask=Image.fromarray((piece * 255).astype(np.uint8)))
    return _filled(best)


def _closed(solid: Field) -> Field:
    """Close notches narrower than a tenth of the short side; the frame's edge is no wall."""
    reach = min(solid.shape) // 34
    wide = np.pad(solid, 2 * reach, "edge").astype(np.uint8) * 255
    disc = ImageFilter.MaxFilter(2 * reach + 1), ImageFilter.MinFilter(2 * reach + 1)
    closed = Image.fromarray(wide).filter(disc[0]).filter(disc[1])
    inner = slice(2 * reach, -2 * reach)
    return _filled(np.asarray(closed)[inner, inner] > 0)


def _filled(solid: Field) -> Field:
    """Fill what the outside cannot reach; the middle of the lower edge counts as a wall."""
    height, width = solid.shape
    canvas = np.zeros((height + 2, width + 2), np.uint8)
    canvas[1:-1, 1:-1] = solid * 255
    canvas[-1, width // 4 : 3 * width // 4] = 255
    picture = Image.fromarray(canvas).copy()
    ImageDraw.floodfill(picture, (0, 0), 128)
    if np.asarray(picture)[-1, -1] == 0:
        ImageDraw.floodfill(picture, (width + 1, height + 1), 128)
    return np.asarray(np.asarray(picture)[1:-1, 1:-1] != 128)
