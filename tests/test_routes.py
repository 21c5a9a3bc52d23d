"""What holds for every route, read from the URL map itself, so that a new route can't be forgotten."""

import re

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from handlers import routes
from store.connect import Db, rows
from tests.cast import OWNER, STUDIO, Cast

SIGNED_IN = [(route, method) for route in routes.SIGNED_IN for method in sorted(route.methods or ())]
ADMIN = [(route, method) for route in routes.OWNER for method in sorted(route.methods or ())]
PUBLIC = [(route, method) for route in [*routes.PUBLIC, *routes.API_DOCS] for method in sorted(route.methods or ())]
HEADERS = {
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}
FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "", "origin": "null"},
    {"origin": "https://evil.example"},
    {"origin": "https://clementine.test:8443"},
    {"origin": "http://clementine.test"},
    {},
]


def name(pair: tuple[Route, str]) -> str:
    return f"{pair[1]} {pair[0].path}"


def filled(path: str, prefix: str = "") -> str:
    """The path with made-up ids."""
    return prefix + re.sub(r"\{[^}]*\}", "unknown-id", path)


@pytest.fixture
def stranger(client: TestClient) -> TestClient:
    """A browser that is not signed in."""
    return client


def bare(client: TestClient, method: str, path: str, headers: dict[str, str]):
    """A request with exactly these fetch headers."""
    del client.headers["sec-fetch-site"]
    try:
        return client.request(method, path, headers=headers)
    finally:
        client.headers["sec-fetch-site"] = "same-origin"


def test_signed_out_pages_lead_to_sign_in_and_forms_do_nothing(stranger: TestClient, db: Db) -> None:
    for route, method in [*SIGNED_IN, *ADMIN]:
        path = filled(route.path, "/admin" if (route, method) in ADMIN else "")
        answer = stranger.request(method, path)
        assert answer.status_code == 303, (method, path)
        expected = f"/login?next={path}" if method in ("GET", "HEAD") else "/login"
        assert answer.headers["location"] == expected


def test_admin_does_not_exist_for_anybody_but_the_site_owner(cast: Cast) -> None:
    cast.approve(STUDIO)
    studio = cast.sign_in(STUDIO)
    for route, method in ADMIN:
        assert studio.request(method, filled(route.path, "/admin")).status_code == 404, (method, route.path)
    owner = cast.sign_in(OWNER)
    assert owner.get("/admin/requests").status_code == 200


def test_every_answer_carries_the_security_headers(cast: Cast) -> None:
    owner = cast.sign_in(OWNER)
    for route, method in [*SIGNED_IN, *ADMIN, *PUBLIC]:
        path = filled(route.path, "/admin" if (route, method) in ADMIN else "")
        if path == "/logout":
            continue
        answer = owner.request(method, path)
        assert answer.status_code < 500, (method, path, answer.text)
        for header, value in HEADERS.items():
            assert value in answer.headers[header] or path.startswith("/media"), (method, path, header)
    for answer in (owner.get("/no/such/page"), owner.get("/static/nothing.css"), owner.get("/api/v1/nothing")):
        assert HEADERS["content-security-policy"] in answer.headers["content-security-policy"]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_wb_02_forms_are_accepted_from_our_own_pages_only(stranger: TestClient, headers: dict[str, str]) -> None:
    for path in ("/request-access", "/login", "/logout", "/workspaces"):
        answer = bare(stranger, "POST", path, headers)
        assert answer.status_code == 403, (path, headers)
        assert "nothing was done" in answer.text


def test_wb_02_a_browser_without_fetch_headers_is_judged_by_its_origin(stranger: TestClient) -> None:
    assert bare(stranger, "POST", "/login", {"origin": "https://clementine.test"}).status_code == 303


def test_wb_01_no_get_changes_a_row(cast: Cast, db: Db) -> None:
    owner = cast.sign_in(OWNER)
    before = contents(db)
    for route, method in [*SIGNED_IN, *ADMIN, *PUBLIC]:
        if method in ("GET", "HEAD"):
            path = filled(route.path, "/admin" if (route, method) in ADMIN else "")
            owner.request(method, path)
            owner.request("OPTIONS", path)
    assert contents(db) == before


def contents(db: Db) -> dict[str, list[dict[str, object]]]:
    """Every row of every table, without the times when somebody was last seen."""
    tables = [str(row["name"]) for row in rows(db, "select name from sqlite_master where type = 'table'")]
    found = {table: rows(db, f"select * from {table}") for table in tables}
    return {
        table: [{k: v for k, v in row.items() if k not in ("last_seen_at", "last_used_at")} for row in listed]
        for table, listed in found.items()
    }


def test_every_api_route_needs_a_token_and_ignores_cookies(cast: Cast) -> None:
    owner = cast.sign_in(OWNER)
    for operation in routes.API:
        path = (
            "/api" + filled(operation.path) if operation.path.startswith("/v1") else "/api/v1" + filled(operation.path)
        )
        answer = owner.request(operation.method, path)
        assert answer.status_code == 401, path
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_page_under_another_host_is_sent_to_the_public_address(stranger: TestClient) -> None:
    answer = stranger.get("/request-access?x=1", headers={"host": "evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (307, "https://clementine.test/request-access?x=1")
    assert (
        stranger.get("//evil.example/x", headers={"host": "evil.example"})
        .headers["location"]
        .startswith("https://clementine.test/")
    )
    assert stranger.post("/login", headers={"host": "evil.example"}).status_code == 400
    for path in ("/healthz", "/readyz", "/api/v1/openapi.json"):
        assert stranger.get(path, headers={"host": "10.0.0.1:8000"}).status_code == 200


def test_oa_08_the_redirect_address_comes_from_the_settings_not_from_the_host(stranger: TestClient) -> None:
    answer = stranger.post("/login", headers={"x-forwarded-host": "evil.example"})
    assert "redirect_uri=https%3A%2F%2Fclementine.test%2Fauth%2Fdropbox%2Fcallback" in answer.headers["location"]


@pytest.mark.parametrize("path", ["/workspaces/", "/WORKSPACES", "/workspaces/%2e", "/%2e/workspaces"])
def test_wb_12_odd_spellings_of_a_path_open_nothing(stranger: TestClient, path: str) -> None:
    assert stranger.get(path).status_code in (303, 307, 404)


def test_ready_says_which_part_is_fit(stranger: TestClient) -> None:
    answer = stranger.get("/readyz")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"database": True, "scheduler": True, "disk": True}


def test_a_body_over_the_limit_is_refused_and_the_connection_closed(stranger: TestClient) -> None:
    answer = stranger.post("/request-access", content=b"x" * 70_000)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def test_metrics_are_for_this_machine_or_the_token(stranger: TestClient) -> None:
    # The test client's peer is "testclient", which is no loopback address.
    assert stranger.get("/metrics").status_code == 404
