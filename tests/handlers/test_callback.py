"""Coming back from connecting when the person of this browser is no longer the one who began (OA-05, OA-06, OA-19)."""

import pytest

from commands import requests
from tests.cast import AGENCY, STUDIO, path_of


@pytest.fixture
def begun(cast, sandbox):
    """A browser that has begun to connect and not come back yet, and where Dropbox sends it."""
    cast.approve(STUDIO)
    browser = cast.sign_in(STUDIO)
    db = cast.db()
    (workspace_id,) = db.conn.execute("select id from workspaces").fetchone()
    db.conn.close()
    answer = browser.post(f"/workspaces/{workspace_id}/dropbox/connect", data={"next": "/account"})
    sandbox.clear_history()
    return browser, path_of(sandbox.decide(answer.headers["location"], STUDIO))


def untouched(cast, sandbox):
    db = cast.db()
    (connections,) = db.conn.execute("select count(*) from connections").fetchone()
    db.conn.close()
    return connections == 0 and sandbox.history(route="oauth2/token") == []


def test_oa_19_somebody_signed_out_is_asked_to_sign_in_and_nothing_is_connected(cast, sandbox, begun):
    browser, back = begun
    browser.post("/logout")
    assert browser.get(back).headers["location"] == "/login?next=/account"
    assert "you are no longer signed in as the person who began it" in browser.get("/login").text
    assert untouched(cast, sandbox)


def test_oa_05_somebody_else_in_the_same_browser_connects_nothing(cast, sandbox, begun):
    browser, back = begun
    cast.approve(AGENCY)
    cast.sign_in(AGENCY, browser)
    sandbox.clear_history()
    assert browser.get(back).headers["location"] == "/"
    assert untouched(cast, sandbox)


def test_oa_06_a_trip_to_connect_signs_nobody_in(cast, sandbox, begun):
    browser, back = begun
    db = cast.db()
    before = db.conn.execute("select id, account_id from devices").fetchall()
    browser.get(back)
    assert db.conn.execute("select id, account_id from devices").fetchall() == before
    db.conn.close()


def test_a_revoked_person_connects_nothing(cast, sandbox, begun):
    browser, back = begun
    cast.command(requests.revoke, STUDIO)
    assert browser.get(back).headers["location"] == "/login?next=/account"
    assert untouched(cast, sandbox)
