"""Who is told what about a request: the owner one by one or gathered, the asker once a day (AR-08, AR-09)."""

import pytest

from rules import access_letters
from rules.approval import Move
from rules.tokens import token_digest
from store import mails, outbox, request_mails
from store.connect import immediate
from store.decisions import Terms
from tests.store.arrivals import DAY, KEPT, KEYRING, LETTERBOX, MINUTE, NOW, arrives, count, mails_to
from tests.store.test_access_requests import ask, decide

HOUR = 60 * MINUTE
OWNER = "owner@example.com"


def last_to(db, recipient="ada@example.com"):
    return mails_to(db, recipient)[-1]


def test_ar_09_of_a_thousand_requests_the_owner_gets_six_mails_and_the_last_tells_of_all_others(db):
    for number in range(1000):
        ask(db, f"person{number}@example.com", name=f"Person {number}", now=NOW + number)
    *one_by_one, digest = sorted(mails_to(db, OWNER), key=lambda mail: mail.due_at)
    assert len(one_by_one) == 5 and digest.subject == "995 more people ask for access to Clementine"
    assert digest.due_at == NOW + HOUR
    text = digest.text or ""
    assert "person5@example.com · Person 5" in text and "… and 975 more" in text
    assert count(db, "access_requests") == 1000


def test_the_digest_leaves_out_who_was_decided_meanwhile(db):
    for number in range(7):
        ask(db, f"person{number}@example.com", now=NOW + number)
    decide(db, Move.DENY, "person5@example.com")
    ask(db, "late@example.com", now=NOW + 10)
    text = max(mails_to(db, OWNER), key=lambda mail: mail.due_at).text or ""
    assert "person5@" not in text and "person6@" in text and "late@" in text


def test_a_digest_that_went_out_is_not_written_anew(db):
    for number in range(6):
        ask(db, f"person{number}@example.com", now=NOW)
    (digest,) = [mail for mail in mails_to(db, OWNER) if mail.due_at == NOW + HOUR]
    with immediate(db):
        outbox.sent(db, digest.id, now=NOW + 1)
    ask(db, "late@example.com", now=NOW + 2)
    assert {mail.id: mail.text for mail in mails_to(db, OWNER)}[digest.id] == digest.text
    assert len(mails_to(db, OWNER)) == 7


def test_the_next_hour_has_mails_again(db):
    for number in range(10):
        ask(db, f"early{number}@example.com", now=NOW)
    ask(db, "later@example.com", now=NOW + HOUR + 1)
    assert len(mails_to(db, OWNER)) == 7


def test_without_a_known_owner_only_the_asker_is_written_to(db):
    ask(db, owner=None)
    assert [mail.recipient for mail in mails.listed(db, KEYRING)] == ["ada@example.com"]


def test_without_a_mail_service_every_mail_is_kept(db):
    ask(db, letterbox=KEPT)
    assert [mail.state for mail in mails.listed(db, KEYRING)] == ["kept", "kept"]


def test_the_owners_link_is_kept_as_a_digest_alone(db):
    ask(db)
    token = last_to(db, OWNER).text.rstrip().rsplit("/", 1)[1]
    assert db.conn.execute("select token_hash from approval_links").fetchall() == [(token_digest(token),)]
    assert token not in str(db.conn.execute("select * from outbox").fetchall())


def test_who_asks_while_it_waits_learns_since_when(db):
    ask(db)
    ask(db, now=NOW + DAY)
    assert "We have had the request since Monday, 2 February 2026." in last_to(db).text


def test_who_asks_though_approved_gets_a_fresh_link_until_somebody_has_signed_in(db):
    ask(db)
    decide(db, Move.APPROVE)
    ask(db, now=NOW + DAY)
    assert "It is approved already" in last_to(db).text and "/claims/" in last_to(db).text
    arrives(db, "ada", now=NOW + DAY)
    ask(db, now=NOW + 3 * DAY)
    assert "/claims/" not in last_to(db).text and last_to(db).text.endswith("/login\n")


@pytest.mark.parametrize("spelled", ["\uff41da@example.com", "ADA@EXAMPLE.COM", "ada@e\uff58ample.com"])
def test_another_spelling_of_an_address_gets_none_of_its_mails(db, spelled):
    ask(db)
    decide(db, Move.APPROVE)
    ask(db, spelled, now=NOW + DAY)
    assert mails_to(db, spelled) == [] and "It is approved already" in last_to(db).text


@pytest.mark.parametrize("move", [Move.DENY, Move.REVOKE])
def test_who_asks_too_soon_after_a_no_learns_when_they_may(db, move):
    ask(db)
    if move is Move.REVOKE:
        decide(db, Move.APPROVE)
    decide(db, move)
    ask(db, now=NOW + DAY)
    assert "You may ask again after Monday, 9 February 2026." in last_to(db).text


def test_an_address_is_not_told_the_same_twice_a_day(db):
    for hour in range(30):
        ask(db, now=NOW + hour * HOUR)
    subjects = [mail.subject for mail in mails_to(db, "ada@example.com")]
    assert subjects == ["We have your request for Clementine"] + ["Your request for Clementine is waiting"] * 2


def test_strangers_get_so_many_mails_an_hour_from_us_and_no_more(db, monkeypatch):
    monkeypatch.setattr(request_mails, "TO_ASKERS_AN_HOUR", 3)
    for number in range(9):
        ask(db, f"person{number}@example.com", now=NOW + number, owner=None)
    assert count(db, "outbox") == 3 and count(db, "access_requests") == 9
    ask(db, "later@example.com", now=NOW + HOUR + 9, owner=None)
    assert count(db, "outbox") == 4


def test_a_decision_is_told_to_the_person_and_a_private_note_is_not(db):
    ask(db)
    decide(db, Move.DENY, terms=Terms(note="Rude on the phone", note_to_person="We are full this year."), now=NOW + 1)
    told = last_to(db)
    assert "> We are full this year." in told.text and "Rude" not in told.text
    decide(db, Move.APPROVE, now=NOW + 2)
    assert last_to(db).subject == "You can use Clementine now"
    decide(db, Move.REVOKE, now=NOW + 3)
    assert last_to(db).subject == "Your access to Clementine has ended"


def test_a_decision_that_tells_nobody_makes_no_mail(db):
    ask(db)
    before = count(db, "outbox")
    moved = decide(db, Move.DENY, terms=Terms(tells=False))
    assert moved.mail_id is None and count(db, "outbox") == before


def test_letters_can_be_kept_and_rewritten_only_before_they_go_out(db):
    ask(db)
    mail = last_to(db)
    with immediate(db):
        outbox.put_off(db, mail.id, due_at=NOW, error="x")
        LETTERBOX.rewrite(db, mail.id, access_letters.received(LETTERBOX.head, email="x@example.com"))
    assert last_to(db).text == mail.text
    with immediate(db):
        assert not outbox.take_back_mail(db, mail.id)
