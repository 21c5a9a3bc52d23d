"""What is stored about a person, to read and to take along, and deleting their account, through the running app."""

import json

import pytest

from store.connect import rows
from tests.cast import AGENCY, OWNER, STUDIO, now_ms
from tests.handlers.studio import Studio, forms, until, words


def age(studio: Studio, minutes: int) -> None:
    studio.db.conn.execute("update devices set created_at = :at", {"at": now_ms() - minutes * 60_000})


def test_what_is_stored_is_readable_and_comes_as_a_file(studio: Studio):
    shown = words(studio.owner.get("/account/data").text)
    assert STUDIO in shown and "Samir Studer" in shown and "kept sealed" in shown
    answer = studio.owner.get("/account/data.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="what-is-stored.json"'
    assert answer.headers["cache-control"] == "no-store"
    told = json.loads(answer.text)
    assert told["account"][0]["email"] == STUDIO
    assert told["account"][0]["signed_in_at"].endswith("Z")
    assert told["workspaces"][0]["role"] == "owner"
    assert studio.owner.cookies["__Host-device"] not in answer.text


def test_names_in_it_are_text_and_never_markup(studio: Studio):
    name = "<img src=x onerror=alert(1)>"
    studio.owner.post(f"/workspaces/{studio.workspace_id}", data={"name": name})
    assert "<img src=x" not in studio.owner.get("/account/data").text


def test_whoever_is_alone_deletes_everything_by_their_typed_address(studio: Studio):
    studio.connect()
    studio.switch("on")
    other = studio.cast.sign_in(STUDIO)
    token = {"authorization": f"Bearer {studio.cast.token(STUDIO)}"}
    page = words(studio.owner.get("/account/delete").text)
    assert "is deleted with all projects and results" in page and "Files in Dropbox stay" in page
    wrong = studio.owner.post("/account/delete", data={"email": "somebody@example.com"})
    assert wrong.status_code == 422 and f"Type {STUDIO}, the address of your account." in wrong.text
    answer = studio.owner.post("/account/delete", data={"email": f" {STUDIO.upper()} "})
    assert answer.headers["location"] == "/"
    assert "Your account is deleted." in studio.owner.get("/").text
    for browser in (studio.owner, other):
        assert browser.get("/account").status_code == 303
    assert studio.cast.client.get("/api/v1/me", headers=token).status_code == 401
    until(lambda: studio.grants() == [])
    assert rows(studio.db, "select id from accounts where email = :email", email=STUDIO) == []
    again = studio.cast.sign_in(STUDIO)
    assert "This account has no access yet" in again.get("/login/refused").text


def test_the_last_owner_of_others_workspace_is_told_what_to_do_first(studio: Studio):
    studio.enters("admin")
    page = studio.owner.get("/account/delete").text
    assert "First, other people need an owner" in words(page)
    assert f"/workspaces/{studio.workspace_id}/transfer" in page and "/account/delete" not in forms(page)
    assert studio.owner.post("/account/delete", data={"email": STUDIO}).status_code == 409
    studio.owner.post(
        f"/workspaces/{studio.workspace_id}/transfer", data={"account": studio.cast.account_id("admin@example.com")}
    )
    assert "goes on without you" in words(studio.owner.get("/account/delete").text)
    assert studio.owner.post("/account/delete", data={"email": STUDIO}).status_code == 303


def test_the_site_owner_cannot(studio: Studio):
    owner = studio.cast.sign_in(OWNER)
    page = owner.get("/account/delete").text
    assert "You own this site" in words(page) and "/account/delete" not in forms(page)
    assert owner.post("/account/delete", data={"email": OWNER}).status_code == 409


def test_se_08_it_needs_a_fresh_sign_in(studio: Studio):
    age(studio, 16)
    for answer in (studio.owner.get("/account/delete"), studio.owner.post("/account/delete", data={"email": STUDIO})):
        assert answer.headers["location"] == "/account/sign-in-again?next=/account/delete"
    assert studio.owner.get("/account/data").status_code == 200


@pytest.mark.parametrize("path", ["/account/data", "/account/data.json", "/account/delete"])
def test_nobody_elses_account_can_be_named(studio: Studio, path: str):
    studio.cast.approve(AGENCY)
    agency = studio.cast.sign_in(AGENCY)
    query = f"?account={studio.account_id}&account_id={studio.account_id}&id={studio.account_id}"
    assert STUDIO not in agency.get(path + query).text
