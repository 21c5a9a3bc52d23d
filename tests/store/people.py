"""Accounts and rows of a small world, for tests of the store: made by SQL and by the store's own functions."""

from dataclasses import dataclass

from rules.states import ProjectRole, WorkspaceRole
from store import experiences, members, projects, workspaces
from store.connect import Db
from store.experiences import Experience
from store.projects import Project
from store.standing import Asker
from store.workspaces import Workspace

NOW = 1_770_000_000_000
PEOPLE = ("owner", "admin", "member", "editor", "viewer", "stranger")


def account(db: Db, name: str) -> str:
    """Insert an account called `name` and return its id."""
    account_id = f"dbid:{name}"
    db.conn.execute(
        """
        insert into accounts (id, email, display_name, created_at, signed_in_at, last_seen_at)
        values (:id, :email, :name, :now, :now, :now)
        """,
        {"id": account_id, "email": f"{name}@example.com", "name": name.capitalize(), "now": NOW},
    )
    return account_id


@dataclass(frozen=True)
class World:
    """A workspace with everybody of DESIGN.md §2 in it, a project, an experience, and a stranger outside."""

    workspace: Workspace
    project: Project
    experience: Experience

    def asker(self, name: str) -> Asker:
        return Asker(f"dbid:{name}")


def world(db: Db) -> World:
    """Make it, in the caller's transaction."""
    for name in PEOPLE:
        account(db, name)
    workspace = workspaces.create(db, name="Studio", by="dbid:owner", now=NOW)
    project = projects.create(db, workspace.id, name="Gala", by="dbid:owner", now=NOW)
    experience = experiences.create(db, project.id, name="Photo Booth", by="dbid:owner", now=NOW)
    members.set_role(db, workspace.id, "dbid:admin", WorkspaceRole.ADMIN, by="dbid:owner", now=NOW)
    members.set_role(db, workspace.id, "dbid:member", WorkspaceRole.MEMBER, by="dbid:owner", now=NOW)
    members.set_project_role(db, project.id, "dbid:editor", ProjectRole.EDITOR, by="dbid:owner", now=NOW)
    members.set_project_role(db, project.id, "dbid:viewer", ProjectRole.VIEWER, by="dbid:owner", now=NOW)
    return World(workspace, project, experience)
