"""How long jobs took lately: rows of the service, not of a person."""

from typing import Self

from likeness.items.row import ImageRow, ModelRow

_PARTITION = "PACE"


class RenderPace(ImageRow, discriminator="RENDER_PACE"):
    """Seconds per round of pictures at one endpoint of a vendor, in slots `s0` to `s99`."""

    @classmethod
    def of(cls, endpoint: str) -> Self:
        """Name the row of an endpoint."""
        return cls(_PARTITION, f"PACE#generation#{endpoint}")


class TrainingPace(ModelRow, discriminator="TRAINING_PACE"):
    """Seconds per hundred steps at one endpoint of a vendor, in slots `s0` to `s99`."""

    @classmethod
    def of(cls, endpoint: str) -> Self:
        """Name the row of an endpoint."""
        return cls(_PARTITION, f"PACE#training#{endpoint}")
