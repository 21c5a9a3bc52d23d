"""Notices of Dropbox that something changed in an account: noted on its connections, and looked into before long.

Our own uploads are noticed like anybody's changes, so that a connection is looked into once in a while, however often
it is told of.
"""

from collections.abc import Sequence

from store import verifications
from store.connect import Db, rows

SOON_MS = 30_000
"""A notice seldom comes alone."""

SELDOM_MS = 600_000
"""Between two looks at one project that notices ask for."""


def is_news(db: Db, dropbox_account_ids: Sequence[str]) -> bool:
    """Whether any of these accounts is connected here and not noted yet: a flood of notices writes nothing."""
    return any(
        rows(
            db,
            """
            select 1 as one from connections
            where dropbox_account_id = :account and status = 'connected' and noticed_at is null
            """,
            account=account,
        )
        for account in dropbox_account_ids
    )


def note(db: Db, dropbox_account_ids: Sequence[str], *, now: int) -> None:
    """Mark the connections of these accounts; those that are unknown here are passed over."""
    for account in dropbox_account_ids:
        db.conn.execute(
            """
            update connections set noticed_at = :now
            where dropbox_account_id = :account and status = 'connected' and noticed_at is null
            """,
            {"account": account, "now": now},
        )


def anything_noted(db: Db) -> bool:
    """Whether a connection is marked."""
    return bool(rows(db, "select 1 as one from connections where noticed_at is not null limit 1"))


def heed(db: Db, *, now: int) -> int:
    """Have the projects of every marked connection verified soon, and take the marks away; how many projects."""
    noted = rows(db, "select id from connections where noticed_at is not null and noticed_at <= :now", now=now)
    asked = 0
    for row in noted:
        asked += verifications.ask_for_connection(db, str(row["id"]), now=now, soon_ms=SOON_MS, seldom_ms=SELDOM_MS)
        db.conn.execute("update connections set noticed_at = null where id = :id", {"id": row["id"]})
    return asked
