"""Every recurring job on one page. APScheduler is the clock and nothing else: what there is to do stands in the rows.

A job that fails is logged and comes again at its next time; nothing is kept in a job store.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

log = structlog.get_logger("timetable")

Job = Callable[[], Awaitable[None]]

TIMETABLE: Mapping[str, IntervalTrigger | CronTrigger] = {
    "tick": IntervalTrigger(seconds=5, timezone=UTC),
    "watch_foreign_commits": IntervalTrigger(seconds=1, timezone=UTC),
    "fetch": IntervalTrigger(seconds=1, timezone=UTC),
    "end_access": IntervalTrigger(seconds=1, timezone=UTC),
    "finish_stops": IntervalTrigger(seconds=1, timezone=UTC),
    "deliver_outbox": IntervalTrigger(seconds=2, timezone=UTC),
    "enqueue_owed": IntervalTrigger(seconds=30, timezone=UTC),
    "send_earlier": IntervalTrigger(seconds=1, timezone=UTC),
    "end_trips": IntervalTrigger(minutes=1, timezone=UTC),
    "remove_media": IntervalTrigger(minutes=10, timezone=UTC),
    "condense": CronTrigger(hour=4, timezone=UTC),
    "forget_old": IntervalTrigger(hours=1, timezone=UTC),
    "verify": IntervalTrigger(seconds=2, timezone=UTC),
    "heed_notices": IntervalTrigger(seconds=5, timezone=UTC),
    "verify_all": CronTrigger(hour=1, minute=30, timezone=UTC),
    "tidy_database": CronTrigger(hour=3, minute=30, timezone=UTC),
}
"""When each job runs. A job never runs twice at once; times that it was late for are made up for once."""


def timetable(jobs: Mapping[str, Job]) -> AsyncIOScheduler:
    """The clock with exactly these jobs, not yet started; `start` must be called inside the event loop."""
    if set(jobs) != set(TIMETABLE):
        raise ValueError("Every job has its time, and every time its job.")
    # A job that is still running when its next time comes is nothing to warn about here: it will see to that, too.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for name, trigger in TIMETABLE.items():
        scheduler.add_job(_guarded(name, jobs[name]), trigger, id=name)
    return scheduler


def _guarded(name: str, job: Job) -> Job:
    async def run() -> None:
        try:
            await job()
        except asyncio.CancelledError:
            # The scheduler cancels what runs when it shuts down, and would log it as an error.
            return
        except Exception:
            log.exception("a job failed", job=name)

    return run
