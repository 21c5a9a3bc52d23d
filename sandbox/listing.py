"""list_folder: pages of a folder and, from then on, what changed. A cursor holds all that is needed to go on."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, replace

from sandbox.callers import Caller
from sandbox.database import Database
from sandbox.refusals import Refusal
from sandbox.tree import Node, node_of
from sandbox.wire import BadCall

DEFAULT_LIMIT = 500


@dataclass(frozen=True)
class Cursor:
    """Where a listing stands. `folder` is lower-cased and absolute; `root` is where the app's own root lies.

    While `after` is set the folder is being listed, by path, from there; then the changes after number `since`
    follow. What changed during the listing is told again by them, so a client that applies both misses nothing.
    """

    account_id: str
    epoch: int
    root: str
    folder: str
    recursive: bool
    include_deleted: bool
    limit: int
    since: int
    after: str | None = ""


def _key(db: Database) -> bytes:
    key = db.setting("cursor_key")
    if key is None:
        key = secrets.token_hex(32)
        db.set_setting("cursor_key", key)
    return bytes.fromhex(key)


def write_cursor(db: Database, cursor: Cursor) -> str:
    """A cursor as the text that clients keep; signed, so that only ours come back."""
    payload = json.dumps(asdict(cursor), separators=(",", ":")).encode()
    signature = hmac.digest(_key(db), payload, hashlib.sha256)[:16]
    return "AA" + base64.urlsafe_b64encode(signature + payload).decode()


def read_cursor(db: Database, caller: Caller, text: str) -> Cursor:
    """The cursor behind a text; BadCall for one that is none of ours, Refusal `reset` for one made invalid."""
    try:
        raw = base64.urlsafe_b64decode(text[2:].encode("ascii"))
    except ValueError:
        raw = b""
    payload = raw[16:]
    if not payload or not hmac.compare_digest(hmac.digest(_key(db), payload, hashlib.sha256)[:16], raw[:16]):
        raise BadCall('request body: cursor: Invalid "cursor" parameter')
    cursor = Cursor(**json.loads(payload))
    if cursor.account_id != caller.account_id or cursor.root != caller.root:
        raise BadCall('request body: cursor: Invalid "cursor" parameter: it belongs to another user or app')
    if cursor.epoch != caller.person.cursor_epoch:
        raise Refusal("reset")
    return cursor


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
        itself = "" if cursor.folder == cursor.root.lower() else " OR lower = :folder"
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
