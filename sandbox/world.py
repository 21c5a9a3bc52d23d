"""Everything one running sandbox consists of, in one object that is handed around. No behaviour of its own."""

import asyncio
import fcntl
import os
import shutil
from pathlib import Path

from sandbox.apps import add_default_app
from sandbox.behaviour import Behaviour
from sandbox.bell import Bell
from sandbox.blobs import BlobStore
from sandbox.clock import Clock
from sandbox.complaints import ComplaintBook
from sandbox.database import Database
from sandbox.faults import FaultBook
from sandbox.history import History
from sandbox.jobs import Jobs
from sandbox.limits import RequestWindows, WriteLocks
from sandbox.manners.watch import Watch
from sandbox.people import add_known_people
from sandbox.sessions import live_spool_names
from sandbox.webhooks import Webhooks

DATABASE = "sandbox.sqlite3"


class FolderInUse(Exception):
    """Another sandbox has this folder open."""


class World:
    """The database, the bytes, the clock, the faults and the history of one sandbox, living in one folder."""

    def __init__(self, directory: Path, public_url: str | None = None, *, fresh: bool = False) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise FolderInUse(f"another sandbox uses the folder {directory}") from None
        if fresh:
            wipe(directory)
        self.public_url = public_url
        self.db = Database(directory / DATABASE)
        self.bell = Bell()
        self.db.on_change = self.bell.ring
        self.blobs = BlobStore(directory)
        self.clock = Clock(self.db)
        self.behaviour = Behaviour()
        self.locks = WriteLocks(self.behaviour)
        self.windows = RequestWindows(self.behaviour)
        self.faults = FaultBook()
        self.history = History(self.db)
        self.complaints = ComplaintBook(self.db)
        self.watch = Watch(self.complaints, self.clock)
        self.history.on_end = self.watch.ends
        self.webhooks = Webhooks(self.db, self.behaviour, self.history)
        self.bell.listeners.append(self.webhooks.heard)
        self.jobs = Jobs(self.db)
        # Upload sessions whose commit is under way: putting their pieces together takes time.
        self.finishing: set[str] = set()
        self.stopping = asyncio.Event()
        self._populate()
        self.blobs.sweep(live_spool_names(self.db, self.clock.now()))

    def _populate(self) -> None:
        with self.db.transaction():
            add_known_people(self.db)
            add_default_app(self.db)

    def reset(self) -> None:
        """Back to a fresh sandbox: known people, the default app, no files, no tokens, no faults, today's time."""
        self.jobs.stop()
        self.db.empty()
        self.webhooks.reload()
        self.blobs.empty()
        self.clock.forget_offset()
        self.faults.clear()
        self.watch.forget()
        self.behaviour.change(vars(Behaviour()))
        self._populate()

    async def settle(self) -> None:
        """Leave off jobs and notifications, before `close`."""
        ending = [*self.jobs.stop(), *self.webhooks.stop()]
        await asyncio.gather(*ending, return_exceptions=True)

    def close(self) -> None:
        """Close the database and let the folder go."""
        self.db.close()
        os.close(self._lock)


def wipe(directory: Path) -> None:
    """Remove the data of a sandbox that does not run, made by whatever version; the certificates stay."""
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
        (directory / name).unlink(missing_ok=True)
    for folder in ("blobs", "spool"):
        shutil.rmtree(directory / folder, ignore_errors=True)
