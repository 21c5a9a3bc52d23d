"""Many decisions at once, each with its result, and taking them back for a minute with the mail unsent (AR-10)."""

import pytest

from rules.approval import Move
from rules.states import RequestState
from store import claim_links, mails, outbox, recent_decisions, request_list
from store.connect import immediate
from store.decisions import Decider, Terms
from store.recent_decisions import TELL_AFTER_MS, UNDO_MS
from tests.store.arrivals import DAY, KEPT, KEYRING, LETTERBOX, NOW, OWNER, arrives, count, mails_to
from tests.store.test_access_requests import ask, decide

SITE_OWNER = Decider(by=OWNER, way="page", ip="192.0.2.1")


def ids(db, *names):
    key = "select id from access_requests where email_key = :key"
    return [db.conn.execute(key, {"key": f"{name}@example.com"}).fetchone()[0] for name in names]


def decide_all(db, request_ids, move=Move.APPROVE, *, now=NOW, letterbox=LETTERBOX, **terms):
    with immediate(db):
        return recent_decisions.decide_all(
            db,
            request_ids,
            move,
            decider=SITE_OWNER,
            letterbox=letterbox,
            owner=OWNER,
            now=now,
            terms=Terms(**terms),
        )


def undo(db, batch, now):
    with immediate(db):
        return recent_decisions.undo(db, batch, decider=SITE_OWNER, now=now)


def token_to(db, email):
    """That of the newest claim link in a mail to this address."""
    (*_, text) = [mail.text for mail in mails_to(db, email) if mail.text and "/claims/" in mail.text]
    return text.split("/claims/")[1].split()[0]


def states(db):
    return {request.email.partition("@")[0]: request.state for request in request_list.listed(db, None, limit=-1)}


@pytest.fixture
def three(db):
    for name in ("ada", "bob", "eve"):
        ask(db, f"{name}@example.com", owner=None)
    return ids(db, "ada", "bob", "eve")


def test_many_are_decided_at_once_and_each_has_its_result(db, three):
    decide(db, Move.DENY, "bob@example.com")
    batch = decide_all(db, [*three, "unknown", three[0]], Move.DENY)
    found = recent_decisions.results(db, batch)
    assert [(each.email.partition("@")[0], bool(each.refused)) for each in found] == [
        ("ada", False),
        ("bob", True),
        ("eve", False),
        ("", True),
    ]
    assert "already denied on 2 February" in found[1].refused and "does not exist" in found[3].refused
    assert set(states(db).values()) == {RequestState.DENIED}


def test_the_same_batch_again_is_harmless(db, three):
    decide_all(db, three)
    before = (states(db), count(db, "audit"), count(db, "outbox"))
    again = recent_decisions.results(db, decide_all(db, three))
    assert all("already approved" in each.refused for each in again)
    assert (states(db), count(db, "audit"), count(db, "outbox")) == before


def test_it_holds_at_once_and_is_told_when_undoing_is_over(db, three):
    decide_all(db, three[:1])
    assert arrives(db, "ada").signed_in
    (told,) = [mail for mail in mails_to(db, "ada@example.com") if "You can use" in mail.subject]
    assert told.due_at == NOW + TELL_AFTER_MS > NOW + UNDO_MS
    assert [item.id for item in outbox.due(db, now=NOW + UNDO_MS)].count(told.id) == 0


@pytest.mark.parametrize("move", [Move.APPROVE, Move.DENY])
@pytest.mark.parametrize("letterbox", [LETTERBOX, KEPT], ids=["sent", "kept"])
def test_undoing_takes_back_the_decision_and_its_mail(db, three, move, letterbox):
    before = request_list.listed(db, None, limit=-1)
    mails_before = {mail.id for mail in mails.listed(db, KEYRING)}
    batch = decide_all(db, three, move, letterbox=letterbox, note="x")
    assert undo(db, batch, NOW + UNDO_MS - 1) == (3, [])
    assert request_list.listed(db, None, limit=-1) == before
    assert {mail.id for mail in mails.listed(db, KEYRING)} == mails_before
    assert count(db, "claim_links", "ended_at is null") == 0
    assert all(each.undone_at for each in recent_decisions.results(db, batch))
    assert count(db, "audit", "action = 'access_request.undone' and actor = 'dbid:site-owner'") == 3


def test_undoing_twice_or_too_late_does_nothing(db, three):
    batch = decide_all(db, three)
    assert undo(db, batch, NOW + UNDO_MS) == (0, [])
    assert set(states(db).values()) == {RequestState.APPROVED}
    another = decide_all(db, ids(db, "ada"), Move.DENY)
    assert undo(db, another, NOW + 1) == (0, [])
    assert undo(db, "unknown", NOW) == (0, [])


def test_a_change_of_mind_that_is_undone_leaves_the_denial_as_it_was(db, three):
    decide(db, Move.DENY, terms=Terms(note="first"), now=NOW - DAY)
    before = request_list.listed(db, RequestState.DENIED, limit=-1)
    batch = decide_all(db, three[:1], until=NOW + 9 * DAY, note="second")
    undo(db, batch, NOW + 1)
    assert request_list.listed(db, RequestState.DENIED, limit=-1) == before


def test_nobody_who_has_signed_in_is_thrown_out_by_undoing(db, three):
    batch = decide_all(db, three)
    arrives(db, "ada")
    number, kept = undo(db, batch, NOW + 1)
    assert number == 2 and len(kept) == 1 and kept[0].startswith("ada@example.com has signed in")
    assert states(db) == {"ada": "approved", "bob": "pending", "eve": "pending"}


def test_what_was_decided_anew_stays(db, three):
    batch = decide_all(db, three[:1])
    decide(db, Move.REVOKE, now=NOW + 1)
    assert undo(db, batch, NOW + 2)[0] == 0
    assert states(db)["ada"] is RequestState.REVOKED


def test_a_claim_link_of_an_approval_that_was_undone_opens_nothing(db, three):
    batch = decide_all(db, three[:1])
    token = token_to(db, "ada@example.com")
    undo(db, batch, NOW + 1)
    assert not claim_links.find(db, token).open(NOW + 1)
    decide_all(db, three[:1], now=NOW + 2)
    assert not claim_links.find(db, token).open(NOW + 3)


def test_results_are_forgotten_after_a_day_and_decisions_are_not(db, three):
    batch = decide_all(db, three)
    with immediate(db):
        assert recent_decisions.prune(db, now=NOW + DAY) == 0
        assert recent_decisions.prune(db, now=NOW + DAY + 1) == 3
    assert recent_decisions.results(db, batch) == []
    assert set(states(db).values()) == {RequestState.APPROVED}
