"""For authors of clients: the OpenAPI document, and a page that says the same with a command line for each route."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from handlers.api.openapi import MEANINGS, document, meaning
from handlers.api.operation import PREFIX, Operation
from handlers.pages import render
from handlers.state import State

VERSION = "1"
COMMON = (400, 401, 413, 415, 429, 503)
"""Statuses that mean the same wherever they come from: said once, at the top of the page."""


@dataclass(frozen=True)
class Field:
    """One field of a JSON body, as the page lists it."""

    name: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True)
class Shown:
    """One route, as the page shows it."""

    anchor: str
    operation: Operation
    curl: str
    fields: list[Field]
    json_curl: str
    json_fields: list[Field]
    endings: list[tuple[int, str]]


class Docs:
    """Both forms of the documentation of the same declarations."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        # Made once for an installation: each takes tens of milliseconds, and anybody may ask for them.
        self._documents: dict[tuple[str, str], bytes] = {}
        self._sections: dict[str, dict[str, list[Shown]]] = {}

    async def document(self, request: Request[State]) -> Response:
        """GET /api/v1/openapi.json"""
        settings = request.state["settings"]
        named = settings.origin, settings.app_name
        if named not in self._documents:
            made = document(self.operations, origin=settings.origin, title=settings.app_name, version=VERSION)
            self._documents[named] = json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()
        return Response(self._documents[named], media_type="application/json", headers={"cache-control": "no-cache"})

    async def page(self, request: Request[State]) -> Response:
        """GET /api/docs"""
        origin = request.state["settings"].origin
        return render(
            request,
            "api_docs/docs.html",
            sections=self._sections_for(origin),
            api_root=f"{origin}{PREFIX}",
            common=[(status, MEANINGS[status]) for status in COMMON],
        )

    def _sections_for(self, origin: str) -> dict[str, list[Shown]]:
        """The routes by noun."""
        if origin not in self._sections:
            sections: dict[str, list[Shown]] = {}
            for each in self.operations:
                sections.setdefault(each.noun, []).append(shown(each, origin))
            self._sections[origin] = sections
        return self._sections[origin]


def shown(operation: Operation, origin: str) -> Shown:
    """A route with its command line, its fields and every way in which it may end."""
    return Shown(
        anchor=operation.name.replace("_", "-"),
        operation=operation,
        curl=_curl(operation, origin),
        fields=_fields(_schema(operation)),
        json_curl=_curl(replace(operation, body=operation.also, curl=""), origin) if operation.also else "",
        json_fields=_fields(operation.also.model_json_schema()) if operation.also else [],
        endings=[
            (status, meaning(operation, status))
            for status in operation.statuses
            if status not in COMMON or status in operation.meanings
        ],
    )


def _curl(operation: Operation, origin: str) -> str:
    path = operation.path
    for name in operation.parameters:
        path = path.replace(f"{{{name}}}", name.upper())
    lines = ['curl -H "Authorization: Bearer $CLEMENTINE_TOKEN"']
    if operation.body is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d {shlex.quote(json.dumps(example(operation.body), ensure_ascii=False))}")
    if operation.curl:
        lines.append(operation.curl)
    if operation.method != ("POST" if operation.body is not None or operation.curl else "GET"):
        lines.append(f"-X {operation.method}")
    lines.append(f"{origin}{PREFIX}{path}")
    return " \\\n  ".join(lines)


def example(model: type[BaseModel]) -> dict[str, Any]:
    """A body made of its fields' own examples; a required field without one is a mistake in its model."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if field.examples:
            found[name] = field.examples[0]
        elif field.is_required():
            raise ValueError(f"{model.__name__}.{name} needs an example")
    return found


def _schema(operation: Operation) -> dict[str, Any]:
    """The JSON schema of what is sent, of either kind."""
    if operation.body is not None:
        return operation.body.model_json_schema()
    kinds: list[dict[str, Any]] = list((operation.content or {}).values())
    schema: dict[str, Any] = kinds[0]["schema"] if kinds else {}
    return schema


def _fields(schema: dict[str, Any]) -> list[Field]:
    required = schema.get("required", [])
    return [
        Field(name, _kind(said, schema.get("$defs", {})), name in required, said.get("description", ""))
        for name, said in schema.get("properties", {}).items()
    ]


def _kind(said: dict[str, Any], named: dict[str, Any]) -> str:
    if "$ref" in said:
        return _kind(named[said["$ref"].rpartition("/")[2]], named)
    if "enum" in said:
        return " | ".join(json.dumps(choice) for choice in said["enum"])
    if "items" in said:
        return f"{_kind(said['items'], named)}, repeatable"
    if "contentMediaType" in said:
        return "file"
    if "anyOf" in said:
        return " | ".join(_kind(each, named) for each in said["anyOf"])
    return str(said.get("format") or said.get("type", "any"))
