"""Upload sessions: start, append, finish, and the finish of many at once."""

import asyncio
from typing import Any

from dropbox import files

from sandbox import sessions
from sandbox.behaviour import Busy
from sandbox.blobs import EMPTY_HASH, Piece
from sandbox.calls import Call
from sandbox.refusals import Refusal, build
from sandbox.routes.metadata import metadata
from sandbox.routes.uploads import check_hash, committing, save_pieces
from sandbox.tree import Node


def _session(call: Call, cursor: Any) -> sessions.Session:
    return sessions.find(call.world.db, call.person_caller, cursor.session_id, call.now)


def _take_piece(call: Call) -> Piece:
    """The payload, which from here on belongs to its session and is not thrown away with the call."""
    piece, call.piece = call.payload, None
    return piece


async def start(call: Call) -> Any:
    """upload_session/start: a new session, with data or without."""
    check_hash(call)
    kind = "concurrent" if call.arg.session_type is not None and call.arg.session_type.is_concurrent() else "sequential"
    session_id = sessions.start(call.world.db, call.person_caller, kind, call.payload, call.now, close=call.arg.close)
    _take_piece(call)
    return files.UploadSessionStartResult(session_id=session_id)


async def append_v2(call: Call) -> Any:
    """upload_session/append_v2: one more piece at an offset."""
    session = _session(call, call.arg.cursor)
    check_hash(call)
    sessions.append(call.world.db, session, call.arg.cursor.offset, call.payload, close=call.arg.close)
    _take_piece(call)


async def finish(call: Call) -> Any:
    """upload_session/finish: the last piece, then the commit; a refused commit leaves the data in the session."""
    try:
        session = _session(call, call.arg.cursor)
    except Refusal as refusal:
        raise refusal.under("lookup_failed") from None
    check_hash(call)
    offset = call.arg.cursor.offset
    if call.payload.size:
        if session.concurrent:
            raise Refusal("concurrent_session_data_not_allowed")
        try:
            sessions.append(call.world.db, session, offset, call.payload, close=False)
        except Refusal as refusal:
            raise refusal.under("lookup_failed") from None
        offset += _take_piece(call).size
        session = _session(call, call.arg.cursor)
    async with committing(call):
        node = await _commit(call, session, offset, call.arg.commit, must_be_closed=False)
    return metadata(node, call.person_caller)


async def _commit(call: Call, session: sessions.Session, offset: int, commit: Any, *, must_be_closed: bool) -> Node:
    """Save a session as a file; Refusal with a tag of UploadSessionFinishError."""
    world = call.world
    pieces = sessions.pieces_for_commit(world.db, session, offset, must_be_closed=must_be_closed)
    try:
        node = await save_pieces(call, commit, pieces)
    except Refusal as refusal:
        raise refusal.under("path") from None
    sessions.remove(world.db, session)
    world.blobs.discard(pieces)
    return node


async def finish_batch_v2(call: Call) -> Any:
    """upload_session/finish_batch_v2: commits one after the other, each with its own ending, in the order given."""
    entries = call.arg.entries
    try:
        async with committing(call, len(entries)):
            results = [await _entry(call, position, entry) for position, entry in enumerate(entries)]
    except Busy:
        results = [_failure("too_many_write_operations", {}) for _ in entries]
    return files.UploadSessionFinishBatchResult(entries=results)


async def _entry(call: Call, position: int, entry: Any) -> Any:
    # A thousand entries take half a second: let other requests have their turn between them.
    await asyncio.sleep(0)
    rule = call.fault
    if rule is not None and rule.kind == "entry_error" and position in rule.details.get("entries", [position]):
        return _failure(rule.details.get("error", "too_many_write_operations"), {"correct_offset": 0})
    if entry.content_hash not in (None, EMPTY_HASH):
        return _failure("content_hash_mismatch", {})
    try:
        try:
            session = _session(call, entry.cursor)
        except Refusal as refusal:
            raise refusal.under("lookup_failed") from None
        node = await _commit(call, session, entry.cursor.offset, entry.commit, must_be_closed=True)
    except Refusal as refusal:
        return _failure(refusal.tags, refusal.fields)
    return files.UploadSessionFinishBatchResultEntry.success(metadata(node, call.person_caller))


def _failure(tags: str, fields: dict[str, Any]) -> Any:
    error = build(files.UploadSessionFinishError_validator, tags.split("/"), fields)
    return files.UploadSessionFinishBatchResultEntry.failure(error)
