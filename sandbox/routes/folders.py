"""Making folders, one or many."""

from typing import Any

from dropbox import files

from sandbox.calls import Call
from sandbox.paths import absolute_for_writing, lower
from sandbox.refusals import Refusal
from sandbox.routes.batches import Batch, launch
from sandbox.routes.metadata import metadata
from sandbox.routes.uploads import committing
from sandbox.tree import Node
from sandbox.writing import create_folder


def _make(call: Call, given: str) -> Node:
    caller, world = call.person_caller, call.world
    try:
        path = absolute_for_writing(world.db, caller, given)
        return create_folder(world.db, caller.person, path, autorename=call.arg.autorename)
    except Refusal as refusal:
        raise refusal.under("path") from None


async def create_folder_v1(call: Call) -> Any:
    """files/create_folder: the same as the second version, with a plain answer."""
    async with committing(call):
        return metadata(_make(call, call.arg.path), call.person_caller)


async def create_folder_v2(call: Call) -> Any:
    """files/create_folder_v2: a new folder and the parents it needs."""
    return files.CreateFolderResult(metadata=await create_folder_v1(call))


async def _entry(call: Call, path: str) -> Any:
    return files.CreateFolderEntryResult(metadata=metadata(_make(call, path), call.person_caller))


BATCH = Batch(
    name="create_folder_batch",
    work=_entry,
    error_type=files.CreateFolderEntryError_validator,
    entry=files.CreateFolderBatchResultEntry,
    result=files.CreateFolderBatchResult,
    busy="path/too_many_write_operations",
    launch=files.CreateFolderBatchLaunch,
    status=files.CreateFolderBatchJobStatus,
)


async def create_folder_batch(call: Call) -> Any:
    """files/create_folder_batch: each path once, however often it is given."""
    paths: dict[str, str] = {}
    for path in call.arg.paths:
        paths.setdefault(lower(path), path)
    return await launch(call, BATCH, list(paths.values()), always=call.arg.force_async)
