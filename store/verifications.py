"""Verifications of a project: whether what was exported still lies in Dropbox, asked for, and how the last one ended.

What was seen there is in seen_files.py, the engine's side in verification_tries.py.
"""

import secrets
from dataclasses import dataclass

from rules.failures import FailureKind
from rules.states import ConnectionStatus, FindingKind, VerificationState
from store import audit
from store.connect import Db, rows
from store.errors import Conflict

NOT_CONNECTED = "Dropbox is not connected, so nothing can be looked at there."
SPREAD_MS = 3_600_000
"""Nightly ones begin within an hour of each other."""

_OPEN = "state in ('waiting', 'running')"


@dataclass(frozen=True)
class Verification:
    """One verification. `seen` counts what Dropbox has told so far; the others are known once it is DONE. ms UTC."""

    id: str
    state: VerificationState
    seen: int
    total: int
    missing: int
    changed: int
    error_kind: FailureKind | None
    created_at: int
    started_at: int | None
    finished_at: int | None

    @property
    def verified(self) -> int:
        return self.total - self.missing - self.changed

    @property
    def under_way(self) -> bool:
        return self.state in (VerificationState.WAITING, VerificationState.RUNNING)


@dataclass(frozen=True)
class Finding:
    """An exported file that is not as it was. `again`: it has been asked for once more since."""

    export_id: str
    kind: FindingKind
    destination_path: str
    short_code: str
    experience_name: str
    again: bool


def ask(db: Db, project_id: str, *, by: str, now: int, way: str = "page") -> None:
    """Have the project verified now; while that is going on, nothing changes. Conflict without a connection."""
    found = rows(
        db,
        """
        select p.workspace_id, c.status from projects p join connections c on c.workspace_id = p.workspace_id
        where p.id = :project
        """,
        project=project_id,
    )
    if not found or found[0]["status"] != ConnectionStatus.CONNECTED:
        raise Conflict(NOT_CONNECTED)
    db.conn.execute(
        "update verifications set due_at = :now, reason = 'asked' where project_id = :project and state = 'waiting'",
        {"project": project_id, "now": now},
    )
    if not _add(db, project_id, "asked", by=by, now=now, due_at=now):
        return
    audit.record(
        db,
        at=now,
        actor=by,
        way=way,
        action="export.verified",
        subject=project_id,
        workspace_id=str(found[0]["workspace_id"]),
    )


def ask_for_all(db: Db, *, now: int) -> int:
    """For the night: have every project verified that has something in a connected Dropbox; how many."""
    found = rows(
        db,
        """
        select s.project_id from connections c
        join projects p on p.workspace_id = c.workspace_id and p.deleted_at is null
        join export_settings s on s.project_id = p.id and s.enabled = 1
        where c.status = 'connected'
            and exists (select 1 from exports e where e.project_id = p.id and e.state = 'exported')
        """,
    )
    return sum(
        _add(db, str(row["project_id"]), "nightly", by=None, now=now, due_at=now + secrets.randbelow(SPREAD_MS))
        for row in found
    )


def ask_for_connection(db: Db, connection_id: str, *, now: int, soon_ms: int, seldom_ms: int) -> int:
    """Something changed in this Dropbox: have the projects verified that export to it, soon, and seldom; how many.

    One that has nothing there yet is looked at as well: a grant that was taken back is noticed by it.
    """
    found = rows(
        db,
        """
        select s.project_id, (select max(v.created_at) from verifications v where v.project_id = p.id) as last_at
        from connections c
        join projects p on p.workspace_id = c.workspace_id and p.deleted_at is null
        join export_settings s on s.project_id = p.id and s.enabled = 1
        where c.id = :connection and c.status = 'connected'
        """,
        connection=connection_id,
    )
    return sum(
        _add(
            db,
            str(row["project_id"]),
            "notice",
            by=None,
            now=now,
            due_at=max(now + soon_ms, int(str(row["last_at"] or 0)) + seldom_ms),
        )
        for row in found
    )


def latest(db: Db, project_id: str) -> Verification | None:
    """The one under way or the last that ended, None if there was none. What nobody asked for shows once it runs."""
    found = rows(
        db,
        """
        select * from verifications where project_id = :project and (state != 'waiting' or reason = 'asked')
        order by created_at desc, id limit 1
        """,
        project=project_id,
    )
    if not found:
        return None
    row = found[0]
    values = {name: row[name] for name in Verification.__dataclass_fields__}
    kind = row["error_kind"]
    values["state"] = VerificationState(str(row["state"]))
    values["error_kind"] = None if kind is None else FailureKind(str(kind))
    return Verification(**values)  # type: ignore[arg-type]


def findings(db: Db, verification: Verification, *, most: int = 200) -> list[Finding]:
    """The first files, by path, that it found missing or changed."""
    found = rows(
        db,
        """
        select f.export_id, f.kind, e.destination_path, e.short_code, e.experience_name,
            (e.state != 'exported' or e.finished_at > :finished) as again
        from verification_findings f join exports_with_names e on e.id = f.export_id
        where f.verification_id = :id order by e.destination_path limit :most
        """,
        id=verification.id,
        finished=verification.finished_at or 0,
        most=most,
    )
    return [
        Finding(
            export_id=str(row["export_id"]),
            kind=FindingKind(str(row["kind"])),
            destination_path=str(row["destination_path"]),
            short_code=str(row["short_code"]),
            experience_name=str(row["experience_name"]),
            again=bool(row["again"]),
        )
        for row in found
    ]


def _add(db: Db, project_id: str, reason: str, *, by: str | None, now: int, due_at: int) -> bool:
    added = db.conn.execute(
        f"""
        insert into verifications (id, project_id, state, reason, requested_by, due_at, created_at)
        select :id, :project, 'waiting', :reason, :by, :due_at, :now
        where not exists (select 1 from verifications where project_id = :project and {_OPEN})
        """,  # noqa: S608 - made of our own texts
        {
            "id": secrets.token_urlsafe(12),
            "project": project_id,
            "reason": reason,
            "by": by,
            "due_at": due_at,
            "now": now,
        },
    )
    return added.rowcount == 1
