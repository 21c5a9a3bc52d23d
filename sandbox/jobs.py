"""Work that goes on after a call was answered: the async jobs of batch routes, asked after by their id."""

import asyncio
import json
import logging
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from sqlite3 import Row
from typing import Any

from sandbox.callers import Caller
from sandbox.database import Database

log = logging.getLogger("sandbox")


@dataclass(frozen=True)
class Job:
    """A job as a check sees it. `state`: running, done (then with the `answer` as plain JSON), or lost."""

    state: str
    answer: Any


def _job(row: Row) -> Job:
    return Job(row["state"], None if row["answer"] is None else json.loads(row["answer"]))


class Jobs:
    """The jobs of one sandbox. Answers outlive a restart; a job that runs when the process ends is lost."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._tasks: set[asyncio.Task[None]] = set()
        db.run("UPDATE jobs SET state = 'lost' WHERE state = 'running'")

    def start(self, kind: str, caller: Caller, work: Coroutine[Any, Any, Any], delay: int) -> str:
        """Begin work that returns the answer of its check, after `delay` milliseconds; the job's id."""
        job_id = "dbjid:" + secrets.token_urlsafe(48)
        self._db.run(
            "INSERT INTO jobs VALUES (:id, :account, :app, :kind, 'running', NULL)",
            id=job_id,
            account=caller.account_id,
            app=caller.app.key,
            kind=kind,
        )
        task = asyncio.create_task(self._run(job_id, work, delay))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step never comes to close what it was to await.
        task.add_done_callback(lambda _: work.close())
        return job_id

    async def _run(self, job_id: str, work: Coroutine[Any, Any, Any], delay: int) -> None:
        state, answer = "lost", None
        try:
            await asyncio.sleep(delay / 1000)
            answer = json.dumps(await work)
            state = "done"
        except Exception:
            log.exception("a defect of the sandbox in a job")
        self._db.run(
            "UPDATE jobs SET state = :state, answer = :answer WHERE id = :id", state=state, answer=answer, id=job_id
        )

    def find(self, kind: str, caller: Caller, job_id: str) -> Job | None:
        """The job of this kind that this person and app began, or None."""
        row = self._db.one(
            "SELECT * FROM jobs WHERE id = :id AND kind = :kind AND account_id = :account AND app_key = :app",
            id=job_id,
            kind=kind,
            account=caller.account_id,
            app=caller.app.key,
        )
        return None if row is None else _job(row)

    def stop(self) -> list[asyncio.Task[None]]:
        """Leave off all that runs; it counts as lost from the next start on. What ends by that."""
        ending = list(self._tasks)
        for task in ending:
            task.cancel()
        return ending
