"""The one logger and the one metrics collector.

Logs are JSON lines without data of persons: ids are keys, never texts. Metrics are EMF lines; their
names are listed in `docs/operations.md` and a test compares them.
"""

import logging

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(utc=True)
metrics = Metrics()
logging.getLogger("httpx").setLevel(logging.WARNING)


def count(metric: str, value: int = 1) -> None:
    """Count an event; `metric` is its PascalCase name."""
    metrics.add_metric(metric, MetricUnit.Count, value)
