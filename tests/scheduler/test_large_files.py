"""Large files: in chunks from disk, going on where they were after whatever came between."""

from typing import Any

import pytest

from rules.failures import FailureKind
from rules.states import ExportState
from rules.upload_sessions import GIVEN_UP_AFTER_MS, MIB
from scheduler import engine
from store.connect import rows
from store.exports import Export
from tests.cast import AGENCY, STUDIO
from tests.scheduler.stage import Event, Stage

pytestmark = pytest.mark.anyio
START, APPEND = "files/upload_session/start", "files/upload_session/append_v2"
VIDEO = b"".join(bytes([n]) * MIB for n in range(41)) + b"end"
"""Goes as 8, 16 and 17 MiB."""


def sent(stage: Stage, route: str) -> int:
    return len([call for call in stage.calls(route) if call["status"] == 200])


def offset(stage: Stage) -> Any:
    return rows(stage.db, "select upload_offset as at from exports")[0]["at"]


async def whole(stage: Stage, export: Export) -> None:
    done = await stage.ended(export)
    there = stage.files()[export.destination_path]
    assert (there["content_hash"], there["revisions"], done.rev) == (export.content_hash, 1, there["rev"])


async def test_a_large_file_goes_in_growing_chunks_and_lands_whole(stage: Stage):
    await stage.engine.start()
    await whole(stage, stage.studio.push(VIDEO))
    assert (sent(stage, START), sent(stage, APPEND)) == (1, 2)
    assert stage.calls("files/upload") == []
    assert offset(stage) == 0


@pytest.mark.parametrize("when", ["before", "after"])
async def test_after_a_broken_line_it_goes_on_at_the_recorded_offset(stage: Stage, when: str):
    """`after`: Dropbox has taken the chunk, and says so by incorrect_offset."""
    stage.sandbox.fault("drop", route=APPEND, when=when, times=1)
    await stage.engine.start()
    export = stage.studio.push(VIDEO)
    assert (await stage.tried(export)).error_kind is FailureKind.UNAVAILABLE
    assert offset(stage) == 8 * MIB
    stage.pass_time(12)
    await whole(stage, export)
    assert sent(stage, START) == 1


@pytest.mark.parametrize("nth", [1, 2])
async def test_after_a_restart_it_goes_on_at_the_recorded_offset(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, nth: int
):
    monkeypatch.setattr(engine, "FINISH_S", 0.1)
    stage.sandbox.fault("hang", route=APPEND, nth=nth)
    await stage.engine.start()
    export = stage.studio.push(VIDEO)
    await stage.until(lambda: stage.sandbox.faults()[0]["hits"] == 1)
    await stage.engine.stop()
    assert (stage.get(export).state, stage.get(export).attempts) == (ExportState.WAITING, 0)
    assert offset(stage) == (8 if nth == 1 else 24) * MIB
    stage.sandbox.clear_faults()
    stage.sandbox.clear_history()
    stage.engine = stage.new_engine()
    await stage.engine.start()
    await whole(stage, export)
    assert sent(stage, START) == 0


async def test_at_the_signal_it_goes_back_after_the_chunk_that_it_is_at(stage: Stage):
    stage.sandbox.behave(latency={APPEND: 300})
    await stage.engine.start()
    export = stage.studio.push(VIDEO)
    await stage.until(lambda: offset(stage) == 8 * MIB)
    await stage.engine.stop()
    assert (stage.get(export).state, offset(stage)) == (ExportState.WAITING, 24 * MIB)


async def test_a_session_that_dropbox_forgot_begins_anew_within_the_same_try(stage: Stage):
    stage.sandbox.fault("drop", route=APPEND, times=1)
    await stage.engine.start()
    export = stage.studio.push(VIDEO)
    await stage.tried(export)
    stage.sandbox.move_clock(7 * 24 * 3600 + 1)
    stage.pass_time(12)
    await whole(stage, export)
    assert (sent(stage, START), len(stage.log(export))) == (2, 2)


@pytest.mark.complaints("needless_refresh")
async def test_a_session_older_than_six_and_a_half_days_is_not_used_again(stage: Stage):
    stage.sandbox.fault("drop", route=APPEND, times=1)
    await stage.engine.start()
    export = stage.studio.push(VIDEO)
    await stage.tried(export)
    stage.sandbox.clear_history()
    stage.pass_time(GIVEN_UP_AFTER_MS / 1000)
    await whole(stage, export)
    assert (sent(stage, START), sent(stage, APPEND)) == (1, 2)


async def test_a_session_of_another_dropbox_account_is_not_used(stage: Stage):
    stage.sandbox.fault("drop", route=APPEND, times=1)
    await stage.engine.start()
    export = stage.studio.push(VIDEO)
    await stage.tried(export)
    stage.sandbox.clear_history()
    stage.sql("update exports set upload_session_epoch = upload_session_epoch - 1")
    stage.pass_time(12)
    await whole(stage, export)
    assert sent(stage, START) == 1


async def test_bytes_that_changed_behind_what_was_sent_are_noticed_before_the_commit(stage: Stage):
    stage.sandbox.fault("drop", route=APPEND, times=1)
    await stage.engine.start()
    export = stage.studio.push(VIDEO)
    await stage.tried(export)
    [key] = stage.media.keys()
    path = stage.settings.data_dir / "media" / key[:2] / key
    path.write_bytes(b"other" + path.read_bytes()[5:])
    stage.pass_time(12)
    failed = await stage.ended(export, ExportState.FAILED)
    assert failed.error_kind is FailureKind.SOURCE_MISSING
    assert stage.files() == {}


async def test_a_pause_in_the_midst_begins_no_further_chunk(stage: Stage):
    stage.sandbox.behave(latency={APPEND: 150})
    await stage.engine.start()
    export = stage.studio.push(VIDEO)
    await stage.until(lambda: offset(stage) == 8 * MIB)
    stage.sandbox.fault("rate_limit", route=START, retry_after=300, times=1)
    other = stage.studio.push()
    await stage.tried(other)
    await stage.until(lambda: stage.get(export).state is ExportState.WAITING)
    await stage.stays_quiet()
    assert stage.get(export).attempts == 0
    stage.pass_time(340)
    await whole(stage, export)
    assert sent(stage, START) == 2


async def test_videos_of_one_account_make_room_for_anothers_pictures(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """Who holds more than a share gives a slot back at the next chunk, and loses nothing by it."""
    monkeypatch.setattr("scheduler.dispatcher.SLOTS", 4)
    stage.engine = stage.new_engine()
    agency = Event(stage, "agency", AGENCY)
    stage.sandbox.behave(latency={APPEND: 200})
    videos = [stage.studio.push(VIDEO + bytes([n])) for n in range(4)]
    await stage.engine.start()
    await stage.until(lambda: sent(stage, START) == 4)
    picture = agency.push()
    await stage.ended(picture)
    assert not any(stage.get(each).state is ExportState.EXPORTED for each in videos)
    for each in videos:
        assert (await stage.ended(each)).attempts == 1
    assert len([call for call in stage.calls(START) if call["email"] == STUDIO]) == 4
