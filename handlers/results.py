"""The Results tab of the project editor: what came in, to look at, and where each file of it is."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from handlers import connection_view, seen
from handlers.api.answers import Page, page_of
from handlers.clock import now_ms
from handlers.connection_view import ProjectView
from handlers.media import link
from handlers.pages import render
from handlers.state import State
from store import exports, results
from store.artifacts import Artifact
from store.connect import Db
from store.exports import Export
from store.projects import ProjectSeen
from store.results import Result
from store.standing import Asker


@dataclass(frozen=True)
class File:
    """An artifact and its export, None when it was never to be exported. `href` shows its bytes, '' while it can't."""

    artifact: Artifact
    export: Export | None
    href: str


async def index(request: Request[State]) -> Response:
    """GET /projects/{project_id}/results: cursor."""
    found, page = await seen.project(request), page_of(request)
    rows, view = await request.state["database"].read(_read, seen.asker_of(request), found, page=page, now=now_ms())
    listed, older = page.cut(rows, lambda row: (row[0].arrived_at, row[0].id))
    folder = request.state["settings"].dropbox_app_folder
    return render(
        request,
        "results/index.html",
        workspace=found.workspace,
        project=found.project,
        standing=found.standing,
        view=view,
        items=[(result, _files(request, result, theirs)) for result, theirs in listed],
        older=older,
        later=page.cursor,
        root=f"/Apps/{folder}" if folder else "",
        now=now_ms(),
    )


def _files(request: Request[State], result: Result, theirs: list[Export]) -> list[File]:
    by_name = {(export.artifact_id, export.variant): export for export in theirs}
    return [
        File(
            artifact,
            by_name.get((artifact.artifact_id, artifact.variant)),
            link(request, artifact.id) if artifact.state == "ready" else "",
        )
        for artifact in result.artifacts
    ]


def _read(
    db: Db, asker: Asker, found: ProjectSeen, *, page: Page, now: int
) -> tuple[list[tuple[Result, list[Export]]], ProjectView]:
    listed = results.list_of(db, asker, found.project.id, most=page.limit + 1, before=page.cursor)
    rows = [(result, exports.of_result(db, result.id)) for result in listed]
    return rows, connection_view.of_project(db, found.workspace.id, found.project.id, now=now)
