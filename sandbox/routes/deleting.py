"""Deleting files and folders, one or many. What is gone stays as a tombstone, its revisions can be restored."""

from typing import Any

from dropbox import files

from sandbox.calls import Call
from sandbox.refusals import Refusal
from sandbox.routes.batches import Batch, launch
from sandbox.routes.lookup import locate_below_root
from sandbox.routes.metadata import metadata
from sandbox.routes.uploads import committing
from sandbox.tree import Node, remove, subtree


def _delete(call: Call, given: str, parent_rev: str | None) -> Node:
    """Delete what an argument names and return it as it was; Refusal with a DeleteError tag."""
    caller, world = call.person_caller, call.world
    try:
        node = locate_below_root(world.db, caller, given)
    except Refusal as refusal:
        raise refusal.under("path_lookup") from None
    if parent_rev is not None and parent_rev != node.rev:
        raise Refusal(f"path_write/conflict/{node.kind}")
    if len(subtree(world.db, node)) >= world.behaviour.most_nodes:
        raise Refusal("too_many_files")
    with world.db.transaction():
        remove(world.db, caller.person, node, call.now)
    return node


async def delete_v1(call: Call) -> Any:
    """files/delete: the same as the second version, with a plain answer."""
    async with committing(call):
        return metadata(_delete(call, call.arg.path, call.arg.parent_rev), call.person_caller)


async def delete_v2(call: Call) -> Any:
    """files/delete_v2: a file, only if it still is at `parent_rev` when that is given, or a folder with all in it."""
    return files.DeleteResult(metadata=await delete_v1(call))


async def _entry(call: Call, entry: Any) -> Any:
    node = _delete(call, entry.path, entry.parent_rev)
    return files.DeleteBatchResultData(metadata=metadata(node, call.person_caller))


BATCH = Batch(
    name="delete_batch",
    work=_entry,
    error_type=files.DeleteError_validator,
    entry=files.DeleteBatchResultEntry,
    result=files.DeleteBatchResult,
    launch=files.DeleteBatchLaunch,
    status=files.DeleteBatchJobStatus,
)


async def delete_batch(call: Call) -> Any:
    """files/delete_batch: always a job."""
    return await launch(call, BATCH, call.arg.entries, always=True)
