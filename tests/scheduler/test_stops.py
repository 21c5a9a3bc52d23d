"""Stops, with the real engine and a Dropbox that hangs: cut at once, and nothing begins after the answer. SC-005."""

import asyncio
import time

import pytest

from rules.states import ExportState
from tests.cast import AGENCY
from tests.faults import raced_stops
from tests.faults.raced_stops import disconnect, switch_off
from tests.scheduler.stage import Event, Stage

pytestmark = pytest.mark.anyio
UPLOAD = "files/upload"
SESSION = "files/upload_session/"


@pytest.mark.parametrize("stop", [disconnect, switch_off])
@pytest.mark.parametrize("route", [UPLOAD, "oauth2/token", SESSION + "start", SESSION + "finish_batch_v2"])
async def test_sc_005_a_stop_cuts_a_hanging_upload_and_nothing_begins_after_the_answer(stage: Stage, stop, route: str):
    fault = stage.sandbox.fault("hang", route=route)
    made = [stage.studio.push() for _ in range(1 if route == UPLOAD else 6)]
    await stage.engine.start()
    await stage.until(lambda: stage.sandbox.faults()[0]["hits"] >= 1)
    if route.startswith(SESSION):
        # One goes by a call of its own; what is on the wire when it is cut may land all the same.
        await stage.until(lambda: any(stage.get(export).state is ExportState.EXPORTED for export in made))
    waiting = stage.studio.push()
    began = time.monotonic()
    await stop(stage, stage.studio)
    assert time.monotonic() - began < 2
    answered_ms = time.time_ns() // 1_000_000
    stage.sandbox.clear_faults(fault)
    stopped = [export for export in (*made, waiting) if stage.get(export).state is not ExportState.EXPORTED]
    assert len(stopped) >= len(made) - 1
    for export in stopped:
        skipped = await stage.ended(export, ExportState.SKIPPED)
        assert [each.status for each in stage.log(skipped)] == ["skipped"]
    stage.pass_time(3600)
    await asyncio.sleep(0.2)
    assert [call for call in stage.calls("files/*") if call["begin_ms"] > answered_ms] == []
    assert len(stage.files()) == len(made) + 1 - len(stopped)


async def test_a_project_that_is_switched_off_does_not_disturb_another_of_the_same_connection(stage: Stage):
    agency = Event(stage, "agency", AGENCY)
    await stage.engine.start()
    await switch_off(stage, stage.studio)
    await stage.ended(agency.push())


async def test_fr_016_disconnecting_leaves_the_switches_and_reconnecting_exports_what_is_new(stage: Stage):
    await stage.engine.start()
    await disconnect(stage, stage.studio)
    old = stage.studio.push()
    assert stage.get(old).state is ExportState.SKIPPED
    stage.studio.connect()
    await stage.ended(stage.studio.push())
    assert stage.get(old).state is ExportState.SKIPPED


async def test_a_stopped_upload_is_skipped_and_no_late_answer_is_written_over_it(stage: Stage):
    stage.sandbox.fault("slow", route=UPLOAD, seconds=0.3)
    await stage.engine.start()
    export = stage.studio.push()
    await stage.until(lambda: stage.get(export).state is ExportState.UPLOADING)
    await disconnect(stage, stage.studio)
    await asyncio.sleep(0.5)
    skipped = stage.get(export)
    assert (skipped.state, skipped.error_kind, len(stage.log(export))) == (ExportState.SKIPPED, "disconnected", 1)


async def test_the_other_exports_of_a_project_go_on_after_a_stop_without_an_epoch(stage: Stage):
    """Something inside the project was deleted: what was cut with it is tried again, and asks first."""
    fault = stage.sandbox.fault("hang", route=UPLOAD)
    await stage.engine.start()
    export = stage.studio.push()
    await stage.until(lambda: stage.sandbox.faults()[0]["hits"] == 1)
    async with stage.gate.stopping(project_id=stage.studio.project_id):
        pass
    stage.sandbox.clear_faults(fault)
    done = await stage.ended(export)
    assert (done.attempts, len(stage.log(export))) == (1, 1)


async def test_sc_005_stops_raced_with_uploads_and_commits_let_none_begin_after_the_answer(stage: Stage):
    """The full size by `python -m tests.faults.raced_stops`."""
    report = await raced_stops.race(stage, rounds=40, seed=5)
    assert report.wrong == []
    assert report.calls > 40
