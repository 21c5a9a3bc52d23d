"""What the pages show of a person's Dropbox: folders page by page, the latest files, figures per person. Only reads."""

from dataclasses import dataclass
from sqlite3 import Row

from sandbox.database import Database
from sandbox.paths import lower
from sandbox.people import Person, all_people
from sandbox.tree import Node, node_of

PAGE = 200
LATEST = 8


@dataclass(frozen=True)
class Item:
    """A node with what a list says about it: how many revisions a file has, how many things are in a folder."""

    node: Node
    count: int


@dataclass(frozen=True)
class Figures:
    """How much somebody has, and when the last file arrived (ms UTC)."""

    person: Person
    files: int
    latest: int | None


COUNTED = (
    "SELECT *, CASE kind WHEN 'file' THEN (SELECT count(*) FROM revisions r"
    " WHERE r.account_id = n.account_id AND r.lower = n.lower) ELSE (SELECT count(*) FROM nodes c"
    " WHERE c.account_id = n.account_id AND c.parent = n.lower AND NOT c.deleted) END AS count FROM nodes n"
)


def _item(row: Row) -> Item:
    values = dict(row)
    return Item(count=values.pop("count"), node=node_of(values))


def folder(db: Database, account_id: str, path: str, page: int) -> tuple[list[Item], int]:
    """One page of a folder, folders first, and how many things are in it altogether."""
    total = db.value(
        "SELECT count(*) FROM nodes WHERE account_id = :a AND parent = :p AND NOT deleted", a=account_id, p=lower(path)
    )
    rows = db.all(
        f"{COUNTED} WHERE account_id = :a AND parent = :p AND NOT deleted"
        " ORDER BY kind = 'file', lower LIMIT :limit OFFSET :offset",
        a=account_id,
        p=lower(path),
        limit=PAGE,
        offset=PAGE * (page - 1),
    )
    return [_item(row) for row in rows], int(total)


def latest(db: Database, account_id: str) -> list[Item]:
    """The files that came or changed last, the newest first."""
    rows = db.all(
        f"{COUNTED} WHERE account_id = :a AND kind = 'file' AND NOT deleted ORDER BY changed DESC LIMIT :limit",
        a=account_id,
        limit=LATEST,
    )
    return [_item(row) for row in rows]


def figures(db: Database) -> list[Figures]:
    """Everybody with their figures."""
    counted = {
        row["account_id"]: row
        for row in db.all(
            "SELECT account_id, count(*) AS files, max(server_modified) AS latest FROM nodes"
            " WHERE kind = 'file' AND NOT deleted GROUP BY account_id"
        )
    }
    return [
        Figures(person, *((row["files"], row["latest"]) if (row := counted.get(person.account_id)) else (0, None)))
        for person in all_people(db)
    ]


def version(db: Database, account_id: str | None) -> int:
    """A number that changes whenever the files of a person (or of anybody) change."""
    if account_id is None:
        return db.last_change
    return int(db.value("SELECT coalesce(max(changed), 0) FROM nodes WHERE account_id = :a", a=account_id))
