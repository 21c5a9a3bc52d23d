"""What has outlived its use: media of what was deleted leaves our disk, old tries leave the log but their counts."""

import pytest

from rules.states import ExportState
from scheduler import housekeeping
from store import deletions, results, retention
from store.connect import immediate, rows
from store.export_log import of_export
from store.exports import Export
from tests.scheduler.stage import PICTURE, Stage

pytestmark = pytest.mark.anyio
HOUR = 3_601


def files(stage: Stage) -> int:
    return len(list(stage.media.keys()))


def ended(stage: Stage, export: Export) -> None:
    """As if it had been skipped: nothing of it is under way."""
    stage.sql("update exports set state = 'skipped', finished_at = 1 where id = :id", id=export.id)


@pytest.mark.parametrize("deleted", ["results", "experiences", "projects", "workspaces"])
async def test_media_of_what_was_deleted_is_removed_and_the_rest_stays(stage: Stage, deleted: str):
    gone = [stage.studio.push(PICTURE + bytes([number])) for number in range(60)]
    for each in gone:
        ended(stage, each)
    other = stage.studio
    stage.sql(
        f"update {deleted} set deleted_at = :now" + (" where id = :id" if deleted == "results" else ""),
        now=stage.now(),
        **({"id": gone[0].result_id} if deleted == "results" else {}),
    )
    await housekeeping.remove_media(stage.database, stage.media, stage.now)
    assert files(stage) == 60  # who is looking at one right now gets to its end
    stage.pass_time(HOUR)
    await housekeeping.remove_media(stage.database, stage.media, stage.now)
    assert files(stage) == (59 if deleted == "results" else 0)
    if deleted != "results":
        assert rows(stage.db, f"select 1 as one from {deleted} where media_gone_at is null") == []
    assert other.connection().status == "connected"


async def test_what_still_is_to_be_skipped_keeps_its_media_until_then(stage: Stage):
    export = stage.studio.push()
    with immediate(stage.db):
        deletions.delete_project(stage.db, stage.studio.project_id, by=stage.studio.owner, now=stage.now())
    stage.pass_time(HOUR)
    await housekeeping.remove_media(stage.database, stage.media, stage.now)
    assert files(stage) == 1
    await housekeeping.finish_stops(stage.database, stage.now)
    assert stage.get(export).state is ExportState.SKIPPED
    await housekeeping.remove_media(stage.database, stage.media, stage.now)
    assert files(stage) == 0
    assert retention.leftovers(stage.db, now=stage.now()) == []


async def test_nothing_is_removed_while_nothing_is_deleted(stage: Stage):
    export = stage.studio.push()
    ended(stage, export)
    stage.pass_time(HOUR)
    await housekeeping.remove_media(stage.database, stage.media, stage.now)
    assert files(stage) == 1 and results.get(stage.db, export.result_id)


async def test_a_file_that_is_gone_already_is_no_obstacle(stage: Stage):
    export = stage.studio.push()
    ended(stage, export)
    (key,) = stage.media.keys()
    stage.media.delete(key)
    stage.sql("update results set deleted_at = 1")
    await housekeeping.remove_media(stage.database, stage.media, stage.now)
    assert rows(stage.db, "select 1 as one from results where media_gone_at is null") == []


def tries(stage: Stage, export: Export, many: int, *, first: int = 1) -> None:
    for n in range(first, first + many):
        stage.sql(
            """
            insert into attempts (id, export_id, project_id, job_id, session_id, n, status, error_kind, started_at,
                finished_at, created_at)
            select :id, e.id, e.project_id, 'job', e.session_id, :n, :status, :kind, :now, :now, :now
            from exports e where e.id = :export
            """,
            id=f"{export.id}-{n}",
            n=n,
            status="success" if n == first + many - 1 else "failed",
            kind=None if n == first + many - 1 else "unavailable",
            now=stage.now(),
            export=export.id,
        )


async def test_old_tries_are_forgotten_but_the_last_and_their_counts_stay(stage: Stage):
    first, second = stage.studio.push(), stage.studio.push(PICTURE + b"2")
    tries(stage, first, 5)
    tries(stage, second, 1)
    await housekeeping.condense(stage.database, stage.now)
    assert len(of_export(stage.db, first.id)) == 5
    stage.pass_time(91 * 86_400)
    await housekeeping.condense(stage.database, stage.now)
    assert [each.n for each in of_export(stage.db, first.id)] == [5]
    assert [each.n for each in of_export(stage.db, second.id)] == [1]
    assert retention.condensed(stage.db, stage.studio.project_id) == {("failed", "unavailable"): 4}


async def test_what_stays_is_not_gone_through_again(stage: Stage):
    exports = [stage.studio.push(PICTURE + bytes([number])) for number in range(3)]
    for each in exports:
        tries(stage, each, 1)
    stage.pass_time(91 * 86_400)
    with immediate(stage.db):
        assert retention.condense_attempts(stage.db, now=stage.now(), most=2) == 2
        assert retention.condense_attempts(stage.db, now=stage.now(), most=2) == 1
        assert retention.condense_attempts(stage.db, now=stage.now(), most=2) == 0
