"""Claims: whose turn it is, one try at a time, given back untried, recovered at start."""

import pytest

from store import claims, export_log, turns
from store.connect import Db, rows
from store.turns import Turn
from tests.store.exporting import KEYRING, pushed, switched_on
from tests.store.people import NOW, World
from tests.store.trying import ACCOUNT, LATER, one, row, succeed, taken


def test_an_account_with_something_due_has_its_turn(db: Db, world: World):
    switched_on(db, world)
    assert turns.due_accounts(db) == []
    pushed(db, world)
    assert turns.due_accounts(db) == [Turn(ACCOUNT, NOW)]


def test_the_turn_comes_when_the_first_export_falls_due(db: Db, world: World):
    switched_on(db, world)
    first, second = pushed(db, world)[0], pushed(db, world)[0]
    db.conn.execute("update exports set due_at = :at where id = :id", {"at": NOW + 9, "id": first.id})
    db.conn.execute("update exports set due_at = :at where id = :id", {"at": NOW + 7, "id": second.id})
    assert turns.due_accounts(db) == [Turn(ACCOUNT, NOW + 7)]


def test_a_paused_connection_has_its_turn_after_the_pause(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    db.conn.execute("update connections set paused_until = :at", {"at": LATER + 1})
    assert turns.due_accounts(db) == [Turn(ACCOUNT, LATER + 1)]
    assert taken(db) == []
    assert len(taken(db, now=LATER + 1)) == 1


@pytest.mark.parametrize(
    "change",
    [
        "update connections set status = 'needs_reauth'",
        "update connections set epoch = epoch + 1",
        "update export_settings set enabled = 0",
        "update export_settings set epoch = epoch + 1",
        "update export_settings set paused_reason = 'folder_gone'",
        "update results set deleted_at = 1",
        "update experiences set deleted_at = 1",
        "update projects set deleted_at = 1",
        "update workspaces set deleted_at = 1",
        "update members set role = 'member'",
        "delete from members where role in ('owner', 'admin')",
    ],
)
def test_what_somebody_stopped_is_not_claimed_and_has_no_turn(db: Db, world: World, change: str):
    switched_on(db, world)
    pushed(db, world)
    db.conn.execute(change)
    assert (turns.due_accounts(db), taken(db)) == ([], [])


def test_a_deleted_result_does_not_hide_the_ones_behind_it(db: Db, world: World):
    switched_on(db, world)
    first, second = pushed(db, world)[0], pushed(db, world, now=NOW + 1)[0]
    db.conn.execute("update results set deleted_at = 1 where id = :id", {"id": first.result_id})
    assert one(db).id == second.id


def test_an_export_is_claimed_once(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    assert len(taken(db)) == 1
    assert taken(db, claim="boot:2") == []
    assert turns.due_accounts(db) == []


def test_the_longest_due_come_first_and_no_more_than_asked_for(db: Db, world: World):
    switched_on(db, world)
    made = [pushed(db, world, now=NOW + n)[0].id for n in (3, 1, 2)]
    assert [claimed.id for claimed in taken(db, most=2)] == [made[1], made[2]]


def test_a_claim_brings_what_the_try_needs(db: Db, world: World):
    link = switched_on(db, world)
    [export] = pushed(db, world)
    claimed = one(db)
    assert (claimed.id, claimed.connection_id, claimed.project_id) == (export.id, link.id, world.project.id)
    assert (claimed.destination_path, claimed.size, claimed.taken_at) == (export.destination_path, 1000, NOW)
    assert (claimed.attempts, claimed.check_first, claimed.folder_path) == (0, False, "")
    assert rows(db, "select media_key from artifacts") == [{"media_key": claimed.media_key}]


def test_the_grant_is_handed_out_only_under_the_claim(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    claimed = one(db)
    assert claims.grant(db, claimed, KEYRING) == "refresh-1"
    claims.give_back(db, claimed, now=LATER, check_first=False)
    assert claims.grant(db, claimed, KEYRING) is None


def test_what_is_given_back_spends_no_attempt_and_leaves_no_log(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    claimed = one(db)
    assert claims.give_back(db, claimed, now=LATER, check_first=False)
    after = row(db, claimed.id)
    assert (after["state"], after["attempts"], after["tries"], after["check_first"]) == ("waiting", 0, 0, 0)
    assert export_log.of_export(db, claimed.id) == []
    assert one(db, claim="boot:2").id == claimed.id


def test_at_start_what_was_uploading_waits_and_asks_dropbox_first(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    claimed = one(db)
    assert claims.recover(db, now=LATER) == 1
    again = one(db, claim="next boot:1")
    assert (again.id, again.check_first, again.attempts) == (claimed.id, True, 0)


def test_a_try_from_before_the_restart_ends_nothing(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    stale = one(db)
    claims.recover(db, now=LATER)
    fresh = one(db, claim="next boot:1")
    assert not succeed(db, stale)
    assert not claims.give_back(db, stale, now=LATER, check_first=False)
    assert row(db, fresh.id)["claim"] == "next boot:1"


def test_az_07_exports_go_on_while_an_owner_or_admin_may_be_here_and_no_longer(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    request = """
        insert into access_requests (id, email_key, email, state, account_id, requested_at, decided_at, decided_way,
            created_at, updated_at)
        values (:name, :name, :name, 'revoked', 'dbid:' || :name, 1, 1, 'page', 1, 1)
    """
    db.conn.execute(request, {"name": "owner"})
    assert turns.due_accounts(db) == [Turn(ACCOUNT, NOW)]
    db.conn.execute(request, {"name": "admin"})
    assert (turns.due_accounts(db), taken(db)) == ([], [])
    db.conn.execute("update access_requests set state = 'approved' where id = 'admin'")
    assert len(taken(db)) == 1
