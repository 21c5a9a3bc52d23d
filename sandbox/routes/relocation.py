"""Moving and copying files and folders, one or many."""

from collections.abc import Sequence
from typing import Any

from dropbox import files

from sandbox.calls import Call
from sandbox.paths import absolute_for_writing, lower
from sandbox.refusals import Refusal
from sandbox.relocating import Relocation, relocate
from sandbox.routes.batches import Batch, launch
from sandbox.routes.lookup import locate_below_root
from sandbox.routes.metadata import metadata
from sandbox.routes.uploads import committing


def _relocate(call: Call, entry: Any, *, keep: bool) -> Any:
    """Move or copy as an SDK's RelocationPath says; the metadata at the new place."""
    caller, db = call.person_caller, call.world.db
    try:
        node = locate_below_root(db, caller, entry.from_path)
    except Refusal as refusal:
        raise refusal.under("from_lookup") from None
    try:
        path = absolute_for_writing(db, caller, entry.to_path)
    except Refusal as refusal:
        raise refusal.under("to") from None
    wish = Relocation(path, keep, autorename=call.arg.autorename, most=call.world.behaviour.most_nodes)
    return metadata(relocate(db, caller.person, node, wish, call.now), caller)


async def move_v1(call: Call) -> Any:
    """files/move: the same as the second version, with a plain answer."""
    async with committing(call):
        return _relocate(call, call.arg, keep=False)


async def copy_v1(call: Call) -> Any:
    """files/copy: the same as the second version, with a plain answer."""
    async with committing(call):
        return _relocate(call, call.arg, keep=True)


async def move_v2(call: Call) -> Any:
    """files/move_v2: a file, or a folder with all in it; ids are kept."""
    return files.RelocationResult(metadata=await move_v1(call))


async def copy_v2(call: Call) -> Any:
    """files/copy_v2: a file, or a folder with all in it."""
    return files.RelocationResult(metadata=await copy_v1(call))


def clashing(paths: Sequence[str]) -> set[int]:
    """The positions of paths that are the same as, or lie in, one another."""
    order = sorted(range(len(paths)), key=lambda position: lower(paths[position]) + "/")
    found: set[int] = set()
    outer: list[int] = []
    for position in order:
        while outer and not (lower(paths[position]) + "/").startswith(lower(paths[outer[-1]]) + "/"):
            outer.pop()
        if outer:
            found.update((outer[-1], position))
        outer.append(position)
    return found


def _batch(name: str, *, keep: bool) -> Batch:
    async def work(call: Call, numbered: tuple[bool, Any]) -> Any:
        clashes, entry = numbered
        try:
            if clashes:
                raise Refusal("duplicated_or_nested_paths")
            return _relocate(call, entry, keep=keep)
        except Refusal as refusal:
            raise refusal.under("relocation_error") from None

    return Batch(
        name=name,
        work=work,
        error_type=files.RelocationBatchErrorEntry_validator,
        entry=files.RelocationBatchResultEntry,
        result=files.RelocationBatchV2Result,
        launch=files.RelocationBatchV2Launch,
        status=files.RelocationBatchV2JobStatus,
    )


MOVES = _batch("move_batch", keep=False)
COPIES = _batch("copy_batch", keep=True)


async def move_batch_v2(call: Call) -> Any:
    """files/move_batch_v2: entries that take from or put to the same or nested paths fail."""
    entries = call.arg.entries
    clashes = clashing([entry.from_path for entry in entries]) | clashing([entry.to_path for entry in entries])
    return await launch(call, MOVES, [(position in clashes, entry) for position, entry in enumerate(entries)])


async def copy_batch_v2(call: Call) -> Any:
    """files/copy_batch_v2: many may take from one path, but not put to the same or nested ones."""
    entries = call.arg.entries
    clashes = clashing([entry.to_path for entry in entries])
    return await launch(call, COPIES, [(position in clashes, entry) for position, entry in enumerate(entries)])
