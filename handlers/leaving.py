"""Leaving a workspace, and handing it on to another member: each a page that says what it means, and its button."""

from starlette.requests import Request
from starlette.responses import Response

from handlers import seen
from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.guards import permit, recently
from handlers.pages import render, see_other
from handlers.state import State
from rules.permissions import can_hand_on, can_leave, can_manage_workspace
from rules.states import WorkspaceRole
from settings import Settings
from store import installation, members, roles
from store.connect import Db
from store.errors import Invalid
from store.members import Member
from store.workspaces import WorkspaceSeen


async def ask_leave(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}/leave: what it means; for the last owner, what to do instead."""
    found = await seen.workspace(request)
    owners, people = await request.state["database"].read(_counted, request.state["settings"], found.workspace.id)
    return render(
        request,
        "workspaces/leave.html",
        workspace=found.workspace,
        standing=found.standing,
        leaves=can_leave(found.standing, owners=owners),
        alone=people == 1,
    )


async def leave(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/leave"""
    found = await seen.workspace(request)
    await request.state["database"].write(
        _leave,
        request.state["settings"],
        found.workspace.id,
        by=request.state["person"].account_id,
        ip=request.state["client_ip"],
    )
    return see_other(request, "/workspaces", f"You have left {found.workspace.name}.")


async def ask_transfer(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}/transfer: to whom?"""
    return await _transfer_page(request, await _handing_on(request), None)


async def transfer(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/transfer: account."""
    found = await _handing_on(request)
    form = await read_form(request)
    try:
        await request.state["database"].write(
            roles.hand_on,
            found.workspace.id,
            form.values.get("account", ""),
            by=request.state["person"].account_id,
            now=now_ms(),
            ip=request.state["client_ip"],
        )
    except Invalid as invalid:
        form.refuse(invalid.errors)
        return await _transfer_page(request, found, form, status=422)
    return see_other(
        request, f"/workspaces/{found.workspace.id}/members", "The workspace is handed on. You are an admin of it now."
    )


async def _handing_on(request: Request[State]) -> WorkspaceSeen:
    """The workspace, for an owner who has signed in just now."""
    found = await seen.workspace(request)
    permit(can_manage_workspace, found.standing, roles.OWNERS_ONLY)
    recently(request, f"/workspaces/{found.workspace.id}/transfer")
    return found


async def _transfer_page(
    request: Request[State], found: WorkspaceSeen, form: Form | None, *, status: int = 200
) -> Response:
    everybody = await request.state["database"].read(members.of_workspace, found.workspace.id)
    return render(
        request,
        "workspaces/transfer.html",
        status=status,
        workspace=found.workspace,
        standing=found.standing,
        others=[each for each in everybody if _takes_over(found, each)],
        form=form,
    )


def _takes_over(found: WorkspaceSeen, member: Member) -> bool:
    return isinstance(member.role, WorkspaceRole) and can_hand_on(found.standing, member.role)


def _counted(db: Db, settings: Settings, workspace_id: str) -> tuple[int, int]:
    """How many owners it has, and how many people in all."""
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    owners = roles.count_owners(db, workspace_id, owner=owner, now=now_ms())
    return owners, len(members.of_workspace(db, workspace_id))


def _leave(db: Db, settings: Settings, workspace_id: str, *, by: str, ip: str) -> None:
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    roles.leave(db, workspace_id, by=by, owner=owner, now=now_ms(), ip=ip)
