"""Finding what a path argument of a read names: a path, an `id:` or one revision by `rev:`."""

from dataclasses import replace

from sandbox.callers import Caller
from sandbox.database import Database
from sandbox.paths import absolute, check_names, lower, within
from sandbox.refusals import Refusal
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


def locate_file(db: Database, caller: Caller, given: str) -> Node:
    """The same, but only a file will do."""
    node = locate(db, caller, given)
    if node.kind != "file":
        raise Refusal("not_file")
    return node


def _revision(db: Database, caller: Caller, rev: str) -> Node:
    row = db.one("SELECT * FROM revisions WHERE rev = :rev AND account_id = :a", rev=rev, a=caller.account_id)
    node = None if row is None else find(db, caller.account_id, row["lower"])
    if row is None or node is None or not within(node.lower, lower(caller.root)):
        raise Refusal("not_found")
    return replace(
        node,
        kind="file",
        deleted=False,
        rev=rev,
        **{name: row[name] for name in ("file_id", "size", "content_hash", "client_modified", "server_modified")},
    )
