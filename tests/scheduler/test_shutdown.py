"""The end of the engine: nothing more is claimed, and what is under way ends or is given back."""

import subprocess
import sys
import time

import pytest

from rules.states import ExportState
from scheduler import engine
from store.connect import rows
from tests.scheduler.stage import Stage

pytestmark = pytest.mark.anyio
UPLOAD = "files/upload"


async def test_an_upload_under_way_may_finish_and_nothing_more_is_claimed(stage: Stage):
    stage.sandbox.behave(latency={"files/*": 300})
    begun = [stage.studio.push() for _ in range(3)]
    await stage.engine.start()
    await stage.until(lambda: all(stage.get(each).state is ExportState.UPLOADING for each in begun))
    stage.engine.ring_stop()
    late = stage.studio.push()
    began = time.monotonic()
    await stage.engine.stop()
    assert time.monotonic() - began < 2.5
    assert {stage.get(each).state for each in begun} == {ExportState.EXPORTED}
    assert stage.get(late).state is ExportState.WAITING


@pytest.mark.parametrize("route", ["start", "finish_batch_v2"])
async def test_many_hanging_calls_are_cut_and_given_back_with_no_attempt_spent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, route: str
):
    monkeypatch.setattr(engine, "FINISH_S", 0.2)
    stage.sandbox.fault("hang", route=f"files/upload_session/{route}")
    made = [stage.studio.push() for _ in range(20)]
    await stage.engine.start()
    await stage.until(lambda: stage.sandbox.faults()[0]["hits"] >= (15 if route == "start" else 1))
    began = time.monotonic()
    await stage.engine.stop()
    assert time.monotonic() - began < 2
    # The first one went by a call of its own.
    waiting = [export for export in made if stage.get(export).state is ExportState.WAITING]
    assert len(waiting) >= len(made) - 1
    for export in waiting:
        assert (stage.get(export).attempts, stage.log(export)) == (0, [])
    stage.sandbox.clear_faults()
    stage.engine = stage.new_engine()
    await stage.engine.start()
    for export in made:
        assert (await stage.ended(export)).attempts == 1
    assert {node["revisions"] for node in stage.files().values()} == {1}


async def test_a_hanging_upload_is_cut_and_given_back_with_no_attempt_spent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engine, "FINISH_S", 0.2)
    stage.sandbox.fault("hang", route=UPLOAD)
    await stage.engine.start()
    export = stage.studio.push()
    await stage.until(lambda: stage.sandbox.faults()[0]["hits"] == 1)
    began = time.monotonic()
    stage.engine.ring_stop()
    await stage.engine.stop()
    assert time.monotonic() - began < 1.5
    assert (stage.get(export).state, stage.get(export).attempts, stage.log(export)) == (ExportState.WAITING, 0, [])
    assert rows(stage.db, "select check_first from exports") == [{"check_first": 1}]
    stage.sandbox.clear_faults()
    stage.engine = stage.new_engine()
    await stage.engine.start()
    assert (await stage.ended(export)).attempts == 1


async def test_an_engine_with_nothing_to_do_ends_at_once(stage: Stage):
    await stage.engine.start()
    assert stage.engine.alive()
    began = time.monotonic()
    await stage.engine.stop()
    assert time.monotonic() - began < 0.5
    assert not stage.engine.alive()


async def test_an_engine_that_has_not_looked_for_work_for_long_is_not_alive(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    await stage.engine.start()
    monkeypatch.setattr(engine, "ALIVE_S", -1)
    assert not stage.engine.alive()


async def test_an_engine_that_was_never_started_can_be_stopped(stage: Stage):
    assert not stage.engine.alive()
    stage.engine.ring_stop()
    await stage.engine.stop()


async def test_the_drain_stays_within_six_seconds():
    assert engine.FINISH_S + engine.CUT_S < 6


def test_a_thread_that_hangs_holds_up_no_exit():
    program = """
import asyncio, time
from scheduler.calls import on_a_thread
async def main():
    task = asyncio.create_task(on_a_thread(lambda: time.sleep(60)))
    await asyncio.sleep(0.1)
    task.cancel()
asyncio.run(main())
"""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)
    assert time.monotonic() - began < 10
