"""How a connection to the database file is opened, and the transaction that commands use.

The server's own way in is database.py.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database as Connection

# What every store function gets as its first argument.
Db = Connection

DATABASE_FILE = "clementine.db"


def open_connection(path: Path, *, readonly: bool = False, checkpoints: bool = False, any_thread: bool = False) -> Db:
    """Open the database file at `path` with the settings that everything here relies on.

    Only the server's writer may have `checkpoints`: two connections that checkpoint at once can corrupt
    a WAL in SQLite before 3.51.3 (sqlite.org/wal.html#walresetbug).
    """
    mode = "ro" if readonly else "rwc"
    raw = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=5,
        check_same_thread=not any_thread,
    )
    for pragma in (
        "foreign_keys=ON",
        "busy_timeout=5000",
        "synchronous=FULL",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        raw.execute(f"PRAGMA {pragma}")
    if readonly:
        raw.execute("PRAGMA query_only=ON")
    else:
        raw.execute("PRAGMA journal_mode=WAL").fetchone()
    raw.execute(f"PRAGMA wal_autocheckpoint={1000 if checkpoints else 0}").fetchone()
    return Connection(raw, strict=True)


@contextmanager
def immediate(db: Db) -> Iterator[Db]:
    """One short write transaction on a connection of one's own: `BEGIN IMMEDIATE`, then commit or roll back."""
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.conn.execute("COMMIT")
    except BaseException:
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise


@contextmanager
def savepoint(db: Db, name: str = "inner") -> Iterator[Db]:
    """A part of a write that may fail without taking the rest with it."""
    db.conn.execute(f"SAVEPOINT {name}")
    try:
        yield db
    except BaseException:
        db.conn.execute(f"ROLLBACK TO {name}")
        db.conn.execute(f"RELEASE {name}")
        raise
    db.conn.execute(f"RELEASE {name}")


def tidy(db: Db) -> None:
    """Empty the WAL file. Outside a transaction, and on the server's writer only.

    Readers that don't end within a moment are not waited for: it is then emptied another night. No statistics are
    gathered for the planner: those of a quiet night, when a table had one row, have it read whole on the day after.
    """
    db.conn.execute("PRAGMA busy_timeout=200").fetchone()
    try:
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        db.conn.execute("PRAGMA busy_timeout=5000").fetchone()


def rows(db: Db, sql: str, **parameters: object) -> list[dict[str, object]]:
    """All rows of a query as dicts, fetched to the end (an open cursor would fail the writer's whole group)."""
    cursor = db.conn.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
