"""Counts over the whole installation, for the operator's monitoring. No names, no tenants."""

from store.connect import Db, rows

TABLES = {"exports": "state", "connections": "status", "access_requests": "state", "outbox": "state"}


def by_state(db: Db) -> dict[str, dict[str, int]]:
    """For each table that has states: state → number of rows."""
    return {
        table: {str(row["state"]): int(str(row["n"])) for row in _counts(db, table, column)}
        for table, column in TABLES.items()
    }


def _counts(db: Db, table: str, column: str) -> list[dict[str, object]]:
    # Both names come from the constant above, never from outside.
    return rows(db, f"select {column} as state, count(*) as n from {table} group by {column}")  # noqa: S608


def schema_version(db: Db) -> int:
    """How many migrations have run; reading it proves that the file can be read."""
    return int(str(rows(db, "select count(*) as n from _sqlite_migrations")[0]["n"]))
