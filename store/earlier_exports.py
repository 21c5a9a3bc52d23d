"""Results that came while export was off, and exports that a stop skipped: sent after all when an editor asks for it.

What there is to send, asking for it and how far it is; earlier_sending.py does it.
"""

import secrets
from dataclasses import dataclass

from rules.states import LINKED_CONNECTIONS, ConnectionStatus, EarlierState, ExportState
from store import audit
from store.connect import Db, rows
from store.errors import Conflict
from store.export_retry import DISCONNECTED, OFF

NOTHING = "Every result of this project has been exported or is on its way."

# The experience of a result may be gone without the result being marked.
UNSENT = """
    from results r join experiences x on x.id = r.experience_id and x.deleted_at is null
    where r.project_id = :project and r.unsent = 1 and r.deleted_at is null
"""
SKIPPED = """
    from exports e
    join results r on r.id = e.result_id and r.deleted_at is null
    join experiences x on x.id = e.experience_id and x.deleted_at is null
    where e.project_id = :project and e.state = 'skipped'
"""


@dataclass(frozen=True)
class Offer:
    """What could be sent: so many results, with so many files."""

    results: int
    files: int


@dataclass(frozen=True)
class Earlier:
    """One sending and how far it is, in files. `total` is exact once it is no longer SENDING. Times are ms UTC."""

    id: str
    state: EarlierState
    total: int
    exported: int
    failed: int
    skipped: int
    started_at: int

    @property
    def ended(self) -> int:
        return self.exported + self.failed + self.skipped

    @property
    def under_way(self) -> bool:
        return self.state is EarlierState.SENDING or self.ended < self.total


def offer(db: Db, project_id: str) -> Offer:
    """What an editor could have sent now; nothing while it is being enqueued already."""
    if rows(db, "select 1 as one from earlier_exports where project_id = :p and state = 'sending'", p=project_id):
        return Offer(0, 0)
    unsent = rows(
        db,
        f"""
        select count(*) as results, coalesce(sum((
            select count(*) from artifacts a where a.result_id = r.id and a.state = 'ready'
                and not exists (select 1 from exports e where e.result_id = r.id and e.artifact_row_id = a.id)
        )), 0) as files {UNSENT}
        """,  # noqa: S608 - made of our own texts
        project=project_id,
    )[0]
    skipped = rows(
        db,
        f"""
        select count(distinct case when r.unsent = 0 then e.result_id end) as results, count(*) as files {SKIPPED}
        """,
        project=project_id,
    )[0]
    results, files = (int(str(unsent[name])) + int(str(skipped[name])) for name in ("results", "files"))
    return Offer(results, files)


def begin(db: Db, project_id: str, offered: Offer, *, by: str, now: int, way: str = "page") -> None:
    """Have them sent; asked again while that is going on, nothing changes.

    `offered` is what `offer` counted a moment ago. Raises Conflict while export is off or Dropbox disconnected, and
    when there is nothing to send.
    """
    refuse(db, project_id)
    if rows(db, "select 1 as one from earlier_exports where project_id = :p and state = 'sending'", p=project_id):
        return
    if not offered.files:
        raise Conflict(NOTHING)
    earlier_id = secrets.token_urlsafe(12)
    db.conn.execute(
        """
        insert into earlier_exports (id, project_id, state, total, started_by, started_at)
        values (:id, :project, 'sending', :total, :by, :now)
        """,
        {"id": earlier_id, "project": project_id, "total": offered.files, "by": by, "now": now},
    )
    workspace = rows(db, "select workspace_id from projects where id = :id", id=project_id)[0]["workspace_id"]
    audit.record(
        db,
        at=now,
        actor=by,
        way=way,
        action="export.earlier_sent",
        subject=project_id,
        workspace_id=str(workspace),
        detail=f"{offered.results} results, {offered.files} files",
    )


def latest(db: Db, project_id: str) -> Earlier | None:
    """The project's last sending, None if there was none."""
    found = rows(
        db,
        """
        select id, state, total, started_at from earlier_exports where project_id = :project
        order by started_at desc, id limit 1
        """,
        project=project_id,
    )
    if not found:
        return None
    row = found[0]
    counted = rows(
        db, "select state, count(*) as many from exports where earlier_id = :id group by state", id=row["id"]
    )
    many = {str(each["state"]): int(str(each["many"])) for each in counted}
    state, made = EarlierState(str(row["state"])), sum(many.values())
    return Earlier(
        id=str(row["id"]),
        state=state,
        total=max(int(str(row["total"])), made) if state is EarlierState.SENDING else made,
        exported=many.get(ExportState.EXPORTED, 0),
        failed=many.get(ExportState.FAILED, 0),
        skipped=many.get(ExportState.SKIPPED, 0),
        started_at=int(str(row["started_at"])),
    )


def refuse(db: Db, project_id: str) -> None:
    """Conflict while nothing can be sent."""
    found = rows(
        db,
        """
        select s.enabled, c.status from projects p
        join workspaces w on w.id = p.workspace_id and w.deleted_at is null
        join export_settings s on s.project_id = p.id
        left join connections c on c.workspace_id = p.workspace_id
        where p.id = :project and p.deleted_at is null
        """,
        project=project_id,
    )
    status = found[0]["status"] if found else None
    if status is None or ConnectionStatus(str(status)) not in LINKED_CONNECTIONS:
        raise Conflict(DISCONNECTED)
    if not found[0]["enabled"]:
        raise Conflict(OFF)
