"""Taking exports for one try, and putting them back untried. What may be taken is said in turns.py.

How a try ended is endings.py's part; what people do to exports, that of exports.py and export_stops.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.envelope import Keyring
from rules.failures import FailureKind
from rules.fairness import FILE_BYTES
from rules.retry import BREAKER_AFTER
from rules.upload_sessions import UploadSession
from store import connections, export_sessions
from store.connect import Db, rows
from store.turns import NEXT_OF_PROJECT, OPEN_PROJECTS, PROBES

_CLAIM = f"""
    update exports set state = 'uploading', claim = :claim, claimed_at = :now, updated_at = :now
    where state = 'waiting' and id in (
        select id from (
            select due.id, due.due_at,
                sum(due.size + {FILE_BYTES}) over (order by due.due_at, due.id) - due.size - {FILE_BYTES} as ahead
            from {OPEN_PROJECTS}
            join exports due on due.id in (
                select e.id {NEXT_OF_PROJECT} and e.due_at <= :now order by e.due_at, e.id limit :most
            )
            where c.dropbox_account_id = :account and c.status = 'connected' and c.paused_until <= :now
                and case when :probed is null then c.failures_in_a_row < {BREAKER_AFTER} else c.id = :probed end
        )
        where ahead < :budget
        order by due_at, id limit :most
    )
    returning id
"""  # noqa: S608 - made of our own texts
_TO_PROBE = f"""
    select c.id from connections c
    where c.dropbox_account_id = :account and c.status = 'connected' and c.paused_until <= :now and {PROBES}
"""  # noqa: S608 - made of our own texts


UNLIMITED = 2**62


@dataclass(frozen=True)
class Claimed:
    """An export taken for one try, with all that the try needs to know. Times are milliseconds UTC.

    `attempts` were spent before this try; `check_first` says that the file may be there already. `folder_path` and
    `folder_id` are those of the selected folder, if there is one, last looked at at `folder_checked_at`. `session` is
    what an earlier try left at Dropbox.
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
    session: UploadSession | None = None

    @property
    def previous_failure(self) -> FailureKind | None:
        """For rules.retry.decide: whether an earlier try arrived with another hash."""
        return FailureKind.HASH_MISMATCH if self.hash_mismatches else None


def claim(db: Db, *, account: str, now: int, claim: str, most: int = 1, budget: int = UNLIMITED) -> list[Claimed]:
    """Take up to `most` due exports of a Dropbox account under `claim`, a text that no other claim ever had.

    The last one taken begins within `budget` (as `rules.fairness.cost` counts). A connection on which everything
    failed of late gets one at a time.
    """
    values = {"account": account, "now": now, "claim": claim, "most": most, "budget": budget}
    taken = len(rows(db, _CLAIM, **values, probed=None))
    for probed in rows(db, _TO_PROBE, account=account, now=now):
        if taken < most:
            taken += len(rows(db, _CLAIM, **{**values, "most": 1}, probed=probed["id"]))
    if not taken:
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


def still_ours(db: Db, claimed: Sequence[Claimed], *, now: int) -> set[str]:
    """Of exports of one connection, the ids of those that may be committed now: claimed by us, and nothing paused."""
    return {
        each.id
        for each in claimed
        if rows(
            db,
            """
            select 1 from exports e
            join connections c on c.id = e.connection_id and c.status = 'connected' and c.paused_until <= :now
            join export_settings s on s.project_id = e.project_id and s.paused_reason is null
            where e.id = :id and e.state = 'uploading' and e.claim = :claim
            """,
            id=each.id,
            claim=each.claim,
            now=now,
        )
    }


def give_back(
    db: Db,
    claimed: Claimed,
    *,
    now: int,
    check_first: bool,
    rest_ms: int = 0,
    session: UploadSession | None = None,
) -> bool:
    """Put an export back as it was: no attempt spent, no row in the log. False when it has moved on already.

    `check_first`: bytes were committed, and the file may be there. It is not claimed again before `rest_ms` have
    passed. `session` is what lies at Dropbox of it.
    """
    moved = db.conn.execute(
        f"""
        update exports set state = 'waiting', claim = null, claimed_at = null, updated_at = :now,
            due_at = case when due_at > :rested then due_at else :rested end,
            check_first = case when :check_first = 1 then 1 else check_first end,
            {export_sessions.KEPT}
        where id = :id and state = 'uploading' and claim = :claim
        """,  # noqa: S608 - made of our own texts
        {
            "id": claimed.id,
            "claim": claimed.claim,
            "now": now,
            "rested": now + rest_ms,
            "check_first": int(check_first),
            **export_sessions.values(session),
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


def connection_epochs(db: Db, connection_ids: Sequence[str]) -> dict[str, int]:
    """The present epoch of each of these connections, by id. A call that entered under an older one is overtaken."""
    names = ", ".join(f":c{number}" for number in range(len(connection_ids)))
    found = rows(
        db,
        f"select id, epoch from connections where id in ({names})",  # noqa: S608 - names of parameters
        **{f"c{number}": connection_id for number, connection_id in enumerate(connection_ids)},
    )
    return {str(row["id"]): int(str(row["epoch"])) for row in found}


def _claimed(row: dict[str, object]) -> Claimed:
    values = {name: row[name] for name in Claimed.__dataclass_fields__ if name != "session"}
    values |= {"check_first": bool(row["check_first"]), "session": export_sessions.of_row(row)}
    return Claimed(**values)  # type: ignore[arg-type]
