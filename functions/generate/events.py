"""What happens to orders by themselves: on a schedule, and after a training."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.generate.service import samples, sweeping
from likeness.observability import count, logger, metrics


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Bring unfinished orders forward, every minute; or order the samples of the training that TrainModel names."""
    try:
        if event.get("step") == "order_samples":
            job = event["job"]
            samples.order_samples(job["user_id"], job["model_id"], job["training_id"])
        else:
            count("GenerationsSwept", sweeping.sweep())
    finally:
        metrics.flush_metrics()
