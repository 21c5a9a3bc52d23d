"""The API's workspaces: the caller's own, and a new one."""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from handlers.api.answers import answer, listing, page_of
from handlers.api.models import Answer, Body, read_json
from handlers.api.names import Name
from handlers.clock import now_ms
from handlers.state import State
from rules.states import WorkspaceRole
from store import workspaces


class Workspace(Answer):
    """A workspace, and what the caller is in it."""

    id: str = Field(examples=["hq3rV0xT1bJ9wKzE"])
    name: str = Field(examples=["Studio"])
    role: WorkspaceRole


class NewWorkspace(Body):
    """What a workspace is made from."""

    name: Name = Field(examples=["Studio"])


async def index(request: Request[State]) -> Response:
    """GET /workspaces"""
    page = page_of(request)
    found = await request.state["database"].read(
        workspaces.list_of, request.state["asker"], most=page.limit + 1, before=page.cursor
    )
    kept, following = page.cut(found, lambda seen: (seen.workspace.created_at, seen.workspace.id))
    items = []
    for seen in kept:
        assert seen.standing.workspace_role is not None
        items.append(Workspace(id=seen.workspace.id, name=seen.workspace.name, role=seen.standing.workspace_role))
    return listing(items, following)


async def create(request: Request[State]) -> Response:
    """POST /workspaces: the caller becomes its owner."""
    body = await read_json(request, NewWorkspace)
    made = await request.state["database"].write(
        workspaces.create, name=body.name, by=request.state["asker"].account_id, now=now_ms(), way="api"
    )
    return answer(Workspace(id=made.id, name=made.name, role=WorkspaceRole.OWNER), 201)
