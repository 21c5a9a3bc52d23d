"""Devices: how long they last, whose they are, and that the table holds no secret (SE-02, SE-04, SE-05)."""

import pytest

from rules.tokens import token_digest
from store import devices
from store.connect import immediate
from store.errors import NotFound
from tests.store.arrivals import DAY, NOW, OWNER, arrives, count
from tests.store.test_decisions import approve, person


@pytest.fixture
def signed_in(db):
    for name in ("ada", "bob"):
        approve(db, f"{name}@example.com")
        arrives(db, name)
    return db


def test_a_device_lasts_thirty_days_without_a_visit(signed_in):
    limit = NOW + 30 * DAY
    assert person(signed_in, "ada", now=limit - 1)
    assert person(signed_in, "ada", now=limit) is None
    assert devices.of_account(signed_in, "dbid:ada", now=limit) == []


def test_a_device_lasts_ninety_days_however_often_it_is_used(signed_in):
    device_id = person(signed_in, "ada").device_id
    for day in range(10, 91, 10):
        devices.seen(signed_in, device_id, now=NOW + day * DAY - 1000)
    assert person(signed_in, "ada", now=NOW + 90 * DAY - 1)
    assert person(signed_in, "ada", now=NOW + 90 * DAY) is None


def test_a_visit_is_noted_and_never_moves_backwards(signed_in):
    device_id = person(signed_in, "ada").device_id
    devices.seen(signed_in, device_id, now=NOW + DAY)
    devices.seen(signed_in, device_id, now=NOW + 5)
    assert person(signed_in, "ada", now=NOW + DAY).last_seen_at == NOW + DAY
    assert signed_in.conn.execute("select last_seen_at from accounts where id = 'dbid:ada'").fetchone() == (NOW + DAY,)


def test_what_the_table_holds_signs_nobody_in(signed_in):
    (stored,) = signed_in.conn.execute("select secret_hash from devices where account_id = 'dbid:ada'").fetchone()
    # arrives() stores its text as the digest, so the digest of that digest is what a thief could send.
    assert devices.person_of(signed_in, token_digest(stored), now=NOW, owner_id=OWNER) is None


def test_one_device_is_signed_out_and_the_others_stay(signed_in):
    arrives(signed_in, "ada", secret_hash="phone")
    phone = devices.person_of(signed_in, "phone", now=NOW, owner_id=OWNER)
    assert phone
    with immediate(signed_in):
        devices.end(signed_in, account_id="dbid:ada", device_id=phone.device_id)
    assert devices.person_of(signed_in, "phone", now=NOW, owner_id=OWNER) is None
    assert person(signed_in, "ada")


def test_nobody_signs_out_other_peoples_devices(signed_in):
    theirs = person(signed_in, "bob").device_id
    for device_id in (theirs, "unknown"):
        with pytest.raises(NotFound):
            devices.end(signed_in, account_id="dbid:ada", device_id=device_id)
    assert person(signed_in, "bob")


def test_all_others_are_signed_out_but_this_one_and_other_peoples(signed_in):
    for name in ("phone", "laptop"):
        arrives(signed_in, "ada", secret_hash=name)
    keep = devices.of_account(signed_in, "dbid:ada", now=NOW)[0].id
    assert devices.end_others(signed_in, account_id="dbid:ada", keep=keep) == 2
    assert [device.id for device in devices.of_account(signed_in, "dbid:ada", now=NOW)] == [keep]
    assert person(signed_in, "bob")


def test_a_user_agent_is_kept_up_to_a_length(signed_in):
    arrives(signed_in, "ada", secret_hash="long", user_agent="x" * 10_000)
    longest = max(len(device.user_agent) for device in devices.of_account(signed_in, "dbid:ada", now=NOW))
    assert longest == 300


def test_housekeeping_forgets_only_devices_whose_time_is_over(signed_in):
    arrives(signed_in, "ada", secret_hash="new", now=NOW + 20 * DAY)
    assert devices.prune(signed_in, now=NOW + 31 * DAY) == 2
    assert count(signed_in, "devices") == 1
