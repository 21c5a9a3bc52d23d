"""The seam between asyncio and SQLite: `await database.read(fn, …)` and `await database.write(fn, …)`.

Store functions are plain and synchronous, `fn(db, …)`; this module decides on which thread and in which
transaction they run. A server database would come in here and in the SQL of the store's modules, nowhere else.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from sqlite3 import Cursor
from typing import Any, Concatenate, ParamSpec, TypeVar

from store.connect import Db, open_connection
from store.writer import Writer

READERS = 4

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """One data file: four reading threads and one writing thread. Made inside a running event loop."""

    def __init__(self, path: Path, on_commit: Callable[[], None] = lambda: None) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(path, self._loop, on_commit)
        self._local = threading.local()
        self._open: list[Db] = []
        self._opening = threading.Lock()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")

    async def read(self, fn: Callable[Concatenate[Db, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, …)` on a read-only connection inside one read transaction (one consistent snapshot)."""
        return await self._loop.run_in_executor(self._readers, self._read, fn, args, kwargs)

    async def write(self, fn: Callable[Concatenate[Db, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, …)` on the writer inside `BEGIN IMMEDIATE`; returns only when the commit is on disk.

        If `fn` raises, its own changes are undone and the error is raised here. Cancelled before it starts:
        not run. Cancelled later: it commits all the same.
        """
        value: T = await self._writer.submit(fn, args, kwargs)
        return value

    async def tidy(self) -> None:
        """Empty the WAL; writes wait meanwhile, for a moment."""
        await self._writer.tidy()

    async def close(self) -> None:
        """Finish what waits, then close every connection."""
        await asyncio.to_thread(self._writer.stop)
        self._readers.shutdown(wait=True)
        for db in self._open:
            db.conn.close()

    def _read(self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        db = self._reader()
        db.conn.execute("BEGIN")
        try:
            value = fn(db, *args, **kwargs)
        finally:
            db.conn.execute("COMMIT")
        if isinstance(value, (Cursor, Iterator)):
            # It would be read outside its transaction, on another thread.
            raise TypeError(f"{fn.__name__} returned an iterator; a read must return what it has fetched")
        return value

    def _reader(self) -> Db:
        db: Db | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = open_connection(self._path, readonly=True, any_thread=True)
            with self._opening:
                self._open.append(db)
        return db


class ForeignCommits:
    """Notices commits by other processes (commands run while the server runs) through `PRAGMA data_version`."""

    def __init__(self, path: Path) -> None:
        self._db = open_connection(path, readonly=True, any_thread=True)
        self._seen = self._version()

    def any_new(self) -> bool:
        """True when some connection of any process has committed since the last call. Costs a few microseconds."""
        version = self._version()
        changed = version != self._seen
        self._seen = version
        return changed

    def close(self) -> None:
        self._db.conn.close()

    def _version(self) -> int:
        version: int = self._db.conn.execute("PRAGMA data_version").fetchone()[0]
        return version
