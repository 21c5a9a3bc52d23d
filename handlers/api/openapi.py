"""The OpenAPI 3.1 document, made from the declarations in handlers/routes.py: nothing is written down twice."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from handlers.api.answers import MOST_LIMIT, USUAL_LIMIT
from handlers.api.models import Problem
from handlers.api.operation import PREFIX, Operation
from handlers.errors import SENTENCES

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
REF = "#/components/schemas/{model}"
SECURITY = "token"

References = dict[Any, dict[str, Any]]

MEANINGS = {
    **SENTENCES,
    409: "It contradicts what is already so; the detail says what.",
    422: "A field or filter cannot be accepted; “errors” says which and why.",
    504: "It was not done in time.",
}
"""What each refusal means, in a sentence."""

PAGING: list[dict[str, Any]] = [
    {
        "name": "limit",
        "in": "query",
        "description": "How many items at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": USUAL_LIMIT},
    },
    {
        "name": "cursor",
        "in": "query",
        "description": "`next` of the page before; absent: the first page.",
        "schema": {"type": "string"},
    },
]


def document(operations: Sequence[Operation], *, origin: str, title: str, version: str) -> dict[str, Any]:
    """The whole document for an installation at `origin`."""
    references, named = schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, references)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title} API",
            "version": version,
            "description": "Push photo results; see projects, exports and the Dropbox connection of a workspace.",
        },
        "servers": [{"url": f"{origin}{PREFIX}"}],
        "security": [{SECURITY: []}],
        "paths": paths,
        "components": {
            "schemas": named,
            "securitySchemes": {SECURITY: {"type": "http", "scheme": "bearer", "bearerFormat": "clem_…"}},
        },
    }


def schemas(operations: Sequence[Operation]) -> tuple[References, dict[str, Any]]:
    """Where each body's and answer's schema is referred to, and those schemas by name."""
    models: dict[type[BaseModel], JsonSchemaMode] = {Problem: "serialization"}
    for each in operations:
        models.update({model: "serialization" for model in each.answers.values() if model is not None})
        models.update({model: "validation" for model in (each.body, each.also) if model is not None})
    found, named = models_json_schema(list(models.items()), ref_template=REF)
    return {model: reference for (model, _), reference in found.items()}, named["$defs"]


def _operation(operation: Operation, references: References) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.noun],
        "parameters": _parameters(operation),
        "responses": {str(status): _response(operation, status, references) for status in operation.statuses},
    }
    if operation.body is not None:
        said["requestBody"] = {"required": True, "content": {JSON: {"schema": references[operation.body]}}}
    elif operation.content is not None:
        content = dict(operation.content)
        if operation.also is not None:
            content[JSON] = {"schema": references[operation.also]}
        said["requestBody"] = {"required": True, "content": content}
    return said


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in operation.parameters
    ]
    for name, choices in operation.choices.items():
        schema = {"type": "string", "enum": [str(choice) for choice in choices]}
        found.append({"name": name, "in": "query", "description": f"Only those with this {name}.", "schema": schema})
    return found + (PAGING if operation.paged else [])


def meaning(operation: Operation, status: int) -> str:
    """What a status of the operation means, in a sentence or, where that says it all, in HTTP's own words."""
    if said := operation.meanings.get(status):
        return said
    return HTTPStatus(status).phrase if status in operation.answers else MEANINGS[status]


def _response(operation: Operation, status: int, references: References) -> dict[str, Any]:
    said: dict[str, Any] = {"description": meaning(operation, status)}
    model = operation.answers.get(status, Problem)
    if model is not None:
        kind = JSON if status in operation.answers else PROBLEM_JSON
        said["content"] = {kind: {"schema": references[model]}}
    if headers := _headers(status):
        said["headers"] = headers
    return said


def _headers(status: int) -> Mapping[str, Any]:
    if status == 401:
        return {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    if status == 429:
        return {"Retry-After": {"required": True, "schema": {"type": "integer"}, "description": "Seconds to wait."}}
    return {}
