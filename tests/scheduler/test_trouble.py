"""Errors of ours, a damaged file, trouble with the database: no stuck export and no dead engine."""

import asyncio

import pytest
from structlog.testing import capture_logs

from rules.failures import FailureKind
from rules.states import ConnectionStatus, ExportState
from tests.scheduler.stage import PICTURE, Stage

pytestmark = pytest.mark.anyio
UPLOAD = "files/upload"


async def test_an_error_of_ours_is_a_failed_try_with_its_traceback_and_the_engine_goes_on(stage: Stage):
    broken = stage.studio.push()
    stage.sql("update artifacts set media_key = 'not a key'")
    with capture_logs() as logs:
        await stage.engine.start()
        failed = await stage.tried(broken)
    assert (failed.state, failed.error_kind) == (ExportState.WAITING, FailureKind.UNAVAILABLE)
    assert "error of ours (ValueError)" in str(failed.error_message)
    assert [line["exc_info"] for line in logs if line["event"] == "a try broke"] == [True]
    await stage.ended(stage.studio.push())


async def test_an_ending_that_the_store_refuses_becomes_a_failed_try(stage: Stage):
    stage.sql(
        """
        create trigger refusing before update on exports when new.state = 'exported'
        begin select raise(abort, 'refused'); end
        """
    )
    with capture_logs() as logs:
        await stage.engine.start()
        export = stage.studio.push()
        failed = await stage.tried(export)
    assert (failed.state, failed.error_kind) == (ExportState.WAITING, FailureKind.UNAVAILABLE)
    assert "an ending was refused" in [line["event"] for line in logs]
    stage.sql("drop trigger refusing")
    stage.pass_time(11)
    await stage.ended(export)
    assert len(stage.calls(UPLOAD)) == 1


async def test_an_ending_that_the_database_can_not_take_now_is_written_later(stage: Stage):
    stage.sandbox.fault("slow", route=UPLOAD, seconds=0.5)
    with capture_logs() as logs:
        await stage.engine.start()
        export = stage.studio.push()
        await stage.until(lambda: stage.calls(UPLOAD))
        await stage.database.write(lambda db: db.conn.execute("PRAGMA busy_timeout=50").fetchall())
        stage.db.conn.execute("BEGIN IMMEDIATE")
        await stage.until(lambda: "the database takes no ending at the moment" in [line["event"] for line in logs])
        assert stage.get(export).state is ExportState.UPLOADING
        stage.db.conn.execute("COMMIT")
        done = await stage.ended(export)
    assert (done.attempts, len(stage.calls(UPLOAD))) == (1, 1)


@pytest.mark.parametrize(
    ("breaks", "mends"),
    [
        (
            "create trigger broken before update on exports when new.state = 'uploading' "
            "begin select raise(abort, 'no claims'); end",
            "drop trigger broken",
        ),
        ("alter table export_settings rename to elsewhere", "alter table elsewhere rename to export_settings"),
    ],
)
async def test_trouble_with_the_database_ends_nothing_but_itself(stage: Stage, breaks: str, mends: str):
    export = stage.studio.push()
    stage.sql(breaks)
    with capture_logs() as logs:
        await stage.engine.start()
        await asyncio.sleep(0.2)
        stage.sql(mends)
        await stage.ended(export)
    assert len(logs) < 10


async def test_a_source_that_is_gone_fails_at_once(stage: Stage):
    export = stage.studio.push()
    for key in list(stage.media.keys()):
        stage.media.delete(key)
    await stage.engine.start()
    assert (await stage.ended(export, ExportState.FAILED)).error_kind is FailureKind.SOURCE_MISSING
    assert stage.files() == {}


async def test_a_source_whose_bytes_changed_on_our_disk_fails_at_once_and_nothing_lands(stage: Stage):
    export = stage.studio.push()
    [key] = stage.media.keys()
    (stage.settings.data_dir / "media" / key[:2] / key).write_bytes(b"x" * len(PICTURE))
    await stage.engine.start()
    assert (await stage.ended(export, ExportState.FAILED)).error_kind is FailureKind.SOURCE_MISSING
    assert stage.files() == {}


async def test_a_stored_token_that_can_not_be_opened_is_never_used_and_needs_a_reconnect(stage: Stage):
    stage.sql("update connections set token = '1:other:AAAA:AAAA:AAAA'")
    await stage.engine.start()
    export = stage.studio.push()
    assert (await stage.tried(export)).error_kind is FailureKind.NEEDS_REAUTH
    assert stage.studio.connection().status is ConnectionStatus.NEEDS_REAUTH
    assert stage.calls("files/*") == []
