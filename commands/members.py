"""`clementine member set` and `member remove`: who belongs to a workspace or a project, from a shell."""

from rules.states import ProjectRole, WorkspaceRole
from settings import Settings
from store import accounts, members, projects, workspaces
from store.accounts import Account
from store.connect import Db
from store.errors import Conflict, NotFound
from store.standing import Asker

WAY = "command"


def set_role(
    db: Db, settings: Settings, email: str, *, workspace_id: str | None, project_id: str | None, role: str, now: int
) -> list[str]:
    """Give an account that has signed in a role in the workspace, or in the project; exactly one of both is named.

    Raises NotFound for an unknown address or id, Conflict for the last owner.
    """
    account = account_of(db, email)
    if workspace_id is not None:
        members.set_role(db, workspace_id, account.id, WorkspaceRole(role), by=None, now=now, way=WAY)
        name = workspaces.seen_by(db, Asker(account.id), workspace_id).workspace.name
        return [f"{email} is now {_with_article(role)} of the workspace {name}."]
    assert project_id is not None
    members.set_project_role(db, project_id, account.id, ProjectRole(role), by=None, now=now, way=WAY)
    seen = projects.seen_by(db, Asker(account.id), project_id)
    lines = [f"{email} is now {_with_article(role)} of the project {seen.project.name} in {seen.workspace.name}."]
    if seen.standing.workspace_role is not WorkspaceRole.MEMBER:
        rank = _with_article(str(seen.standing.workspace_role))
        lines.append(f"As {rank} of the workspace they edit every project in it all the same.")
    return lines


def remove(db: Db, settings: Settings, email: str, *, workspace_id: str, now: int) -> list[str]:
    """Take an account out of the workspace and all its projects.

    Raises NotFound for an unknown address or workspace and for who is no member, Conflict for the last owner.
    """
    account = account_of(db, email)
    members.remove(db, workspace_id, account.id, by=None, now=now, way=WAY)
    return [f"{email} is no longer a member of the workspace, nor of its projects."]


def account_of(db: Db, email: str) -> Account:
    """The account with this address, which must have signed in; an account id (dbid:…) is taken too.

    Raises NotFound for nobody, Conflict where several have it: then the id tells them apart.
    """
    by_id = accounts.find(db, email)
    found = [by_id] if by_id else accounts.by_email(db, email)
    if not found:
        raise NotFound(f"Nobody has signed in as {email} yet. Approve the address, and let them sign in first.")
    if len(found) > 1:
        ids = ", ".join(account.id for account in found)
        raise Conflict(f"Several accounts go by {email}. Name one by its id instead: {ids}.")
    return found[0]


def _with_article(role: str) -> str:
    return f"{'an' if role[0] in 'aeo' else 'a'} {role}"
