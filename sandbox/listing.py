"""list_folder: pages of a folder and, from then on, what changed. A cursor holds all that is needed to go on."""

from dataclasses import asdict, dataclass, replace

from sandbox.callers import Caller
from sandbox.cursors import seal, unseal
from sandbox.database import Database
from sandbox.paths import lower
from sandbox.people import Person
from sandbox.refusals import Refusal
from sandbox.tree import Node, find_live, node_of
from sandbox.wire import BadCall

KIND = "list_folder"
DEFAULT_LIMIT = 500


@dataclass(frozen=True)
class Cursor:
    """Where a listing stands. `folder` is lower-cased and absolute; `root` is where the app's own root lies.

    While `after` is set the folder is being listed, by path, from there; then the changes after number `since`
    follow. What changed during the listing is told again by them, so a client that applies both misses nothing.
    With `restorable`, deleted entries say whether they can be restored.
    """

    account_id: str
    epoch: int
    root: str
    folder: str
    recursive: bool
    include_deleted: bool
    restorable: bool
    limit: int
    since: int
    after: str | None = ""


def write_cursor(db: Database, cursor: Cursor) -> str:
    """A cursor as the text that clients keep."""
    return seal(db, KIND, asdict(cursor))


def open_cursor(db: Database, text: str) -> Cursor:
    """The cursor behind a text, whoever shows it; BadCall for one that is none of ours."""
    fields = unseal(db, KIND, text)
    if fields is None:
        raise BadCall('request body: cursor: Invalid "cursor" parameter')
    return Cursor(**fields)


def check_epoch(cursor: Cursor, person: Person | None) -> None:
    """Refusal `reset` for a cursor that was made invalid."""
    if person is None or cursor.epoch != person.cursor_epoch:
        raise Refusal("reset")


def read_cursor(db: Database, caller: Caller, text: str) -> Cursor:
    """The caller's cursor behind a text; BadCall for anybody else's, Refusal `reset` for one made invalid."""
    cursor = open_cursor(db, text)
    if cursor.account_id != caller.account_id or cursor.root != caller.root:
        raise BadCall('request body: cursor: Invalid "cursor" parameter: it belongs to another user or app')
    check_epoch(cursor, caller.person)
    return cursor


def folder_is_there(db: Database, cursor: Cursor) -> bool:
    """Whether the listed folder still exists where it was; an app's own root always does."""
    if cursor.folder == lower(cursor.root):
        return True
    node = find_live(db, cursor.account_id, cursor.folder)
    return node is not None and node.kind == "folder"


def waits(db: Database, cursor: Cursor) -> bool:
    """Whether the next call with a cursor has something to tell, be it that the folder is gone."""
    if cursor.after is not None or not folder_is_there(db, cursor):
        return True
    return bool(_select(db, cursor, "changed > :since", "changed", limit=1))


def page(db: Database, cursor: Cursor) -> tuple[list[Node], Cursor, bool]:
    """The next entries, the cursor after them, and whether more are waiting."""
    if cursor.after is None:
        return _changes(db, cursor)
    nodes = _select(db, cursor, "lower > :after AND (:deleted OR NOT deleted)", "lower")
    if len(nodes) > cursor.limit:
        nodes = nodes[: cursor.limit]
        return nodes, replace(cursor, after=nodes[-1].lower), True
    done = replace(cursor, after=None)
    return nodes, done, bool(_select(db, done, "changed > :since", "changed", limit=1))


def _changes(db: Database, cursor: Cursor) -> tuple[list[Node], Cursor, bool]:
    nodes = _select(db, cursor, "changed > :since", "changed")
    more = len(nodes) > cursor.limit
    if more:
        nodes = nodes[: cursor.limit]
    return nodes, replace(cursor, since=nodes[-1].changed if nodes else cursor.since), more


def _select(db: Database, cursor: Cursor, condition: str, order: str, limit: int | None = None) -> list[Node]:
    """Nodes of the listed folder that fulfil a condition; one more than asked for shows whether more wait."""
    if not cursor.recursive:
        scope = "parent = :folder"
    elif cursor.folder:
        # The folder itself belongs to its recursive listing, unless it is the root of the app.
        itself = "" if cursor.folder == lower(cursor.root) else " OR lower = :folder"
        scope = f"((lower > :folder || '/' AND lower < :folder || '0'){itself})"
    else:
        scope = "TRUE"
    rows = db.all(
        f"SELECT * FROM nodes WHERE account_id = :account AND {scope} AND {condition} ORDER BY {order} LIMIT :limit",  # noqa: S608
        account=cursor.account_id,
        folder=cursor.folder,
        after=cursor.after or "",
        since=cursor.since,
        deleted=int(cursor.include_deleted),
        limit=limit or cursor.limit + 1,
    )
    return [node_of(row) for row in rows]
