"""The outbox: sealed payloads, due times, and what is forgotten when."""

import pytest

from rules.envelope import Unsealable
from store import mails, outbox
from store.connect import immediate
from tests.store.arrivals import DAY, KEYRING, NOW, count


def add_mail(db, *, sent=True, now=NOW, **more):
    with immediate(db):
        return outbox.add_mail(
            db,
            to="ada@example.com",
            subject="Hello",
            text="Private words",
            html="<p>Private words</p>",
            keyring=KEYRING,
            now=now,
            sent=sent,
            **more,
        )


def add_revocation(db, now=NOW):
    with immediate(db):
        return outbox.add_revocation(db, refresh_token="refresh-canary", keyring=KEYRING, now=now)


def test_tokens_and_mails_rest_sealed(db):
    add_mail(db)
    add_revocation(db)
    everything = str(db.conn.execute("select * from outbox").fetchall())
    assert "refresh-canary" not in everything and "Private words" not in everything


def test_a_payload_moved_to_another_row_cannot_be_opened(db):
    mine, theirs = add_revocation(db), add_revocation(db)
    db.conn.execute(
        "update outbox set payload = (select payload from outbox where id = :theirs) where id = :mine",
        {"mine": mine, "theirs": theirs},
    )
    item = next(item for item in outbox.due(db, now=NOW) if item.id == mine)
    with pytest.raises(Unsealable):
        outbox.opened(KEYRING, item)


def test_only_what_is_due_is_handed_out_longest_due_first(db):
    later = add_mail(db, due_at=NOW + 50)
    first = add_revocation(db, now=NOW - 5)
    second = add_mail(db)
    assert [item.id for item in outbox.due(db, now=NOW)] == [first, second]
    assert [item.id for item in outbox.due(db, now=NOW + 50)] == [first, second, later]


def test_a_sent_mail_stays_to_be_read_and_a_sent_revocation_is_forgotten(db):
    for row_id in (add_mail(db), add_revocation(db)):
        outbox.sent(db, row_id, now=NOW + 1)
    assert outbox.due(db, now=NOW + DAY) == []
    assert db.conn.execute("select kind, payload is null, state from outbox order by kind").fetchall() == [
        ("mail", 0, "done"),
        ("revoke_grant", 1, "done"),
    ]
    assert mails.listed(db, KEYRING)[0].text == "Private words"


def test_a_put_off_row_waits_and_says_why(db):
    row_id = add_mail(db)
    outbox.put_off(db, row_id, due_at=NOW + 10, error="Resend could not be reached.")
    assert outbox.due(db, now=NOW + 9) == []
    assert outbox.due(db, now=NOW + 10)[0].attempts == 1
    assert mails.listed(db, KEYRING)[0].last_error == "Resend could not be reached."


def test_a_revocation_that_is_given_up_keeps_no_token(db):
    row_id = add_revocation(db)
    outbox.give_up(db, row_id, now=NOW, error="no answer")
    assert db.conn.execute("select state, payload from outbox").fetchone() == ("failed", None)


def test_a_finished_row_is_not_finished_again(db):
    row_id = add_mail(db, sent=False)
    outbox.sent(db, row_id, now=NOW)
    outbox.give_up(db, row_id, now=NOW, error="x")
    assert mails.listed(db, KEYRING)[0].state == "kept"


def test_old_rows_are_forgotten_and_waiting_ones_never(db):
    for row_id in (add_mail(db), add_revocation(db)):
        outbox.sent(db, row_id, now=NOW)
    add_mail(db, sent=False)
    add_mail(db)
    assert outbox.prune(db, now=NOW + 31 * DAY) == 1
    assert outbox.prune(db, now=NOW + 91 * DAY) == 2
    assert count(db, "outbox") == 1
