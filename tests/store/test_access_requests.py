"""Asking for access: what becomes of the row (AR-01, AR-11)."""

import pytest

from rules.approval import Move
from rules.states import RequestState
from store import access_requests, decisions, request_list
from store.connect import immediate
from store.decisions import Decider, Terms
from tests.store.arrivals import BY_OWNER, DAY, LETTERBOX, MINUTE, NOW, OWNER, count, mails_to


def ask(db, email="ada@example.com", *, name="", message="", now=NOW, letterbox=LETTERBOX, owner="owner@example.com"):
    with immediate(db):
        access_requests.ask(
            db,
            email=email,
            name=name,
            message=message,
            owner_address=owner,
            letterbox=letterbox,
            ip="192.0.2.7",
            now=now,
        )


def decide(db, move, email="ada@example.com", now=NOW, decider=BY_OWNER, **more):
    with immediate(db):
        request_id = decisions.id_of(db, email)
        return decisions.decide(
            db, request_id, move, decider=decider, letterbox=LETTERBOX, owner=OWNER, now=now, **more
        )


def only(db):
    (request,) = request_list.listed(db, None, limit=-1)
    return request


def test_a_first_request_is_pending_audited_and_told_to_the_owner_and_the_asker(db):
    ask(db, name="Ada", message="Weddings")
    request = only(db)
    assert (request.state, request.email, request.name, request.message) == (
        RequestState.PENDING,
        "ada@example.com",
        "Ada",
        "Weddings",
    )
    (notice,) = mails_to(db, "owner@example.com")
    assert notice.state == "waiting" and "Weddings" in (notice.text or "") and "/approvals/" in (notice.text or "")
    (received,) = mails_to(db, "ada@example.com")
    assert received.subject == "We have your request for Clementine" and "Weddings" not in (received.text or "")
    assert db.conn.execute("select action, subject, ip from audit").fetchall() == [
        ("access_request.asked", "ada@example.com", "192.0.2.7")
    ]


def test_asking_again_replaces_what_was_said_and_tells_the_owner_nothing_new(db):
    ask(db, name="Ada", message="first")
    ask(db, "ADA@Example.com ", name="", message="second", now=NOW + MINUTE)
    request = only(db)
    assert (request.name, request.message, request.requested_at) == ("Ada", "second", NOW)
    assert len(mails_to(db, "owner@example.com")) == 1 and count(db, "audit") == 1


def test_an_approved_request_is_left_alone(db):
    ask(db, name="Ada")
    decide(db, Move.APPROVE)
    ask(db, name="Somebody else", message="let me in", now=NOW + 30 * DAY)
    request = only(db)
    assert (request.state, request.name, request.message) == (RequestState.APPROVED, "Ada", "")


@pytest.mark.parametrize("move", [Move.DENY, Move.REVOKE])
def test_after_a_no_asking_again_counts_only_after_a_week(db, move):
    ask(db, name="Ada")
    if move is Move.REVOKE:
        decide(db, Move.APPROVE)
    decide(db, move)
    before = only(db)
    ask(db, name="Ada B", now=NOW + 7 * DAY - 1)
    assert only(db) == before
    ask(db, name="Ada B", message="please", now=NOW + 7 * DAY)
    after = only(db)
    assert (after.state, after.name, after.message, after.requested_at) == (
        RequestState.PENDING,
        "Ada B",
        "please",
        NOW + 7 * DAY,
    )
    assert after.decided_at is None
    assert (after.former_state, after.former_at) == (before.state, NOW)


def test_who_asks_again_comes_with_the_decision_before_and_its_note(db):
    ask(db)
    decide(db, Move.DENY, terms=Terms(note="Never heard of them"))
    ask(db, now=NOW + 7 * DAY)
    assert (only(db).former_note, only(db).note) == ("Never heard of them", "")
    decide(db, Move.APPROVE, now=NOW + 8 * DAY)
    assert (only(db).former_note, only(db).note) == ("Never heard of them", "")


def test_access_that_ended_by_itself_may_be_asked_for_again_at_once(db):
    ask(db)
    decide(db, Move.APPROVE)
    decide(db, Move.REVOKE, decider=Decider(by=None, way="rule"))
    ask(db, now=NOW + 1)
    assert only(db).state is RequestState.PENDING


def test_a_row_is_written_whatever_stands_so_that_all_take_as_long(db):
    ask(db)
    decide(db, Move.APPROVE)
    before = db.conn.total_changes
    ask(db, now=NOW + 1)
    assert db.conn.total_changes > before


def test_the_list_takes_no_more_when_ten_thousand_wait(db):
    with immediate(db):
        for number in range(access_requests.MOST_PENDING):
            db.conn.execute(
                """
                insert into access_requests (id, email_key, email, state, requested_at, created_at, updated_at)
                values (:n, :n, :n, 'pending', 1, 1, 1)
                """,
                {"n": str(number)},
            )
    assert access_requests.is_full(db)
    db.conn.execute("delete from access_requests where id = '7'")
    assert not access_requests.is_full(db)
