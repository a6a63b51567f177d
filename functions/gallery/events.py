"""What happens to the gallery on a schedule."""

from functions.gallery.service import sweeping, trash
from likeness import aws
from likeness.observability import count
from likeness.tasks import Steps

steps = Steps(aws.s3)


@steps.step
def sweep() -> None:
    """Bring unfinished jobs forward and remove what has expired; every minute."""
    count("GalleryRowsSwept", sweeping.sweep())


@steps.step
def purge() -> None:
    """Purge pictures whose time in the trash is over; daily."""
    count("PicturesPurged", trash.purge_trash())


handler = steps.handler
