"""What S3 tells of uploads: each new file is inspected."""

import re
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.upload.inspection import inspect_upload
from likeness import aws
from likeness.dynamodb import connection
from likeness.observability import logger, metrics
from likeness.settings import settings

_RAW_KEY = re.compile(r"raw/([^/]+)/([0-9A-HJKMNP-TV-Z]{26})")

if settings().is_deployed:
    aws.s3()
    connection()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Inspect every uploaded file of a notification; owner and photo are read from its key, which our form fixed."""
    try:
        for record in event.get("Records", []):
            key = unquote_plus(record["s3"]["object"]["key"])
            named = _RAW_KEY.fullmatch(key)
            if named is None:
                logger.warning("upload under a strange name")
                continue
            inspect_upload(named[1], named[2])
    finally:
        metrics.flush_metrics()
