"""Destinations: what today's names, settings and connection say about where the exports of a result go.

Paths are worked out here, and claimed in export_paths.py. An export's path is frozen in its row once it has one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from rules.naming import FileFacts, candidates, date_text, destination_path, file_name, path_key
from rules.states import ConnectionStatus, FolderStructure
from store.connect import Db, rows
from store.export_paths import folder_of, path_holder

# After so many names tried one by one, numbers are sought by doubling: a session may hold thousands of one name.
_ONE_BY_ONE = 9
_RANDOM_BYTES = 16

Random = Callable[[int], bytes]
"""Where the characters of a code that grows come from: `secrets.token_bytes`, or a fixed source in tests."""


@dataclass(frozen=True)
class Destination:
    """One result, as it would be exported now. Epochs as in export_stops.py; `created_at` is in milliseconds UTC."""

    workspace_id: str
    project_id: str
    experience_id: str
    result_id: str
    session_id: str
    job_id: str
    created_at: int
    project_name: str
    timezone: str
    experience_name: str
    session_label: str
    short_code: str
    enabled: bool
    settings_epoch: int
    folder_path: str
    folder_structure: FolderStructure
    naming_template: str
    connection_id: str
    connection_status: ConnectionStatus
    connection_epoch: int
    dropbox_account_id: str


@dataclass(frozen=True)
class File:
    """What a file's name takes from its artifact."""

    artifact_id: str
    variant: str
    extension: str


@dataclass(frozen=True)
class Place:
    """A path for an export, and the plain one that it would have if nobody else had it."""

    path: str
    wanted: str


def of_result(db: Db, result_id: str) -> Destination | None:
    """The destination of a result; None if it or what it belongs to is deleted, or was never connected."""
    found = rows(
        db,
        """
        select r.workspace_id, r.project_id, r.experience_id, r.id as result_id, r.session_id, r.job_id, r.created_at,
            p.name as project_name, p.timezone, x.name as experience_name, n.label as session_label, n.short_code,
            s.enabled, s.epoch as settings_epoch, s.folder_path, s.folder_structure, s.naming_template,
            c.id as connection_id, c.status as connection_status, c.epoch as connection_epoch, c.dropbox_account_id
        from results r
        join sessions n on n.id = r.session_id
        join experiences x on x.id = r.experience_id and x.deleted_at is null
        join projects p on p.id = r.project_id and p.deleted_at is null
        join workspaces w on w.id = r.workspace_id and w.deleted_at is null
        join export_settings s on s.project_id = r.project_id
        join connections c on c.workspace_id = r.workspace_id
        where r.id = :result and r.deleted_at is null
        """,
        result=result_id,
    )
    if not found:
        return None
    values = {
        **found[0],
        "enabled": bool(found[0]["enabled"]),
        "folder_structure": FolderStructure(str(found[0]["folder_structure"])),
        "connection_status": ConnectionStatus(str(found[0]["connection_status"])),
    }
    return Destination(**values)  # type: ignore[arg-type]


def find(
    db: Db, to: Destination, file: File, *, export_id: str, random: Random, now: int, present: str | None = None
) -> Place:
    """The place for one file: the plain path, or the first by CONTRACT.md §5 that no other export has ever held.

    `present` is the path that the export has; where today's names still want the same one, it is kept. Claims the
    project's folder; the path itself is to be claimed once the export's row is there.
    """
    path_of = _paths(db, to, now)
    facts = _facts(to, file)

    def named(suffix: str = "") -> str:
        return file_name(
            to.naming_template, values=facts, extension=file.extension, short_code=to.short_code, suffix=suffix
        )

    def free(name: str) -> bool:
        holder = path_holder(db, to.dropbox_account_id, path_of(name))
        return holder is None or holder.export_id == export_id

    wanted = path_of(named())
    holder = path_holder(db, to.dropbox_account_id, wanted)
    if holder is None or holder.export_id == export_id:
        return Place(wanted, wanted)
    if present is not None:
        mine = path_holder(db, to.dropbox_account_id, present)
        if mine is not None and (mine.export_id, mine.wanted_key) == (export_id, path_key(wanted)):
            return Place(present, wanted)
    names = candidates(
        to.naming_template,
        values=facts,
        extension=file.extension,
        short_code=to.short_code,
        same_session=holder.session_id == to.session_id,
        random_bytes=random(_RANDOM_BYTES),
    )
    one_by_one = next((name for name in islice(names, 1, _ONE_BY_ONE) if free(name)), None)
    name = one_by_one or _first_free(lambda number: named(f"-{number}"), free)
    return Place(path_of(name), wanted)


def _paths(db: Db, to: Destination, now: int) -> Callable[[str], str]:
    """From a file's name to its path, in the project's folder, which is claimed."""
    folder = folder_of(
        db, to.dropbox_account_id, to.project_id, folder=to.folder_path, name=to.project_name, claimed_at=now
    )
    date = date_text(to.created_at, to.timezone)

    def path_of(name: str) -> str:
        return destination_path(to.folder_path, folder, to.experience_name, to.folder_structure, date, name)

    return path_of


def _facts(to: Destination, file: File) -> FileFacts:
    return FileFacts(
        created_at=to.created_at,
        timezone=to.timezone,
        session=to.session_label,
        project=to.project_name,
        experience=to.experience_name,
        artifact=file.artifact_id,
        variant=file.variant,
    )


def _first_free(name: Callable[[int], str], free: Callable[[str], bool]) -> str:
    """The name of a free number in few looks: doubling finds one, halving goes back to the end of the taken ones."""
    taken, above = 1, 2
    while not free(name(above)):
        taken, above = above, above * 2
    while above - taken > 1:
        middle = (taken + above) // 2
        taken, above = (taken, middle) if free(name(middle)) else (middle, above)
    return name(above)
