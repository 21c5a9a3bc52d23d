"""Admin: for the site owner alone; each decision once, with its sentence; a revocation that takes hold at once."""

import pytest

from commands import tokens
from tests.cast import AGENCY, OWNER, STUDIO

PAGES = ("/admin", *(f"/admin/{name}" for name in ("requests", "set-aside", "people", "rules", "audit", "mail")))


@pytest.fixture
def owner(cast):
    return cast.sign_in(OWNER)


@pytest.fixture
def asked(cast):
    """The id of a pending request."""
    cast.client.post("/request-access", data={"email": STUDIO, "name": "Samir", "message": "Weddings <b>only</b>"})
    db = cast.db()
    (request_id,) = db.conn.execute("select id from access_requests").fetchone()
    db.conn.close()
    return request_id


def decide(browser, request_id, decision, **more):
    return browser.post(f"/admin/requests/{request_id}/decision", data={"decision": decision, **more})


def state_of(db):
    return db.conn.execute("select state from access_requests").fetchone()[0]


def test_admin_is_nothing_to_anybody_but_the_owner(cast, asked, db):
    cast.approve(AGENCY)
    browser = cast.sign_in(AGENCY)
    for path in (*PAGES, "/admin/people/dbid:x/revoke", "/admin/nothing-here"):
        answer = browser.get(path)
        assert answer.status_code == 404, path
    assert decide(browser, asked, "approve").status_code == 404
    assert decide(cast.browser(), asked, "approve").headers["location"] == "/login"
    for path in PAGES:
        assert cast.browser().get(path).headers["location"].startswith("/login")
    assert "Admin" not in browser.get("/").text
    assert db.conn.execute("select state from access_requests where email = :e", {"e": STUDIO}).fetchone() == (
        "pending",
    )


def test_the_owner_sees_what_waits_with_its_count_everywhere(owner, asked):
    assert owner.get("/admin").headers["location"] == "/admin/requests"
    page = owner.get("/admin/requests").text
    assert STUDIO in page and "Samir" in page and "Weddings &lt;b&gt;only&lt;/b&gt;" in page
    assert 'Pending <span class="number">1<' in page and 'Approved <span class="number">0<' in page
    assert '1<span class="visually-hidden"> access requests wait' in owner.get("/").text


def test_approving_lets_the_person_in(cast, owner, asked):
    answer = decide(owner, asked, "approve", note="From the fair", status="pending")
    assert answer.headers["location"].startswith("/admin/requests?status=pending&done=")
    assert f"{STUDIO} is approved and can sign in." in owner.get("/admin/requests").text
    approved = owner.get("/admin/requests?status=approved").text
    assert "From the fair" in approved and "by Olivia Owens" in approved and "on this page" in approved
    assert cast.sign_in(STUDIO).get("/account").status_code == 200


def test_denying_tells_the_person_the_note_to_them_and_never_the_private_one(cast, owner, asked, db):
    decide(owner, asked, "deny", note="Never heard of them", note_to_person="We are full this year.")
    assert state_of(db) == "denied"
    assert "Never heard of them" in owner.get("/admin/requests?status=denied").text
    mails = owner.get("/admin/mail").text
    assert "&gt; We are full this year." in mails and "Never heard" not in mails
    refused = cast.sign_in(STUDIO).get("/login/refused").text
    assert "was not approved" in refused and "Never heard" not in refused


def test_ar_10_a_second_decision_is_a_calm_sentence_and_changes_nothing(owner, asked, db):
    decide(owner, asked, "approve")
    before = (
        db.conn.execute("select * from access_requests").fetchall(),
        db.conn.execute("select * from outbox").fetchall(),
    )
    for decision in ("approve", "deny"):
        answer = decide(owner, asked, decision)
        assert (
            answer.status_code == 409 and "already approved on" in answer.text and "Nothing was changed" in answer.text
        )
    assert (
        db.conn.execute("select * from access_requests").fetchall(),
        db.conn.execute("select * from outbox").fetchall(),
    ) == before


@pytest.mark.parametrize("decision", ["", "revoke", "ask", "pending", "Approve"])
def test_only_approve_and_deny_are_decisions(owner, asked, db, decision):
    answer = decide(owner, asked, decision)
    assert answer.status_code == 422 and "Choose to approve or to deny." in answer.text
    assert state_of(db) == "pending"


def test_a_note_that_is_too_long_stays_typed(owner, asked, db):
    answer = decide(owner, asked, "deny", note="n" * 1001)
    assert answer.status_code == 422 and "n" * 1001 in answer.text and state_of(db) == "pending"


def test_an_unknown_request_is_not_found(owner):
    assert decide(owner, "unknown", "approve").status_code == 404


def test_an_unknown_state_shows_what_waits(owner, asked):
    assert STUDIO in owner.get("/admin/requests?status=<x>").text


def test_every_decision_has_its_audit_row(cast, owner, asked, db):
    decide(owner, asked, "deny")
    decide(owner, asked, "approve")
    rows = db.conn.execute(
        "select actor, way, action, subject from audit where action like 'access_request.%'"
    ).fetchall()
    me = cast.account_id(OWNER)
    assert rows == [
        (None, "page", "access_request.asked", STUDIO),
        (me, "page", "access_request.denied", STUDIO),
        (me, "page", "access_request.approved", STUDIO),
    ]


def test_se_07_a_revoked_person_is_out_at_once_with_every_device_and_token(cast, owner, db, sandbox):
    cast.approve(STUDIO)
    laptop, phone = cast.sign_in(STUDIO), cast.sign_in(STUDIO)
    token = cast.command(tokens.create, STUDIO, project_id=None, name="")[-1]
    me = {"authorization": f"Bearer {token}"}
    assert cast.client.get("/api/v1/me", headers=me).status_code == 200
    account = cast.account_id(STUDIO)
    people = owner.get("/admin/people").text
    assert "Samir Studer" in people and f"/admin/people/{account}/revoke" in people
    question = owner.get(f"/admin/people/{account}/revoke")
    assert question.status_code == 200 and "2 devices" in question.text
    assert laptop.get("/account").status_code == 200
    answer = owner.post(f"/admin/people/{account}/revoke")
    assert answer.headers["location"] == "/admin/people"
    assert laptop.get("/account").status_code == 303 and phone.get("/").text.count("Request access")
    assert cast.client.get("/api/v1/me", headers=me).status_code == 401
    assert db.conn.execute("select count(*) from outbox where kind = 'revoke_grant'").fetchone()[0] >= 1
    assert "Samir Studer" not in owner.get("/admin/people").text
    assert cast.sign_in(STUDIO).get("/login/refused").status_code == 403


def test_somebody_approved_who_never_came_can_be_revoked_too(cast, owner, db):
    cast.approve(STUDIO)
    page = owner.get("/admin/people").text
    assert "Has not signed in yet" in page
    (request_id,) = db.conn.execute("select id from access_requests").fetchone()
    assert f"{STUDIO} has not signed in yet" in owner.get(f"/admin/people/{request_id}/revoke").text
    owner.post(f"/admin/people/{request_id}/revoke")
    assert state_of(db) == "revoked"


def test_the_owner_is_listed_first_and_cannot_be_revoked(cast, owner):
    page = owner.get("/admin/people").text
    assert "Olivia Owens" in page and "Site owner" in page
    path = f"/admin/people/{cast.account_id(OWNER)}/revoke"
    assert path not in page
    assert owner.get(path).status_code == owner.post(path).status_code == 409
    assert owner.get("/account").status_code == 200


@pytest.mark.parametrize("who", ["dbid:nobody", "x", "%2e%2e"])
def test_nobody_unknown_is_revoked(owner, who):
    assert owner.get(f"/admin/people/{who}/revoke").status_code == 404
    assert owner.post(f"/admin/people/{who}/revoke").status_code == 404


def test_mails_are_kept_and_shown_when_none_can_be_sent(cast, owner):
    cast.approve(STUDIO)
    page = owner.get("/admin/mail").text
    assert "No mail service is set up" in page and "Kept, not sent" in page
    assert f"To {STUDIO}" in page and "https://clementine.test/claims/" in page and "data-copy=" in page


def test_a_get_decides_nothing(owner, asked, db):
    for path in (f"/admin/requests/{asked}/decision", f"/admin/requests/{asked}/decision?decision=approve"):
        assert owner.get(path).status_code in (404, 405)
    assert state_of(db) == "pending"
