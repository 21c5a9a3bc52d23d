"""API tokens on the account page: made for one thing, shown once, ended by time or by hand (AZ-06, AZ-08, SE-08)."""

import re

import pytest

from rules.tokens import token_digest
from store import api_tokens, own_tokens
from store.connect import rows
from tests.cast import now_ms
from tests.handlers.stage import Scene, Stage
from tests.handlers.studio import words

DAY_MS = 86_400_000


def fresh(stage: Stage, who: str = "owner", query: str = "") -> str:
    """The id of a new form."""
    found = re.search(r'name="form" value="([\w-]{16})"', stage.browser(who).get(f"/account/tokens/new{query}").text)
    assert found
    return found.group(1)


def make(stage: Stage, who: str = "owner", **fields: str):
    data = {"name": "Booth", "project": "personal", "days": "90", "form": fresh(stage, who), **fields}
    return stage.browser(who).post("/account/tokens", data=data)


def token_of(answer) -> str:
    """The token on the page that shows it."""
    found: str
    (found,) = set(re.findall(r"clem_[\w-]{43}", answer.text))
    return found


def works(stage: Stage, token: str, path: str = "/me") -> int:
    return stage.client.get(f"/api/v1{path}", headers={"authorization": f"Bearer {token}"}).status_code


def listed(stage: Stage, who: str = "owner") -> str:
    return words(stage.browser(who).get("/account/tokens").text)


@pytest.fixture(autouse=True)
def just_signed_in(scene: Scene, stage: Stage):
    """Making a token needs it; earlier tests leave none of theirs."""
    stage.db.conn.execute("delete from api_tokens where name in ('Booth', 'Kiosk')")


def test_az_08_a_token_is_256_bits_with_a_known_beginning_shown_once_and_kept_as_a_digest(stage: Stage):
    answer = make(stage)
    token = token_of(answer)
    assert answer.status_code == 201 and answer.headers["cache-control"] == "no-store"
    assert len(token) == len("clem_") + 43
    kept = rows(stage.db, "select * from api_tokens where token_hash = :hash", hash=token_digest(token))
    assert len(kept) == 1 and token not in str(kept)
    for path in ("/account/tokens", "/account/tokens/new", "/account"):
        assert token not in stage.browser("owner").get(path).text
    assert works(stage, token) == 200


def test_az_08_a_token_counts_in_its_header_and_nowhere_else(stage: Stage):
    token = token_of(make(stage))
    browser = stage.browser("signed out")
    assert browser.get(f"/api/v1/me?token={token}").status_code == 401
    assert browser.get("/api/v1/me", headers={"cookie": f"token={token}"}).status_code == 401
    assert browser.get("/account", headers={"authorization": f"Bearer {token}"}).status_code == 303


def test_az_08_a_project_token_is_bound_to_its_project(stage: Stage, scene: Scene):
    token = token_of(make(stage, project=scene.project.id))
    assert works(stage, token, f"/projects/{scene.project.id}") == 200
    assert works(stage, token, f"/projects/{scene.other.id}") == 404
    assert works(stage, token, "/me") == 404
    assert "Only Gala in Studio" in listed(stage)


def test_the_list_says_what_for_since_when_last_used_and_until_when(stage: Stage):
    assert "never used" in (make(stage), listed(stage))[1]
    token = token_of(make(stage, name="Kiosk", days="0"))
    works(stage, token)
    line = listed(stage).partition("Kiosk")[2]
    assert re.match(r" Everything that you may do · made .* · last used .* · ends when it is revoked Works", line)


@pytest.mark.parametrize(("days", "lives"), [("30", 30), ("90", 90), ("365", 365)])
def test_az_08_a_token_ends_when_it_was_said_to(stage: Stage, days: str, lives: int):
    token = token_of(make(stage, days=days))
    (kept,) = rows(stage.db, "select id, expires_at from api_tokens where token_hash = :hash", hash=token_digest(token))
    ends = int(str(kept["expires_at"]))
    assert abs(ends - (now_ms() + lives * DAY_MS)) < 60_000
    digest = token_digest(token)
    assert api_tokens.bearer(stage.db, digest, owner_id=None, now=ends - 1) is not None
    assert api_tokens.bearer(stage.db, digest, owner_id=None, now=ends) is None
    stage.db.conn.execute("update api_tokens set expires_at = :now where id = :id", {"now": now_ms(), "id": kept["id"]})
    assert works(stage, token) == 401
    assert "Expired" in listed(stage)


def test_az_08_a_revoked_token_is_dead_at_once(stage: Stage):
    token = token_of(make(stage))
    page = stage.browser("owner").get("/account/tokens").text
    path = re.search(r'action="(/account/tokens/[\w-]+/revoke)"', page)
    assert path
    assert stage.browser("admin").post(path.group(1)).status_code == 404
    assert works(stage, token) == 200
    assert stage.browser("owner").post(path.group(1)).headers["location"] == "/account/tokens"
    assert "The token Booth is revoked." in listed(stage)
    assert works(stage, token) == 401 and stage.browser("owner").post(path.group(1)).status_code == 404


def test_sending_the_form_again_makes_no_second_token_and_shows_none(stage: Stage):
    data = {"name": "Booth", "project": "personal", "days": "90", "form": fresh(stage)}
    assert stage.browser("owner").post("/account/tokens", data=data).status_code == 201
    again = stage.browser("owner").post("/account/tokens", data=data)
    assert again.headers["location"] == "/account/tokens" and "clem_" not in again.text
    assert "It was shown only once." in listed(stage)
    assert rows(stage.db, "select count(*) as n from api_tokens where name = 'Booth'") == [{"n": 1}]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Give the token a name"),
        ({"name": "é" * 101}, "Keep this to 100 characters"),
        ({"days": "7"}, "Choose when it ends."),
        ({"days": "-1"}, "Choose when it ends."),
        ({"project": "unknown"}, "Choose a project that you may edit."),
    ],
)
def test_what_cannot_be_made_is_said_beside_the_field(stage: Stage, fields: dict[str, str], sentence: str):
    answer = make(stage, **fields)
    assert answer.status_code == 422 and sentence in answer.text and "clem_" not in answer.text


def test_az_06_a_token_is_made_only_for_projects_that_one_may_edit(stage: Stage, scene: Scene):
    offered = {
        who: scene.project.id in stage.browser(who).get("/account/tokens/new").text
        for who in ("owner", "admin", "editor", "viewer", "member", "stranger")
    }
    assert offered == {
        "owner": True,
        "admin": True,
        "editor": True,
        "viewer": False,
        "member": False,
        "stranger": False,
    }
    for who in ("viewer", "member", "stranger"):
        stage.age(who, 0)
        answer = make(stage, who, project=scene.project.id)
        assert answer.status_code == 422 and "Choose a project that you may edit." in answer.text
    assert make(stage, "editor", project=scene.project.id).status_code == 201
    assert make(stage, "editor", project=scene.other.id).status_code == 422


def test_a_token_whose_project_may_no_longer_be_edited_says_that_it_does_not_work(stage: Stage, scene: Scene):
    token = token_of(make(stage, "editor", project=scene.project.id))
    path = f"/projects/{scene.project.id}/members/dbid:editor"
    stage.browser("owner").post(path, data={"role": "viewer"})
    assert works(stage, token, f"/projects/{scene.project.id}") == 404
    assert "No longer works" in listed(stage, "editor")
    stage.browser("owner").post(path, data={"role": "editor"})
    assert works(stage, token, f"/projects/{scene.project.id}") == 200


def test_se_08_making_a_token_needs_a_fresh_sign_in_and_looking_and_revoking_none(stage: Stage, scene: Scene):
    form, kept = fresh(stage), token_of(make(stage))
    stage.age("owner", 20)
    browser, path = stage.browser("owner"), f"/account/tokens/new?project={scene.project.id}"
    again = browser.get(path).headers["location"]
    assert again == f"/account/sign-in-again?next=/account/tokens/new%3Fproject%3D{scene.project.id}"
    answer = browser.post("/account/tokens", data={"name": "x", "project": "personal", "days": "90", "form": form})
    assert answer.headers["location"] == "/account/sign-in-again?next=/account/tokens/new"
    page = browser.get("/account/tokens").text
    assert "Booth" in page
    revoke = re.findall(r'action="(/account/tokens/[\w-]+/revoke)"', page)[0]
    assert browser.post(revoke).headers["location"] == "/account/tokens"
    assert works(stage, kept) == 401


def test_the_experiences_tab_leads_to_a_token_of_its_project(stage: Stage, scene: Scene):
    page = stage.browser("editor").get(f"/projects/{scene.project.id}/experiences").text
    assert f'href="/account/tokens/new?project={scene.project.id}"' in page
    form = stage.browser("editor").get(f"/account/tokens/new?project={scene.project.id}").text
    assert f'<option value="{scene.project.id}" selected>' in form


def test_only_so_many_tokens_live_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(own_tokens, "MOST_LIVE", len(own_tokens.of_account(stage.db, "dbid:owner", now=now_ms())) + 1)
    assert make(stage).status_code == 201
    assert "Revoke some that are no longer needed." in stage.browser("owner").get(make(stage).headers["location"]).text


def test_making_and_revoking_are_audited_without_the_token(stage: Stage):
    token = token_of(make(stage))
    page = stage.browser("owner").get("/account/tokens").text
    stage.browser("owner").post(re.findall(r'action="(/account/tokens/[\w-]+/revoke)"', page)[0])
    last = rows(stage.db, "select actor, way, action, detail, ip from audit order by id desc limit 2")
    assert [(row["actor"], row["action"]) for row in last] == [
        ("dbid:owner", "api_token.revoked"),
        ("dbid:owner", "api_token.created"),
    ]
    assert token not in str(last)


def test_tokens_that_ended_are_forgotten_after_a_while(stage: Stage):
    make(stage)
    stage.db.conn.execute("update api_tokens set expires_at = 1000 where name = 'Booth'")
    assert api_tokens.prune(stage.db, now=1000 + api_tokens.KEEP_ENDED_MS) == 0
    assert api_tokens.prune(stage.db, now=1001 + api_tokens.KEEP_ENDED_MS) == 1
