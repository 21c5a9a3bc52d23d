"""Upload sessions: start, append, finish. Many at once in session_batches."""

from typing import Any

from dropbox import files

from sandbox import sessions
from sandbox.blobs import Piece
from sandbox.calls import Call
from sandbox.refusals import Refusal
from sandbox.routes.metadata import metadata
from sandbox.routes.uploads import check_hash, committing, save_pieces
from sandbox.tree import Node


def session_of(call: Call, cursor: Any) -> sessions.Session:
    """The session that a cursor names; Refusal `not_found`."""
    return sessions.find(call.world.db, call.person_caller, cursor.session_id, call.now)


def _take_piece(call: Call) -> Piece:
    """The payload, which from here on belongs to its session and is not thrown away with the call."""
    piece, call.piece = call.payload, None
    return piece


def kind_of(session_type: Any) -> str:
    """The kind of session that an argument asks for; sequential unless it says otherwise."""
    return "concurrent" if session_type is not None and session_type.is_concurrent() else "sequential"


async def start(call: Call) -> Any:
    """upload_session/start: a new session, with data or without."""
    check_hash(call)
    kind = kind_of(call.arg.session_type)
    session_id = sessions.start(call.world.db, call.person_caller, kind, call.payload, call.now, close=call.arg.close)
    _take_piece(call)
    return files.UploadSessionStartResult(session_id=session_id)


async def append_v2(call: Call) -> Any:
    """upload_session/append_v2: one more piece at an offset."""
    session = session_of(call, call.arg.cursor)
    check_hash(call)
    sessions.append(call.world.db, session, call.arg.cursor.offset, call.payload, close=call.arg.close)
    _take_piece(call)


async def append_v1(call: Call) -> Any:
    """upload_session/append: the first version, whose argument is the cursor alone."""
    sessions.append(call.world.db, session_of(call, call.arg), call.arg.offset, call.payload, close=False)
    _take_piece(call)


async def finish(call: Call) -> Any:
    """upload_session/finish: the last piece, then the commit; a refused commit leaves the data in the session."""
    try:
        session = session_of(call, call.arg.cursor)
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
        session = session_of(call, call.arg.cursor)
    async with committing(call):
        node = await commit_session(call, session, offset, call.arg.commit, must_be_closed=False)
    return metadata(node, call.person_caller)


async def commit_session(
    call: Call, session: sessions.Session, offset: int, commit: Any, *, must_be_closed: bool
) -> Node:
    """Save a session as a file; Refusal with a tag of UploadSessionFinishError."""
    world = call.world
    if session.id in world.finishing:
        raise Refusal("too_many_write_operations")
    world.finishing.add(session.id)
    try:
        pieces = sessions.pieces_for_commit(world.db, session, offset, must_be_closed=must_be_closed)
        try:
            node = await save_pieces(call, commit, pieces)
        except Refusal as refusal:
            raise refusal.under("path") from None
        sessions.remove(world.db, session)
    finally:
        world.finishing.discard(session.id)
    world.blobs.discard(pieces)
    return node
