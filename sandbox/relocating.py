"""Moving and copying: what may go where, and what becomes of ids, revisions and space. Dropbox's RelocationError."""

from dataclasses import dataclass, replace

from sandbox.database import Database
from sandbox.paths import check_new_name, lower, parent_of
from sandbox.people import Person
from sandbox.refusals import Refusal
from sandbox.tree import Node, bury, count_space, ensure_folder, find_live, new_id, put, subtree
from sandbox.writing import free_name


@dataclass(frozen=True)
class Relocation:
    """What is to happen to a node: to be at the absolute `path` instead, or with `keep` (a copy) as well.

    `most` is how many files and folders one call may take along.
    """

    path: str
    keep: bool
    autorename: bool
    most: int


def relocate(db: Database, person: Person, node: Node, wish: Relocation, now: int) -> Node:
    """Move or copy a file, or a folder with all in it; what is at the new place. All or nothing.

    A moved thing keeps its id and gets its revisions anew at the new place; a copy is new altogether. Raises Refusal
    with a RelocationError tag. What is in the way is a conflict whatever it holds, the thing itself in another case
    of letters too.
    """
    inside = subtree(db, node)
    if len(inside) >= wish.most:
        raise Refusal("too_many_files")
    if node.kind == "folder" and lower(wish.path).startswith(node.lower + "/"):
        raise Refusal("duplicated_or_nested_paths" if wish.keep else "cant_move_folder_into_itself")
    with db.transaction():
        path, folder = _place(db, person, wish)
        if wish.keep:
            _take_space(db, person, [node, *inside])
        else:
            bury(db, [node, *inside], now)
        there = _put(db, person, node, folder, path, wish, now)
        for child in inside:
            # A child's display path begins with that of its folder; only what follows is its own.
            below = child.display[len(node.display) :]
            _put(db, person, child, there.display + parent_of(below), there.display + below, wish, now)
    return there


def _place(db: Database, person: Person, wish: Relocation) -> tuple[str, str]:
    """The path that is free for it, and the display path of its folder, which is made when it is missing."""
    try:
        check_new_name(wish.path)
        path, there = wish.path, find_live(db, person.account_id, wish.path)
        if there is not None:
            if not wish.autorename:
                raise Refusal(f"conflict/{there.kind}")
            path = free_name(db, person, path)
        return path, ensure_folder(db, person, parent_of(path))
    except Refusal as refusal:
        raise refusal.under("to") from None


def _take_space(db: Database, person: Person, nodes: list[Node]) -> None:
    try:
        count_space(db, person, sum(node.size or 0 for node in nodes))
    except Refusal:
        raise Refusal("insufficient_quota") from None


def _put(db: Database, person: Person, node: Node, folder: str, path: str, wish: Relocation, now: int) -> Node:
    state = node.state and replace(node.state, server_modified=now // 1000 * 1000)
    return put(db, person, folder, path, new_id() if wish.keep else node.file_id, state)
