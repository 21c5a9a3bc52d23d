"""What listings have seen in Dropbox below a project's folders, and how it compares with what was exported there.

Only files that we have exported are kept; whatever else people put there is none of our business.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.naming import path_key
from rules.states import FindingKind
from store.connect import Db, rows

Seen = tuple[str, bool, str | None]
"""A path, whether it is gone, and its content hash (None: a folder, or gone)."""


@dataclass(frozen=True)
class Folder:
    """A folder to list; `cursor` is where the last listing of it came to, None if there was none."""

    path: str
    cursor: str | None


@dataclass(frozen=True)
class Target:
    """Where a project's exports lie, and the connection to look with. `paused_until` is milliseconds UTC."""

    project_id: str
    connection_id: str
    connection_epoch: int
    settings_epoch: int
    dropbox_account_id: str
    paused_until: int
    folders: list[Folder]


def target(db: Db, project_id: str) -> Target | None:
    """Where to look; None when the project is deleted or its Dropbox is not connected."""
    found = rows(
        db,
        """
        select c.id, c.epoch, c.dropbox_account_id, c.paused_until, s.epoch as settings_epoch
        from projects p
        join workspaces w on w.id = p.workspace_id and w.deleted_at is null
        join connections c on c.workspace_id = p.workspace_id and c.status = 'connected'
        join export_settings s on s.project_id = p.id
        where p.id = :project and p.deleted_at is null
        """,
        project=project_id,
    )
    if not found:
        return None
    row = found[0]
    folders = rows(
        db,
        """
        select f.path, l.cursor from folder_claims f
        left join listed_folders l on l.project_id = f.project_id and l.dropbox_account_id = f.dropbox_account_id
            and l.path_key = f.path_key
        where f.project_id = :project and f.dropbox_account_id = :account order by f.path_key
        """,
        project=project_id,
        account=row["dropbox_account_id"],
    )
    return Target(
        project_id=project_id,
        connection_id=str(row["id"]),
        connection_epoch=int(str(row["epoch"])),
        settings_epoch=int(str(row["settings_epoch"])),
        dropbox_account_id=str(row["dropbox_account_id"]),
        paused_until=int(str(row["paused_until"])),
        folders=[
            Folder(str(each["path"]), None if each["cursor"] is None else str(each["cursor"])) for each in folders
        ],
    )


def record(
    db: Db, target: Target, folder: Folder, page: Sequence[Seen], *, cursor: str, verification_id: str, now: int
) -> None:
    """Apply one page in its order, and remember where it ended, in one transaction: a crash repeats a page at most."""
    for path, gone, content_hash in page:
        _forget_at(db, target, path_key(path))
        if gone or content_hash is not None:
            # A folder leaves what is in it as it is: its files have entries of their own.
            _forget_below(db, target, path_key(path))
        if content_hash is not None:
            db.conn.execute(
                """
                insert into seen_files (dropbox_account_id, path_key, content_hash)
                select :account, :key, :hash where exists (
                    select 1 from path_claims where dropbox_account_id = :account and path_key = :key
                )
                """,
                {"account": target.dropbox_account_id, "key": path_key(path), "hash": content_hash},
            )
    db.conn.execute(
        """
        insert into listed_folders (project_id, dropbox_account_id, path_key, cursor, listed_at)
        values (:project, :account, :key, :cursor, :now)
        on conflict (project_id, dropbox_account_id, path_key) do update set cursor = :cursor, listed_at = :now
        """,
        {
            "project": target.project_id,
            "account": target.dropbox_account_id,
            "key": path_key(folder.path),
            "cursor": cursor,
            "now": now,
        },
    )
    db.conn.execute(
        "update verifications set seen = seen + :many where id = :id", {"many": len(page), "id": verification_id}
    )


def forget(db: Db, target: Target, folder: Folder) -> None:
    """The folder is to be listed anew, or is gone: nothing of it counts as seen."""
    _forget_at(db, target, path_key(folder.path))
    _forget_below(db, target, path_key(folder.path))
    db.conn.execute(
        """
        delete from listed_folders
        where project_id = :project and dropbox_account_id = :account and path_key = :key
        """,
        {"project": target.project_id, "account": target.dropbox_account_id, "key": path_key(folder.path)},
    )


@dataclass(frozen=True)
class Compared:
    """Some exports compared: how many, what is wrong with which, and where to go on (None: that was the last)."""

    many: int
    wrong: list[tuple[str, FindingKind]]
    after: tuple[int, str] | None


def compare(db: Db, target: Target, *, before: int, after: tuple[int, str] = (0, ""), most: int = 1000) -> Compared:
    """Compare the next exports that had ended by `before`, when the listing began: it may have missed later ones."""
    found = rows(
        db,
        """
        select id, destination_path, content_hash, created_at, finished_at, dropbox_account_id from exports
        where project_id = :project and state = 'exported'
            and created_at >= :at and (created_at > :at or id > :last)
        order by created_at, id limit :most
        """,
        project=target.project_id,
        at=after[0],
        last=after[1],
        most=most,
    )
    wrong: list[tuple[str, FindingKind]] = []
    many = 0
    for row in found:
        if row["dropbox_account_id"] != target.dropbox_account_id or int(str(row["finished_at"])) >= before:
            continue
        many += 1
        seen = rows(
            db,
            "select content_hash from seen_files where dropbox_account_id = :account and path_key = :key",
            account=target.dropbox_account_id,
            key=path_key(str(row["destination_path"])),
        )
        if not seen:
            wrong.append((str(row["id"]), FindingKind.MISSING))
        elif seen[0]["content_hash"] != row["content_hash"]:
            wrong.append((str(row["id"]), FindingKind.CHANGED))
    last = (int(str(found[-1]["created_at"])), str(found[-1]["id"])) if len(found) == most else None
    return Compared(many, wrong, last)


def _forget_at(db: Db, target: Target, key: str) -> None:
    """Whatever was seen at a path: it is another thing now."""
    db.conn.execute(
        "delete from seen_files where dropbox_account_id = :account and path_key = :key",
        {"account": target.dropbox_account_id, "key": key},
    )


def _forget_below(db: Db, target: Target, key: str) -> None:
    db.conn.execute(
        "delete from seen_files where dropbox_account_id = :account and path_key >= :from and path_key < :to",
        {"account": target.dropbox_account_id, "from": f"{key}/", "to": f"{key}0"},
    )
