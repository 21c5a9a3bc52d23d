"""Access requests as the site owner sees them: counted, searched, page by page, however many there are."""

import time

import pytest

from rules.approval import Move
from rules.states import RequestState
from store import mails, people, request_list
from store.connect import immediate
from tests.store.arrivals import DAY, KEYRING, NOW, OWNER
from tests.store.test_access_requests import ask, decide

MANY = 10_000


def listed(db, state=None, limit=-1, **more):
    return request_list.listed(db, state, limit=limit, **more)


def test_pending_ones_are_listed_oldest_first_and_counted_by_state(db):
    for number in range(3):
        ask(db, f"person{number}@example.com", now=NOW + number)
    decide(db, Move.DENY, "person1@example.com")
    waiting = listed(db, RequestState.PENDING)
    assert [request.email for request in waiting] == ["person0@example.com", "person2@example.com"]
    assert request_list.counts(db) == {"pending": 2, "approved": 0, "denied": 1, "revoked": 0}


def test_decided_ones_are_listed_newest_decision_first(db):
    for number in range(3):
        ask(db, f"person{number}@example.com", now=NOW)
    for number, who in enumerate((1, 2, 0)):
        decide(db, Move.DENY, f"person{who}@example.com", now=NOW + DAY + number)
    assert [request.email[6] for request in listed(db, RequestState.DENIED)] == ["0", "2", "1"]
    assert [request.email[6] for request in listed(db)] == ["0", "2", "1"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("ADA", 1), ("\u00c9MILE", 1), ("example.com", 2), ("zola", 1), ("100%", 0), ("a' or '1'='1", 0), ("  ada  ", 1)],
)
def test_addresses_and_names_are_searched_as_they_are_compared(db, text, found):
    ask(db, "Ada@Example.com")
    ask(db, "emile@example.com", name="\u00c9mile Zola")
    assert len(listed(db, search=text)) == found


@pytest.mark.parametrize("state", [RequestState.PENDING, RequestState.DENIED, None])
def test_pages_hold_everybody_once_even_where_all_asked_at_once(db, state):
    for number in range(7):
        ask(db, f"person{number}@example.com", now=NOW)
        if state is RequestState.DENIED:
            decide(db, Move.DENY, f"person{number}@example.com")
    seen, after = [], None
    while page := listed(db, state, limit=3, after=after):
        seen += [request.id for request in page]
        after = (page[-1].moved_at, page[-1].id)
    assert len(seen) == len(set(seen)) == 7


@pytest.fixture
def many(db):
    """Ten thousand pending requests, and as many people who have an approval and an account."""
    with immediate(db):
        for state in ("pending", "approved"):
            db.conn.executemany(
                """
                insert into access_requests (id, email_key, email, name, name_key, message, state, account_id,
                    requested_at, decided_at, created_at, updated_at)
                values (:id, :email, :email, :name, lower(:name), :message, :state, :account, :at, :decided, :at, :at)
                """,
                [
                    {
                        "id": f"{state}{n}",
                        "email": f"{state}{n}@example{n % 50}.com",
                        "name": f"Person {n}",
                        "message": "m" * 1000,
                        "state": state,
                        "account": f"dbid:{n}" if state == "approved" else None,
                        "at": NOW + n,
                        "decided": NOW + n if state == "approved" else None,
                    }
                    for n in range(MANY)
                ],
            )
        db.conn.executemany(
            """
            insert into accounts (id, email, display_name, created_at, signed_in_at, last_seen_at)
            values ('dbid:' || :n, 'at' || :n || '@dropbox.example', 'Name ' || :n, 1, 1, 1)
            """,
            [{"n": n} for n in range(MANY)],
        )


@pytest.mark.parametrize(
    "look",
    [
        lambda db: listed(db, RequestState.PENDING, limit=51),
        lambda db: listed(db, RequestState.PENDING, limit=51, after=(NOW + 5000, "pending5000")),
        lambda db: listed(db, RequestState.PENDING, limit=51, search="nobody has this"),
        lambda db: listed(db, None, limit=51, search="nobody has this"),
        lambda db: listed(db, RequestState.APPROVED, limit=51, after=(NOW + 5000, "approved5000")),
        request_list.counts,
        lambda db: people.approved(db, owner=OWNER, limit=51),
        lambda db: people.approved(db, owner=OWNER, limit=51, search="nobody has this"),
        people.linked,
        lambda db: mails.listed(db, KEYRING, limit=51),
    ],
)
def test_ten_thousand_make_no_page_slow(db, many, look):
    look(db)
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        look(db)
        taken.append(time.perf_counter() - started)
    assert min(taken) < 0.05
