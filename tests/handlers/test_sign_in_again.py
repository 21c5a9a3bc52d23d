"""Acts that need a sign-in of the last 15 minutes (SE-08): asked for calmly, led through Dropbox, back at the act."""

import pytest

from store.connect import rows
from tests.cast import AGENCY, STUDIO, now_ms, path_of
from tests.handlers.stage import Scene, Stage
from tests.handlers.studio import Studio, words

MINUTE = 60_000
# The page of each act, and what posts it.
ACTS = {
    "/workspaces/{workspace_id}/transfer": {"account": "dbid:member"},
    "/workspaces/{workspace_id}/delete": {"name": "Studio"},
    "/workspaces/{workspace_id}/dropbox/disconnect": {},
}


def age(studio: Studio, minutes: float) -> None:
    """Let everybody's last sign-in be so long ago."""
    studio.db.conn.execute("update devices set created_at = :at", {"at": now_ms() - int(minutes * MINUTE)})


@pytest.mark.parametrize("act", ACTS)
def test_se_08_after_a_quarter_of_an_hour_the_act_asks_to_sign_in_again_and_does_nothing(
    stage: Stage, scene: Scene, act: str
):
    stage.link(scene, "connected")
    path = stage.fill(scene, act)
    browser = stage.browser("owner")
    stage.age("owner", 15.1)
    before = rows(stage.db, "select * from audit order by id desc limit 1")
    for answer in (browser.get(path), browser.post(path, data=ACTS[act] or None)):
        assert answer.headers["location"] == f"/account/sign-in-again?next={path}"
    assert rows(stage.db, "select * from audit order by id desc limit 1") == before
    stage.age("owner", 14.8)
    assert browser.get(path).status_code == 200


def test_the_page_says_why_and_where_it_leads_and_is_skipped_when_there_is_no_need(stage: Stage, scene: Scene):
    browser = stage.browser("owner")
    assert browser.get("/account/sign-in-again?next=/account").headers["location"] == "/account"
    assert browser.get("/account/sign-in-again?next=//evil.example").headers["location"] == "/account"
    stage.age("owner", 60)
    page = browser.get("/account/sign-in-again?next=https://evil.example").text
    assert 'name="next" value="/account"' in page
    shown = words(browser.get("/account/sign-in-again?next=/workspaces").text)
    assert "Sign in again to go on" in shown and "owner@example.com" in shown
    assert "a sign-in of the last 15 minutes" in shown


def test_roles_are_asked_before_the_sign_in(stage: Stage, scene: Scene):
    for name, status in (("admin", 403), ("stranger", 404)):
        stage.age(name, 60)
        assert stage.browser(name).get(f"/workspaces/{scene.workspace.id}/delete").status_code == status


def test_signing_in_again_leads_back_to_the_act_with_a_new_device_and_the_old_one_dead(studio: Studio):
    studio.connect()
    age(studio, 60)
    old = studio.owner.cookies["__Host-device"]
    answer = studio.owner.post(f"{studio.dropbox}/disconnect", data={"next": studio.tab})
    again = answer.headers["location"]
    act = f"{studio.dropbox}/disconnect?next={studio.tab}"
    assert again == f"/account/sign-in-again?next={studio.dropbox}/disconnect%3Fnext%3D{studio.tab}"
    assert studio.connection()["status"] == "connected"
    assert f'name="next" value="{act}"' in studio.owner.get(again).text
    begun = studio.owner.post("/login", data={"next": act, "other": "1"})
    assert "force_reauthentication=true" in begun.headers["location"]
    back = studio.owner.get(path_of(studio.sandbox.decide(begun.headers["location"], STUDIO)))
    assert back.headers["location"] == act
    page = studio.owner.get(act).text
    assert "Disconnect Dropbox?" in words(page) and f'name="next" value="{studio.tab}"' in page
    ended = studio.owner.post(f"{studio.dropbox}/disconnect", data={"next": studio.tab})
    assert ended.headers["location"] == studio.tab and studio.connection()["status"] == "disconnected"
    thief = studio.cast.browser()
    thief.cookies.set("__Host-device", old)
    assert thief.get("/account").status_code == 303


def test_whoever_signs_in_as_somebody_else_there_gets_nothing_of_the_act(studio: Studio):
    studio.connect()
    studio.cast.approve(AGENCY)
    age(studio, 60)
    act = f"{studio.dropbox}/disconnect"
    begun = studio.owner.post("/login", data={"next": act, "other": "1"})
    studio.owner.get(path_of(studio.sandbox.decide(begun.headers["location"], AGENCY)))
    assert studio.owner.get(act).status_code == 404 and studio.owner.post(act).status_code == 404
    assert studio.connection()["status"] == "connected"


def test_an_api_token_disconnects_however_old_it_is(studio: Studio):
    studio.connect()
    age(studio, 60)
    headers = {"authorization": f"Bearer {studio.cast.token(STUDIO)}"}
    answer = studio.cast.client.delete(f"/api/v1/workspaces/{studio.workspace_id}/connection", headers=headers)
    assert answer.status_code == 200 and answer.json()["status"] == "disconnected"


def test_acts_that_are_easily_taken_back_need_no_fresh_sign_in(stage: Stage, scene: Scene):
    stage.age("owner", 60)
    browser, home = stage.browser("owner"), f"/workspaces/{scene.workspace.id}"
    assert browser.post(home, data={"name": "New"}).headers["location"] == home
    answer = browser.post(f"{home}/members/dbid:member", data={"role": "admin"})
    assert answer.headers["location"] == f"{home}/members"
