"""Writes the OpenAPI 3.1 document of all features: `python -m scripts.openapi`.

The document lies in the package, where the service answers with it; `docs/openapi.json` points there.
"""

import importlib
import inspect
import json
import sys
from pathlib import Path
from typing import Annotated, Any, get_origin

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from likeness.http import PROBLEM, Operation, OptionalOperation, Problem, RecentUserId, UserId

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "layers/shared/python/likeness/openapi.json"
FEATURES = ("auth", "upload", "train", "generate", "gallery", "billing")
METHODS = {"get", "put", "post", "delete", "patch"}
POWERTOOLS_OWN = {"HTTPValidationError", "ResponseValidationError", "ValidationError"}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The same key with the same body is the same order: it is made and paid once, and answered alike.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[ -~]+$"},
}


def document() -> dict[str, Any]:
    """Merge the features' documents into one; a schema of one name must be one schema."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Problem": Problem.model_json_schema()}
    for feature in FEATURES:
        app = importlib.import_module(f"functions.{feature}.handler").app
        found = _describe(app, feature)
        paths.update(found["paths"])
        for name, schema in found.get("components", {}).get("schemas", {}).items():
            if name not in POWERTOOLS_OWN and schemas.setdefault(name, schema) != schema:
                message = f"two schemas are called {name}"
                raise ValueError(message)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Likeness",
            "version": "1",
            "description": "Train a likeness on photos, make pictures of it, keep them. "
            "Every error is a problem (RFC 9457) with a stable `code`.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": feature, "description": _purpose(feature)} for feature in FEATURES],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _purpose(feature: str) -> str:
    """Return what a feature is for: the first line of its package."""
    return (inspect.getdoc(importlib.import_module(f"functions.{feature}")) or "").partition("\n")[0]


def _describe(app: APIGatewayHttpResolver, feature: str) -> dict[str, Any]:
    schema = app.get_openapi_schema(title="Likeness", version="1")
    found: dict[str, Any] = json.loads(schema.model_dump_json(by_alias=True, exclude_none=True))
    routes = [*app._static_routes, *app._dynamic_routes]  # noqa: SLF001 (there is no public list)
    functions = {(route.openapi_path, route.method.lower()): route.func for route in routes}
    for path, operations in found["paths"].items():
        for method in METHODS & set(operations):
            _complete(operations[method], functions[path, method], feature)
    return found


def _complete(operation: dict[str, Any], function: Any, feature: str) -> None:  # noqa: ANN401 (a route's function)
    """Say what the router does not: the operation's name, who may call it, its key and its problems."""
    operation["operationId"] = function.__name__
    operation["tags"] = [feature]
    operation["summary"] = (inspect.getdoc(function) or "").partition("\n")[0]
    operation.pop("description", None)
    wanted = [parameter.annotation for parameter in inspect.signature(function).parameters.values()]
    for model in _query_models(wanted):
        _type_parameters(operation["parameters"], model)
    operation["security"] = [{"accessToken": []}] if UserId in wanted or RecentUserId in wanted else []
    if Operation in wanted or OptionalOperation in wanted:
        operation.setdefault("parameters", []).append({**KEY, "required": Operation in wanted})
    problem = {"description": "A problem", "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    operation["responses"] = {
        **{status: answer for status, answer in operation["responses"].items() if status != "422"},
        "4XX": problem,
        "5XX": problem,
    }


def _query_models(annotations: list[Any]) -> list[type[BaseModel]]:
    """Return the models that a route reads its query into."""
    return [
        annotation.__origin__
        for annotation in annotations
        if get_origin(annotation) is Annotated
        and inspect.isclass(annotation.__origin__)
        and issubclass(annotation.__origin__, BaseModel)
        and any(isinstance(mark, Query) for mark in annotation.__metadata__)
    ]


def _type_parameters(parameters: list[dict[str, Any]], model: type[BaseModel]) -> None:
    """Give query parameters the types that their model says: the router calls them all texts."""
    properties = model.model_json_schema(ref_template="#/components/schemas/{model}")["properties"]
    for parameter in parameters:
        if parameter["in"] == "query" and parameter["name"] in properties:
            schema = dict(properties[parameter["name"]])
            schema.pop("description", None)
            if schema.get("default") is None:
                schema.pop("default", None)
            parameter["schema"] = schema


def main() -> None:
    """Write the document; with `--check` say instead whether it is up to date."""
    text = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    if "--check" in sys.argv:
        if TARGET.read_text() != text:
            sys.exit("openapi.json is out of date: run `make openapi`")
        return
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
