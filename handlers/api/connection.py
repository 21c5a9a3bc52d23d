"""The API's view of a workspace's Dropbox connection, and its end. Never a token."""

from enum import StrEnum

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from handlers import stops
from handlers.api.answers import answer
from handlers.api.models import Actor, Answer, Moment
from handlers.clock import now_ms
from handlers.guards import permit
from handlers.state import State
from rules.failures import FailureKind
from rules.permissions import can_connect
from rules.states import ConnectionStatus
from store import connections, workspaces
from store.connect import Db
from store.workspaces import WorkspaceSeen


class Status(StrEnum):
    """The states of rules.states.ConnectionStatus, and `never` where there is no connection to have one."""

    NEVER = "never"
    CONNECTED = ConnectionStatus.CONNECTED.value
    NEEDS_REAUTH = ConnectionStatus.NEEDS_REAUTH.value
    DISCONNECTED = ConnectionStatus.DISCONNECTED.value


class Connection(Answer):
    """The workspace's link to one Dropbox. `waiting` counts exports; `pause_reason` is set while it is paused."""

    status: Status
    account_email: str | None = Field(examples=["studio@example.com"])
    account_display_name: str | None = Field(examples=["Studio"])
    connected_by: Actor | None
    connected_at: Moment | None
    scopes: list[str] = Field(examples=[["account_info.read", "files.content.write", "files.metadata.read"]])
    waiting: int
    paused_until: Moment | None
    pause_reason: FailureKind | None

    @classmethod
    def of(cls, connection: connections.Connection | None, *, waiting: int, now: int) -> "Connection":
        """`now` is milliseconds UTC: a pause that is over is none."""
        if connection is None:
            return NEVER
        paused = connection.paused_until > now and connection.pause_reason is not None
        return cls(
            status=Status(connection.status.value),
            account_email=connection.account_email,
            account_display_name=connection.account_display_name,
            connected_by=Actor.of(connection.connected_by, connection.connected_by_name),
            connected_at=connection.connected_at,
            scopes=list(connection.scopes),
            waiting=waiting,
            paused_until=connection.paused_until if paused else None,
            pause_reason=FailureKind(str(connection.pause_reason)) if paused else None,
        )


NEVER = Connection(
    status=Status.NEVER,
    account_email=None,
    account_display_name=None,
    connected_by=None,
    connected_at=None,
    scopes=[],
    waiting=0,
    paused_until=None,
    pause_reason=None,
)


async def show(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}/connection"""
    seen = await _seen(request)
    return answer(await request.state["database"].read(_connection, seen.workspace.id, now=now_ms()))


async def disconnect(request: Request[State]) -> Response:
    """DELETE /workspaces/{workspace_id}/connection: exports stop at once; with none there is nothing to do."""
    seen = await _seen(request)
    permit(can_connect, seen.standing, "Only an owner or admin of the workspace may disconnect its Dropbox.")
    by, ip = request.state["asker"].account_id, request.state["client_ip"]
    await stops.disconnect(request.state, seen.workspace.id, by=by, way="api", ip=ip)
    return answer(await request.state["database"].read(_connection, seen.workspace.id, now=now_ms()))


def _connection(db: Db, workspace_id: str, *, now: int) -> Connection:
    found = connections.of_workspace(db, workspace_id)
    return Connection.of(found, waiting=connections.waiting(db, found.id) if found else 0, now=now)


async def _seen(request: Request[State]) -> WorkspaceSeen:
    return await request.state["database"].read(
        workspaces.seen_by, request.state["asker"], request.path_params["workspace_id"]
    )
