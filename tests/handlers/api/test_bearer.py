"""The API's door: a live token of an approved account, read anew at each request, and nothing else."""

import secrets

import pytest
from starlette.testclient import TestClient

from app import create_app
from rules.tokens import TOKEN_BYTES, api_token
from store.connect import immediate, rows
from tests.cast import now_ms
from tests.handlers.api.pushing import push
from tests.handlers.stage import ORIGIN, Scene, Stage, settings_on

ME = "/api/v1/me"
UNKNOWN = "clem_" + "u" * 43


def unknown_token() -> str:
    return api_token(secrets.token_bytes(TOKEN_BYTES))


def test_me_says_whose_token_it_is(stage: Stage):
    answer = stage.client.get(ME, headers=stage.bearer("editor"))
    assert answer.json() == {
        "account_id": "dbid:editor",
        "email": "editor@example.com",
        "display_name": "Editor",
        "site_owner": False,
    }


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Bearer nonsense",
        "Bearer clem_short",
        f"Bearer {UNKNOWN}",
        f"Bearer {UNKNOWN} extra",
        f"Token {UNKNOWN}",
        "Bearer clem_" + "x" * 10_000,
        "Bearer clem_é" + "a" * 42,
    ],
)
def test_no_token_and_an_unknown_one_are_a_401_problem_that_names_the_scheme(stage: Stage, header: str | None):
    headers = {} if header is None else {"authorization": header.encode()}
    answer = stage.client.get(ME, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "detail"}
    assert "set-cookie" not in answer.headers


def test_the_scheme_may_be_written_in_any_case(stage: Stage):
    token = stage.bearer("editor")["authorization"].removeprefix("Bearer ")
    assert stage.client.get(ME, headers={"authorization": f"bearer  {token}"}).status_code == 200


def test_wb_04_cookies_open_nothing_and_foreign_pages_have_nothing_to_ride_on(stage: Stage, scene: Scene):
    assert stage.browser("editor").get(ME).status_code == 401
    answer = stage.browser("viewer").get(ME, headers=stage.bearer("editor"))
    assert answer.json()["account_id"] == "dbid:editor"
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example", **stage.bearer("owner")}
    answer = push(stage, scene, who=foreign)
    assert answer.status_code == 201
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/me", "/api/", "/api/v1/me/", "/api/v1//me", "/api/v1/ME"])
def test_an_unknown_path_is_a_401_without_a_token_and_a_404_problem_with_one(stage: Stage, path: str):
    assert stage.client.get(path).status_code == 401
    answer = stage.client.get(path, headers=stage.bearer("editor"))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_method_is_a_405_problem_that_names_those_that_there_are(stage: Stage):
    answer = stage.client.post(ME, headers=stage.bearer("editor"))
    assert answer.status_code == 405
    assert {each.strip() for each in answer.headers["allow"].split(",")} == {"GET", "HEAD"}
    assert answer.headers["content-type"] == "application/problem+json"
    assert stage.client.post(ME).status_code == 401


def test_head_is_get_without_the_body(stage: Stage):
    got, asked = (
        stage.client.get(ME, headers=stage.bearer("editor")),
        stage.client.head(ME, headers=stage.bearer("editor")),
    )
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == got.headers["content-length"]


def test_a_revoked_approval_ends_the_account_s_tokens_at_once(tmp_path):
    with TestClient(create_app(settings_on(tmp_path)), base_url=ORIGIN) as client:
        stage = Stage(settings_on(tmp_path), client)
        assert client.get(ME, headers=stage.bearer("editor")).status_code == 200
        with immediate(stage.db) as db:
            db.conn.execute("update access_requests set state = 'revoked' where account_id = 'dbid:editor'")
        assert client.get(ME, headers=stage.bearer("editor")).status_code == 401
        with immediate(stage.db) as db:
            db.conn.execute("update access_requests set state = 'approved' where account_id = 'dbid:editor'")
            db.conn.execute("update api_tokens set revoked_at = 1 where account_id = 'dbid:editor'")
        assert client.get(ME, headers=stage.bearer("editor")).status_code == 401
        stage.db.conn.close()


def test_the_last_use_of_a_token_is_noted_once_a_minute(stage: Stage):
    def last_used() -> int:
        (row,) = rows(stage.db, "select last_used_at from api_tokens where account_id = 'dbid:admin'")
        return int(str(row["last_used_at"]))

    stage.client.get(ME, headers=stage.bearer("admin"))
    first = last_used()
    assert abs(first - now_ms()) < 10_000
    stage.client.get(ME, headers=stage.bearer("admin"))
    assert last_used() == first
    with immediate(stage.db) as db:
        db.conn.execute(
            "update api_tokens set last_used_at = :at where account_id = 'dbid:admin'", {"at": now_ms() - 61_000}
        )
    stage.client.get(ME, headers=stage.bearer("admin"))
    assert last_used() >= first


def test_guessing_tokens_is_slowed_down_by_address_and_live_tokens_are_counted_by_themselves(tmp_path):
    settings = settings_on(tmp_path).model_copy(update={"limits": "on"})
    with TestClient(create_app(settings), base_url=ORIGIN) as client:
        stage = Stage(settings, client)
        answers = [client.get(ME, headers={"authorization": f"Bearer {unknown_token()}"}) for _ in range(121)]
        assert [each.status_code for each in answers] == [401] * 120 + [429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 61
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert client.get(ME, headers=stage.bearer("editor")).status_code == 200
        stage.db.conn.close()
