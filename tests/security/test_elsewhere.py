"""WB-02, WB-03, WB-12, WB-13: requests from other sites, and requests in odd spellings, do and open nothing."""

import ast
import re
from collections.abc import MutableMapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from store.connect import rows
from tests.security import expectations
from tests.security.house import House
from tests.security.matrix import API

FORMS = [
    row
    for row in (*expectations.PAGES, *expectations.OWN, *expectations.ADMIN, *expectations.PUBLIC)
    # Dropbox's webhook is sent by no page of ours: its signature is the check (WH-01).
    if row.method != "GET" and not row.path.startswith("/webhooks/")
]
SITE = "https://clementine.test"
ELSEWHERE: list[dict[str, str]] = [
    {},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": ""},
    {"sec-fetch-site": "Same-Origin"},
    {"sec-fetch-site": "same-origin, cross-site"},
    {"sec-fetch-site": "cross-site", "origin": SITE},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "https://evil.example"},
    {"origin": f"{SITE}.evil.example"},
    {"origin": f"{SITE}:8443"},
    {"origin": f"{SITE}/"},
    {"origin": f"{SITE}@evil.example"},
    {"origin": "http://clementine.test"},
    {"origin": "https://other.clementine.test"},
    {"referer": f"{SITE}/"},
    {"sec-fetch-site": "cross-site", "x-requested-with": "XMLHttpRequest"},
    {"content-type": "text/plain", "sec-fetch-site": "cross-site"},
    {"content-type": "application/json", "sec-fetch-site": "same-site"},
]


def contents(house: House) -> dict[str, list[dict[str, object]]]:
    """Every row of every table, without the times when somebody was last seen."""
    tables = [str(row["name"]) for row in rows(house.db, "select name from sqlite_master where type = 'table'")]
    found = {table: rows(house.db, f"select * from {table}") for table in tables}
    return {
        table: [{k: v for k, v in row.items() if k not in ("last_seen_at", "last_used_at")} for row in listed]
        for table, listed in found.items()
    }


@pytest.mark.parametrize("row", FORMS, ids=str)
def test_wb_02_no_form_is_taken_from_elsewhere(house: House, row: expectations.Row):
    house.used_up()
    who = "site-owner" if row.path.startswith("/admin") else "owner"
    browser, path = house.browser(who), house.path(row.path)
    before = contents(house)
    usual = browser.headers.pop("sec-fetch-site")
    try:
        for headers in ELSEWHERE:
            answer = browser.post(path, data=row.data or None, headers=headers)
            assert answer.status_code == 403, headers
            assert "nothing was done" in answer.text
            assert "set-cookie" not in answer.headers
    finally:
        browser.headers["sec-fetch-site"] = usual
    assert contents(house) == before


@pytest.mark.parametrize("row", [row for row in FORMS if row in expectations.PUBLIC], ids=str)
def test_wb_03_forms_before_the_sign_in_are_protected_alike(house: House, row: expectations.Row):
    browser, path = house.browser("signed out"), house.path(row.path)
    before = contents(house)
    usual = browser.headers.pop("sec-fetch-site")
    try:
        for headers in ELSEWHERE:
            assert browser.post(path, data=row.data, headers=headers).status_code == 403, headers
    finally:
        browser.headers["sec-fetch-site"] = usual
    assert contents(house) == before


def test_wb_02_another_method_is_no_way_around_the_check(house: House):
    house.used_up()
    path = f"/workspaces/{house.clean_scene().workspace.id}"
    before = contents(house)
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
        for override in ("x-http-method-override", "x-http-method", "x-method-override"):
            answer = house.browser("owner").request(
                method, f"{path}?_method=POST&name=Theirs", headers={override: "POST"}, data={"_method": "POST"}
            )
            assert answer.status_code in (200, 405)
    assert contents(house) == before


def spellings(path: str) -> set[str]:
    """The same path as careless software might read it."""
    first, _, rest = path.lstrip("/").partition("/")
    made = {
        f"{path}/",
        f"{path}//",
        f"{path}/.",
        f"{path}/..",
        f"{path}/x/..",
        f"/./{path.lstrip('/')}",
        f"/static/..{path}",
        f"/api/..{path}",
        f"/healthz/..{path}",
        f"/media/x/../..{path}",
        f"/{path}",
        f"//{path}",
        f"/%2e/{path.lstrip('/')}",
        f"/static/%2e%2e{path}",
        f"/api/%2e%2e{path}",
        f"/login/..;{path}",
        f"{path};x=1",
        f"{path}%3Bx=1",
        f"{path}%20",
        f"{path}%09",
        f"{path}%0a",
        f"{path}%00",
        f"{path}%3f",
        f"{path}%23",
        f"{path}.json",
        f"{path}.css",
        f"{path}/index.html",
        path.upper(),
        path.replace("/", "//"),
        path.replace("/", "%2f"),
        path.replace("/", "\\"),
        path.replace("/", "%5c"),
        path.replace("/", "/%2e/"),
        f"/{first.capitalize()}/{rest}",
        f"/%{ord(first[0]):02x}{first[1:]}/{rest}" if rest else f"/%{ord(first[0]):02x}{first[1:]}",
        f"/%25{ord(first[0]):02x}{first[1:]}/{rest}",
        f"/{first}%2f{rest}",
    }
    return {each for each in made if each != path}


CLOSED = [row for row in (*expectations.PAGES, *expectations.ADMIN, *expectations.OWN) if row.method == "GET"]


@pytest.mark.parametrize("row", CLOSED, ids=str)
def test_wb_12_no_spelling_of_a_path_opens_what_the_path_does_not(house: House, row: expectations.Row):
    path = house.path(row.path)
    for who in ("signed out", "stranger", "member"):
        canonical, _ = raw(house, who, "GET", path)
        for spelling in spellings(path):
            status, location = raw(house, who, "GET", spelling)
            if canonical != 200:
                assert status != 200, (who, spelling)
            assert not location or re.match(rf"/(?!/)|{SITE}/", location), (who, spelling, location)
        for header in (b"x-original-url", b"x-rewrite-url", b"x-forwarded-prefix", b"x-forwarded-uri"):
            # A header that names another path is not listened to.
            assert raw(house, who, "GET", "/healthz/x", (header, path.encode())) == raw(house, who, "GET", "/healthz/x")


@pytest.mark.parametrize("row", [row for row in expectations.API if row.method == "GET"], ids=str)
def test_wb_12_no_spelling_of_an_api_path_does_without_its_token(house: House, row: expectations.Row):
    path = house.path(f"{API}{row.path}")
    token = house.token("another token")["authorization"].encode()
    for spelling in spellings(path):
        assert raw(house, "owner", "GET", spelling)[0] != 200, spelling
        assert raw(house, "signed out", "GET", spelling, (b"authorization", token))[0] != 200, spelling


def test_wb_12_the_part_that_is_not_checked_for_its_origin_leads_nowhere_else(house: House):
    """The cross-site check leaves out what begins with /api/: no form may be reached by such a path."""
    house.used_up()
    paths = [(row, house.path(row.path)) for row in FORMS]
    before = contents(house)
    elsewhere = (b"sec-fetch-site", b"cross-site")
    for row, path in paths:
        who = "site-owner" if row.path.startswith("/admin") else "owner"
        prefixes = ("/api/..", "/api/%2e%2e", "/api/", "/api//..", "/api/v1/..", "/api/docs/../..", "/API/..")
        for spelling in (f"{prefix}{path}" for prefix in prefixes):
            assert raw(house, who, row.method, spelling, elsewhere)[0] in (401, 403, 404), spelling
    assert contents(house) == before


def raw(house: House, who: str, method: str, path: str, *headers: tuple[bytes, bytes]) -> tuple[int, str]:
    """Status and Location of a request whose path comes over the wire just so."""
    cookie = "; ".join(f"{name}={value}" for name, value in house.browser(who).cookies.items())
    fetched = [] if any(name == b"sec-fetch-site" for name, _ in headers) else [(b"sec-fetch-site", b"same-origin")]
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "https",
        "query_string": b"",
        "headers": [(b"host", b"clementine.test"), (b"cookie", cookie.encode()), *fetched, *headers],
        "client": ("203.0.113.1", 1),
        "server": ("clementine.test", 443),
        "state": dict(house.client.app_state),
    }
    answers: list[tuple[int, str]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            found = {name.lower(): value.decode("latin-1") for name, value in message["headers"]}
            answers.append((int(message["status"]), found.get(b"location", "")))

    assert house.client.portal is not None
    house.client.portal.call(partial(house.client.app, scope, receive, send))
    return answers[0]


def test_wb_13_nothing_is_decided_by_a_url_that_the_host_header_helped_to_make():
    """`request.url` and `base_url` are made from it; paths come from the scope, addresses from the settings."""
    named = []
    for file in sorted(Path("handlers").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in ("url", "base_url", "url_for"):
                of = node.value
                named += [f"{file}:{node.lineno}"] if isinstance(of, ast.Name) and of.id == "request" else []
    assert named == []
    # The menu marks the page that one is on, by its path.
    for file in sorted(Path("templates").rglob("*.html")):
        assert not re.search(r"request\.(base_url|headers|url_for|url\b(?!\.path))", file.read_text()), file
