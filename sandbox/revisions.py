"""The revisions of files: which there are at a path or of an id, and bringing one back."""

from dataclasses import dataclass, replace
from sqlite3 import Row

from sandbox.database import Database
from sandbox.paths import check_new_name
from sandbox.people import Person
from sandbox.refusals import Refusal
from sandbox.tree import FileState, Node, find, find_live, node_of, put_file


@dataclass(frozen=True)
class Page:
    """Some revisions, the newest first, each as a node that is live at the path where it was made.

    `gone`: the file of the newest is deleted or elsewhere; `removed` is when it went (ms UTC), as far as it is known.
    """

    nodes: list[Node]
    more: bool
    gone: bool
    removed: int | None


def as_node(row: Row, place: Node) -> Node:
    """A row of revisions as a file at the place where it was made."""
    own = ("rev", "file_id", "size", "content_hash", "client_modified", "server_modified")
    return replace(place, kind="file", deleted=False, **{name: row[name] for name in own})


def at_path(db: Database, node: Node, before: int | None, limit: int) -> Page:
    """The revisions at a node's path, whatever file they are of; with `before`, only those before that change."""
    rows = db.all(
        "SELECT * FROM revisions WHERE account_id = :a AND lower = :p AND (:before IS NULL OR changed < :before)"
        " ORDER BY changed DESC LIMIT :limit",
        a=node.account_id,
        p=node.lower,
        before=before,
        limit=limit + 1,
    )
    gone = bool(rows) and (node.deleted or node.file_id != rows[0]["file_id"])
    return Page([as_node(row, node) for row in rows[:limit]], len(rows) > limit, gone, node.removed if gone else None)


def of_file(db: Database, node: Node, limit: int) -> Page:
    """The revisions of a node's file at all the paths where it was."""
    rows = db.all(
        "SELECT r.*, n.name, n.display, n.parent FROM revisions r JOIN nodes n USING (account_id, lower)"
        " WHERE r.account_id = :a AND r.file_id = :id ORDER BY r.changed DESC LIMIT :limit",
        a=node.account_id,
        id=node.file_id,
        limit=limit + 1,
    )
    places = ("lower", "name", "display", "parent")
    nodes = [as_node(row, replace(node, **{name: row[name] for name in places})) for row in rows[:limit]]
    return Page(nodes, len(rows) > limit, node.deleted, node.removed)


def latest_place(db: Database, account_id: str, file_id: str) -> Node | None:
    """Where a file is, or where it was last."""
    row = db.one(
        "SELECT * FROM nodes WHERE file_id = :id AND account_id = :a ORDER BY deleted, changed DESC LIMIT 1",
        id=file_id,
        a=account_id,
    )
    return None if row is None else node_of(row)


def find_revision(db: Database, account_id: str, rev: str) -> Row | None:
    """One revision by its rev."""
    return db.one("SELECT * FROM revisions WHERE rev = :rev AND account_id = :a", rev=rev, a=account_id)


def restore(db: Database, person: Person, path: str, row: Row, now: int) -> Node:
    """Make what a revision holds the newest one at a path; nothing is written when it is there already.

    A file that is gone comes back with its id. Raises Refusal with a WriteError tag. All or nothing.
    """
    check_new_name(path)
    there = find_live(db, person.account_id, path)
    if there is not None and there.kind == "folder":
        raise Refusal("conflict/folder")
    if there is not None and there.content_hash == row["content_hash"]:
        return there
    state = FileState(row["size"], row["content_hash"], row["client_modified"], now // 1000 * 1000)
    place = latest_place(db, person.account_id, row["file_id"])
    known = row["file_id"] if place is not None and place.deleted else None
    with db.transaction():
        return put_file(db, person, path, state, there, known)


def revision_node(db: Database, row: Row) -> Node | None:
    """A revision as the file that it was, at the path where it was made."""
    place = find(db, row["account_id"], row["lower"])
    return None if place is None else as_node(row, place)
