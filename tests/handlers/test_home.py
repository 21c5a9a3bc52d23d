"""The first page: a promise for strangers, and for people a checklist whose steps tick from the rows."""

import re

import pytest

from tests.cast import AGENCY, STUDIO

STEPS = ("Connect Dropbox", "Make a project and an experience", "Switch export on", "Push the first result")


@pytest.fixture
def browser(cast):
    cast.approve(STUDIO)
    return cast.sign_in(STUDIO)


def states(page):
    """The state of each step, in order; none once the checklist is gone."""
    return re.findall(r'<li class="step (\w+)"', page)


def test_a_stranger_reads_what_the_site_is_and_can_ask(client):
    page = client.get("/")
    assert page.status_code == 200
    for words in ("lands in your own Dropbox", "Request access", 'action="/request-access"', 'href="/login"'):
        assert words in page.text
    assert len(page.content) < 40_000


def test_a_newcomer_begins_with_connecting_dropbox(browser):
    page = browser.get("/").text
    assert [page.index(step) for step in STEPS] == sorted(page.index(step) for step in STEPS)
    assert states(page) == ["now", "later", "later", "later"]
    assert "0 of 4 done" in page and "/dropbox/connect" in page


def insert(db, table, **values):
    names = ", ".join(values)
    db.conn.execute(f"insert into {table} ({names}) values ({', '.join(':' + name for name in values)})", values)


def workspace_of(db, cast):
    return db.conn.execute(
        "select workspace_id from members where account_id = :id", {"id": cast.account_id(STUDIO)}
    ).fetchone()[0]


def connect(db, cast, status="connected"):
    insert(
        db,
        "connections",
        id="c1",
        workspace_id=workspace_of(db, cast),
        status=status,
        dropbox_account_id="dbid:x",
        account_email=STUDIO,
        account_display_name="Samir",
        token=None if status == "disconnected" else "sealed",
        scopes="a",
        connected_by=cast.account_id(STUDIO),
        connected_at=1,
        updated_at=1,
    )


def test_steps_tick_from_the_rows_one_after_the_other(cast, browser, db):
    connect(db, cast)
    assert states(browser.get("/").text) == ["done", "now", "later", "later"]
    workspace_id = workspace_of(db, cast)
    browser.post(f"/workspaces/{workspace_id}/projects", data={"name": "Gala"})
    page = browser.get("/").text
    assert states(page) == ["done", "now", "later", "later"]
    (project_id,) = db.conn.execute("select id from projects").fetchone()
    assert f"/projects/{project_id}/experiences" in page
    browser.post(f"/projects/{project_id}/experiences", data={"name": "Booth"})
    page = browser.get("/").text
    assert states(page) == ["done", "done", "now", "later"] and f"/projects/{project_id}/connect" in page
    db.conn.execute("update export_settings set enabled = 1")
    page = browser.get("/").text
    assert states(page) == ["done", "done", "done", "now"] and "3 of 4 done" in page


@pytest.mark.parametrize(("status", "first"), [("needs_reauth", "done"), ("disconnected", "now")])
def test_a_lost_connection_stays_ticked_and_an_ended_one_does_not(cast, browser, db, status, first):
    connect(db, cast, status)
    assert states(browser.get("/").text)[0] == first


def test_the_checklist_speaks_of_ones_own_workspaces_alone(cast, browser, db):
    cast.approve(AGENCY)
    other = cast.sign_in(AGENCY)
    connect(db, cast)
    assert states(other.get("/").text) == ["now", "later", "later", "later"]


def test_somebody_without_a_workspace_is_told_how_to_get_one(browser, db):
    db.conn.execute("update workspaces set deleted_at = 1")
    page = browser.get("/").text
    assert "You are in no workspace" in page and 'href="/workspaces"' in page
