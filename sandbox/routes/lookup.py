"""Finding what a path argument of a read names: a path, an `id:` or one revision by `rev:`."""

from sandbox.callers import Caller
from sandbox.database import Database
from sandbox.paths import absolute, check_names, lower, within
from sandbox.refusals import Refusal
from sandbox.revisions import find_revision, revision_node
from sandbox.tree import Node, find


def locate(db: Database, caller: Caller, given: str, *, deleted: bool = False) -> Node:
    """The node that an argument names; Refusal with a LookupError tag when there is none."""
    if given.startswith("rev:"):
        return _revision(db, caller, given[4:])
    path = absolute(db, caller, given)
    check_names(path)
    node = find(db, caller.account_id, path)
    if node is None or (node.deleted and not deleted):
        raise Refusal("not_found")
    return node


def locate_below_root(db: Database, caller: Caller, given: str) -> Node:
    """The same, for calls that move or delete: the caller's root will not do."""
    path = absolute(db, caller, given)
    check_names(path)
    if lower(path) == lower(caller.root):
        raise Refusal("malformed_path")
    return locate(db, caller, given)


def locate_folder(db: Database, caller: Caller, given: str) -> str:
    """The whole path of a folder that an argument names, be it the root; anything else will not do."""
    path = absolute(db, caller, given)
    if path != caller.root and locate(db, caller, given).kind == "file":
        raise Refusal("not_folder")
    return path


def locate_file(db: Database, caller: Caller, given: str) -> Node:
    """The same, but only a file will do."""
    node = locate(db, caller, given)
    if node.kind != "file":
        raise Refusal("not_file")
    return node


def _revision(db: Database, caller: Caller, rev: str) -> Node:
    row = find_revision(db, caller.account_id, rev)
    node = None if row is None else revision_node(db, row)
    if node is None or not within(node.lower, lower(caller.root)):
        raise Refusal("not_found")
    return node
