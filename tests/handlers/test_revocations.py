"""Taking access back with the whole app and a Dropbox that hangs: all is dead within a second, and the page said so."""

import time

import pytest

from commands import requests
from store.connect import rows
from tests.cast import AGENCY, OWNER, STUDIO
from tests.handlers.studio import Studio, until, words
from tests.handlers.test_stops import begun_after, hanging

pytestmark = pytest.mark.complaints("needless_refresh")


@pytest.fixture
def exporting(studio: Studio) -> Studio:
    """The studio, connected, with its project's export switched on."""
    studio.connect()
    assert studio.switch("on").status_code == 303
    return studio


@pytest.fixture
def owner(cast):
    return cast.sign_in(OWNER)


def revoke_on_the_page(studio: Studio, owner) -> None:
    answer = owner.post(f"/admin/people/{studio.account_id}/revoke")
    assert answer.headers["location"] == "/admin/people"


def revoke_by_command(studio: Studio, owner) -> None:
    told = studio.cast.command(requests.revoke, STUDIO)
    assert told[1:] == ["Exports stopped in 1 workspace that nobody else minds."]


def end_by_date(studio: Studio, owner) -> None:
    studio.db.conn.execute("update access_requests set approved_until = 1 where email_key = :e", {"e": STUDIO})


@pytest.mark.parametrize("revoke", [revoke_on_the_page, revoke_by_command, end_by_date])
def test_se_07_everything_of_theirs_is_dead_within_a_second(exporting: Studio, owner, revoke):
    token = {"authorization": f"Bearer {exporting.cast.token(STUDIO)}"}
    hanging(exporting)
    began = time.monotonic()
    revoke(exporting, owner)
    assert exporting.owner.get("/account").status_code == 303
    assert exporting.cast.client.get("/api/v1/me", headers=token).status_code == 401
    # Nobody else minds the workspace: its upload is cut, and what waited behind it is skipped.
    until(lambda: any(call["status"] == 0 for call in exporting.sandbox.history("files/upload*")))
    assert time.monotonic() - began < (2.5 if revoke is revoke_on_the_page else 3.5)
    stopped = time.time_ns() // 1_000_000
    until(lambda: set(exporting.states()) == {"skipped"})
    exporting.sandbox.clear_faults()
    time.sleep(0.5)
    assert begun_after(exporting, stopped) == [] and exporting.sandbox.files(STUDIO) == {}
    assert exporting.connection()["status"] == "disconnected" and exporting.connection()["token"] is None
    until(lambda: exporting.grants() == [])
    assert rows(exporting.db, "select state from access_requests where email_key = :e", e=STUDIO) == [
        {"state": "revoked"}
    ]


def test_exports_go_on_when_another_admin_is_there_and_the_page_says_which(exporting: Studio, owner):
    exporting.enters("admin")
    own = exporting.cast.sandbox.account_id(STUDIO)
    page = words(owner.get(f"/admin/people/{own}/revoke").text)
    assert "Exports that keep running" in page and "Minded by Admin Doe" in page and "Exports that stop" not in page
    owner.post(f"/admin/people/{own}/revoke")
    assert exporting.connection()["status"] == "connected"
    exporting.enters("editor")
    assert exporting.states() == []


def test_the_page_says_which_exports_stop_and_how_many_wait(exporting: Studio, owner):
    hanging(exporting)
    page = words(owner.get(f"/admin/people/{exporting.account_id}/revoke").text)
    assert "Exports that stop" in page and "3 exports are not in Dropbox yet and will be skipped" in page
    assert "signed out on 1 device" in page and "Exports that keep running" not in page
    assert exporting.connection()["status"] == "connected"
    exporting.sandbox.clear_faults()


def test_without_a_dropbox_the_page_says_that_no_exports_are_affected(studio: Studio, owner):
    assert "No exports are affected" in owner.get(f"/admin/people/{studio.account_id}/revoke").text


def test_another_ones_uploads_go_on_while_somebody_is_revoked(exporting: Studio, owner):
    exporting.cast.approve(AGENCY)
    exporting.cast.sign_in(AGENCY)
    fault = exporting.sandbox.fault("slow", route="files/upload*", seconds=1)
    pushed = exporting.push("job-1")["exports"][0]["id"]
    until(lambda: exporting.states() == ["uploading"])
    owner.post(f"/admin/people/{exporting.cast.account_id(AGENCY)}/revoke")
    exporting.sandbox.clear_faults(fault)
    until(lambda: exporting.states() == ["exported"])
    assert rows(exporting.db, "select status from attempts where export_id = :e", e=pushed) == [{"status": "success"}]


def test_a_revocation_that_is_refused_stops_nothing(exporting: Studio, owner):
    me = exporting.cast.account_id(OWNER)
    assert owner.post(f"/admin/people/{me}/revoke").status_code == 409
    assert owner.post("/admin/people/dbid:nobody/revoke").status_code == 404
    exporting.push("job-1")
    until(lambda: exporting.states() == ["exported"])


def test_a_person_whose_access_ended_by_itself_is_told_and_may_ask_again_at_once(exporting: Studio, owner):
    end_by_date(exporting, owner)
    until(lambda: "ended by itself" in owner.get("/admin/mail").text)
    exporting.cast.browser().post("/request-access", data={"email": STUDIO})
    assert "Asked before: revoked on" in words(owner.get("/admin/requests").text)
    entry = rows(exporting.db, "select way, actor from audit where action = 'access_request.revoked'")
    assert entry == [{"way": "rule", "actor": None}]
