"""The one thread that writes: it drains what waits into one transaction, each write in a savepoint of its own.

Many waiting writes share one commit (and so one fsync); nobody is answered before that commit is on disk.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from store.connect import Db, open_connection, tidy

GROUP = 256

# The authorizer sees a statement only when it is prepared, and Python caches prepared statements by their text.
# The comments make the writer's own texts unlike anything that a store function would send.
BEGIN = "BEGIN IMMEDIATE /* writer */"
COMMIT = "COMMIT /* writer */"
ROLLBACK = "ROLLBACK /* writer */"


@dataclass(eq=False)
class Write:
    """One waiting write and, once it has run, its outcome."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    future: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = field(default=None)

    def resolve(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class Writer:
    """Owns the writing connection; created and stopped by database.py."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop, on_commit: Callable[[], None]) -> None:
        self._path = path
        self._loop = loop
        self._on_commit = on_commit
        self._queue: SimpleQueue[Write | None] = SimpleQueue()
        self._own_statement = False
        self._tidyings: SimpleQueue[asyncio.Future[None]] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> asyncio.Future[Any]:
        write = Write(fn, args, kwargs, self._loop.create_future())
        self._queue.put(write)
        return write.future

    def tidy(self) -> asyncio.Future[None]:
        """Have the WAL emptied between two transactions, once what waits is committed."""
        future: asyncio.Future[None] = self._loop.create_future()
        self._tidyings.put(future)
        self.submit(_nothing, (), {})
        return future

    def stop(self) -> None:
        """Commit what is queued, then end the thread and close the connection. Blocks until done."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        db = self._open()
        running = True
        while running:
            group, running = self._next_group()
            if group and not self._commit_group(db, group):
                # The connection may be in any state after a broken group; a new one is cheap and certain.
                db.conn.close()
                db = self._open()
            while not self._tidyings.empty():
                self._tidy(db, self._tidyings.get())
        db.conn.close()

    def _open(self) -> Db:
        db = open_connection(self._path, checkpoints=True)
        db.conn.set_authorizer(self._authorize)
        return db

    def _authorize(self, action: int, *_: str | None) -> int:
        if action == sqlite3.SQLITE_TRANSACTION and not self._own_statement:
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def _next_group(self) -> tuple[list[Write], bool]:
        first = self._queue.get()
        if first is None:
            return [], False
        group = [first]
        while len(group) < GROUP and not self._queue.empty():
            write = self._queue.get()
            if write is None:
                return group, False
            group.append(write)
        return group, True

    def _commit_group(self, db: Db, group: list[Write]) -> bool:
        ran: list[Write] = []
        try:
            self._own(db, BEGIN)
            for write in group:
                if not write.future.cancelled():
                    ran.append(write)
                    self._run_one(db, write)
            self._own(db, COMMIT)
        except BaseException as error:
            for write in ran or group:
                write.error = error
            self._roll_back(db)
            self._tell(ran or group, committed=False)
            return False
        self._tell(ran, committed=bool(ran))
        return True

    def _run_one(self, db: Db, write: Write) -> None:
        """Run one write in its savepoint; raises only when the whole group is broken."""
        db.conn.execute("SAVEPOINT one")
        try:
            write.value = write.fn(db, *write.args, **write.kwargs)
        except BaseException as error:
            write.error = error
            if not db.conn.in_transaction:
                raise sqlite3.OperationalError("a store function ended the writer's transaction") from error
            db.conn.execute("ROLLBACK TO one")
        db.conn.execute("RELEASE one")

    def _tidy(self, db: Db, future: asyncio.Future[None]) -> None:
        error: Exception | None = None
        try:
            tidy(db)
        except sqlite3.Error as problem:
            error = problem

        def resolve() -> None:
            if future.done():
                return
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(resolve)

    def _own(self, db: Db, statement: str) -> None:
        self._own_statement = True
        try:
            db.conn.execute(statement)
        finally:
            self._own_statement = False

    def _roll_back(self, db: Db) -> None:
        try:
            if db.conn.in_transaction:
                self._own(db, ROLLBACK)
        except sqlite3.Error:
            # The caller reopens the connection, which rolls back whatever is left.
            return

    def _tell(self, group: list[Write], *, committed: bool) -> None:
        # One wake-up of the loop for the whole group: a wake-up for each would cost more than the commit.
        def resolve_all() -> None:
            for write in group:
                write.resolve()
            if committed:
                self._on_commit()

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(resolve_all)


def _nothing(db: Db) -> None:
    """A write that wakes the thread."""
