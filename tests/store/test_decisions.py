"""The owner's decisions: each move once, guarded and audited; a revocation ends everything at once (AR-10, SE-07)."""

import pytest

from rules.approval import Move
from rules.states import RequestState
from store import access_requests, api_tokens, decisions, devices, mails, outbox, people
from store.connect import immediate
from store.errors import Conflict, Invalid, NotFound
from tests.store.arrivals import BY_OWNER, KEYRING, LETTERBOX, NOW, OWNER, arrives, count
from tests.store.test_access_requests import ask, decide


def approve(db, email, now=NOW):
    with immediate(db):
        return decisions.approve_address(db, email, decider=BY_OWNER, letterbox=LETTERBOX, owner=OWNER, now=now)


def person(db, name, now=NOW):
    return devices.person_of(db, f"{name}-device", now=now, owner_id=OWNER)


def test_approving_tells_the_person_and_is_audited(db):
    ask(db, owner=None)
    moved = decide(db, Move.APPROVE)
    assert moved.state is RequestState.APPROVED
    (mail,) = mails.listed(db, KEYRING)
    assert mail.recipient == "ada@example.com" and "/login" in (mail.text or "")
    assert ("access_request.approved", "ada@example.com", "command") in db.conn.execute(
        "select action, subject, way from audit"
    ).fetchall()


def test_denying_sends_no_mail(db):
    ask(db, owner=None)
    decide(db, Move.DENY)
    assert mails.listed(db, KEYRING) == []


@pytest.mark.parametrize(
    ("moves", "then", "sentence"),
    [
        ([Move.APPROVE], Move.APPROVE, "already approved"),
        ([Move.APPROVE], Move.DENY, "revoke it instead"),
        ([Move.DENY], Move.DENY, "already denied"),
        ([Move.DENY], Move.REVOKE, "nothing to revoke"),
        ([], Move.REVOKE, "deny it instead"),
        ([Move.APPROVE, Move.REVOKE], Move.DENY, "nothing to deny"),
        ([Move.APPROVE, Move.REVOKE], Move.REVOKE, "already revoked"),
    ],
)
def test_a_move_that_cannot_be_made_is_a_conflict_and_changes_nothing(db, moves, then, sentence):
    ask(db, owner=None)
    for move in moves:
        decide(db, move)
    before = (access_requests.listed(db, None, limit=-1), count(db, "audit"), count(db, "outbox"))
    with pytest.raises(Conflict, match=sentence):
        decide(db, then)
    assert (access_requests.listed(db, None, limit=-1), count(db, "audit"), count(db, "outbox")) == before


def test_the_conflict_says_when_it_was_decided(db):
    ask(db)
    decide(db, Move.DENY)
    with pytest.raises(Conflict, match=r"ada@example\.com: already denied on 2 February 2026 at 02:40 UTC\."):
        decide(db, Move.DENY)


@pytest.mark.parametrize("first", [Move.DENY, Move.REVOKE])
def test_the_owner_may_change_their_mind_after_a_no(db, first):
    ask(db)
    if first is Move.REVOKE:
        decide(db, Move.APPROVE)
    decide(db, first)
    assert decide(db, Move.APPROVE).state is RequestState.APPROVED


def test_an_unknown_address_can_be_approved_and_nothing_else(db):
    approve(db, "New@Example.com")
    (request,) = access_requests.listed(db, RequestState.APPROVED, limit=-1)
    assert request.email == "New@Example.com"
    for move in (Move.DENY, Move.REVOKE):
        with pytest.raises(NotFound, match="unknown@example"):
            decide(db, move, "unknown@example.com")


def test_an_address_that_is_none_is_not_approved(db):
    with pytest.raises(Invalid):
        approve(db, "not an address")
    assert count(db, "access_requests") == 0


def test_revoking_ends_devices_and_tokens_in_the_same_commit_and_hands_the_grant_back(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    arrives(db, "ada", secret_hash="second")
    with immediate(db):
        api_tokens.create(db, account_id="dbid:ada", project_id=None, name="", token_hash="token", now=NOW)
    assert person(db, "ada") and api_tokens.bearer(db, "token", owner_id=OWNER)
    decide(db, Move.REVOKE)
    assert count(db, "devices") == 0
    assert person(db, "ada") is None
    assert api_tokens.bearer(db, "token", owner_id=OWNER) is None
    assert db.conn.execute("select token from accounts").fetchone() == (None,)
    waiting = [item for item in outbox.due(db, now=NOW) if item.kind == "revoke_grant"]
    assert [outbox.opened(KEYRING, item) for item in waiting[-1:]] == [{"refresh_token": "refresh-ada"}]


def test_api_tokens_stay_dead_when_the_person_is_approved_again(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    with immediate(db):
        api_tokens.create(db, account_id="dbid:ada", project_id=None, name="", token_hash="token", now=NOW)
    decide(db, Move.REVOKE)
    decide(db, Move.APPROVE)
    assert api_tokens.bearer(db, "token", owner_id=OWNER) is None


def test_approval_is_asked_again_at_every_request(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    with immediate(db):
        api_tokens.create(db, account_id="dbid:ada", project_id=None, name="", token_hash="token", now=NOW)
    db.conn.execute("update access_requests set state = 'revoked'")
    assert person(db, "ada") is None
    assert api_tokens.bearer(db, "token", owner_id=OWNER) is None


def test_the_site_owner_cannot_be_revoked(db):
    approve(db, "site-owner@example.com")
    arrives(db, "site-owner")
    db.conn.execute("update access_requests set account_id = :id", {"id": OWNER})
    with pytest.raises(Conflict, match="site owner"):
        decide(db, Move.REVOKE, "site-owner@example.com")
    assert person(db, "site-owner")


def test_a_note_is_kept_with_the_decision(db):
    ask(db)
    with immediate(db):
        decisions.decide(
            db,
            decisions.id_of(db, "ada@example.com"),
            Move.DENY,
            decider=BY_OWNER,
            letterbox=LETTERBOX,
            owner=OWNER,
            now=NOW,
            note="spam",
        )
    assert access_requests.listed(db, None, limit=-1)[0].note == "spam"


def test_people_are_the_owner_and_everybody_approved(db):
    ask(db, "waits@example.com")
    approve(db, "ada@example.com")
    approve(db, "never@example.com")
    arrives(db, "site-owner")
    arrives(db, "ada", now=NOW + 5, email="Ada@work.example.com", account_id="dbid:ada")
    db.conn.execute("update access_requests set account_id = 'dbid:ada' where email_key = 'ada@example.com'")
    arrives(db, "ada", now=NOW + 6, email="ada@work.example.com")
    listed = people.approved(db, owner=OWNER)
    assert [(each.email, each.key, each.site_owner, each.devices) for each in listed[:2]] == [
        ("site-owner@example.com", OWNER, True, 1),
        ("ada@example.com", "dbid:ada", False, 1),
    ]
    assert listed[1].account_email == "ada@work.example.com"
    assert listed[2].email == "never@example.com" and listed[2].account_id is None
    assert people.find(db, listed[2].key, owner=OWNER) == listed[2]
    with pytest.raises(NotFound):
        people.find(db, "dbid:stranger", owner=OWNER)
