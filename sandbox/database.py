"""The sandbox's SQLite file: one connection, used from the event loop only, every statement short. No rules in here."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.schema import EMPTIED, TABLES, UPGRADES, VERSION


class OtherVersion(Exception):
    """The folder holds a database made by another version of the sandbox."""


class Database:
    """A thin seam over one sqlite3 connection.

    `on_change` hears of every change to a tree while its transaction still runs.
    WAL without fsync per commit: a killed process loses nothing, and a stand-in need not outlive a power cut.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._prepare(path)
        self.on_change: Callable[[str, str], None] = lambda account_id, path: None
        self._change = int(self.value("SELECT coalesce(max(changed), 0) FROM nodes"))

    def _prepare(self, path: Path) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        elif 0 < version < VERSION:
            for number in range(version, VERSION):
                script = f"BEGIN IMMEDIATE; {UPGRADES[number]} PRAGMA user_version = {number + 1}; COMMIT;"
                self._connection.executescript(script)
        elif version != VERSION:
            raise OtherVersion(f"{path} was made by another version of the sandbox; --reset wipes it")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing for what is written inside; inside another transaction, a part of that one."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def run(self, sql: str, **values: Any) -> int:
        """Execute one statement; the number of rows it touched."""
        return self._connection.execute(sql, values).rowcount

    def one(self, sql: str, **values: Any) -> sqlite3.Row | None:
        """The first row, or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, **values: Any) -> list[sqlite3.Row]:
        """Every row, as a list."""
        return self._connection.execute(sql, values).fetchall()

    def value(self, sql: str, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def next_change(self, account_id: str, path: str) -> int:
        """The next number in the one order of all changes to all trees, for a change at a lower-cased path."""
        self._change += 1
        self.on_change(account_id, path)
        return self._change

    @property
    def last_change(self) -> int:
        """The number of the newest change."""
        return self._change

    def setting(self, name: str) -> str | None:
        """A stored setting of the sandbox, or None."""
        value: str | None = self.value("SELECT value FROM settings WHERE name = :name", name=name)
        return value

    def set_setting(self, name: str, value: str) -> None:
        """Store a setting of the sandbox."""
        self.run(
            "INSERT INTO settings VALUES (:name, :value) ON CONFLICT DO UPDATE SET value = :value",
            name=name,
            value=value,
        )

    def empty(self) -> None:
        """Remove every person, app, token, file and history row. Change numbers go on, so old cursors stay old."""
        with self.transaction():
            for table in EMPTIED:
                self.run(f"DELETE FROM {table}")  # noqa: S608 - names from our own constant
            self.run("DELETE FROM settings WHERE name <> 'cursor_key'")

    def close(self) -> None:
        """Fold the log into the file and close it."""
        self._connection.close()
