"""The timetable: every job has its time, runs alone, and comes again when it failed."""

import asyncio
from datetime import UTC

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from scheduler import timetable
from scheduler.timetable import TIMETABLE

pytestmark = pytest.mark.anyio


async def nothing() -> None:
    return None


def test_jobs_and_times_belong_together():
    with pytest.raises(ValueError, match="Every job"):
        timetable.timetable({"tick": nothing})


async def test_a_late_job_is_made_up_for_once_and_never_runs_twice_at_once():
    scheduler = timetable.timetable(dict.fromkeys(TIMETABLE, nothing))
    scheduler.start(paused=True)
    for job in scheduler.get_jobs():
        assert (job.coalesce, job.max_instances, job.misfire_grace_time) == (True, 1, None)
    assert {job.id for job in scheduler.get_jobs()} == set(TIMETABLE)
    scheduler.shutdown(wait=False)
    await asyncio.sleep(0)


async def test_a_job_that_fails_comes_again_and_the_end_cancels_it_quietly(monkeypatch: pytest.MonkeyPatch, caplog):
    monkeypatch.setattr(timetable, "TIMETABLE", {"tick": IntervalTrigger(seconds=0.02, timezone=UTC)})
    runs: list[int] = []
    third = asyncio.Event()

    async def tick() -> None:
        runs.append(len(runs))
        if len(runs) < 3:
            raise RuntimeError("broken")
        third.set()
        await asyncio.sleep(60)

    scheduler = timetable.timetable({"tick": tick})
    scheduler.start()
    async with asyncio.timeout(5):
        await third.wait()
    scheduler.shutdown(wait=False)
    await asyncio.sleep(0.05)
    assert runs == [0, 1, 2]
    assert not [record for record in caplog.records if record.name.startswith("apscheduler")]
