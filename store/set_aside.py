"""Access requests that were set aside unheard: a robot's, a blocked address's, or one too many of the same address.

Whoever sent one was answered like everybody else. Nothing waits here and nobody is told; the newest are kept, so that
the site owner can see what happens and let a person through who was taken for a robot.
"""

import secrets
from dataclasses import dataclass
from enum import StrEnum

from store.connect import Db, rows
from store.errors import NotFound

MOST_KEPT = 500
KEPT_MS = 30 * 86_400_000


class Reason(StrEnum):
    """Why a request was set aside."""

    TRAP = "trap"
    """A field that people don't see was filled in."""
    BLOCKED = "blocked"
    """A rule blocks the address or its domain."""
    OFTEN = "often"
    """The same address was given too often in one day."""


@dataclass(frozen=True)
class SetAside:
    """One request that was not listened to. `at` is milliseconds UTC."""

    id: str
    reason: Reason
    email: str
    name: str
    message: str
    ip: str
    at: int


def keep(db: Db, *, reason: Reason, email: str, name: str, message: str, ip: str, now: int) -> None:
    """Set a request aside. The oldest make room when there are too many."""
    db.conn.execute(
        """
        insert into set_aside (id, reason, email, name, message, ip, at)
        values (:id, :reason, :email, :name, :message, :ip, :now)
        """,
        {
            "id": secrets.token_urlsafe(12),
            "reason": reason,
            "email": email,
            "name": name,
            "message": message,
            "ip": ip,
            "now": now,
        },
    )
    db.conn.execute(
        "delete from set_aside where id in (select id from set_aside order by at desc, id limit -1 offset :most)",
        {"most": MOST_KEPT},
    )


def listed(db: Db, *, limit: int, before: tuple[int, str] | None = None) -> list[SetAside]:
    """The newest first; `before` is the `(at, id)` of the last one on the page before this one."""
    at, last = before or (None, None)
    found = rows(
        db,
        """
        select id, reason, email, name, message, ip, at from set_aside
        where at <= coalesce(:at, :end) and (:at is null or at < :at or id > :last)
        order by at desc, id limit :limit
        """,
        end=2**62,
        at=at,
        last=last,
        limit=limit,
    )
    return [_set_aside(row) for row in found]


def count(db: Db) -> int:
    """How many are kept."""
    return int(str(rows(db, "select count(*) as n from set_aside")[0]["n"]))


def take(db: Db, set_aside_id: str) -> SetAside:
    """Take one out, to listen to it after all. NotFound for an unknown one."""
    found = rows(
        db,
        "delete from set_aside where id = :id returning id, reason, email, name, message, ip, at",
        id=set_aside_id,
    )
    if not found:
        raise NotFound
    return _set_aside(found[0])


def prune(db: Db, *, now: int) -> int:
    """Housekeeping: forget what is old. Returns how many."""
    return db.conn.execute("delete from set_aside where at < :old", {"old": now - KEPT_MS}).rowcount


def _set_aside(row: dict[str, object]) -> SetAside:
    return SetAside(**{**row, "reason": Reason(str(row["reason"]))})  # type: ignore[arg-type]
