"""WB-05, WB-06, WB-08, CR-07: the strict headers on refusals of every kind, and no answer that tells too much.

Those on every route are looked at in the matrix.
"""

from collections.abc import Iterator

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app import create_app
from handlers.limits import LIMITS, Limit, Limits
from handlers.media import SANDBOX
from store import timezones
from tests.handlers.stage import ORIGIN, settings_on
from tests.security import expectations
from tests.security.house import House
from tests.security.matrix import API, Cell
from tests.security.strict import check
from tests.security.test_matrix import ask

EVIL = "https://evil.example"


def other_answers(house: House) -> Iterator[tuple[int, Response]]:
    """Statuses that no route answers by itself, each with an answer that has it."""
    owner, bearer = house.browser("owner"), house.bearer("owner")
    project = house.clean_scene().project.id
    json = {**bearer, "content-type": "application/json"}
    yield 307, owner.get("/login", headers={"host": "evil.example"})
    yield 400, owner.post("/workspaces", headers={"host": "evil.example"})
    yield 400, house.client.post("/api/v1/workspaces", content=b"{", headers=json)
    yield 403, owner.post("/workspaces", headers={"sec-fetch-site": "cross-site"})
    yield 413, owner.post("/request-access", content=b"x" * 70_000)
    yield 413, house.client.post("/api/v1/workspaces", content=b" " * 70_000, headers=json)
    yield 414, owner.get(f"/workspaces?{'a=b&' * 3000}")
    yield 415, house.client.post("/api/v1/workspaces", content=b"x", headers={**bearer, "content-type": "text/plain"})
    yield 422, owner.post("/workspaces", data={"name": ""})
    yield 422, house.client.post("/api/v1/workspaces", json={"name": 1}, headers=bearer)
    yield 409, owner.post(f"/projects/{project}/connect/toggle", data={"enabled": "on"})
    yield 416, ranged(house)


def ranged(house: House) -> Response:
    """A range beyond the end of somebody's picture; the picture itself is checked on the way."""
    link = house.push(house.clean_scene()).json()["artifacts"][0]["url"].removeprefix(ORIGIN)
    whole = house.browser("signed out").get(link)
    assert (whole.status_code, whole.headers["content-security-policy"]) == (200, SANDBOX)
    check(whole, "media")
    check(house.browser("signed out").get(link, headers={"range": "bytes=0-1"}), "media")
    return house.browser("signed out").get(link, headers={"range": "bytes=99999999-"})


def test_wb_06_refusals_of_every_kind_carry_them(house: House):
    for status, answer in other_answers(house):
        assert answer.status_code == status, answer.text
        check(answer, status)
    house.used_up()


def test_wb_06_an_answer_429_carries_them(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(house.client.app_state, "limits", Limits(enabled=True))
    monkeypatch.setitem(LIMITS, "sign-in", Limit(1, 60))
    monkeypatch.setitem(LIMITS, "api-refused", Limit(1, 60))
    browser = TestClient(house.client.app, base_url=ORIGIN, headers={"sec-fetch-site": "same-origin"})
    browser.portal = house.client.portal
    browser.app_state.update(house.client.app_state)
    for method, path in (("POST", "/login"), ("GET", "/api/v1/me")):
        browser.request(method, path, follow_redirects=False)
        answer = browser.request(method, path, follow_redirects=False)
        assert answer.status_code == 429
        check(answer, "429")


def test_cr_07_what_nobody_foresaw_is_a_500_with_an_id_and_nothing_else(house: House):
    house.used_up()
    project = house.clean_scene().project.id
    # A row that no way of ours writes, as a damaged file might hold it.
    house.db.conn.execute("update projects set timezone = 'No/Where' where id = ?", (project,))
    assert "No/Where" not in timezones.offered()
    for answer in (
        house.browser("owner").get(f"/projects/{project}/connect"),
        house.client.get(f"/api/v1/projects/{project}/export-settings", headers=house.bearer("owner")),
    ):
        assert answer.status_code == 500
        check(answer, "500")
        assert "No/Where" not in answer.text
    page = house.browser("owner").get(f"/projects/{project}/connect")
    assert page.headers["x-request-id"] in page.text
    house.used_up()


def test_cr_07_a_failing_database_is_a_503_that_names_no_table(house: House):
    house.db.conn.execute("alter table workspaces rename to workspaces_elsewhere")
    try:
        for answer in (
            house.browser("owner").get("/workspaces"),
            house.client.get("/api/v1/workspaces", headers=house.bearer("owner")),
        ):
            assert answer.status_code == 503
            check(answer, "503")
            assert "workspaces_elsewhere" not in answer.text
    finally:
        house.db.conn.execute("alter table workspaces_elsewhere rename to workspaces")


def test_wb_08_transport_security_is_asked_for_under_https_alone(tmp_path):
    local = settings_on(tmp_path).model_copy(update={"base_url": "http://127.0.0.1:8000"})
    with TestClient(create_app(local), base_url="http://127.0.0.1:8000") as client:
        assert "strict-transport-security" not in client.get("/login").headers


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_wb_05_no_origin_is_ever_allowed_or_repeated(house: House, method: str):
    headers = {
        "origin": EVIL,
        "access-control-request-method": "DELETE",
        "access-control-request-headers": "authorization",
    }
    paths = {row.path for row in (*expectations.PAGES, *expectations.PUBLIC, *expectations.OWN, *expectations.ADMIN)}
    for path in paths | {f"{API}{row.path}" for row in expectations.API}:
        for extra in ({}, house.bearer("owner")):
            answer = house.browser("owner").request(method, house.path(path), headers={**headers, **extra})
            assert not [name for name in answer.headers if name.startswith("access-control-")], path
            assert "evil.example" not in answer.text + str(answer.headers), path
        if path == "/logout":
            house.sign_in_again("owner")
    house.used_up()


def test_wb_04_a_cookie_says_nothing_to_the_api_and_a_token_nothing_to_a_page(house: House):
    house.used_up()
    project = house.clean_scene().project.id
    cookie = "; ".join(f"{name}={value}" for name, value in house.browser("owner").cookies.items())
    both = {**house.bearer("stranger"), "cookie": cookie}
    assert house.client.get(f"{API}/projects/{project}", headers=both).status_code == 404
    assert house.client.get(f"{API}/me", headers=both).json()["email"] == "stranger@example.com"
    assert house.client.get(f"{API}/projects/{project}", headers={"cookie": cookie}).status_code == 401
    page = house.browser("stranger").get(f"/projects/{project}/connect", headers=house.bearer("owner"))
    assert page.status_code == 404
    cell = Cell(expectations.PAGES[0], "GET", "a token instead of a cookie", 303)
    assert ask(house, cell).status_code == 303
