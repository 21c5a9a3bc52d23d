"""Upload sessions by the hundred: start, append to and finish many in one call."""

import asyncio
from typing import Any

from dropbox import files

from sandbox import sessions
from sandbox.blobs import EMPTY_HASH, Piece
from sandbox.calls import Call
from sandbox.refusals import Refusal, build
from sandbox.routes.batches import Batch, carry_out, launch
from sandbox.routes.metadata import metadata
from sandbox.routes.upload_sessions import commit_session, kind_of, session_of
from sandbox.routes.uploads import check_hash

NOTHING = Piece("", 0, EMPTY_HASH)


async def start_batch(call: Call) -> Any:
    """upload_session/start_batch: so many empty sessions."""
    kind = kind_of(call.arg.session_type)
    caller, world = call.person_caller, call.world
    with world.db.transaction():
        ids = [
            sessions.start(world.db, caller, kind, NOTHING, call.now, close=False) for _ in range(call.arg.num_sessions)
        ]
    return files.UploadSessionStartBatchResult(session_ids=ids)


async def append_batch(call: Call) -> Any:
    """upload_session/append_batch: one payload, cut into pieces for many sessions, each with its own ending."""
    check_hash(call)
    if sum(entry.length for entry in call.arg.entries) != call.payload.size:
        raise Refusal("length_mismatch")
    endings, start = [], 0
    for entry in call.arg.entries:
        endings.append(await _append(call, entry, start))
        start += entry.length
    return files.UploadSessionAppendBatchResult(entries=endings)


async def _append(call: Call, entry: Any, start: int) -> Any:
    blobs, offset = call.world.blobs, entry.cursor.offset
    piece = await asyncio.to_thread(blobs.cut, call.payload, start, entry.length)
    try:
        sessions.append(call.world.db, session_of(call, entry.cursor), offset, piece, close=entry.close)
    except Refusal as refusal:
        blobs.discard([piece])
        tags = refusal.tags.split("/")
        error = build(files.UploadSessionAppendBatchEntryError_validator, tags, refusal.fields)
        return files.UploadSessionAppendBatchResultEntry.failure(error)
    return files.UploadSessionAppendBatchResultEntry.success


async def _finish(call: Call, entry: Any) -> Any:
    # The hash is that of the call's payload, and a batch has none.
    if entry.content_hash not in (None, EMPTY_HASH):
        raise Refusal("content_hash_mismatch")
    try:
        session = session_of(call, entry.cursor)
    except Refusal as refusal:
        raise refusal.under("lookup_failed") from None
    node = await commit_session(call, session, entry.cursor.offset, entry.commit, must_be_closed=True)
    return metadata(node, call.person_caller)


FINISHES = Batch(
    name="finish_batch",
    work=_finish,
    error_type=files.UploadSessionFinishError_validator,
    entry=files.UploadSessionFinishBatchResultEntry,
    result=files.UploadSessionFinishBatchResult,
    launch=files.UploadSessionFinishBatchLaunch,
    status=files.UploadSessionFinishBatchJobStatus,
)


async def finish_batch_v2(call: Call) -> Any:
    """upload_session/finish_batch_v2: commits one after the other, answered when all are done."""
    return await carry_out(call, FINISHES, call.arg.entries)


async def finish_batch(call: Call) -> Any:
    """upload_session/finish_batch: the same as a job, always."""
    return await launch(call, FINISHES, call.arg.entries, always=True)
