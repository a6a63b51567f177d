"""What the fuzzer must not make, and must not mind: loaded by schemathesis, not by tests."""

from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import schemathesis


@schemathesis.hook
def filter_path_parameters(context: schemathesis.HookContext, path_parameters: dict[str, Any]) -> bool:
    """Leave out line breaks: the emulated CloudFront's `*` does not match them and asks the web bucket; AWS's does."""
    return not any("\n" in unquote(str(value)) for value in (path_parameters or {}).values())


@schemathesis.hook
def after_call(
    context: schemathesis.HookContext, case: schemathesis.Case[Any], response: schemathesis.Response
) -> None:
    """Take the content type off a 204: the gateway puts one on every answer, and nothing is no JSON."""
    if response.status_code == HTTPStatus.NO_CONTENT and not response.content:
        response.headers.pop("content-type", None)
