"""`clementine requests`, `approve`, `deny`, `revoke` and `token create`: their lines, their refusals, their effect."""

import pytest

from commands import requests, tokens
from rules.tokens import is_api_token
from store.connect import immediate
from store.errors import Conflict, Invalid, NotFound, NotPermitted
from tests.cast import AGENCY, OWNER, STUDIO


@pytest.fixture
def db(cast):
    """A connection of one's own to the running app's database."""
    connection = cast.db()
    yield connection
    connection.conn.close()


def test_requests_are_listed_one_a_line_those_that_wait_first(cast):
    assert cast.command(requests.listing) == ["There are no access requests."]
    cast.approve(AGENCY)
    cast.client.post("/request-access", data={"email": STUDIO, "name": "Samir", "message": "two\nlines"})
    first, second = cast.command(requests.listing)
    assert first.startswith("pending   studio@example.com") and first.endswith("Samir · two lines")
    assert second.startswith("approved  agency@example.com")


def test_decisions_say_what_they_did_and_take_hold_at_once(cast):
    assert cast.command(requests.approve, STUDIO) == [f"{STUDIO} is approved and can sign in."]
    browser = cast.sign_in(STUDIO)
    assert browser.get("/account").status_code == 200
    assert cast.command(requests.revoke, "STUDIO@example.com") == [f"{STUDIO} is revoked and signed out everywhere."]
    assert browser.get("/account").status_code == 303


def test_an_unknown_address_can_only_be_approved(cast):
    for body in (requests.deny, requests.revoke):
        with pytest.raises(NotFound, match="no access request of nobody@example"):
            cast.command(body, "nobody@example.com")
    with pytest.raises(Invalid):
        cast.command(requests.approve, "not an address")


def test_a_decision_twice_is_a_conflict(cast):
    cast.approve(STUDIO)
    with pytest.raises(Conflict, match="already approved"):
        cast.command(requests.approve, STUDIO)
    with pytest.raises(Conflict, match="revoke it instead"):
        cast.command(requests.deny, STUDIO)


def test_a_personal_token_is_printed_once_and_works(cast, db):
    cast.approve(STUDIO)
    cast.sign_in(STUDIO)
    *_, token = cast.command(tokens.create, STUDIO, project_id=None, name="  my script ")
    assert is_api_token(token)
    answer = cast.client.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
    assert answer.json()["email"] == STUDIO
    assert db.conn.execute("select name, token_hash = :token from api_tokens", {"token": token}).fetchone() == (
        "my script",
        0,
    )
    assert token not in str(db.conn.execute("select * from audit").fetchall())


def test_a_token_needs_an_account_that_has_come_and_is_approved(cast):
    with pytest.raises(NotFound, match="signed in"):
        cast.command(tokens.create, STUDIO)
    cast.approve(STUDIO)
    cast.sign_in(STUDIO)
    cast.command(requests.revoke, STUDIO)
    with pytest.raises(NotPermitted, match="approve it first"):
        cast.command(tokens.create, STUDIO)


def test_the_owner_needs_no_request_for_a_token(cast):
    cast.sign_in(OWNER)
    assert is_api_token(cast.command(tokens.create, OWNER)[-1])


def test_an_account_can_be_named_by_its_id(cast):
    cast.approve(STUDIO)
    cast.sign_in(STUDIO)
    assert is_api_token(cast.command(tokens.create, cast.account_id(STUDIO))[-1])


def test_two_approved_accounts_with_one_address_are_told_apart_by_id(cast, db):
    for email in (STUDIO, AGENCY):
        cast.approve(email)
        cast.sign_in(email)
    with immediate(db):
        db.conn.execute("update accounts set email = :email", {"email": STUDIO})
    with pytest.raises(Conflict, match=cast.account_id(AGENCY)):
        cast.command(tokens.create, STUDIO)


def test_a_project_token_needs_a_project_that_the_account_can_edit(cast, db):
    for email in (STUDIO, AGENCY):
        cast.approve(email)
    browser = cast.sign_in(STUDIO)
    cast.sign_in(AGENCY)
    (workspace_id,) = db.conn.execute(
        "select workspace_id from members where account_id = :id", {"id": cast.account_id(STUDIO)}
    ).fetchone()
    browser.post(f"/workspaces/{workspace_id}/projects", data={"name": "Gala"})
    (project_id,) = db.conn.execute("select id from projects").fetchone()
    *_, token = cast.command(tokens.create, STUDIO, project_id=project_id)
    answer = cast.client.get(f"/api/v1/projects/{project_id}", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    for unseen in (project_id, "unknown"):
        with pytest.raises(NotFound):
            cast.command(tokens.create, AGENCY, project_id=unseen)
    cast.member(AGENCY, "viewer", project_id=project_id)
    with pytest.raises(NotPermitted, match="not edit it"):
        cast.command(tokens.create, AGENCY, project_id=project_id)


def test_a_name_is_kept_to_a_length(cast):
    cast.sign_in(OWNER)
    with pytest.raises(Invalid):
        cast.command(tokens.create, OWNER, name="n" * 101)
