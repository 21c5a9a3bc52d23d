"""The database and the small world of the store's tests, for commands too."""

from tests.store.conftest import db, world

__all__ = ["db", "world"]
