"""The seam: what is answered is on disk, writes share commits, and no store function can break its neighbours."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from store.connect import Db, immediate, open_connection, rows
from store.database import Database, ForeignCommits


def add(db: Db, name: str) -> int:
    db.conn.execute("insert into things (name) values (:name)", {"name": name})
    return int(str(rows(db, "select count(*) n from things")[0]["n"]))


def names(db: Db) -> list[str]:
    return [str(row["name"]) for row in rows(db, "select name from things order by id")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "test.db"
    db = open_connection(file, checkpoints=True)
    db.conn.execute("create table things (id integer primary key, name text not null unique) strict")
    db.conn.close()
    return file


@asynccontextmanager
async def opened(path: Path, on_commit: Callable[[], None] = lambda: None) -> AsyncIterator[Database]:
    database = Database(path, on_commit)
    try:
        yield database
    finally:
        await database.close()


def run(body: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await body()

    asyncio.run(main())


def test_what_was_written_is_read_by_the_next_read(path: Path) -> None:
    async def body() -> None:
        async with opened(path) as database:
            await database.write(add, "one")
            assert await database.read(names) == ["one"]

    run(body)


def test_many_waiting_writes_share_commits_and_each_gets_its_own_answer(path: Path) -> None:
    async def body() -> None:
        commits = 0

        def count() -> None:
            nonlocal commits
            commits += 1

        async with opened(path, count) as database:
            answers = await asyncio.gather(*(database.write(add, f"n{i}") for i in range(500)))
        assert sorted(answers) == list(range(1, 501))
        assert commits < 100

    run(body)


def test_a_failing_write_is_undone_alone_and_its_neighbours_commit(path: Path) -> None:
    async def body() -> None:
        async with opened(path) as database:
            outcomes = await asyncio.gather(
                database.write(add, "a"), database.write(add, "a"), database.write(add, "b"), return_exceptions=True
            )
            assert isinstance(outcomes[1], sqlite3.IntegrityError)
            assert await database.read(names) == ["a", "b"]

    run(body)


@pytest.mark.parametrize("statement", ["COMMIT", "ROLLBACK", "BEGIN", "END"])
def test_a_store_function_cannot_end_the_writers_transaction(path: Path, statement: str) -> None:
    def ends(db: Db) -> None:
        add(db, "sneaked")
        db.conn.execute(statement)

    async def body() -> None:
        async with opened(path) as database:
            outcomes = await asyncio.gather(
                database.write(add, "before"),
                database.write(ends),
                database.write(add, "after"),
                return_exceptions=True,
            )
            assert isinstance(outcomes[1], sqlite3.DatabaseError)
            assert await database.read(names) == ["before", "after"]
            await database.write(add, "later")

    run(body)


def test_a_cursor_left_open_fails_its_group_and_the_next_write_works(path: Path) -> None:
    kept = []

    def leaves_open(db: Db) -> None:
        kept.append(db.conn.execute("insert into things (name) values ('x'), ('y') returning id"))
        next(kept[0])

    async def body() -> None:
        async with opened(path) as database:
            with pytest.raises(sqlite3.Error):
                await database.write(leaves_open)
            await database.write(add, "later")
            assert await database.read(names) == ["later"]

    run(body)


def test_a_write_cancelled_before_it_starts_does_not_run(path: Path) -> None:
    import threading

    gate = threading.Event()

    def slow(db: Db) -> None:
        gate.wait(5)

    async def body() -> None:
        async with opened(path) as database:
            first = asyncio.ensure_future(database.write(slow))
            await asyncio.sleep(0.05)
            second = asyncio.ensure_future(database.write(add, "cancelled"))
            await asyncio.sleep(0.05)
            second.cancel()
            await asyncio.sleep(0)
            gate.set()
            await first
            await database.write(add, "kept")
            assert await database.read(names) == ["kept"]

    run(body)


def test_reads_see_one_snapshot_and_cannot_write(path: Path) -> None:
    async def body() -> None:
        async with opened(path) as database:
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                await database.read(add, "x")

    run(body)


def test_a_read_may_not_hand_out_an_open_cursor(path: Path) -> None:
    async def body() -> None:
        async with opened(path) as database:
            with pytest.raises(TypeError, match="iterator"):
                await database.read(lambda db: db.conn.execute("select 1"))

    run(body)


def test_commits_of_another_connection_are_noticed_once(path: Path) -> None:
    watch = ForeignCommits(path)
    other = open_connection(path)
    assert not watch.any_new()
    with immediate(other) as db:
        add(db, "from a command")
    assert watch.any_new()
    assert not watch.any_new()
    watch.close()
    other.conn.close()


def test_the_files_settings_are_those_that_durability_needs(path: Path) -> None:
    db = open_connection(path)
    pragmas = {
        name: db.conn.execute(f"pragma {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint")
    }
    db.conn.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "wal_autocheckpoint": 0}
