"""No ending is written over a stop, and none counts for another Dropbox than it was for."""

import pytest

from rules.failures import FailureKind
from rules.states import ExportState
from store import claims, connections, export_settings, export_stops, exports, outbox, turns
from store.connect import Db, rows
from tests.store.exporting import KEYRING, OWNER, connect, pushed, states, switched_on
from tests.store.people import NOW, World
from tests.store.trying import LATER, fail, one, row, succeed, taken


def disconnect(db: Db, world: World) -> None:
    connections.disconnect(db, workspace_id=world.workspace.id, by=OWNER, keyring=KEYRING, now=LATER)


def switch_off(db: Db, world: World) -> None:
    export_settings.switch(db, project_id=world.project.id, enabled=False, by=OWNER, now=LATER)


@pytest.mark.parametrize("stop", [disconnect, switch_off])
def test_sc_005_no_ending_is_written_over_a_stop(db: Db, world: World, stop):
    switched_on(db, world)
    pushed(db, world), pushed(db, world)
    done, broken = taken(db, most=2)
    stop(db, world)
    assert not succeed(db, done)
    fail(db, broken, FailureKind.UNAVAILABLE)
    assert states(db) == {"skipped": 2}
    assert {each["status"] for each in rows(db, "select status from attempts")} == {"skipped"}
    assert turns.due_accounts(db) == []


def test_an_upload_to_the_account_before_is_not_taken_for_one_to_the_account_now(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    claimed = one(db)
    connect(db, world.workspace.id, account="dbid:other", token="refresh-2", now=LATER)
    assert not succeed(db, claimed)
    assert exports.get(db, export.id).state is ExportState.WAITING


def test_a_file_that_arrived_while_another_folder_was_selected_counts(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    claimed = one(db)
    export_stops.carry_project(db, world.project.id, now=LATER)
    assert row(db, claimed.id)["state"] == "uploading"
    assert succeed(db, claimed)


def test_an_ending_that_comes_under_an_epoch_that_is_over_puts_the_export_back_for_the_sweep(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    claimed = one(db)
    db.conn.execute("update export_settings set epoch = 9, resume_epoch = 9")
    assert not succeed(db, claimed)
    assert exports.get(db, export.id).state is ExportState.WAITING
    export_stops.sweep(db, now=LATER)
    assert exports.get(db, export.id).state is ExportState.SKIPPED


def test_a_revocation_in_the_outbox_is_no_mail(db: Db, world: World):
    switched_on(db, world)
    disconnect(db, world)
    assert [each.kind for each in outbox.due(db, now=LATER)] == ["revoke_grant"]


def test_what_was_known_of_a_folder_is_forgotten_with_the_account_it_lay_in(db: Db, world: World):
    switched_on(db, world)
    export_settings.change(db, project_id=world.project.id, folder_path="/Photos", by=OWNER, now=NOW)
    pushed(db, world)
    claimed = one(db)
    claims.folder_seen(db, claimed, folder_id="id:folder", now=LATER)
    fail(db, claimed, FailureKind.FOLDER_GONE)
    connect(db, world.workspace.id, account="dbid:other", token="refresh-2", now=LATER)
    after = rows(db, "select folder_id, folder_checked_at, paused_reason from export_settings")
    assert after == [{"folder_id": None, "folder_checked_at": 0, "paused_reason": None}]
