"""Devices: signed-in browsers of accounts, known by the digest of a secret that only the browser holds.

A device works while its account is admitted (admission.py), for 30 days after it was last seen and 90 days in all.
"""

import secrets
from dataclasses import dataclass

from store import admission
from store.connect import Db, rows
from store.errors import NotFound
from store.installation import owner_id as current_owner

DAY_MS = 86_400_000
IDLE_MS = 30 * DAY_MS
LIFETIME_MS = 90 * DAY_MS
MOST_IN_MENU = 50
"""Workspaces that every page lists; the page of workspaces has them all."""
RECENT_MS = 15 * 60_000

_LIVE = "last_seen_at > :seen_after and created_at > :made_after"


@dataclass(frozen=True)
class WorkspaceLink:
    """A workspace of a person, as the menu shows it."""

    id: str
    name: str


@dataclass(frozen=True)
class Person:
    """Who is asking: the account behind a live device, which was signed in at `signed_in_at`.

    `pending_requests` is 0 for all but the site owner.
    """

    account_id: str
    email: str
    display_name: str
    device_id: str
    signed_in_at: int
    last_seen_at: int
    site_owner: bool
    pending_requests: int
    workspaces: list[WorkspaceLink]


@dataclass(frozen=True)
class Device:
    """One signed-in browser. Times are milliseconds UTC."""

    id: str
    user_agent: str
    created_at: int
    last_seen_at: int


def create(db: Db, *, account_id: str, secret_hash: str, user_agent: str, now: int) -> str:
    """Sign a browser in. `secret_hash` is the digest of its fresh secret. Returns the device's id."""
    device_id = secrets.token_urlsafe(12)
    db.conn.execute(
        """
        insert into devices (id, account_id, secret_hash, user_agent, created_at, last_seen_at)
        values (:id, :account, :hash, :agent, :now, :now)
        """,
        {"id": device_id, "account": account_id, "hash": secret_hash, "agent": user_agent[:300], "now": now},
    )
    return device_id


def person_of(db: Db, secret_hash: str, *, now: int, owner_id: str | None) -> Person | None:
    """Who holds the device; None for one that is unknown or too old, and for an account that is not admitted now.

    `owner_id` is the setting, if there is one.
    """
    found = rows(
        db,
        f"""
        select d.id as device_id, d.created_at as signed_in_at, d.last_seen_at, a.id as account_id, a.email,
            a.display_name
        from (select * from devices where secret_hash = :hash and {_LIVE}) d join accounts a on a.id = d.account_id
        """,  # noqa: S608 - a constant condition
        hash=secret_hash,
        **_limits(now),
    )
    owner = current_owner(db, owner_id)
    if not found or not admission.is_admitted(db, str(found[0]["account_id"]), owner=owner, now=now):
        return None
    row = found[0]
    account_id = str(row["account_id"])
    return Person(
        account_id=account_id,
        email=str(row["email"]),
        display_name=str(row["display_name"]),
        device_id=str(row["device_id"]),
        signed_in_at=int(str(row["signed_in_at"])),
        last_seen_at=int(str(row["last_seen_at"])),
        site_owner=account_id == owner,
        pending_requests=_pending(db) if account_id == owner else 0,
        workspaces=_workspaces(db, account_id),
    )


def is_recent(person: Person, *, now: int) -> bool:
    """Whether the person signed in so short a time ago that the browser is certainly theirs."""
    return now - person.signed_in_at <= RECENT_MS


def seen(db: Db, device_id: str, *, now: int) -> None:
    """The device, and with it its account, has just asked for something."""
    db.conn.execute(
        "update devices set last_seen_at = :now where id = :id and last_seen_at < :now", {"id": device_id, "now": now}
    )
    db.conn.execute(
        """
        update accounts set last_seen_at = :now
        where id = (select account_id from devices where id = :id) and last_seen_at < :now
        """,
        {"id": device_id, "now": now},
    )


def of_account(db: Db, account_id: str, *, now: int) -> list[Device]:
    """The account's live devices, last seen first."""
    found = rows(
        db,
        f"""
        select id, user_agent, created_at, last_seen_at from devices where account_id = :account and {_LIVE}
        order by last_seen_at desc, id
        """,  # noqa: S608 - a constant condition
        account=account_id,
        **_limits(now),
    )
    return [Device(**row) for row in found]  # type: ignore[arg-type]


def end(db: Db, *, account_id: str, device_id: str) -> None:
    """Sign one of the account's devices out. NotFound for an unknown one and for other people's alike."""
    gone = rows(
        db,
        "delete from devices where id = :id and account_id = :account returning id",
        id=device_id,
        account=account_id,
    )
    if not gone:
        raise NotFound


def end_others(db: Db, *, account_id: str, keep: str) -> int:
    """Sign out every device of the account but this one. Returns how many."""
    gone = rows(
        db,
        "delete from devices where account_id = :account and id != :keep returning id",
        account=account_id,
        keep=keep,
    )
    return len(gone)


def end_all(db: Db, account_id: str) -> int:
    """Sign out every device of the account. Returns how many."""
    return len(rows(db, "delete from devices where account_id = :account returning id", account=account_id))


def end_by_secret(db: Db, secret_hash: str) -> str | None:
    """Sign out the browser that holds the secret, if any. Returns whose it was."""
    gone = rows(db, "delete from devices where secret_hash = :hash returning account_id", hash=secret_hash)
    return str(gone[0]["account_id"]) if gone else None


def prune(db: Db, *, now: int) -> int:
    """Housekeeping: forget devices whose time is over. Returns how many."""
    gone = rows(db, f"delete from devices where not ({_LIVE}) returning id", **_limits(now))  # noqa: S608 - a constant
    return len(gone)


def _limits(now: int) -> dict[str, int]:
    return {"seen_after": now - IDLE_MS, "made_after": now - LIFETIME_MS}


def _pending(db: Db) -> int:
    return int(str(rows(db, "select count(*) as n from access_requests where state = 'pending'")[0]["n"]))


def _workspaces(db: Db, account_id: str) -> list[WorkspaceLink]:
    found = rows(
        db,
        """
        select w.id, w.name from members m join workspaces w on w.id = m.workspace_id
        where m.account_id = :account and w.deleted_at is null
        order by w.name, w.id
        limit :most
        """,
        account=account_id,
        most=MOST_IN_MENU,
    )
    return [WorkspaceLink(str(row["id"]), str(row["name"])) for row in found]
