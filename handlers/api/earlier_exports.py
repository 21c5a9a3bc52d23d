"""The API's view of a project's earlier results: how many could be exported after all, and how far that is."""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from handlers.api.answers import answer
from handlers.api.models import Answer, Moment
from handlers.clock import now_ms
from handlers.guards import permit
from handlers.state import State
from rules.permissions import can_edit_project, can_see_project_settings
from rules.states import EarlierState
from store import earlier_exports, projects
from store.connect import Db
from store.earlier_exports import Earlier, Offer
from store.errors import NotFound
from store.projects import ProjectSeen


class Sending(Answer):
    """The last time that earlier results were sent, in files."""

    state: EarlierState
    total: int = Field(description="Exact once the state is no longer `sending`.")
    exported: int
    failed: int
    skipped: int
    started_at: Moment


class EarlierExports(Answer):
    """What could be sent now, and the last sending. While one is under way, nothing is offered."""

    results: int = Field(description="Results that came while export was off, or whose export a stop skipped.")
    files: int
    sending: Sending | None

    @classmethod
    def of(cls, offer: Offer, earlier: Earlier | None) -> "EarlierExports":
        sending = None
        if earlier is not None:
            sending = Sending(
                state=earlier.state,
                total=earlier.total,
                exported=earlier.exported,
                failed=earlier.failed,
                skipped=earlier.skipped,
                started_at=earlier.started_at,
            )
        return cls(results=offer.results, files=offer.files, sending=sending)


async def show(request: Request[State]) -> Response:
    """GET /projects/{project_id}/earlier-exports"""
    seen = await _seen(request)
    return await _shown(request, seen.project.id, 200)


async def send(request: Request[State]) -> Response:
    """POST /projects/{project_id}/earlier-exports: send them, behind fresh ones; asked again, nothing is sent twice."""
    seen = await _seen(request)
    permit(can_edit_project, seen.standing, "Only editors of the project may export its earlier results.")
    offered = await request.state["database"].read(earlier_exports.offer, seen.project.id)
    await request.state["database"].write(
        earlier_exports.begin,
        seen.project.id,
        offered,
        by=request.state["asker"].account_id,
        now=now_ms(),
        way="api",
    )
    return await _shown(request, seen.project.id, 202)


async def _seen(request: Request[State]) -> ProjectSeen:
    project_id = request.path_params["project_id"]
    seen = await request.state["database"].read(projects.seen_by, request.state["asker"], project_id)
    if not can_see_project_settings(seen.standing):
        raise NotFound
    return seen


async def _shown(request: Request[State], project_id: str, status: int) -> Response:
    return answer(EarlierExports.of(*await request.state["database"].read(_read, project_id)), status)


def _read(db: Db, project_id: str) -> tuple[Offer, Earlier | None]:
    return earlier_exports.offer(db, project_id), earlier_exports.latest(db, project_id)
