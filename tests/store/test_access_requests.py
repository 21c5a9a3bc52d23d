"""Asking for access: what becomes of the row, and what the owner hears (AR-01, AR-09, AR-11)."""

import pytest

from rules.approval import Move
from rules.states import RequestState
from store import access_requests, decisions, mails
from store.connect import immediate
from tests.store.arrivals import BY_OWNER, DAY, KEPT, KEYRING, LETTERBOX, MINUTE, NOW, OWNER, count

HOUR = 60 * MINUTE


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


def decide(db, move, email="ada@example.com", now=NOW):
    with immediate(db):
        request_id = decisions.id_of(db, email)
        return decisions.decide(db, request_id, move, decider=BY_OWNER, letterbox=LETTERBOX, owner=OWNER, now=now)


def only(db):
    (request,) = access_requests.listed(db, None, limit=-1)
    return request


def test_a_first_request_is_pending_audited_and_told_to_the_owner(db):
    ask(db, name="Ada", message="Weddings")
    request = only(db)
    assert (request.state, request.email, request.name, request.message) == (
        RequestState.PENDING,
        "ada@example.com",
        "Ada",
        "Weddings",
    )
    (mail,) = mails.listed(db, KEYRING)
    assert mail.recipient == "owner@example.com" and mail.state == "waiting"
    assert "Weddings" in (mail.text or "")
    assert db.conn.execute("select action, subject, ip from audit").fetchall() == [
        ("access_request.asked", "ada@example.com", "192.0.2.7")
    ]


def test_asking_again_replaces_what_was_said_and_makes_no_second_row_or_mail(db):
    ask(db, name="Ada", message="first")
    ask(db, "ADA@Example.com ", name="", message="second", now=NOW + MINUTE)
    request = only(db)
    assert (request.name, request.message, request.requested_at) == ("Ada", "second", NOW)
    assert count(db, "outbox") == 1 and count(db, "audit") == 1


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


def test_a_row_is_written_whatever_stands_so_that_all_take_as_long(db):
    ask(db)
    decide(db, Move.APPROVE)
    before = db.conn.total_changes
    ask(db, now=NOW + 1)
    assert db.conn.total_changes > before


def test_five_requests_of_an_hour_are_told_one_by_one_and_the_rest_in_one_mail(db):
    for number in range(1000):
        ask(db, f"person{number}@example.com", now=NOW + number)
    made = mails.listed(db, KEYRING, limit=2000)
    assert len(made) == 6
    digest = next(mail for mail in made if mail.subject.startswith("More people"))
    assert digest.due_at == NOW + HOUR
    assert count(db, "access_requests") == 1000


def test_the_next_hour_has_mails_again(db):
    for number in range(10):
        ask(db, f"early{number}@example.com", now=NOW)
    ask(db, "later@example.com", now=NOW + HOUR + 1)
    assert len(mails.listed(db, KEYRING)) == 7


def test_without_a_known_owner_nobody_is_written_to(db):
    ask(db, owner=None)
    assert count(db, "outbox") == 0 and only(db).state is RequestState.PENDING


def test_without_a_mail_service_the_notice_is_kept(db):
    ask(db, letterbox=KEPT)
    (mail,) = mails.listed(db, KEYRING)
    assert mail.state == "kept" and mail.text


def test_the_list_takes_no_more_when_two_thousand_wait(db):
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


def test_pending_ones_are_listed_oldest_first_and_counted_by_state(db):
    for number in range(3):
        ask(db, f"person{number}@example.com", now=NOW + number)
    decide(db, Move.DENY, "person1@example.com")
    waiting = access_requests.listed(db, RequestState.PENDING, limit=-1)
    assert [request.email for request in waiting] == ["person0@example.com", "person2@example.com"]
    assert access_requests.counts(db) == {"pending": 2, "approved": 0, "denied": 1, "revoked": 0}
