"""What happens to trainings on a schedule."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.train import sweeping
from likeness.observability import count, logger, metrics


@logger.inject_lambda_context(clear_state=True)
def handler(_event: dict[str, Any], _context: LambdaContext) -> None:
    """Bring unfinished trainings forward; every minute."""
    try:
        count("TrainingsSwept", sweeping.sweep())
    finally:
        metrics.flush_metrics()
