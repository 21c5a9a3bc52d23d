"""Connections: who connected what and when, one grant at a time, and what stays when it ends."""

import pytest

from rules.envelope import Keyring, Unsealable
from rules.states import ConnectionStatus
from store import connections, outbox
from store.connect import Db, rows
from store.errors import NotFound
from store.outbox import opened
from tests.store.exporting import KEYRING, OWNER, SCOPES, audited, claim, connect, finish, pushed, states, switched_on
from tests.store.people import NOW, World

LATER = NOW + 60_000


def disconnect(db: Db, world: World, *, now: int = LATER) -> connections.Connection:
    return connections.disconnect(db, workspace_id=world.workspace.id, by="dbid:admin", keyring=KEYRING, now=now)


def revocations(db: Db) -> list[str]:
    return [opened(KEYRING, each)["refresh_token"] for each in outbox.due(db, now=LATER * 2)]


def test_a_workspace_that_never_connected_has_no_connection(db: Db, world: World):
    assert connections.of_workspace(db, world.workspace.id) is None


def test_fr_002_a_connection_keeps_who_when_and_which_account(db: Db, world: World):
    made = connect(db, world.workspace.id)
    assert (made.status, made.dropbox_account_id, made.account_email) == (
        ConnectionStatus.CONNECTED,
        "dbid:studio",
        "studio@example.com",
    )
    assert (made.connected_by, made.connected_by_name, made.connected_at) == (OWNER, "Owner", NOW)
    assert made.scopes == SCOPES
    assert "connection.made" in audited(db)


def test_fr_018_the_token_rests_sealed_to_its_row(db: Db, world: World):
    made = connect(db, world.workspace.id, token="secret-canary")
    sealed = str(rows(db, "select token from connections")[0]["token"])
    assert "canary" not in sealed
    assert connections.token(db, made.id, KEYRING) == "secret-canary"
    db.conn.execute("update connections set id = 'another'")
    with pytest.raises(Unsealable):
        connections.token(db, "another", KEYRING)


def test_the_token_is_no_field_of_a_connection(db: Db, world: World):
    assert "secret-canary" not in repr(connect(db, world.workspace.id, token="secret-canary"))


def test_fr_003_disconnecting_removes_the_token_and_has_it_revoked(db: Db, world: World):
    made = connect(db, world.workspace.id, token="refresh-1")
    left = disconnect(db, world)
    assert left.status is ConnectionStatus.DISCONNECTED
    assert rows(db, "select token from connections") == [{"token": None}]
    assert revocations(db) == ["refresh-1"]
    with pytest.raises(NotFound):
        connections.token(db, made.id, KEYRING)


def test_a_disconnected_connection_says_who_ended_it_and_which_account_it_was(db: Db, world: World):
    connect(db, world.workspace.id)
    left = disconnect(db, world)
    assert (left.disconnected_by, left.disconnected_by_name, left.disconnected_at) == ("dbid:admin", "Admin", LATER)
    assert (left.connected_by, left.account_email) == (OWNER, "studio@example.com")
    assert audited(db)[-1] == "connection.ended"


def test_disconnecting_twice_revokes_once(db: Db, world: World):
    connect(db, world.workspace.id)
    assert disconnect(db, world) == disconnect(db, world, now=LATER + 1)
    assert len(revocations(db)) == 1


def test_disconnecting_what_was_never_connected_is_not_found(db: Db, world: World):
    with pytest.raises(NotFound):
        disconnect(db, world)


def test_a_token_that_the_keys_no_longer_open_does_not_keep_anybody_from_disconnecting(db: Db, world: World):
    connect(db, world.workspace.id)
    db.conn.execute("update connections set token = '1:gone:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAA:AAAA'")
    assert disconnect(db, world).status is ConnectionStatus.DISCONNECTED
    assert revocations(db) == []


def test_reconnecting_revokes_the_old_grant_and_keeps_the_epoch(db: Db, world: World):
    first = connect(db, world.workspace.id, token="refresh-1")
    again = connect(db, world.workspace.id, token="refresh-2", now=LATER)
    assert revocations(db) == ["refresh-1"]
    assert (again.id, again.epoch, again.connected_at) == (first.id, first.epoch, LATER)
    assert connections.token(db, again.id, KEYRING) == "refresh-2"
    assert audited(db)[-1] == "connection.renewed"


def test_the_grant_that_dropbox_gives_again_is_not_revoked(db: Db, world: World):
    connect(db, world.workspace.id, token="refresh-1")
    connect(db, world.workspace.id, token="refresh-1", now=LATER)
    assert revocations(db) == []


def test_another_dropbox_account_begins_a_new_epoch(db: Db, world: World):
    first = connect(db, world.workspace.id)
    again = connect(db, world.workspace.id, account="dbid:agency", now=LATER)
    assert (again.epoch, again.dropbox_account_id) == (first.epoch + 1, "dbid:agency")


def test_reconnecting_ends_the_loss_the_pause_and_the_count_of_failures(db: Db, world: World):
    made = connect(db, world.workspace.id)
    db.conn.execute(
        """
        update connections set status = 'needs_reauth', lost_at = 1, paused_until = 9e15, pause_reason = 'unavailable',
            paused_at = 1, failures_in_a_row = 7
        """
    )
    again = connect(db, world.workspace.id, token="refresh-2", now=LATER)
    assert (again.status, again.lost_at, again.paused_until, again.pause_reason) == ("connected", None, 0, None)
    assert rows(db, "select failures_in_a_row from connections where id = :id", id=made.id) == [
        {"failures_in_a_row": 0}
    ]


def test_reconnecting_the_same_account_does_not_shorten_the_wait_that_dropbox_asked_for(db: Db, world: World):
    connect(db, world.workspace.id)
    db.conn.execute("update connections set paused_until = 123, pause_reason = 'rate_limited', paused_at = 1")
    assert connect(db, world.workspace.id, token="refresh-2").paused_until == 123
    assert connect(db, world.workspace.id, account="dbid:agency").paused_until == 0


def test_fr_011_a_refused_grant_needs_a_new_sign_in_and_is_told_once(db: Db, world: World):
    made = connect(db, world.workspace.id, token="refresh-1")
    first, second = (
        connections.lost(db, connection_id=made.id, refused="refresh-1", keyring=KEYRING, now=LATER) for _ in range(2)
    )
    assert (first, second) == (True, False)
    now = connections.of_workspace(db, world.workspace.id)
    assert now is not None
    assert (now.status, now.lost_at, now.epoch) == (ConnectionStatus.NEEDS_REAUTH, LATER, made.epoch)
    assert connections.token(db, made.id, KEYRING) == "refresh-1"
    assert audited(db)[-1] == "connection.lost"


def test_a_grant_that_was_replaced_meanwhile_loses_nothing(db: Db, world: World):
    made = connect(db, world.workspace.id, token="refresh-1")
    connect(db, world.workspace.id, token="refresh-2")
    assert not connections.lost(db, connection_id=made.id, refused="refresh-1", keyring=KEYRING, now=LATER)
    assert connections.token(db, made.id, KEYRING) == "refresh-2"


def test_a_connection_that_was_ended_meanwhile_is_not_lost(db: Db, world: World):
    made = connect(db, world.workspace.id, token="refresh-1")
    disconnect(db, world)
    assert not connections.lost(db, connection_id=made.id, refused="refresh-1", keyring=KEYRING, now=LATER)


def test_a_token_that_cannot_be_opened_is_a_lost_connection(db: Db, world: World):
    made = connect(db, world.workspace.id)
    other_keys = Keyring((("other", bytes(range(1, 33))),))
    assert not connections.lost(db, connection_id=made.id, refused=None, keyring=KEYRING, now=LATER)
    assert connections.lost(db, connection_id=made.id, refused=None, keyring=other_keys, now=LATER)


def test_waiting_counts_what_waits_and_not_what_was_stopped(db: Db, world: World):
    connection = switched_on(db, world)
    for _ in range(3):
        pushed(db, world)
    claim(db, pushed(db, world)[0].id)
    finish(db, pushed(db, world)[0].id, "exported")
    assert connections.waiting(db, connection.id) == 3
    disconnect(db, world)
    assert connections.waiting(db, connection.id) == 0
    assert states(db) == {"waiting": 3, "skipped": 1, "exported": 1}
