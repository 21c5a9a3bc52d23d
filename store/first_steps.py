"""How far a person has come on the way to the first file in Dropbox, read from the rows of their own workspaces."""

from dataclasses import dataclass

from rules.permissions import Standing
from rules.states import LINKED_CONNECTIONS, WorkspaceRole
from store.connect import Db, rows


@dataclass(frozen=True)
class FirstSteps:
    """The workspace that is furthest, and what is done in it.

    `connection` is a status, or never. Ids are None where there is nothing of the kind that the person may see.
    `exported_at` is milliseconds UTC.
    """

    workspace_id: str
    workspace_name: str
    standing: Standing
    connection: str
    project_id: str | None
    experience_id: str | None
    export_on: bool
    pushed: bool
    exported_at: int | None
    exported_path: str | None

    @property
    def connected(self) -> bool:
        """Whether there is a link to a Dropbox, be it one that needs a person again."""
        return self.connection in LINKED_CONNECTIONS

    @property
    def done(self) -> int:
        """How many of the four steps are done."""
        return sum((self.connected, self.experience_id is not None, self.export_on, self.exported_at is not None))


def of_account(db: Db, account_id: str) -> FirstSteps | None:
    """The person's furthest workspace (the oldest of equals); None for somebody without a workspace."""
    found = rows(
        db,
        """
        select w.id, w.name, m.role,
            coalesce((select c.status from connections c where c.workspace_id = w.id), 'never') as connection
        from members m join workspaces w on w.id = m.workspace_id
        where m.account_id = :account and w.deleted_at is null
        order by w.created_at, w.id
        """,
        account=account_id,
    )
    return max((_steps(db, account_id, row) for row in found), key=lambda steps: steps.done, default=None)


def _steps(db: Db, account_id: str, row: dict[str, object]) -> FirstSteps:
    role = WorkspaceRole(str(row["role"]))
    project = _furthest_project(db, account_id, str(row["id"]), everything=role is not WorkspaceRole.MEMBER)
    return FirstSteps(
        workspace_id=str(row["id"]),
        workspace_name=str(row["name"]),
        standing=Standing(role),
        connection=str(row["connection"]),
        project_id=_text(project.get("project_id")),
        experience_id=_text(project.get("experience_id")),
        export_on=bool(project.get("enabled")),
        pushed=bool(project.get("pushed")),
        exported_at=None if project.get("exported_at") is None else int(str(project["exported_at"])),
        exported_path=_text(project.get("exported_path")),
    )


def _furthest_project(db: Db, account_id: str, workspace_id: str, *, everything: bool) -> dict[str, object]:
    """The project of the workspace that has come furthest, of those that the person may see; empty: there is none."""
    found = rows(
        db,
        """
        with seen as (
            select p.id as project_id, p.created_at,
                (select e.id from experiences e where e.project_id = p.id and e.deleted_at is null
                    order by e.created_at limit 1) as experience_id,
                coalesce((select s.enabled from export_settings s where s.project_id = p.id), 0) as enabled,
                exists (select 1 from results r where r.project_id = p.id and r.deleted_at is null) as pushed,
                (select x.id from exports x where x.project_id = p.id and x.state = 'exported'
                    order by x.created_at desc limit 1) as export_id
            from projects p
            where p.workspace_id = :workspace and p.deleted_at is null
                and (:everything or exists (select 1 from project_members m where m.project_id = p.id
                    and m.account_id = :account))
        )
        select seen.project_id, seen.experience_id, seen.enabled, seen.pushed,
            x.finished_at as exported_at, x.destination_path as exported_path
        from seen left join exports x on x.id = seen.export_id
        order by (x.id is not null) + (seen.experience_id is not null) + seen.enabled + seen.pushed desc,
            seen.created_at desc, seen.project_id
        limit 1
        """,
        workspace=workspace_id,
        account=account_id,
        everything=int(everything),
    )
    return found[0] if found else {}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
