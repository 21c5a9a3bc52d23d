"""Earlier states of files: list_revisions and restore."""

from typing import Any

from dropbox import files

from sandbox import revisions
from sandbox.calls import Call
from sandbox.paths import absolute, absolute_for_writing, check_names, lower, within
from sandbox.refusals import Refusal
from sandbox.routes.lookup import locate
from sandbox.routes.metadata import metadata, moment
from sandbox.routes.uploads import committing
from sandbox.tree import Node


async def list_revisions(call: Call) -> Any:
    """files/list_revisions: by path, whatever file was there; or by id, wherever the file was."""
    arg, db = call.arg, call.world.db
    by_path = not arg.mode.is_id()
    if arg.before_rev is not None and not by_path:
        raise Refusal("before_rev_not_supported")
    try:
        node = _latest(call, arg.path)
    except Refusal as refusal:
        raise refusal.under("path") from None
    if by_path:
        found = revisions.at_path(db, node, _before(call, node), arg.limit)
    else:
        found = revisions.of_file(db, node, arg.limit)
    entries = [metadata(one, call.person_caller) for one in found.nodes if _seen(call, one)]
    if arg.include_restorable_info:
        for entry in entries:
            entry.is_restorable = True
    removed = None if found.removed is None else moment(found.removed)
    return files.ListRevisionsResult(
        is_deleted=found.gone, server_deleted=removed, entries=entries, has_more=found.more
    )


def _seen(call: Call, node: Node) -> bool:
    return within(node.lower, lower(call.person_caller.root))


def _latest(call: Call, given: str) -> Node:
    """The file that an argument names, or what is left of it; Refusal with a LookupError tag."""
    caller, db = call.person_caller, call.world.db
    if given.startswith("id:") and "/" not in given:
        node = revisions.latest_place(db, caller.account_id, given)
        if node is None or not _seen(call, node):
            raise Refusal("not_found")
    else:
        node = locate(db, caller, given, deleted=True)
    if node.kind != "file":
        raise Refusal("not_file")
    return node


def _before(call: Call, node: Node) -> int | None:
    if call.arg.before_rev is None:
        return None
    row = revisions.find_revision(call.world.db, node.account_id, call.arg.before_rev)
    if row is None or row["lower"] != node.lower:
        raise Refusal("invalid_before_rev")
    return int(row["changed"])


async def restore(call: Call) -> Any:
    """files/restore: a revision of a file becomes the newest one at a path, the same or another."""
    caller, db = call.person_caller, call.world.db
    async with committing(call):
        try:
            check_names(absolute(db, caller, call.arg.path))
        except Refusal as refusal:
            raise refusal.under("path_lookup") from None
        row = revisions.find_revision(db, caller.account_id, call.arg.rev)
        if row is None or not within(row["lower"], lower(caller.root)):
            raise Refusal("invalid_revision")
        try:
            path = absolute_for_writing(db, caller, call.arg.path)
            node = revisions.restore(db, caller.person, path, row, call.now)
        except Refusal as refusal:
            raise refusal.under("path_write") from None
    return metadata(node, caller)
