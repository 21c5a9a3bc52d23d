"""Saving a file: write modes, autorename, strict_conflict, identical content, as Dropbox's WriteMode settles them."""

from dataclasses import dataclass

from sandbox.blobs import Piece
from sandbox.database import Database
from sandbox.paths import check_new_name, name_of, parent_of
from sandbox.people import Person
from sandbox.refusals import Refusal
from sandbox.tree import FileState, Node, find, find_live, make_folder, put_file


@dataclass(frozen=True)
class Commit:
    """How a file is to be saved. `path` is absolute, `mode` is add, overwrite or update (then with `rev`)."""

    path: str
    mode: str = "add"
    rev: str | None = None
    autorename: bool = False
    strict_conflict: bool = False
    client_modified: int | None = None


def save(db: Database, person: Person, commit: Commit, content: Piece, now: int) -> Node:
    """Save content at a path and return the file; nothing is written when it is there already.

    Raises Refusal with a WriteError tag. All or nothing.
    """
    check_new_name(commit.path)
    whole_seconds = now // 1000 * 1000
    state = FileState(
        size=content.size,
        content_hash=content.content_hash,
        client_modified=whole_seconds if commit.client_modified is None else commit.client_modified,
        server_modified=whole_seconds,
    )
    with db.transaction():
        there = find(db, person.account_id, commit.path)
        conflict = _conflict(there, commit, content)
        if conflict is None:
            if there is not None and not there.deleted and there.content_hash == content.content_hash:
                return there
            return put_file(db, person, commit.path, state, None if there is None or there.deleted else there)
        if not commit.autorename:
            raise Refusal(f"conflict/{conflict}")
        return put_file(db, person, free_name(db, person, commit.path, copy=commit.mode == "update"), state, None)


def _conflict(there: Node | None, commit: Commit, content: Piece) -> str | None:
    """What is in the way, or None when the file can be written (or is there already)."""
    if there is None or there.deleted:
        return "file" if commit.mode == "update" and commit.strict_conflict else None
    if there.kind == "folder":
        return "folder"
    if commit.mode == "overwrite" or (commit.mode == "update" and commit.rev == there.rev):
        return None
    identical = there.content_hash == content.content_hash
    return None if identical and not commit.strict_conflict else "file"


def free_name(db: Database, person: Person, path: str, *, copy: bool = False) -> str:
    """The next free name beside a taken one: `a (1).txt`, or `a (conflicted copy).txt` for an update."""
    stem, dot, extension = name_of(path).rpartition(".")
    if not stem:
        stem, dot, extension = name_of(path), "", ""
    number = 0
    while True:
        note = f" (conflicted copy{f' {number}' if number else ''})" if copy else f" ({number + 1})"
        candidate = f"{parent_of(path)}/{stem}{note}{dot}{extension}"
        if find_live(db, person.account_id, candidate) is None:
            check_new_name(candidate)
            return candidate
        number += 1


def create_folder(db: Database, person: Person, path: str, *, autorename: bool) -> Node:
    """A new folder; what is in the way is a Refusal, or with `autorename` moves the new one to a free name."""
    check_new_name(path)
    with db.transaction():
        there = find_live(db, person.account_id, path)
        if there is None:
            return make_folder(db, person, path)
        if not autorename:
            raise Refusal(f"conflict/{there.kind}")
        return make_folder(db, person, free_name(db, person, path))
