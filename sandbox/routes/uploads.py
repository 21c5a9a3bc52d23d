"""Saving a file: files/upload, and how every route that saves one turns its commit info into a file."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sandbox import sessions
from sandbox.blobs import Piece
from sandbox.calls import Call
from sandbox.paths import absolute_for_writing
from sandbox.refusals import Refusal
from sandbox.routes.metadata import metadata, milliseconds
from sandbox.tree import Node
from sandbox.writing import Commit, save


def check_hash(call: Call) -> None:
    """Refuse a payload whose content hash is not the one that the call says; keeps nothing of it then."""
    told = call.arg.content_hash
    if told is not None and told != call.payload.content_hash:
        raise Refusal("content_hash_mismatch")


@asynccontextmanager
async def committing(call: Call, entries: int = 1) -> AsyncIterator[None]:
    """Hold the caller's namespace for one commit; raises Busy when the lock is on and somebody else holds it."""
    async with call.world.locks.commit(call.person_caller.account_id, entries):
        yield


async def save_pieces(call: Call, commit: Any, pieces: Sequence[Piece]) -> Node:
    """Save pieces as one file as the SDK's CommitInfo says; Refusal with a WriteError tag."""
    caller, world = call.person_caller, call.world
    mode = commit.mode
    wanted = Commit(
        path=absolute_for_writing(world.db, caller, commit.path),
        mode="add" if mode.is_add() else "overwrite" if mode.is_overwrite() else "update",
        rev=mode.get_update() if mode.is_update() else None,
        autorename=commit.autorename,
        strict_conflict=commit.strict_conflict,
        client_modified=milliseconds(commit.client_modified),
    )
    # One piece is a rename; putting several together reads and writes every byte, which must not hold up others.
    content = world.blobs.keep(pieces) if len(pieces) <= 1 else await asyncio.to_thread(world.blobs.keep, pieces)
    before = world.db.last_change
    node = save(world.db, caller.person, wanted, content, call.now)
    if node.changed <= before:
        call.entry.unchanged.append(commit.path)
    return node


async def upload(call: Call) -> Any:
    """files/upload: the whole file in one call. When it can't be saved, the bytes wait in an upload session."""
    check_hash(call)
    piece = call.payload
    async with committing(call):
        try:
            node = await save_pieces(call, call.arg, [piece])
        except Refusal as refusal:
            session = sessions.start(call.world.db, call.person_caller, "sequential", piece, call.now, close=True)
            call.piece = None
            raise refusal.under("path", upload_session_id=session) from None
    return metadata(node, call.person_caller)
