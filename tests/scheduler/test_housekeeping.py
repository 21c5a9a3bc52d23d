"""Housekeeping: what stops left behind is finished, and what has outlived its time is forgotten."""

import pytest

from rules.states import ExportState
from scheduler import housekeeping
from store import connections, exports
from store.connect import DATABASE_FILE, immediate, rows
from tests.scheduler.stage import Stage

pytestmark = pytest.mark.anyio
DAY_MS = 86_400_000


async def test_what_a_stop_left_behind_is_skipped(stage: Stage):
    waiting = [stage.studio.push() for _ in range(3)]
    with immediate(stage.db):
        connections.disconnect(
            stage.db,
            workspace_id=stage.studio.workspace_id,
            by=stage.studio.owner,
            keyring=stage.settings.keyring,
            now=stage.now(),
        )
    await housekeeping.finish_stops(stage.database, stage.now)
    assert {stage.get(export).state for export in waiting} == {ExportState.SKIPPED}


async def test_a_result_that_is_owed_its_export_gets_it(stage: Stage):
    export = stage.studio.push()
    stage.sql("delete from path_claims")
    stage.sql("delete from exports")
    stage.sql("update results set owed_export = 1")
    await housekeeping.enqueue_owed(stage.database, stage.now)
    assert len(exports.of_result(stage.db, export.result_id)) == 1
    assert rows(stage.db, "select owed_export from results") == [{"owed_export": 0}]


async def test_trips_that_are_over_are_forgotten(stage: Stage):
    stage.sql(
        """
        insert into oauth_states (id, state_hash, browser_hash, purpose, verifier, next, created_at, expires_at)
        values ('old', 'a', 'b', 'login', 'v', '/', 1, 2), ('new', 'c', 'd', 'login', 'v', '/', 1, :later)
        """,
        later=stage.now() + 60_000,
    )
    await housekeeping.end_trips(stage.database, stage.settings.keyring, stage.now)
    assert rows(stage.db, "select id from oauth_states") == [{"id": "new"}]


async def test_devices_that_nobody_used_for_long_are_forgotten(stage: Stage):
    stage.sql(
        """
        insert into devices (id, account_id, secret_hash, user_agent, created_at, last_seen_at)
        values ('old', :owner, 'a', '', 1, 1), ('new', :owner, 'b', '', :now, :now)
        """,
        owner=stage.studio.owner,
        now=stage.now(),
    )
    await housekeeping.forget_old(stage.database, stage.now)
    assert rows(stage.db, "select id from devices") == [{"id": "new"}]


async def test_the_nightly_tidying_empties_the_wal_and_loses_nothing(stage: Stage):
    export = stage.studio.push()
    wal = stage.settings.data_dir / f"{DATABASE_FILE}-wal"
    assert wal.stat().st_size > 0
    await stage.database.tidy()
    assert wal.stat().st_size == 0
    assert stage.get(export).state is ExportState.WAITING


async def test_tidying_waits_only_a_moment_for_a_reader(stage: Stage):
    stage.studio.push()
    stage.db.conn.execute("BEGIN")
    stage.db.conn.execute("select * from exports").fetchall()
    await stage.database.write(lambda db: db.conn.execute("update exports set due_at = due_at + 1").fetchall())
    await stage.database.tidy()
    stage.db.conn.execute("COMMIT")
    await stage.database.write(lambda db: db.conn.execute("update exports set due_at = due_at - 1").fetchall())
