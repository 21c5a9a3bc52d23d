"""Why an export waits, gathered from its own row and those of its connection, project and workspace.

Which of several reasons counts is said in rules/waiting.py. Whoever asks has looked the export up through the person.
"""

from rules.failures import FailureKind
from rules.states import ConnectionStatus
from rules.waiting import Circumstances, Wait
from rules.waiting import why_waiting as why
from store.connect import Db, rows
from store.turns import IS_MINDED


def why_waiting(db: Db, export_id: str, *, now: int) -> Wait | None:
    """What the export waits for, since when and until when; None for one that does not wait."""
    found = rows(
        db,
        f"""
        select c.status, c.lost_at, c.paused_until, c.pause_reason as pause_kind, c.paused_at, c.failures_in_a_row,
            e.connection_epoch < c.epoch or e.settings_epoch < s.epoch or s.enabled = 0
                or r.deleted_at is not null or x.deleted_at is not null or p.deleted_at is not null
                or w.deleted_at is not null as is_left_behind,
            {IS_MINDED} as is_minded,
            s.paused_reason as project_kind, s.paused_at as project_paused_at,
            e.error_kind, e.due_at, e.updated_at, e.created_at
        from exports e
        join connections c on c.id = e.connection_id
        join export_settings s on s.project_id = e.project_id
        join results r on r.id = e.result_id
        join experiences x on x.id = e.experience_id
        join projects p on p.id = e.project_id
        join workspaces w on w.id = e.workspace_id
        where e.id = :export and e.state = 'waiting'
        """,  # noqa: S608 - made of our own texts
        export=export_id,
    )
    return why(_circumstances(found[0]), now=now) if found else None


def _circumstances(row: dict[str, object]) -> Circumstances:
    values = dict(row)
    values["status"] = ConnectionStatus(str(row["status"]))
    for name in ("pause_kind", "project_kind", "error_kind"):
        values[name] = None if row[name] is None else FailureKind(str(row[name]))
    for name in ("is_left_behind", "is_minded"):
        values[name] = bool(row[name])
    return Circumstances(**values)  # type: ignore[arg-type]
