"""Rules about addresses and domains: off until made, listed, audited; blocks go first and tell nobody."""

import pytest

from rules.approval import Move
from rules.states import RequestState
from store import access_rules, request_list, set_aside
from store.access_rules import Effect, Kind
from store.connect import immediate
from store.errors import Conflict, Invalid, NotFound
from store.set_aside import MOST_KEPT, Reason
from tests.store.arrivals import DAY, NOW, OWNER, count, mails_to
from tests.store.test_access_requests import ask, decide


def rule(db, effect, about):
    with immediate(db):
        return access_rules.add(db, effect=effect, about=about, by=OWNER, ip="192.0.2.1", now=NOW)


def states(db):
    return {request.email: request.state for request in request_list.listed(db, None, limit=-1)}


def test_without_rules_every_request_waits(db):
    ask(db)
    assert access_rules.listed(db) == [] and states(db) == {"ada@example.com": RequestState.PENDING}


@pytest.mark.parametrize(
    ("about", "email"),
    [
        ("ada@example.com", "Ada@Example.com"),
        ("example.com", "ada@example.com"),
        ("@Example.COM", "ada@example.com"),
        ("example.com", "ada@deep.mail.example.com"),
        ("b\u00fccher.example", "ada@xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "ada@b\u00fccher.example"),
    ],
)
def test_a_blocked_address_is_set_aside_and_nobody_hears_of_it(db, about, email):
    rule(db, Effect.BLOCK, about)
    ask(db, email, name="Ada", message="hello")
    assert states(db) == {} and count(db, "outbox") == 0
    (aside,) = set_aside.listed(db, limit=10)
    assert (aside.reason, aside.email, aside.name, aside.message) == (Reason.BLOCKED, email, "Ada", "hello")
    (met,) = access_rules.listed(db)
    assert (met.hits, met.last_hit_at) == (1, NOW)


@pytest.mark.parametrize(
    ("about", "email"),
    [
        ("ada@example.com", "xada@example.com"),
        ("ada@example.com", "ada+1@example.com"),
        ("example.com", "ada@notexample.com"),
        ("mail.example.com", "ada@example.com"),
        ("example.com", "example.com@other.example"),
    ],
)
def test_a_block_is_about_nobody_else(db, about, email):
    rule(db, Effect.BLOCK, about)
    ask(db, email)
    assert states(db) == {email: RequestState.PENDING}


def test_a_domain_is_approved_by_itself_and_told_so(db):
    rule(db, Effect.APPROVE, "example.com")
    ask(db)
    assert states(db) == {"ada@example.com": RequestState.APPROVED}
    assert [mail.subject for mail in mails_to(db, "ada@example.com")] == ["You can use Clementine now"]
    assert mails_to(db, "owner@example.com") == []
    assert db.conn.execute("select action, way, actor from audit order by id").fetchall() == [
        ("access_rule.made", "page", OWNER),
        ("access_request.asked", "page", None),
        ("access_request.approved", "rule", None),
    ]


def test_who_waited_before_the_rule_is_approved_when_they_ask_again(db):
    ask(db)
    rule(db, Effect.APPROVE, "example.com")
    assert states(db) == {"ada@example.com": RequestState.PENDING}
    ask(db, now=NOW + 1)
    assert states(db) == {"ada@example.com": RequestState.APPROVED}


def test_an_approved_domain_stands_for_itself_alone(db):
    rule(db, Effect.APPROVE, "example.com")
    ask(db, "ada@sub.example.com")
    assert states(db) == {"ada@sub.example.com": RequestState.PENDING}


def test_a_block_goes_before_an_approval(db):
    rule(db, Effect.APPROVE, "example.com")
    rule(db, Effect.BLOCK, "eve@example.com")
    ask(db, "eve@example.com")
    ask(db, "ada@example.com")
    assert states(db) == {"ada@example.com": RequestState.APPROVED}


def test_an_approved_domain_does_not_overrule_a_denial(db):
    ask(db)
    decide(db, Move.DENY)
    rule(db, Effect.APPROVE, "example.com")
    ask(db, now=NOW + DAY)
    assert states(db) == {"ada@example.com": RequestState.DENIED}


@pytest.mark.parametrize(
    ("effect", "about", "sentence"),
    [
        (Effect.BLOCK, "com", "Write an address"),
        (Effect.BLOCK, "a b@example.com", "no spaces"),
        (Effect.APPROVE, "ada@example.com", "Only a domain can be approved"),
        (Effect.APPROVE, "*.example.com", "Write an address"),
    ],
)
def test_what_is_neither_an_address_nor_a_domain_makes_no_rule(db, effect, about, sentence):
    with pytest.raises(Invalid, match=sentence):
        rule(db, effect, about)
    assert access_rules.listed(db) == []


def test_there_is_one_rule_about_each_thing(db):
    rule(db, Effect.BLOCK, "example.com")
    with pytest.raises(Conflict, match=r"a rule about example\.com already"):
        rule(db, Effect.APPROVE, "EXAMPLE.com")


def test_there_are_only_so_many_rules(db, monkeypatch):
    monkeypatch.setattr(access_rules, "MOST_RULES", 1)
    rule(db, Effect.BLOCK, "one.example")
    with pytest.raises(Conflict, match="Remove some"):
        rule(db, Effect.BLOCK, "two.example")


def test_a_rule_that_was_removed_does_nothing_and_both_acts_are_audited(db):
    made = rule(db, Effect.BLOCK, "example.com")
    with immediate(db):
        assert access_rules.remove(db, made.id, by=OWNER, ip="", now=NOW).pattern == "example.com"
    ask(db)
    assert states(db) == {"ada@example.com": RequestState.PENDING}
    assert db.conn.execute(
        "select action, subject, detail from audit where action like 'access_rule.%'"
    ).fetchall() == [
        ("access_rule.made", "example.com", "block"),
        ("access_rule.removed", "example.com", "block"),
    ]
    with pytest.raises(NotFound), immediate(db):
        access_rules.remove(db, made.id, by=OWNER, ip="", now=NOW)
    assert made.kind is Kind.DOMAIN


def test_what_waits_under_a_block_is_found_however_it_is_written(db):
    for number, email in enumerate(
        ("ada@example.com", "eve@sub.example.com", "bob@notexample.com", "example.com@other.example")
    ):
        ask(db, email, now=NOW + number)
    found = access_rules.pending_under(db, "Example.com", most=10)
    emails = [
        db.conn.execute("select email from access_requests where id = :i", {"i": each}).fetchone()[0] for each in found
    ]
    assert emails == ["ada@example.com", "eve@sub.example.com"]
    assert len(access_rules.pending_under(db, "example.com", most=1)) == 1
    assert len(access_rules.pending_under(db, "da@example.com", most=10)) == 0
    assert len(access_rules.pending_under(db, "ADA@example.com", most=10)) == 1


def test_only_the_newest_that_were_set_aside_are_kept(db):
    with immediate(db):
        for number in range(MOST_KEPT + 5):
            set_aside.keep(
                db, reason=Reason.TRAP, email=f"{number}@x.example", name="", message="", ip="", now=NOW + number
            )
    assert set_aside.count(db) == MOST_KEPT
    first = set_aside.listed(db, limit=50)
    second = set_aside.listed(db, limit=50, before=(first[-1].at, first[-1].id))
    assert first[0].email == f"{MOST_KEPT + 4}@x.example" and second[0].at == first[-1].at - 1
    with immediate(db):
        assert set_aside.prune(db, now=NOW + 31 * DAY) == MOST_KEPT
    with pytest.raises(NotFound), immediate(db):
        set_aside.take(db, first[0].id)
