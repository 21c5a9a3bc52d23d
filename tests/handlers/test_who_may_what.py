"""DESIGN.md §2 on every route: what each person, each token and nobody is answered.

A row is a route with the statuses of its columns, in order. Whoever adds a route adds a row: one that is missing
fails the last tests here. `-` is a route that a column has no business with, tested elsewhere.
"""

import html
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import pytest

from handlers import routes
from handlers.api.operations import API as OPERATIONS
from tests.cast import job
from tests.handlers.stage import ORIGIN, Scene, Stage
from tests.pictures import jpeg

PAGE_COLUMNS = ("owner", "admin", "editor", "viewer", "member", "stranger", "signed out")
API_COLUMNS = ("owner", "admin", "editor", "viewer", "member", "stranger", "its token", "another token", "no token")


@dataclass(frozen=True)
class Row:
    """One route; `data` is the form of a page or the JSON body of an API call, `push` a picture as multipart."""

    method: str
    path: str
    statuses: str
    data: dict[str, Any] = field(default_factory=dict)
    push: bool = False

    @property
    def body(self) -> dict[str, Any]:
        """As an API call sends it."""
        if self.push:
            return {"data": {"job_id": job()}, "files": {"file": ("photo.jpg", jpeg(), "image/jpeg")}}
        return {"json": self.data} if self.data else {}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


OFF = {"enabled": False}

# fmt: off
#                                                                  own adm edi vie mem str out
PAGES = [
    Row("GET",  "/workspaces",                                    "200 200 200 200 200 200 303"),
    Row("POST", "/workspaces",                                    "303 303 303 303 303 303 303", {"name": "Mine"}),
    Row("GET",  "/workspaces/{workspace_id}",                     "200 200 200 200 200 404 303"),
    Row("POST", "/workspaces/{workspace_id}",                     "303 303 403 403 403 404 303", {"name": "New"}),
    Row("GET",  "/workspaces/{workspace_id}/projects",            "200 200 200 200 200 404 303"),
    Row("POST", "/workspaces/{workspace_id}/projects",            "303 303 403 403 403 404 303", {"name": "New"}),
    Row("GET",  "/projects/{project_id}",                         "303 303 303 303 404 404 303"),
    Row("POST", "/projects/{project_id}",                         "303 303 303 403 404 404 303", {"name": "New"}),
    Row("GET",  "/projects/{project_id}/experiences",             "200 200 200 200 404 404 303"),
    Row("POST", "/projects/{project_id}/experiences",             "303 303 303 403 404 404 303", {"name": "New"}),
    Row("POST", "/experiences/{experience_id}",                   "303 303 303 403 404 404 303", {"name": "New"}),
    # FR-017, FR-001, FR-003, FR-014
    Row("GET",  "/workspaces/{workspace_id}/integrations",        "200 200 200 200 200 404 303"),
    Row("POST", "/workspaces/{workspace_id}/dropbox/connect",     "303 303 403 403 403 404 303"),
    Row("GET",  "/workspaces/{workspace_id}/dropbox/confirm",     "303 303 403 403 403 404 303"),
    Row("POST", "/workspaces/{workspace_id}/dropbox/confirm",     "303 303 403 403 403 404 303"),
    Row("POST", "/workspaces/{workspace_id}/dropbox/confirm/cancel",
                                                                  "303 303 403 403 403 404 303"),
    Row("POST", "/workspaces/{workspace_id}/dropbox/disconnect",  "303 303 403 403 403 404 303"),
    # FR-004, FR-015
    Row("GET",  "/projects/{project_id}/connect",                 "200 200 200 200 404 404 303"),
    Row("POST", "/projects/{project_id}/connect/toggle",          "303 303 303 403 404 404 303", {"enabled": "off"}),
    Row("GET",  "/projects/{project_id}/results",                 "200 200 200 200 404 404 303"),
    Row("GET",  "/projects/{project_id}/exports",                 "200 200 200 200 404 404 303"),
    Row("POST", "/projects/{project_id}/exports/retry-failed",    "303 303 303 403 404 404 303"),
    Row("POST", "/exports/{export_id}/retry",                     "303 303 303 403 404 404 303"),
]

#                                                                  own adm edi vie mem str its ano non
API = [
    Row("GET",    "/me",                                          "200 200 200 200 200 200 404 404 401"),
    Row("GET",    "/workspaces",                                  "200 200 200 200 200 200 404 404 401"),
    Row("POST",   "/workspaces",                                  "201 201 201 201 201 201 404 404 401", {"name": "X"}),
    Row("GET",    "/workspaces/{workspace_id}/projects",          "200 200 200 200 200 404 404 404 401"),
    Row("POST",   "/workspaces/{workspace_id}/projects",          "201 201 403 403 403 404 404 404 401", {"name": "X"}),
    Row("GET",    "/projects/{project_id}",                       "200 200 200 200 404 404 200 404 401"),
    Row("PATCH",  "/projects/{project_id}",                       "200 200 200 403 404 404 404 404 401", {"name": "X"}),
    Row("DELETE", "/projects/{project_id}",                       "204 204 403 403 404 404 404 404 401"),
    Row("GET",    "/projects/{project_id}/experiences",           "200 200 200 200 404 404 200 404 401"),
    Row("POST",   "/projects/{project_id}/experiences",           "201 201 201 403 404 404 404 404 401", {"name": "X"}),
    Row("PATCH",  "/experiences/{experience_id}",                 "200 200 200 403 404 404 404 404 401", {"name": "X"}),
    Row("DELETE", "/experiences/{experience_id}",                 "204 204 204 403 404 404 404 404 401"),
    Row("POST",   "/experiences/{experience_id}/results",         "201 201 201 403 404 404 201 404 401", push=True),
    Row("GET",    "/results/{result_id}",                         "200 200 200 200 404 404 200 404 401"),
    Row("GET",    "/workspaces/{workspace_id}/connection",        "200 200 200 200 200 404 404 404 401"),
    Row("DELETE", "/workspaces/{workspace_id}/connection",        "200 200 403 403 403 404 404 404 401"),
    Row("GET",    "/projects/{project_id}/export-settings",       "200 200 200 200 404 404 404 404 401"),
    Row("PUT",    "/projects/{project_id}/export-settings",       "200 200 200 403 404 404 404 404 401", OFF),
    Row("GET",    "/projects/{project_id}/exports",               "200 200 200 200 404 404 200 404 401"),
    Row("GET",    "/projects/{project_id}/export-log",            "200 200 200 200 404 404 404 404 401"),
    Row("GET",    "/exports/{export_id}",                         "200 200 200 200 404 404 200 404 401"),
    Row("POST",   "/exports/{export_id}/retry",                   "202 202 202 403 404 404 404 404 401"),
    # FR-017, FR-003, FR-014
    Row("GET",    "/workspaces/{workspace_id}/connection",        "200 200 200 200 200 404 404 404 401"),
    Row("DELETE", "/workspaces/{workspace_id}/connection",        "200 200 403 403 403 404 404 404 401"),
    # FR-004, FR-015
    Row("GET",    "/projects/{project_id}/export-settings",       "200 200 200 200 404 404 404 404 401"),
    Row("PUT",    "/projects/{project_id}/export-settings",       "200 200 200 403 404 404 404 404 401",
        {"folder_path": "/Events"}),
    Row("GET",    "/projects/{project_id}/exports",               "200 200 200 200 404 404 200 404 401"),
    Row("GET",    "/projects/{project_id}/export-log",            "200 200 200 200 404 404 404 404 401"),
    Row("GET",    "/exports/{export_id}",                         "200 200 200 200 404 404 200 404 401"),
    Row("POST",   "/exports/{export_id}/retry",                   "202 202 202 403 404 404 404 404 401"),
]
# fmt: on


def cells(table: list[Row], columns: tuple[str, ...]) -> list[Any]:
    return [
        pytest.param(row, who, int(status), id=f"{row}: {who} {status}")
        for row in table
        for who, status in zip(columns, row.statuses.split(), strict=True)
        if status != "-"
    ]


@pytest.mark.parametrize(("row", "who", "status"), cells(PAGES, PAGE_COLUMNS))
def test_pages(stage: Stage, scene: Scene, row: Row, who: str, status: int):
    answer = stage.browser(who).request(row.method, stage.fill(scene, row.path), data=row.data or None)
    assert answer.status_code == status, answer.text
    if who == "signed out":
        assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize(("row", "who", "status"), cells(API, API_COLUMNS))
def test_the_api(stage: Stage, scene: Scene, row: Row, who: str, status: int):
    if who.endswith(" token") and who != "no token":
        headers = stage.project_token("owner", scene.project if who == "its token" else scene.other)
    else:
        headers = stage.bearer(who)
    path = f"/api/v1{stage.fill(scene, row.path)}"
    answer = stage.client.request(row.method, path, headers=headers, **row.body)
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("row", [row for row in PAGES if "{" in row.path], ids=str)
def test_a_foreign_page_and_one_that_does_not_exist_look_the_same(stage: Stage, scene: Scene, row: Row):
    unknown = re.sub(r"{\w+}", "x" * 16, row.path)
    answers = [
        stage.browser("stranger").request(row.method, path, data=row.data or None)
        for path in (stage.fill(scene, row.path), unknown)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    bodies = [answer.text.replace(answer.headers["x-request-id"], "") for answer in answers]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("row", [row for row in API if "{" in row.path], ids=str)
def test_a_foreign_thing_and_one_that_does_not_exist_are_one_problem(stage: Stage, scene: Scene, row: Row):
    unknown = re.sub(r"{\w+}", "x" * 16, row.path)
    answers = [
        stage.client.request(row.method, f"/api/v1{path}", headers=stage.bearer("stranger"), **row.body)
        for path in (stage.fill(scene, row.path), unknown)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


LOOKS = [row for row in PAGES if row.method == "GET"]


def seen_pages(columns: tuple[str, ...] = PAGE_COLUMNS) -> list[Any]:
    """Every page for everybody who gets to see it."""
    return [
        pytest.param(row, who, id=f"{row}: {who}")
        for row in LOOKS
        for who, status in zip(columns, row.statuses.split(), strict=True)
        if status == "200"
    ]


@pytest.mark.parametrize(("row", "who"), seen_pages())
def test_nobody_sees_a_button_that_they_may_not_use(stage: Stage, scene: Scene, row: Row, who: str):
    page = stage.browser(who).get(stage.fill(scene, row.path)).text
    actions = set(re.findall(r'<form[^>]* action="([^"]+)"', page)) - {"/logout"}
    for action in actions:
        answer = stage.browser(who).post(html.unescape(action))
        assert answer.status_code not in (403, 404, 405), (action, answer.status_code)


@pytest.mark.parametrize(("row", "who"), seen_pages())
def test_nobody_sees_a_link_that_leads_nowhere(stage: Stage, scene: Scene, row: Row, who: str):
    path = stage.fill(scene, row.path)
    for link in set(re.findall(r'<a [^>]*href="([^"#]+)', stage.browser(who).get(path).text)):
        address = urljoin(f"{ORIGIN}{path}", html.unescape(link))
        # The menu lists the workspaces of all tests before this one, too.
        elsewhere = "/workspaces/" in address and scene.workspace.id not in address
        if address.startswith(ORIGIN) and not elsewhere:
            answer = stage.browser(who).get(address)
            assert answer.status_code in (200, 303), (link, answer.status_code)


def test_a_form_from_another_site_does_nothing(stage: Stage, scene: Scene):
    path = f"/workspaces/{scene.workspace.id}"
    for site in ("cross-site", "same-site", "none"):
        answer = stage.browser("owner").post(path, data={"name": "Theirs"}, headers={"sec-fetch-site": site})
        assert answer.status_code == 403
    assert "Studio" in stage.browser("owner").get(path).text


def test_revoked_people_lose_pages_and_api_at_once(stage: Stage):
    stage.db.conn.execute("update access_requests set state = 'revoked' where account_id = 'dbid:stranger'")
    try:
        assert stage.browser("stranger").get("/workspaces").headers["location"].startswith("/login")
        assert stage.client.get("/api/v1/workspaces", headers=stage.bearer("stranger")).status_code == 401
    finally:
        stage.db.conn.execute("update access_requests set state = 'approved' where account_id = 'dbid:stranger'")


# What everybody who is signed in has of their own; test_routes.py and the modules' own tests look after these.
OWN = ("/logout", "/account", "/admin")


def test_az_01_every_page_of_a_workspace_has_its_row():
    routes_there = {
        (method, route.path)
        for route in routes.SIGNED_IN
        for method in route.methods or ()
        if method != "HEAD" and not route.path.startswith(OWN)
    }
    assert routes_there == {(row.method, row.path) for row in PAGES}


def test_az_01_every_api_route_has_its_row():
    assert {(each.method, each.path) for each in OPERATIONS} == {(row.method, row.path) for row in API}
