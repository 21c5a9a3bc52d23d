"""What the engine may work on: whose turn it is, taking an export for one try, and putting it back untried.

How a try ended is endings.py's part; what people do to exports, that of exports.py and export_stops.py.
"""

from dataclasses import dataclass

from rules.envelope import Keyring
from rules.failures import FailureKind
from store import connections
from store.connect import Db, rows

# An export may be claimed under today's epochs alone: a stop flips one row, and everything older is out at once.
# Walked project by project, so that what waits behind a stop or a pause is never read through.
_OPEN_PROJECTS = """
    connections c
    join workspaces w on w.id = c.workspace_id and w.deleted_at is null
    join projects p on p.workspace_id = c.workspace_id and p.deleted_at is null
    join export_settings s on s.project_id = p.id and s.enabled = 1 and s.paused_reason is null
"""
_NEXT_OF_PROJECT = """
    from exports e
    join results r on r.id = e.result_id and r.deleted_at is null
    join experiences x on x.id = e.experience_id and x.deleted_at is null
    where e.project_id = s.project_id and e.settings_epoch = s.epoch and e.state = 'waiting'
        and e.connection_id = c.id and e.connection_epoch = c.epoch
"""
# Materialized, or the planner would look for the first due export again for each mention of it.
_TURNS = f"""
    with firsts as materialized (
        select c.dropbox_account_id as account, c.paused_until,
            (select e.due_at {_NEXT_OF_PROJECT} order by e.due_at, e.id limit 1) as first_due
        from {_OPEN_PROJECTS}
        where c.status = 'connected'
    )
    select account, min(case when paused_until > first_due then paused_until else first_due end) as due_at
    from firsts where first_due is not null
    group by account order by due_at
"""  # noqa: S608 - made of our own texts
_CLAIM = f"""
    update exports set state = 'uploading', claim = :claim, claimed_at = :now, updated_at = :now
    where state = 'waiting' and id in (
        select due.id from {_OPEN_PROJECTS}
        join exports due on due.id in (
            select e.id {_NEXT_OF_PROJECT} and e.due_at <= :now order by e.due_at, e.id limit :most
        )
        where c.dropbox_account_id = :account and c.status = 'connected' and c.paused_until <= :now
        order by due.due_at, due.id limit :most
    )
    returning id
"""  # noqa: S608 - made of our own texts


@dataclass(frozen=True)
class Turn:
    """A Dropbox account with something to do from `at` on (milliseconds UTC; in the past: now)."""

    account: str
    at: int


@dataclass(frozen=True)
class Claimed:
    """An export taken for one try, with all that the try needs to know. Times are milliseconds UTC.

    `attempts` were spent before this try; `check_first` says that the file may be there already. `folder_path` and
    `folder_id` are those of the selected folder, if there is one, last looked at at `folder_checked_at`.
    """

    id: str
    claim: str
    workspace_id: str
    project_id: str
    connection_id: str
    connection_epoch: int
    settings_epoch: int
    dropbox_account_id: str
    destination_path: str
    size: int
    content_hash: str
    media_key: str
    taken_at: int
    attempts: int
    busy_in_a_row: int
    hash_mismatches: int
    check_first: bool
    folder_path: str
    folder_id: str | None
    folder_checked_at: int

    @property
    def previous_failure(self) -> FailureKind | None:
        """For rules.retry.decide: whether an earlier try arrived with another hash."""
        return FailureKind.HASH_MISMATCH if self.hash_mismatches else None


def due_accounts(db: Db) -> list[Turn]:
    """Every Dropbox account on which something waits that nobody stopped, with its time; the earliest first."""
    found = rows(db, _TURNS)
    return [Turn(str(row["account"]), int(str(row["due_at"]))) for row in found]


def claim(db: Db, *, account: str, now: int, claim: str, most: int = 1) -> list[Claimed]:
    """Take up to `most` due exports of a Dropbox account under `claim`, a text that no other claim ever had."""
    if not rows(db, _CLAIM, account=account, now=now, claim=claim, most=most):
        return []
    found = rows(
        db,
        """
        select e.*, a.media_key, r.created_at as taken_at, s.folder_path, s.folder_id, s.folder_checked_at
        from exports e
        join artifacts a on a.id = e.artifact_row_id
        join results r on r.id = e.result_id
        join export_settings s on s.project_id = e.project_id
        where e.state = 'uploading' and e.claim = :claim
        order by e.due_at, e.id
        """,
        claim=claim,
    )
    return [_claimed(row) for row in found]


def grant(db: Db, claimed: Claimed, keyring: Keyring) -> str | None:
    """The refresh token to work with, in clear; None when the claim is no longer ours. Raises Unsealable."""
    mine = rows(
        db,
        "select 1 as mine from exports where id = :id and state = 'uploading' and claim = :claim",
        id=claimed.id,
        claim=claimed.claim,
    )
    return connections.token(db, claimed.connection_id, keyring) if mine else None


def give_back(db: Db, claimed: Claimed, *, now: int, check_first: bool, rest_ms: int = 0) -> bool:
    """Put an export back as it was: no attempt spent, no row in the log. False when it has moved on already.

    `check_first`: bytes were sent, and the file may be there. It is not claimed again before `rest_ms` have passed.
    """
    moved = db.conn.execute(
        """
        update exports set state = 'waiting', claim = null, claimed_at = null, updated_at = :now,
            due_at = case when due_at > :rested then due_at else :rested end,
            check_first = case when :check_first = 1 then 1 else check_first end
        where id = :id and state = 'uploading' and claim = :claim
        """,
        {
            "id": claimed.id,
            "claim": claimed.claim,
            "now": now,
            "rested": now + rest_ms,
            "check_first": int(check_first),
        },
    )
    return moved.rowcount == 1


def recover(db: Db, *, now: int) -> int:
    """At start, and at the end of a drain: whatever is still claimed waits again, asking Dropbox first. How many."""
    moved = db.conn.execute(
        """
        update exports set state = 'waiting', claim = null, claimed_at = null, check_first = 1, updated_at = :now
        where state = 'uploading'
        """,
        {"now": now},
    )
    return moved.rowcount


def folder_seen(db: Db, claimed: Claimed, *, folder_id: str | None, now: int) -> None:
    """The selected folder was looked at: remember when, and the id that it has by now (None: it is not there yet)."""
    db.conn.execute(
        """
        update export_settings set folder_checked_at = :now, folder_id = :folder_id
        where project_id = :project and folder_path = :path
        """,
        {"project": claimed.project_id, "path": claimed.folder_path, "folder_id": folder_id, "now": now},
    )


def _claimed(row: dict[str, object]) -> Claimed:
    values = {name: row[name] for name in Claimed.__dataclass_fields__}
    return Claimed(**{**values, "check_first": bool(row["check_first"])})  # type: ignore[arg-type]
