"""The owner's decisions: each move once, guarded and audited; a revocation ends everything at once (AR-10, SE-07)."""

import pytest

from rules.approval import Move
from rules.calendar import end_of_day
from rules.states import RequestState
from store import api_tokens, decisions, devices, outbox, request_list
from store.admission import Admission
from store.connect import immediate
from store.decisions import Terms
from store.errors import Conflict, Invalid, NotFound
from tests.store.arrivals import BY_OWNER, DAY, KEYRING, LETTERBOX, NOW, OWNER, arrives, count
from tests.store.test_access_requests import ask, decide


def approve(db, email, now=NOW):
    with immediate(db):
        return decisions.approve_address(db, email, decider=BY_OWNER, letterbox=LETTERBOX, owner=OWNER, now=now)


def person(db, name, now=NOW):
    return devices.person_of(db, f"{name}-device", now=now, owner_id=OWNER)


def test_approving_is_audited(db):
    ask(db, owner=None)
    moved = decide(db, Move.APPROVE)
    assert moved.state is RequestState.APPROVED
    assert ("access_request.approved", "ada@example.com", "command") in db.conn.execute(
        "select action, subject, way from audit"
    ).fetchall()


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
    before = (request_list.listed(db, None, limit=-1), count(db, "audit"), count(db, "outbox"))
    with pytest.raises(Conflict, match=sentence):
        decide(db, then)
    assert (request_list.listed(db, None, limit=-1), count(db, "audit"), count(db, "outbox")) == before


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
    (request,) = request_list.listed(db, RequestState.APPROVED, limit=-1)
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
    assert person(db, "ada") and api_tokens.bearer(db, "token", owner_id=OWNER, now=NOW)
    decide(db, Move.REVOKE)
    assert count(db, "devices") == 0
    assert person(db, "ada") is None
    assert api_tokens.bearer(db, "token", owner_id=OWNER, now=NOW) is None
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
    assert api_tokens.bearer(db, "token", owner_id=OWNER, now=NOW) is None


def test_approval_is_asked_again_at_every_request(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    with immediate(db):
        api_tokens.create(db, account_id="dbid:ada", project_id=None, name="", token_hash="token", now=NOW)
    db.conn.execute("update access_requests set state = 'revoked'")
    assert person(db, "ada") is None
    assert api_tokens.bearer(db, "token", owner_id=OWNER, now=NOW) is None


def test_the_site_owner_cannot_be_revoked(db):
    approve(db, "site-owner@example.com")
    arrives(db, "site-owner")
    db.conn.execute("update access_requests set account_id = :id", {"id": OWNER})
    with pytest.raises(Conflict, match="site owner"):
        decide(db, Move.REVOKE, "site-owner@example.com")
    assert person(db, "site-owner")


def test_a_note_is_kept_with_the_decision(db):
    ask(db)
    decide(db, Move.DENY, terms=Terms(note="spam"))
    assert request_list.listed(db, None, limit=-1)[0].note == "spam"


def test_an_approval_may_end_by_itself_and_its_audit_says_when(db):
    ask(db)
    until = end_of_day("2026-02-28")
    decide(db, Move.APPROVE, terms=Terms(until=until))
    assert request_list.listed(db, None, limit=-1)[0].approved_until == until
    assert db.conn.execute("select detail from audit order by id desc").fetchone() == ("until 2026-02-28",)


def test_an_approval_until_a_day_that_is_over_is_refused_and_changes_nothing(db):
    ask(db)
    with pytest.raises(Invalid, match="not over yet"):
        decide(db, Move.APPROVE, terms=Terms(until=NOW))
    assert request_list.listed(db, None, limit=-1)[0].state is RequestState.PENDING


def test_a_denial_keeps_no_end(db):
    ask(db)
    decide(db, Move.DENY, terms=Terms(until=end_of_day("2026-02-28")))
    assert request_list.listed(db, None, limit=-1)[0].approved_until is None


@pytest.mark.parametrize("owner", [OWNER, None])
def test_access_until_a_moment_is_worth_nothing_from_then_on(db, owner):
    until = NOW + DAY
    ask(db)
    decide(db, Move.APPROVE, terms=Terms(until=until))
    arrives(db, "ada")
    with immediate(db):
        api_tokens.create(db, account_id="dbid:ada", project_id=None, name="", token_hash="token", now=NOW)
    for moment, works in ((until - 1, True), (until, False)):
        assert (devices.person_of(db, "ada-device", now=moment, owner_id=owner) is not None) is works
        assert (api_tokens.bearer(db, "token", owner_id=owner, now=moment) is not None) is works
    assert arrives(db, "ada", now=until).admission is Admission.REVOKED
    assert arrives(db, "bob", email="ada@example.com", now=until).admission is Admission.MISSING
