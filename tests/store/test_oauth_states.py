"""Round trips: single use, ten minutes, one browser, sealed verifier; and grants that wait for a person (OA-01..03)."""

import pytest

from rules.envelope import Keyring
from store import oauth_states, outbox, pending_grants
from store.connect import immediate
from store.errors import NotFound
from tests.store.arrivals import KEYRING, MINUTE, NOW, count

WHERE = {"account_id": "dbid:ada", "workspace_id": "w1"}


def begin(db, state="state", *, browser="browser", now=NOW, purpose="connect", **more):
    with immediate(db):
        oauth_states.begin(
            db,
            purpose=purpose,
            state_hash=state,
            browser_hash=browser,
            verifier=f"verifier-{state}",
            next_path="/projects/p1/connect",
            keyring=KEYRING,
            now=now,
            **{**WHERE, **more},
        )


def take(db, state="state", *, browser="browser", now=NOW):
    with immediate(db):
        return oauth_states.take(db, state_hash=state, browser_hash=browser, keyring=KEYRING, now=now)


def hold(db, state="state", token="held-token", now=NOW):
    begin(db, state, now=now)
    trip = take(db, state, now=now)
    with immediate(db):
        pending_grants.hold_grant(
            db,
            state_id=trip.id,
            dropbox_account_id="dbid:other",
            email="other@example.com",
            display_name="Other",
            scopes="a b",
            refresh_token=token,
            keyring=KEYRING,
            now=now,
        )


def held(db, now=NOW):
    return pending_grants.held_grant(db, **WHERE, keyring=KEYRING, now=now)


def revoked(db):
    return [outbox.opened(KEYRING, item)["refresh_token"] for item in outbox.due(db, now=NOW + 10**9)]


def test_a_trip_comes_back_with_what_it_was_for(db):
    begin(db)
    trip = take(db)
    assert (trip.purpose, trip.account_id, trip.workspace_id, trip.next) == (
        "connect",
        "dbid:ada",
        "w1",
        "/projects/p1/connect",
    )
    assert trip.verifier == "verifier-state"
    assert "verifier-state" not in repr(trip)


def test_a_trip_is_used_once(db):
    begin(db)
    take(db)
    with pytest.raises(NotFound):
        take(db)


@pytest.mark.parametrize(
    ("state", "browser", "now"),
    [("other", "browser", NOW), ("state", "other", NOW), ("state", "browser", NOW + 10 * MINUTE)],
)
def test_an_unknown_a_foreign_and_an_expired_trip_are_all_refused(db, state, browser, now):
    begin(db)
    with pytest.raises(NotFound):
        take(db, state, browser=browser, now=now)
    assert take(db, now=NOW + 10 * MINUTE - 1)


def test_many_tabs_have_a_trip_each(db):
    for tab in range(5):
        begin(db, f"state-{tab}")
    assert [take(db, f"state-{tab}").verifier for tab in (3, 0, 4)] == [
        "verifier-state-3",
        "verifier-state-0",
        "verifier-state-4",
    ]


def test_the_verifier_rests_sealed_and_is_gone_after_use(db):
    begin(db)
    (stored,) = db.conn.execute("select verifier from oauth_states").fetchone()
    assert "verifier-state" not in stored
    take(db)
    assert db.conn.execute("select verifier from oauth_states").fetchone() == ("",)


def test_a_verifier_moved_to_another_row_is_never_used(db):
    begin(db, "mine")
    begin(db, "theirs")
    db.conn.execute(
        "update oauth_states set verifier = (select verifier from oauth_states where state_hash = 'theirs')"
        " where state_hash = 'mine'"
    )
    with pytest.raises(NotFound):
        take(db, "mine")


def test_a_grant_waits_sealed_for_the_person_and_workspace_that_it_is_for(db):
    hold(db)
    assert held(db).refresh_token == "held-token" and held(db).email == "other@example.com"
    assert "held-token" not in str(db.conn.execute("select * from oauth_states").fetchall())
    assert pending_grants.held_grant(db, account_id="dbid:eve", workspace_id="w1", keyring=KEYRING, now=NOW) is None
    assert pending_grants.held_grant(db, account_id="dbid:ada", workspace_id="w2", keyring=KEYRING, now=NOW) is None


def test_a_grant_is_claimed_once(db):
    hold(db)
    claimed = pending_grants.claim_grant(db, **WHERE, keyring=KEYRING, now=NOW)
    assert claimed and claimed.refresh_token == "held-token"
    assert pending_grants.claim_grant(db, **WHERE, keyring=KEYRING, now=NOW) is None
    assert revoked(db) == []


def test_a_cancelled_grant_is_revoked(db):
    hold(db)
    assert pending_grants.drop_grant(db, **WHERE, keyring=KEYRING, now=NOW)
    assert held(db) is None and revoked(db) == ["held-token"]
    assert not pending_grants.drop_grant(db, **WHERE, keyring=KEYRING, now=NOW)


def test_a_newer_grant_takes_the_place_of_the_one_that_waited(db):
    hold(db, "one", "first")
    hold(db, "two", "second")
    assert held(db).refresh_token == "second" and revoked(db) == ["first"]


def test_after_ten_minutes_an_unconfirmed_grant_is_revoked_and_old_trips_are_forgotten(db):
    begin(db, "abandoned")
    hold(db, now=NOW + MINUTE)
    assert held(db, now=NOW + 11 * MINUTE) is None
    assert pending_grants.expire(db, keyring=KEYRING, now=NOW + 10 * MINUTE) == 1
    assert pending_grants.expire(db, keyring=KEYRING, now=NOW + 11 * MINUTE) == 1
    assert revoked(db) == ["held-token"] and count(db, "oauth_states") == 0


def test_a_grant_that_the_keys_cannot_open_is_nobodys(db):
    hold(db)
    other = Keyring.parse("k2:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=")
    assert pending_grants.held_grant(db, **WHERE, keyring=other, now=NOW) is None
