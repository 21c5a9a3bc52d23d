"""Claims: which project holds which folder, and which export which path, in a Dropbox account. Claims are for ever.

They are per Dropbox account, which several workspaces may share, and without regard to case. They are made at writes
only and never taken back: files may lie there. How names become paths is said in rules/naming and destinations.py.
"""

from dataclasses import dataclass

from rules.naming import path_key, project_folder_candidates
from store.connect import Db, rows


@dataclass(frozen=True)
class PathHolder:
    """The export that holds a path, and its session. `wanted_key` is the key of the path that it would have had."""

    export_id: str
    session_id: str
    wanted_key: str


def claim_project_folder(db: Db, project_id: str, now: int) -> str | None:
    """The path of the project's folder for its present name and settings, claimed now if it was not.

    Asked again, it changes nothing. None where the workspace has never been connected: there is no account to
    claim it in.
    """
    found = rows(
        db,
        """
        select p.name, s.folder_path, c.dropbox_account_id
        from projects p
        join export_settings s on s.project_id = p.id
        join connections c on c.workspace_id = p.workspace_id
        where p.id = :project
        """,
        project=project_id,
    )
    if not found:
        return None
    account, folder, name = (str(found[0][column]) for column in ("dropbox_account_id", "folder_path", "name"))
    return f"{folder}/{folder_of(db, account, project_id, folder=folder, name=name, claimed_at=now)}"


def folder_of(
    db: Db, dropbox_account_id: str, project_id: str, *, folder: str, name: str, claimed_at: int | None = None
) -> str:
    """The project's folder below `folder`: the one that it holds for this name, else the first that nobody holds.

    With `claimed_at` (milliseconds UTC) it is claimed as well; without, this only reads.
    """
    names = project_folder_candidates(name)
    wanted = next(names)
    wanted_key = path_key(f"{folder}/{wanted}")
    held = rows(
        db,
        """
        select path_key from folder_claims
        where project_id = :project and dropbox_account_id = :account and wanted_key = :wanted
        """,
        project=project_id,
        account=dropbox_account_id,
        wanted=wanted_key,
    )
    if held:
        # The number of the claim, the spelling of today: a name that changed its case only has the same folder.
        return wanted + str(held[0]["path_key"]).removeprefix(wanted_key)
    found = wanted
    while (holder := _folder_holder(db, dropbox_account_id, f"{folder}/{found}")) not in (None, project_id):
        found = next(names)
    if holder is None and claimed_at is not None:
        _claim_folder(db, dropbox_account_id, project_id, f"{folder}/{found}", wanted_key, claimed_at)
    return found


def path_holder(db: Db, dropbox_account_id: str, path: str) -> PathHolder | None:
    """Which export holds the path, or one that differs from it in case only."""
    found = rows(
        db,
        """
        select c.export_id, e.session_id, coalesce(c.wanted_key, c.path_key) as wanted_key
        from path_claims c join exports e on e.id = c.export_id
        where c.dropbox_account_id = :account and c.path_key = :key
        """,
        account=dropbox_account_id,
        key=path_key(path),
    )
    if not found:
        return None
    return PathHolder(*(str(found[0][column]) for column in ("export_id", "session_id", "wanted_key")))


def claim_path(db: Db, dropbox_account_id: str, path: str, export_id: str, *, wanted: str) -> None:
    """Claim a path for an export that has found it free, or that holds it already.

    `wanted` is the plain path, which may have been taken. If another export holds `path`, the table's key breaks and
    with it the whole write: no path is ever shared.
    """
    key, wanted_key = path_key(path), path_key(wanted)
    db.conn.execute(
        """
        insert into path_claims (dropbox_account_id, path_key, export_id, wanted_key)
        select :account, :key, :export, :wanted where not exists (
            select 1 from path_claims where dropbox_account_id = :account and path_key = :key and export_id = :export
        )
        """,
        {
            "account": dropbox_account_id,
            "key": key,
            "export": export_id,
            "wanted": None if wanted_key == key else wanted_key,
        },
    )


def _folder_holder(db: Db, dropbox_account_id: str, path: str) -> str | None:
    found = rows(
        db,
        "select project_id from folder_claims where dropbox_account_id = :account and path_key = :key",
        account=dropbox_account_id,
        key=path_key(path),
    )
    return str(found[0]["project_id"]) if found else None


def _claim_folder(db: Db, account: str, project_id: str, path: str, wanted_key: str, at: int) -> None:
    db.conn.execute(
        """
        insert into folder_claims (dropbox_account_id, path_key, path, project_id, wanted_key, created_at)
        values (:account, :key, :path, :project, :wanted, :at)
        """,
        {
            "account": account,
            "key": path_key(path),
            "path": path,
            "project": project_id,
            "wanted": wanted_key,
            "at": at,
        },
    )
