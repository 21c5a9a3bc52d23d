"""Every route is declared once: what is served, what the OpenAPI document says and what the docs page shows are one."""

import json
import re

import pytest
from pydantic import Field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.testclient import TestClient

from app import create_app
from handlers import routes
from handlers.api.docs import example, shown
from handlers.api.models import Answer, Body
from handlers.api.openapi import MEANINGS, document
from handlers.api.operation import Operation, api, routes_of
from handlers.api.operations import API
from store.standing import Asker
from tests.handlers.stage import ORIGIN, Stage, settings_on


async def told(request: Request) -> Response:
    return PlainTextResponse(request.method)


async def told_otherwise(request: Request) -> Response:
    return PlainTextResponse(request.method.lower())


class Thing(Answer):
    id: str


class NewThing(Body):
    name: str = Field(examples=["A"])


def served_paths(app) -> set[tuple[str, str]]:
    """Every (method, path) below /api/v1 that the running app's router knows."""
    mount = next(route for route in app.routes if getattr(route, "path", "") == "/api")
    return {
        (method, route.path.removeprefix("/v1"))
        for route in mount.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }


def test_every_route_is_in_the_document_and_everything_in_the_document_is_a_route(stage: Stage):
    said = stage.client.get("/api/v1/openapi.json").json()
    documented = {(method.upper(), path) for path, each in said["paths"].items() for method in each}
    assert documented == served_paths(stage.client.app) == {(each.method, each.path) for each in API}


def test_the_document_is_openapi_3_1_and_needs_no_token(stage: Stage):
    answer = stage.client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    said = answer.json()
    assert said["openapi"] == "3.1.0"
    assert said["servers"] == [{"url": f"{ORIGIN}/api/v1"}]
    assert said["security"] == [{"token": []}]


def test_every_reference_of_the_document_leads_somewhere(stage: Stage):
    said = stage.client.get("/api/v1/openapi.json").json()
    references = set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(said)))
    assert references
    assert references <= {f"#/components/schemas/{name}" for name in said["components"]["schemas"]}


def test_names_of_operations_and_of_schemas_are_distinct_and_plain():
    names = [each.name for each in API]
    assert len(set(names)) == len(names)
    schemas = document(API, origin=ORIGIN, title="X", version="1")["components"]["schemas"]
    assert [name for name in schemas if not name.isidentifier()] == []


@pytest.mark.parametrize("operation", API, ids=lambda each: f"{each.method} {each.path}")
def test_every_route_says_how_it_may_end_and_how_it_is_called(operation: Operation):
    said = shown(operation, ORIGIN)
    assert operation.summary.endswith(".")
    assert {401, 429, 503} <= set(operation.statuses)
    assert all(status in operation.answers or status in MEANINGS for status in operation.statuses)
    assert said.curl.startswith('curl -H "Authorization: Bearer $CLEMENTINE_TOKEN"')
    assert said.curl.splitlines()[-1].strip().startswith(f"{ORIGIN}/api/v1/")
    assert "{" not in said.curl.splitlines()[-1]


@pytest.mark.parametrize("operation", [each for each in API if each.body], ids=lambda each: each.name)
def test_every_example_is_accepted_by_its_own_model(operation: Operation):
    assert operation.body is not None
    operation.body.model_validate_json(json.dumps(example(operation.body)))


def test_the_page_shows_every_route_and_works_without_scripts(stage: Stage):
    answer = stage.client.get("/api/docs")
    assert answer.status_code == 200
    for operation in API:
        assert f"{operation.method} {operation.path}" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]* src=)|\sstyle=|\son[a-z]+=", answer.text)
    assert "set-cookie" not in answer.headers


def test_a_path_answers_each_of_its_methods_and_names_them_all_in_its_405():
    operations = [
        api("GET", "/things/{thing_id}", told, summary="One.", answers=Thing, project_tokens=True),
        api("DELETE", "/things/{thing_id}", told_otherwise, summary="None.", answers={204: None}, project_tokens=True),
    ]

    async def asked(scope, receive, send):
        scope["state"]["asker"] = Asker("dbid:x", "project")
        await Router(routes_of(operations), redirect_slashes=False)(scope, receive, send)

    client = TestClient(asked)
    assert client.get("/v1/things/1").text == "GET"
    assert client.delete("/v1/things/1").text == "delete"
    assert client.put("/v1/things/1").status_code == 405
    assert {each.strip() for each in client.put("/v1/things/1").headers["allow"].split(",")} == {
        "GET",
        "HEAD",
        "DELETE",
    }


def test_a_route_declared_twice_is_a_mistake():
    one = api("GET", "/things", told, summary="All.", answers=Thing)
    with pytest.raises(ValueError, match="declared twice"):
        routes_of([one, one])


def test_a_route_is_closed_to_project_tokens_unless_it_says_otherwise(stage: Stage):
    scene = stage.scene()
    token = stage.project_token("owner", scene.project)
    for operation in API:
        path = f"/api/v1{operation.path}".replace("{project_id}", scene.project.id)
        path = re.sub(r"\{[^}]*\}", "unknown", path.replace("{workspace_id}", scene.workspace.id))
        answer = stage.client.request(operation.method, path, headers=token)
        if not operation.project_tokens:
            assert answer.status_code == 404, (operation.method, operation.path)


def test_the_documented_answers_follow_from_the_declaration():
    said = api("POST", "/a/{id}", told, summary="Makes one.", answers={201: Thing}, body=NewThing, refusals=[409])
    assert said.statuses == [201, 400, 401, 404, 409, 413, 415, 422, 429, 503]
    assert api("GET", "/a", told, summary="All.", answers=Thing, paged=True).statuses == [200, 401, 404, 422, 429, 503]


def test_the_app_takes_its_routes_from_the_declarations(tmp_path):
    assert {route.path for route in routes.API_DOCS} == {"/api/v1/openapi.json", "/api/docs"}
    assert served_paths(create_app(settings_on(tmp_path))) == {(each.method, each.path) for each in API}
