"""The trees of files and folders, one per person: finding, putting, removing. Conflicts are settled by who calls."""

import secrets
from dataclasses import dataclass
from sqlite3 import Row
from typing import Any

from sandbox.database import Database
from sandbox.paths import lower, name_of, parent_of
from sandbox.people import Person
from sandbox.refusals import Refusal


@dataclass(frozen=True)
class Node:
    """A file or folder, or with `deleted` what is left of one, which went at `removed`.

    Only files have what stands from `rev` to `server_modified`; times are ms UTC.
    """

    account_id: str
    lower: str
    parent: str
    name: str
    display: str
    kind: str
    deleted: bool
    changed: int
    file_id: str
    rev: str | None
    size: int | None
    content_hash: str | None
    client_modified: int | None
    server_modified: int | None
    removed: int | None = None

    @property
    def state(self) -> "FileState | None":
        """What a file holds; None for a folder."""
        if self.kind == "folder":
            return None
        return FileState(self.size or 0, self.content_hash or "", self.client_modified or 0, self.server_modified or 0)


@dataclass(frozen=True)
class FileState:
    """What one revision of a file holds."""

    size: int
    content_hash: str
    client_modified: int
    server_modified: int


def node_of(row: Row | dict[str, Any]) -> Node:
    """A row of the table as a Node."""
    return Node(**{**dict(row), "deleted": bool(row["deleted"])})


def find(db: Database, account_id: str, path: str) -> Node | None:
    """What is at a path, in any case; a deleted one too."""
    row = db.one("SELECT * FROM nodes WHERE account_id = :a AND lower = :p", a=account_id, p=lower(path))
    return None if row is None else node_of(row)


def find_live(db: Database, account_id: str, path: str) -> Node | None:
    """What is at a path now."""
    node = find(db, account_id, path)
    return None if node is None or node.deleted else node


def subtree(db: Database, node: Node) -> list[Node]:
    """Everything live below a folder, each folder before what is in it; nothing for a file."""
    rows = db.all(
        "SELECT * FROM nodes WHERE account_id = :a AND NOT deleted AND lower >= :p || '/' AND lower < :p || '0'"
        " ORDER BY lower",
        a=node.account_id,
        p=node.lower,
    )
    return [node_of(row) for row in rows]


def all_nodes(db: Database, account_id: str) -> list[dict[str, Any]]:
    """Every live file and folder of a person, by path, each file with the number of its revisions."""
    rows = db.all(
        "SELECT display AS path, lower AS path_lower, kind AS type, file_id AS id, rev, size, content_hash,"
        " client_modified, server_modified,"
        " (SELECT count(*) FROM revisions r WHERE r.account_id = n.account_id AND r.lower = n.lower) AS revisions"
        " FROM nodes n WHERE account_id = :a AND NOT deleted ORDER BY lower",
        a=account_id,
    )
    return [dict(row) for row in rows]


def new_id() -> str:
    """A fresh id in Dropbox's shape."""
    return "id:" + secrets.token_urlsafe(24)[:22]


def ensure_folder(db: Database, person: Person, path: str) -> str:
    """Make a folder and its parents where they are missing; its display path. A file on the way is a Refusal."""
    missing: list[str] = []
    while path and (node := find_live(db, person.account_id, path)) is None:
        missing.append(path)
        path = parent_of(path)
    if path and node is not None and node.kind == "file":
        raise Refusal("conflict/file_ancestor")
    shown = node.display if path and node is not None else ""
    for folder in reversed(missing):
        shown = put(db, person, shown, folder, new_id(), None).display
    return shown


def put(db: Database, person: Person, folder: str, path: str, file_id: str, state: FileState | None) -> Node:
    """Write what is at a path whose folder exists and is shown as `folder`: a revision of a file, or a folder."""
    key = lower(path)
    changed = db.next_change(person.account_id, key)
    node = Node(
        account_id=person.account_id,
        lower=key,
        parent=parent_of(key),
        name=name_of(path),
        display=folder + "/" + name_of(path),
        kind="file" if state else "folder",
        deleted=False,
        changed=changed,
        file_id=file_id,
        # New for ever: the number of this change, and whose tree it is in.
        rev=f"{changed:012x}{person.namespace:09x}" if state else None,
        **(vars(state) if state else dict.fromkeys(FileState.__dataclass_fields__)),
    )
    db.run(
        "INSERT OR REPLACE INTO nodes VALUES (:account_id, :lower, :parent, :name, :display, :kind, :deleted, :changed,"
        " :file_id, :rev, :size, :content_hash, :client_modified, :server_modified, :removed)",
        **{**vars(node), "deleted": 0},
    )
    if state is not None:
        db.run(
            "INSERT INTO revisions VALUES (:rev, :account_id, :lower, :file_id, :size, :content_hash,"
            " :client_modified, :server_modified, :changed)",
            **vars(node),
        )
    return node


def make_folder(db: Database, person: Person, path: str) -> Node:
    """A folder with its parents, or the one that is there."""
    there = find_live(db, person.account_id, path)
    if there is not None and there.kind == "folder":
        return there
    if there is not None:
        raise Refusal("conflict/file")
    return put(db, person, ensure_folder(db, person, parent_of(path)), path, new_id(), None)


def put_file(
    db: Database, person: Person, path: str, state: FileState, over: Node | None, file_id: str | None = None
) -> Node:
    """A new revision at a path: of the file `over`, which keeps its id and name, or of a file with this or a new id."""
    count_space(db, person, state.size - ((over.size or 0) if over else 0))
    kept = path if over is None else parent_of(path) + "/" + over.name
    folder = ensure_folder(db, person, parent_of(path))
    return put(db, person, folder, kept, over.file_id if over else file_id or new_id(), state)


def remove(db: Database, person: Person, node: Node, now: int) -> None:
    """Delete a file, or a folder with all in it."""
    inside = subtree(db, node)
    count_space(db, person, -sum(one.size or 0 for one in (node, *inside)))
    bury(db, [node, *inside], now)


def bury(db: Database, nodes: list[Node], now: int) -> None:
    """Leave tombstones where nodes were, in the order given."""
    for node in nodes:
        db.run(
            "UPDATE nodes SET deleted = 1, changed = :changed, removed = :now WHERE account_id = :a AND lower = :p",
            changed=db.next_change(node.account_id, node.lower),
            now=now,
            a=node.account_id,
            p=node.lower,
        )


def count_space(db: Database, person: Person, more: int) -> None:
    """Keep account of the space in use; refuse what does not fit."""
    enough = (
        "UPDATE people SET used = used + :more WHERE account_id = :a AND (:more <= 0 OR used + :more <= allocation)"
    )
    if db.run(enough, more=more, a=person.account_id) == 0:
        raise Refusal("insufficient_space")


def revisions(db: Database, node: Node) -> list[Row]:
    """Every revision at a path, the newest first."""
    sql = "SELECT * FROM revisions WHERE account_id = :a AND lower = :p ORDER BY changed DESC"
    return db.all(sql, a=node.account_id, p=node.lower)
