"""Stops: one row flips and nothing older is claimed; the rest follows in slices that never hold the writer for long."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from rules.failures import FailureKind
from store import connections, experiences, export_log, export_settings, export_stops, exports, projects
from store.connect import Db, immediate, rows
from tests.store.exporting import KEYRING, OWNER, claim, connect, finish, pushed, states, switched_on
from tests.store.people import NOW, World

LATER = NOW + 60_000
MANY = 50_000


def disconnect(db: Db, world: World) -> None:
    connections.disconnect(db, workspace_id=world.workspace.id, by=OWNER, keyring=KEYRING, now=LATER)


def switch(db: Db, world: World, *, on: bool) -> None:
    export_settings.switch(db, project_id=world.project.id, enabled=on, by=OWNER, now=LATER)


def delete_experience(db: Db, world: World) -> None:
    experiences.mark_deleted(db, world.experience.id, by=OWNER, now=LATER)
    export_stops.stop_experience(db, world.project.id, world.experience.id, now=LATER)


def delete_project(db: Db, world: World) -> None:
    projects.mark_deleted(db, world.project.id, by=OWNER, now=LATER)
    export_stops.stop_project(db, world.project.id, kind=FailureKind.DELETED, now=LATER)


def sweep_all(db: Db, *, most: int = export_stops.SLICE) -> list[int]:
    """Slices until nothing is left; how many exports each handled."""
    handled: list[int] = []
    while count := export_stops.sweep(db, now=LATER, most=most):
        handled.append(count)
    assert not export_stops.anything_left(db)
    return handled


def kinds(db: Db) -> set[str]:
    return {str(row["kind"]) for row in rows(db, "select error_kind as kind from exports where state = 'skipped'")}


STOPS: dict[str, Callable[[Db, World], None]] = {
    "disconnected": disconnect,
    "export_off": lambda db, world: switch(db, world, on=False),
    "deleted": delete_project,
}


@pytest.mark.parametrize("kind", STOPS)
def test_fr_016_sc_005_what_waits_is_skipped_in_slices_each_with_its_row_in_the_log(db: Db, world: World, kind: str):
    switched_on(db, world)
    made = [pushed(db, world)[0] for _ in range(7)]
    STOPS[kind](db, world)
    assert export_stops.anything_left(db)
    assert sweep_all(db, most=3) == [3, 3, 1]
    assert (states(db), kinds(db)) == ({"skipped": 7}, {kind})
    for each in made:
        assert [row.error_kind for row in export_log.of_export(db, each.id)] == [kind]


@pytest.mark.parametrize("kind", STOPS)
def test_fr_016_what_is_being_uploaded_is_skipped_with_the_flip_itself(db: Db, world: World, kind: str):
    switched_on(db, world)
    uploading = pushed(db, world)[0]
    claim(db, uploading.id)
    STOPS[kind](db, world)
    now = exports.get(db, uploading.id)
    assert (now.state, now.error_kind) == ("skipped", kind)
    assert [row.error_kind for row in export_log.of_export(db, uploading.id)] == [kind]


@pytest.mark.parametrize("kind", STOPS)
def test_what_has_ended_before_stays_as_it_ended(db: Db, world: World, kind: str):
    switched_on(db, world)
    for state in ("exported", "failed"):
        finish(db, pushed(db, world)[0].id, state)
    STOPS[kind](db, world)
    assert sweep_all(db) == []
    assert states(db) == {"exported": 1, "failed": 1}


def test_the_flip_of_a_disconnect_writes_a_handful_of_rows_however_much_waits(db: Db, world: World):
    switched_on(db, world)
    written = []
    for _ in range(2):
        for _ in range(20):
            pushed(db, world)
        before = db.conn.total_changes
        with immediate(db):
            disconnect(db, world)
        written.append(db.conn.total_changes - before)
        connect(db, world.workspace.id, token="refresh-2")
    assert written == [3, 3]


def test_only_the_project_that_was_switched_off_is_stopped(db: Db, world: World):
    switched_on(db, world)
    other = projects.create(db, world.workspace.id, name="Other", by=OWNER, now=NOW)
    booth = experiences.create(db, other.id, name="Booth", by=OWNER, now=NOW)
    export_settings.switch(db, project_id=other.id, enabled=True, by=OWNER, now=NOW)
    pushed(db, world)
    kept = pushed(db, world, project_id=other.id, experience_id=booth.id)[0]
    switch(db, world, on=False)
    assert sweep_all(db) == [1]
    assert exports.get(db, kept.id) == kept


def test_needs_reauth_stops_nothing_and_reconnecting_makes_what_waits_due(db: Db, world: World):
    connection = switched_on(db, world)
    soon, late = pushed(db, world)[0], pushed(db, world)[0]
    db.conn.execute("update exports set due_at = :at, attempts = 5 where id = :id", {"at": LATER * 2, "id": late.id})
    connections.lost(db, connection_id=connection.id, refused="refresh-1", keyring=KEYRING, now=NOW)
    assert sweep_all(db) == []
    connect(db, world.workspace.id, token="refresh-2", now=LATER)
    assert sweep_all(db) == [1]
    now = exports.get(db, late.id)
    assert (now.state, now.due_at, now.attempts, now.destination_path) == ("waiting", LATER, 5, late.destination_path)
    assert exports.get(db, soon.id) == soon


def test_what_backs_off_after_the_reconnect_keeps_its_own_time(db: Db, world: World):
    switched_on(db, world)
    made = [pushed(db, world)[0] for _ in range(3)]
    db.conn.execute("update exports set due_at = :at", {"at": LATER * 2})
    connect(db, world.workspace.id, token="refresh-2", now=LATER)
    db.conn.execute("update exports set updated_at = :at where id = :id", {"at": LATER + 1, "id": made[0].id})
    assert sweep_all(db, most=1) == [1, 1]
    assert exports.get(db, made[0].id).due_at == LATER * 2


def test_another_dropbox_account_gets_what_waits_under_paths_of_its_own(db: Db, world: World):
    switched_on(db, world)
    made = [pushed(db, world)[0] for _ in range(3)]
    db.conn.execute("update exports set attempts = 5, check_first = 1, error_kind = 'unavailable'")
    connect(db, world.workspace.id, account="dbid:agency", now=LATER)
    assert sweep_all(db) == [3]
    moved = rows(
        db, "select dropbox_account_id, connection_epoch, attempts, check_first, error_kind, due_at from exports"
    )
    assert (
        moved
        == [
            {
                "dropbox_account_id": "dbid:agency",
                "connection_epoch": 2,
                "attempts": 0,
                "check_first": 0,
                "error_kind": None,
                "due_at": LATER,
            }
        ]
        * 3
    )
    claims = rows(db, "select dropbox_account_id as account, count(*) as many from path_claims group by 1 order by 1")
    assert claims == [{"account": "dbid:agency", "many": 3}, {"account": "dbid:studio", "many": 3}]
    assert {exports.get(db, each.id).state for each in made} == {"waiting"}


def test_in_another_account_a_path_that_is_taken_there_is_not_taken_again(db: Db, world: World):
    switched_on(db, world, account="dbid:agency")
    there = pushed(db, world, session="guest")[0]
    finish(db, there.id, "exported")
    connect(db, world.workspace.id, account="dbid:studio", now=NOW)
    here = pushed(db, world, session="guest")[0]
    assert here.destination_path == there.destination_path
    connect(db, world.workspace.id, account="dbid:agency", now=LATER)
    sweep_all(db)
    assert exports.get(db, here.id).destination_path == there.destination_path.replace(".jpg", "-2.jpg")


def test_an_upload_to_the_account_that_was_left_loses_its_claim_and_is_carried_over(db: Db, world: World):
    switched_on(db, world)
    uploading = pushed(db, world)[0]
    claim(db, uploading.id)
    connect(db, world.workspace.id, account="dbid:agency", now=LATER)
    assert rows(db, "select state, claim from exports") == [{"state": "waiting", "claim": None}]
    assert sweep_all(db) == [1]


def test_what_was_disconnected_is_not_carried_to_the_next_account(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    disconnect(db, world)
    connect(db, world.workspace.id, account="dbid:agency", now=LATER)
    fresh = pushed(db, world)[0]
    assert sweep_all(db) == [1]
    assert kinds(db) == {"disconnected"}
    assert exports.get(db, fresh.id) == fresh


def test_a_deleted_experience_is_skipped_and_its_neighbours_go_on_where_they_were(db: Db, world: World):
    switched_on(db, world)
    mirror = experiences.create(db, world.project.id, name="Mirror", by=OWNER, now=NOW)
    gone, kept = pushed(db, world)[0], pushed(db, world, experience_id=mirror.id)[0]
    cut, sending = pushed(db, world)[0], pushed(db, world, experience_id=mirror.id)[0]
    for each in (cut, sending):
        claim(db, each.id)
    projects.change(db, world.project.id, name="Ball", by=OWNER, now=NOW)
    delete_experience(db, world)
    assert sweep_all(db) == [2]
    assert [exports.get(db, each.id).error_kind for each in (gone, cut)] == [FailureKind.DELETED] * 2
    now = exports.get(db, kept.id)
    assert (now.state, now.destination_path, now.due_at) == ("waiting", kept.destination_path, kept.due_at)
    assert exports.get(db, sending.id).state == "uploading"
    assert rows(db, "select settings_epoch as epoch from exports where state = 'waiting'") == [{"epoch": 2}]


def test_a_deletion_counts_before_a_switch_and_a_disconnect(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    switch(db, world, on=False)
    disconnect(db, world)
    delete_project(db, world)
    sweep_all(db)
    assert kinds(db) == {"deleted"}


def test_without_a_stop_there_is_nothing_to_sweep(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    assert not export_stops.anything_left(db)
    assert sweep_all(db) == []


def test_looking_for_what_is_left_never_walks_through_what_waits(db: Db, world: World):
    switched_on(db, world)
    for on in (False, True):
        switch(db, world, on=on)
    connect(db, world.workspace.id, account="dbid:agency")
    with immediate(db):
        for _ in range(500):
            pushed(db, world)
    counted: list[str] = []
    db.conn.set_progress_handler(partial(counted.append, "a hundred"), 100)
    sweep_all(db)
    db.conn.set_progress_handler(None, 0)
    assert len(counted) < 20


def pile_up(db: Db, world: World, many: int) -> None:
    """Have `many` exports wait: one real one, and copies of its row under other ids."""
    export = pushed(db, world)[0]
    own = {"id": "hex(randomblob(12))", "export_key": "'k' || n", "destination_path": "e.destination_path || n"}
    columns = [str(row["name"]) for row in rows(db, "pragma table_info(exports)")]
    copied = ", ".join(own.get(column, f"e.{column}") for column in columns)
    with immediate(db):
        db.conn.execute(
            f"""
            with recursive numbers(n) as (values (2) union all select n + 1 from numbers where n < {many})
            insert into exports select {copied} from numbers, exports e where e.id = '{export.id}'
            """
        )


def slices(db: Db, *, most: int) -> list[float]:
    """How long each of the first slices worked, in seconds of its own thread, whatever others do to this machine."""
    held: list[float] = []
    while len(held) < most:
        began = time.thread_time()
        with immediate(db):
            handled = export_stops.sweep(db, now=LATER)
        held.append(time.thread_time() - began)
        if not handled:
            break
    return held


def test_with_fifty_thousand_waiting_the_flip_is_small_and_no_slice_holds_the_writer_for_long(db: Db, world: World):
    switched_on(db, world)
    pile_up(db, world, MANY)
    assert states(db) == {"waiting": MANY}
    began, changes = time.thread_time(), db.conn.total_changes
    with immediate(db):
        disconnect(db, world)
    flip = time.thread_time() - began
    assert db.conn.total_changes - changes < 10
    held = slices(db, most=MANY)
    assert states(db) == {"skipped": MANY}
    assert len(rows(db, "select 1 from attempts")) == MANY
    print(f"flip {flip * 1000:.1f} ms, {len(held)} slices, longest {max(held) * 1000:.1f} ms")
    assert flip < 0.25
    assert max(held) < 0.25


def test_no_slice_of_a_move_to_another_account_holds_the_writer_for_long(db: Db, world: World):
    switched_on(db, world)
    with immediate(db):
        for _ in range(1000):
            pushed(db, world)
    connect(db, world.workspace.id, account="dbid:agency", now=LATER)
    held = slices(db, most=1000)
    assert len(rows(db, "select 1 from path_claims where dropbox_account_id = 'dbid:agency'")) == 1000
    print(f"{len(held)} slices, longest {max(held) * 1000:.1f} ms")
    assert max(held) < 0.25
