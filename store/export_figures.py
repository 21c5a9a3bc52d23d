"""Figures that pages show beside a connection: how the exports of a project stand, and which projects have them on."""

from dataclasses import dataclass

from rules.states import ExportState
from store.connect import Db, rows


@dataclass(frozen=True)
class Figures:
    """How many exports of a project are in each state. `last_at` is when the last one reached Dropbox (ms UTC).

    `next_id` is the waiting export that is due first.
    """

    waiting: int
    uploading: int
    exported: int
    failed: int
    skipped: int
    last_at: int | None
    next_id: str | None

    @property
    def total(self) -> int:
        return self.waiting + self.uploading + self.exported + self.failed + self.skipped


def of_project(db: Db, project_id: str) -> Figures:
    """The project's figures. The caller has looked it up through the person."""
    found = rows(
        db,
        "select state, count(*) as many from exports where project_id = :project group by state",
        project=project_id,
    )
    counted = {str(row["state"]): int(str(row["many"])) for row in found}
    latest = rows(
        db,
        """
        select max(finished_at) as last_at from (
            select finished_at from exports where project_id = :project and state = 'exported'
            order by created_at desc limit 200
        )
        """,
        project=project_id,
    )[0]["last_at"]
    first = rows(
        db,
        """
        select e.id from exports e
        where e.project_id = :project and e.state = 'waiting'
        order by e.due_at, e.id limit 1
        """,
        project=project_id,
    )
    return Figures(
        **{state.value: counted.get(state, 0) for state in ExportState},
        last_at=None if latest is None else int(str(latest)),
        next_id=str(first[0]["id"]) if first else None,
    )


def exporting_projects(db: Db, workspace_id: str) -> list[str]:
    """Names of the workspace's projects whose export is switched on, whether it goes on at the moment or not."""
    found = rows(
        db,
        """
        select p.name from projects p join export_settings s on s.project_id = p.id
        where p.workspace_id = :workspace and p.deleted_at is null and s.enabled = 1
        order by lower(p.name), p.id
        """,
        workspace=workspace_id,
    )
    return [str(row["name"]) for row in found]
