"""Retry by a person: what it does in each state, when it is a conflict, and that it never makes a second file."""

import pytest

from rules.failures import FailureKind
from rules.states import ExportState
from store import connections, experiences, export_settings, export_stops, exports, projects
from store.connect import Db, rows
from store.errors import Conflict, NotFound
from store.exports import Export
from tests.store.exporting import KEYRING, OWNER, audited, claim, connect, finish, pushed, switched_on
from tests.store.people import NOW, World

LATER = NOW + 60_000


def retry(db: Db, export: Export, *, now: int = LATER) -> Export:
    exports.retry(db, export_id=export.id, by="dbid:editor", now=now)
    return exports.get(db, export.id)


def ended(db: Db, world: World, state: str) -> Export:
    export = pushed(db, world)[0]
    finish(db, export.id, state)
    return exports.get(db, export.id)


def disconnect(db: Db, world: World) -> None:
    connections.disconnect(db, workspace_id=world.workspace.id, by=OWNER, keyring=KEYRING, now=NOW)


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_what_ended_without_a_file_waits_again_with_all_its_attempts(db: Db, world: World, state: str):
    switched_on(db, world)
    again = retry(db, ended(db, world, state))
    assert (again.state, again.attempts, again.due_at) == (ExportState.WAITING, 0, LATER)
    assert (again.error_kind, again.error_message, again.finished_at) == (None, None, None)
    assert audited(db)[-1] == "export.retried"


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_its_path_is_that_of_todays_names_and_settings(db: Db, world: World, state: str):
    switched_on(db, world)
    export = ended(db, world, state)
    projects.change(db, world.project.id, name="Ball", by=OWNER, now=NOW)
    experiences.rename(db, world.experience.id, name="Mirror", by=OWNER, now=NOW)
    export_settings.change(db, project_id=world.project.id, folder_path="/Events", by=OWNER, now=NOW)
    name = export.destination_path.rpartition("/")[2]
    assert retry(db, export).destination_path == f"/Events/Ball/Mirror/{name}"


def test_its_path_stays_where_nothing_has_changed(db: Db, world: World):
    switched_on(db, world)
    export = ended(db, world, "failed")
    for _ in range(3):
        assert retry(db, export).destination_path == export.destination_path
        finish(db, export.id, "failed")
    assert len(rows(db, "select 1 from path_claims")) == 1


def test_fr_009_an_exported_one_is_sent_to_the_same_path_again(db: Db, world: World):
    switched_on(db, world)
    export = ended(db, world, "exported")
    projects.change(db, world.project.id, name="Ball", by=OWNER, now=NOW)
    again = retry(db, export)
    assert (again.state, again.destination_path) == (ExportState.WAITING, export.destination_path)


def test_one_that_was_exported_to_another_account_gets_a_path_in_todays(db: Db, world: World):
    switched_on(db, world)
    export = ended(db, world, "exported")
    connect(db, world.workspace.id, account="dbid:agency")
    retry(db, export)
    held = rows(db, "select dropbox_account_id from path_claims where export_id = :id order by 1", id=export.id)
    assert [row["dropbox_account_id"] for row in held] == ["dbid:agency", "dbid:studio"]
    assert rows(db, "select dropbox_account_id as account from exports") == [{"account": "dbid:agency"}]


def test_a_waiting_one_is_due_now_and_keeps_path_and_attempts(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world)[0]
    db.conn.execute("update exports set due_at = :at, attempts = 4", {"at": LATER * 2})
    projects.change(db, world.project.id, name="Ball", by=OWNER, now=NOW)
    again = retry(db, export)
    assert (again.due_at, again.attempts, again.destination_path) == (LATER, 4, export.destination_path)


def test_a_waiting_one_that_is_due_already_keeps_its_turn(db: Db, world: World):
    switched_on(db, world)
    assert retry(db, pushed(db, world)[0]).due_at == NOW


def test_a_waiting_one_that_a_stop_left_behind_begins_again(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world)[0]
    for on in (False, True):
        export_settings.switch(db, project_id=world.project.id, enabled=on, by=OWNER, now=NOW)
    assert retry(db, export).state is ExportState.WAITING
    assert export_stops.sweep(db, now=LATER) == 0


def test_one_that_is_being_uploaded_is_a_conflict(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world)[0]
    claim(db, export.id)
    with pytest.raises(Conflict, match="being uploaded"):
        retry(db, export)


def test_retrying_while_export_is_off_is_a_conflict(db: Db, world: World):
    switched_on(db, world)
    export = ended(db, world, "failed")
    export_settings.switch(db, project_id=world.project.id, enabled=False, by=OWNER, now=NOW)
    with pytest.raises(Conflict, match="is off"):
        retry(db, export)


@pytest.mark.parametrize("state", ["failed", "skipped", "exported"])
def test_retrying_while_dropbox_is_disconnected_is_a_conflict(db: Db, world: World, state: str):
    switched_on(db, world)
    export = ended(db, world, state)
    disconnect(db, world)
    with pytest.raises(Conflict, match="not connected"):
        retry(db, export)
    assert exports.get(db, export.id) == export


def test_retrying_under_a_lost_connection_waits_for_it(db: Db, world: World):
    connection = switched_on(db, world)
    export = ended(db, world, "failed")
    connections.lost(db, connection_id=connection.id, refused="refresh-1", keyring=KEYRING, now=NOW)
    assert retry(db, export).state is ExportState.WAITING


@pytest.mark.parametrize("table", ["results", "experiences", "projects", "workspaces"])
def test_what_is_deleted_cannot_be_retried(db: Db, world: World, table: str):
    switched_on(db, world)
    export = ended(db, world, "failed")
    db.conn.execute(f"update {table} set deleted_at = 1")
    with pytest.raises(NotFound):
        retry(db, export)


def test_an_unknown_export_cannot_be_retried(db: Db, world: World):
    with pytest.raises(NotFound):
        exports.retry(db, export_id="nothing", by=OWNER, now=NOW)


@pytest.mark.parametrize(
    ("reason", "until"),
    [
        (FailureKind.INSUFFICIENT_SPACE, 0),
        (FailureKind.NOT_PERMITTED, 0),
        (FailureKind.RATE_LIMITED, LATER * 2),
        (FailureKind.UNAVAILABLE, LATER * 2),
    ],
)
def test_a_person_ends_the_pauses_that_wait_for_one_and_no_other(db: Db, world: World, reason: FailureKind, until: int):
    switched_on(db, world)
    export = pushed(db, world)[0]
    db.conn.execute(
        "update connections set paused_until = :until, pause_reason = :why", {"until": LATER * 2, "why": reason}
    )
    retry(db, export)
    connection = connections.of_workspace(db, world.workspace.id)
    assert connection is not None
    assert connection.paused_until == until


def test_whether_a_file_is_there_already_is_asked_only_where_it_would_have_gone(db: Db, world: World):
    switched_on(db, world)
    export = ended(db, world, "failed")
    db.conn.execute("update exports set check_first = 1")
    retry(db, export)
    assert rows(db, "select check_first from exports") == [{"check_first": 1}]
    finish(db, export.id, "failed")
    projects.change(db, world.project.id, name="Ball", by=OWNER, now=NOW)
    retry(db, export)
    assert rows(db, "select check_first from exports") == [{"check_first": 0}]
