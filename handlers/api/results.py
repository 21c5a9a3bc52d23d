"""Results over the API: pushed as multipart, shown with signed links to their bytes and with their exports."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from handlers import media
from handlers.api.addresses import read_addresses
from handlers.api.answers import answer
from handlers.api.bearer import who_asks
from handlers.api.export_shape import Export
from handlers.api.intake import Intake, drained
from handlers.api.models import Answer, Moment
from handlers.api.operation import PREFIX
from handlers.api.pushed_fields import PushedFields, read_fields
from handlers.clock import now_ms
from handlers.guards import permit
from handlers.state import State
from rules.permissions import can_push_results
from rules.states import ArtifactState
from store import address_pushes, artifacts, experiences, exports, pushes, results
from store.artifacts import NewArtifact
from store.connect import Db
from store.pushes import NOT_PERMITTED, Push, Pushed
from store.results import ResultSeen
from store.standing import Asker

T = TypeVar("T")


class Artifact(Answer):
    """One output of a job. `url` serves its bytes for an hour without a token. Until it is ready, some is null."""

    id: str
    artifact_id: str = Field(examples=["photo"])
    variant: str = Field(examples=["final"])
    media_type: str | None = Field(examples=["image/jpeg"])
    size: int | None = Field(description="Bytes.")
    sha256: str | None
    url: str | None
    state: ArtifactState

    @classmethod
    def of(cls, artifact: artifacts.Artifact, url: str) -> "Artifact":
        ready = artifact.state is ArtifactState.READY
        return cls(
            id=artifact.id,
            artifact_id=artifact.artifact_id,
            variant=artifact.variant,
            media_type=artifact.media_type if ready else None,
            size=artifact.size if ready else None,
            sha256=artifact.sha256 if ready else None,
            url=url if ready else None,
            state=artifact.state,
        )


class Result(Answer):
    """What one job made for a session."""

    id: str
    job_id: str = Field(examples=["job-1"])
    session: str = Field(examples=["guest-17"])
    short_code: str = Field(examples=["8F3K"])
    created_at: Moment
    artifacts: list[Artifact]
    exports: list[Export]


async def push(request: Request[State]) -> Response:
    """POST /experiences/{experience_id}/results. Answers when bytes and rows are on disk; never waits for Dropbox.

    As JSON it names web addresses, which are fetched after the answer.
    """
    state = request.state
    experience_id = request.path_params["experience_id"]
    seen = await state["database"].read(experiences.seen_by, state["asker"], experience_id)
    permit(can_push_results, seen.standing, NOT_PERMITTED)
    state["limits"].check("push", state["bearer"].token_id)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        return await _push_addresses(request, experience_id)
    async with Intake(state["media"], most=state["settings"].max_result_bytes) as intake:
        body = request.stream()
        try:
            await intake.take(request.headers, body)
        except HTTPException as refusal:
            if not await drained(request.headers, body):
                refusal.headers = {**(refusal.headers or {}), "connection": "close"}
            raise
        fields = read_fields(intake.fields, [each.filename for each in intake.files], intake.strays)
        # A long upload may outlive the token that it came with, or the approval of its person.
        await who_asks(request)
        pushed = await _to_the_end(_store(request, experience_id, intake, fields))
    if not pushed.added:
        return await _shown(request, pushed.result_id)
    return await _shown(request, pushed.result_id, 201, {"location": f"{PREFIX}/results/{pushed.result_id}"})


async def _push_addresses(request: Request[State], experience_id: str) -> Response:
    """The same as JSON: 202 and where the result is, its artifacts still to be fetched."""
    state = request.state
    pushed = await read_addresses(request)
    for _ in pushed.named:
        state["limits"].check("fetch", state["bearer"].token_id)
    taken = await state["database"].write(
        address_pushes.push,
        state["asker"],
        experience_id,
        pushed.job,
        pushed.named,
        token_id=state["bearer"].token_id,
        keyring=state["settings"].keyring,
        now=now_ms(),
    )
    if not taken.added:
        return await _shown(request, taken.result_id)
    return await _shown(request, taken.result_id, 202, {"location": f"{PREFIX}/results/{taken.result_id}"})


async def show(request: Request[State]) -> Response:
    """GET /results/{result_id}"""
    return await _shown(request, request.path_params["result_id"])


async def _shown(
    request: Request[State], result_id: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    seen, its_exports = await request.state["database"].read(_with_exports, request.state["asker"], result_id)
    app_folder, origin = request.state["settings"].dropbox_app_folder, request.state["settings"].origin
    result = seen.result
    shown = Result(
        id=result.id,
        job_id=result.job_id,
        session=result.session,
        short_code=result.short_code,
        created_at=result.created_at,
        artifacts=[Artifact.of(each, f"{origin}{media.link(request, each.id)}") for each in result.artifacts],
        exports=[Export.of(each, app_folder=app_folder) for each in its_exports],
    )
    return answer(shown, status, headers)


def _with_exports(db: Db, asker: Asker, result_id: str) -> tuple[ResultSeen, list[exports.Export]]:
    return results.seen_by(db, asker, result_id), exports.of_result(db, result_id)


async def _store(request: Request[State], experience_id: str, intake: Intake, fields: PushedFields) -> Pushed:
    """Bytes first, then rows: a crash in between leaves files that the next start removes, never a row without one."""
    state = request.state
    stored = await intake.keep()
    new = [
        NewArtifact(artifact_id, fields.variant, received.kind.mime, received.kind.extension, file)
        for artifact_id, received, file in zip(fields.artifact_ids, intake.files, stored, strict=True)
    ]
    push = Push(fields.job_id, fields.session, fields.created_at, new)
    try:
        pushed = await state["database"].write(pushes.push, state["asker"], experience_id, push, now=now_ms())
    except BaseException:
        # Whether a broken commit has reached the disk, only the database knows.
        await intake.settle(await state["database"].read(artifacts.stored_keys, [each.key for each in stored]))
        raise
    await intake.settle(pushed.keys)
    return pushed


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Await it; cancelled meanwhile (the server ends), see it through all the same before going."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
