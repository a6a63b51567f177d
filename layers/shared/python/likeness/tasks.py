"""The workflow side of a feature: one step per invocation."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from likeness.dynamodb import connection
from likeness.observability import logger, metrics
from likeness.settings import settings

Step = Callable[..., Any]


class Steps:
    """Dispatches `{"step": name, …}` to the function of that name, with the rest as keywords.

    What a step returns is what the state machine sees; an exception keeps its class name, which Retry and Catch match.
    """

    def __init__(self, *clients: Callable[[], Any]) -> None:
        self._steps: dict[str, Step] = {}
        if settings().is_deployed:
            makers: list[Callable[[], Any]] = [connection, *clients]
            for make in makers:
                make()

    def step(self, function: Step) -> Step:
        """Register a step under its function's name, without a trailing underscore."""
        self._steps[function.__name__.rstrip("_")] = function
        return function

    def handler(self, event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401 (any JSON value)
        """Run one step."""
        name = event["step"]
        job = event.get("job") or {}
        logger.append_keys(step=name, request_id=context.aws_request_id, **job)
        try:
            return self._steps[name](**{key: value for key, value in event.items() if key != "step"})
        finally:
            metrics.flush_metrics()
            logger.clear_state()
