"""What happens to the gallery on a schedule."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.gallery.service.trash import purge_trash
from likeness.observability import count, logger, metrics


@logger.inject_lambda_context(clear_state=True)
def handler(_event: dict[str, Any], _context: LambdaContext) -> None:
    """Purge pictures whose time in the trash is over; daily."""
    try:
        count("PicturesPurged", purge_trash())
    finally:
        metrics.flush_metrics()
