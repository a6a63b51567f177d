"""What happens to orders on a schedule."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.generate.service import sweeping
from likeness.observability import count, logger, metrics


@logger.inject_lambda_context(clear_state=True)
def handler(_event: dict[str, Any], _context: LambdaContext) -> None:
    """Bring unfinished orders forward; every minute."""
    try:
        count("GenerationsSwept", sweeping.sweep())
    finally:
        metrics.flush_metrics()
