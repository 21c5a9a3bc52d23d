"""What a stop means for exports: one row flips, which stops everything at once; the waiting ones follow in slices.

An export carries the epochs of its connection and of its project's settings from when it was enqueued or last
retried, and is claimed only under today's. Every stop begins a new epoch. Of the exports left behind, those older than
`resume_epoch` are skipped. The others are carried over, and where need be (another Dropbox account; a folder selected
again, which is newer than `repath_epoch`) with a path worked out anew.
"""

import secrets

from rules.failures import FailureKind
from store import destinations, export_log
from store.connect import Db, rows
from store.destinations import Random
from store.export_log import Skip
from store.export_retry import begin_again

SLICE = 200
# Working out a path takes several times as long as a skip, and a slice is to hold the writer for less than 50 ms.
_PATHS_IN_A_SLICE = 100


def stop_project(db: Db, project_id: str, *, kind: FailureKind, now: int) -> int:
    """Stop all exports of a project; what is being uploaded is skipped here and now. Returns the new settings epoch."""
    epoch = rows(
        db,
        """
        update export_settings set epoch = epoch + 1, resume_epoch = epoch + 1, updated_at = :now
        where project_id = :project returning epoch
        """,
        project=project_id,
        now=now,
    )
    export_log.skip(db, [Skip(export_id, kind) for export_id, _ in _uploading_for(db, project_id)], now=now)
    return int(str(epoch[0]["epoch"]))


def stop_experience(db: Db, project_id: str, experience_id: str, *, now: int) -> int:
    """Stop the exports of a deleted experience; its project's others are carried over. Returns the new settings epoch.

    Uploads of other experiences that the gate cuts are put back by the pump that holds them.
    """
    deleted = [each for each, its_experience in _uploading_for(db, project_id) if its_experience == experience_id]
    export_log.skip(db, [Skip(export_id, FailureKind.DELETED) for export_id in deleted], now=now)
    return carry_project(db, project_id, now=now)


def carry_project(db: Db, project_id: str, *, now: int, repath: bool = False) -> int:
    """Begin a new epoch of a project under which its exports go on, with `repath` to where today's settings say.

    Returns the new settings epoch. What is being uploaded may end as if nothing had happened.
    """
    epoch = rows(
        db,
        """
        update export_settings set epoch = epoch + 1, updated_at = :now,
            repath_epoch = case when :repath = 1 then epoch + 1 else repath_epoch end
        where project_id = :project returning epoch
        """,
        project=project_id,
        now=now,
        repath=int(repath),
    )
    return int(str(epoch[0]["epoch"]))


def stop_connection(db: Db, connection_id: str, *, now: int, kind: FailureKind = FailureKind.DISCONNECTED) -> None:
    """Skip what is being uploaded on a connection whose row, or whose workspace, has just been ended."""
    found = rows(db, "select id from exports where state = 'uploading' and connection_id = :id", id=connection_id)
    export_log.skip(db, [Skip(str(row["id"]), kind) for row in found], now=now)


def move_connection(db: Db, connection_id: str, *, now: int) -> None:
    """Take back what is being uploaded to the account that a connection has just left; it is carried to the new one.

    Its pump finds the claim gone, and so never uses the new account's token for the old account's path. What was known
    of selected folders was known of the old account's.
    """
    db.conn.execute(
        """
        update exports set state = 'waiting', claim = null, claimed_at = null, due_at = :now, updated_at = :now
        where state = 'uploading' and connection_id = :connection
        """,
        {"connection": connection_id, "now": now},
    )
    db.conn.execute(
        """
        update export_settings set folder_id = null, folder_checked_at = 0, paused_reason = null, paused_at = null
        where project_id in (
            select p.id from projects p join connections c on c.workspace_id = p.workspace_id where c.id = :connection
        )
        """,
        {"connection": connection_id},
    )


def sweep(db: Db, *, now: int, most: int = SLICE, random: Random = secrets.token_bytes) -> int:
    """One slice of what stops left behind; returns how many exports it handled. 0: nothing is left to do."""
    left = _left_behind(db, most)
    skips = [Skip(str(row["id"]), kind) for row in left if (kind := _why(row)) is not None]
    export_log.skip(db, skips, now=now)
    to_carry = [row for row in left if _why(row) is None]
    moving = [row for row in to_carry if row["needs_path"]][:_PATHS_IN_A_SLICE]
    for row in moving:
        _move(db, str(row["id"]), now=now, random=random)
    staying = [{"id": row["id"], "now": now} for row in to_carry if not row["needs_path"]]
    db.conn.executemany(
        """
        update exports set updated_at = :now,
            settings_epoch = (select s.epoch from export_settings s where s.project_id = exports.project_id)
        where id = :id and state = 'waiting'
        """,
        staying,
    )
    handled = len(skips) + len(moving) + len(staying)
    return handled or _hurry(db, now=now, most=most)


def anything_left(db: Db) -> bool:
    """Whether `sweep` has something to do. Only reads."""
    hurried = rows(db, "select 1 from connections where hurry_at is not null limit 1")
    return bool(hurried or _left_behind(db, 1))


def _left_behind(db: Db, most: int) -> list[dict[str, object]]:
    """Waiting exports of an epoch that is over, with what decides about them.

    `cross join` keeps the order of the tables: a seek for each connection and project, never a walk through what waits.
    """
    return rows(
        db,
        """
        with left_behind as (
            select e.id from connections c cross join exports e
            where c.epoch > 1 and e.connection_id = c.id and e.connection_epoch < c.epoch and e.state = 'waiting'
            union all
            select e.id from export_settings s cross join exports e
            where s.epoch > 1 and e.project_id = s.project_id and e.settings_epoch < s.epoch and e.state = 'waiting'
            limit :most
        )
        select e.id,
            r.deleted_at is not null or x.deleted_at is not null or p.deleted_at is not null
                or w.deleted_at is not null as deleted,
            e.connection_epoch < c.resume_epoch as disconnected,
            e.settings_epoch < s.resume_epoch as switched_off,
            e.connection_epoch < c.epoch or e.settings_epoch < s.repath_epoch as needs_path
        from (select distinct id from left_behind) l cross join exports e
        join connections c on c.id = e.connection_id
        join export_settings s on s.project_id = e.project_id
        join results r on r.id = e.result_id
        join experiences x on x.id = e.experience_id
        join projects p on p.id = e.project_id
        join workspaces w on w.id = e.workspace_id
        where e.id = l.id
        """,
        most=most,
    )


def _why(row: dict[str, object]) -> FailureKind | None:
    """Why an export that was left behind is skipped; None: it is carried over."""
    if row["deleted"]:
        return FailureKind.DELETED
    if row["disconnected"]:
        return FailureKind.DISCONNECTED
    return FailureKind.EXPORT_OFF if row["switched_off"] else None


def _move(db: Db, export_id: str, *, now: int, random: Random) -> None:
    export = rows(db, "select * from exports_with_names where id = :id", id=export_id)[0]
    to = destinations.of_result(db, str(export["result_id"]))
    if to is not None:
        begin_again(db, export, to, now=now, random=random)


def _hurry(db: Db, *, now: int, most: int) -> int:
    """Make due what waited for a later try when its connection was mended; the mark goes when nothing is left."""
    handled = 0
    for row in rows(db, "select id, dropbox_account_id, hurry_at from connections where hurry_at is not null"):
        values = {"connection": row["id"], "account": row["dropbox_account_id"], "at": row["hurry_at"], "now": now}
        moved = db.conn.execute(
            """
            update exports set due_at = :at, updated_at = :now where id in (
                select id from exports
                where dropbox_account_id = :account and state = 'waiting' and due_at > :at
                    and connection_id = :connection and updated_at <= :at
                limit :most
            )
            """,
            {**values, "most": most - handled},
        ).rowcount
        handled += moved
        if handled >= most:
            break
        db.conn.execute("update connections set hurry_at = null where id = :connection", values)
    return handled


def _uploading_for(db: Db, project_id: str) -> list[tuple[str, str]]:
    """Ids of the exports and of their experiences."""
    found = rows(
        db, "select id, experience_id from exports where state = 'uploading' and project_id = :id", id=project_id
    )
    return [(str(row["id"]), str(row["experience_id"])) for row in found]
