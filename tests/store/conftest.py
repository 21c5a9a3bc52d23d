"""A database file with today's schema, and the small world of people.py in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store import migrations
from store.connect import DATABASE_FILE, Db, immediate, open_connection
from tests.store import people
from tests.store.people import World


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Db]:
    """An own connection to a fresh database; each statement outside a transaction commits by itself."""
    connection = open_connection(tmp_path / DATABASE_FILE, checkpoints=True)
    migrations.migrate(connection)
    yield connection
    connection.conn.close()


@pytest.fixture
def world(db: Db) -> World:
    with immediate(db):
        return people.world(db)
