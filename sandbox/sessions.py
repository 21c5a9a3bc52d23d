"""Upload sessions: the pieces of a file that arrive in several calls, until they are committed or seven days pass."""

import secrets
from dataclasses import dataclass
from sqlite3 import Row

from sandbox.blobs import HASH_BLOCK, Piece
from sandbox.callers import Caller
from sandbox.database import Database
from sandbox.refusals import Refusal

LIFETIME_MS = 7 * 24 * 3600 * 1000
MAX_FILE = 2**41 - 2**22


@dataclass(frozen=True)
class Session:
    """An upload session; `length` is how many bytes it holds (a concurrent one: where its farthest piece ends)."""

    id: str
    account_id: str
    app_key: str
    kind: str
    closed: bool
    length: int
    made: int

    @property
    def concurrent(self) -> bool:
        return self.kind == "concurrent"


def _session(row: Row) -> Session:
    return Session(**{**dict(row), "closed": bool(row["closed"])})


def start(db: Database, caller: Caller, kind: str, piece: Piece, now: int, *, close: bool) -> str:
    """A new session with its first piece; its id."""
    if kind == "concurrent" and (piece.size or close):
        raise Refusal(f"concurrent_session_{'data' if piece.size else 'close'}_not_allowed")
    session_id = "pid_upload_session:" + secrets.token_urlsafe(40)
    with db.transaction():
        db.run(
            "INSERT INTO upload_sessions VALUES (:id, :account, :app, :kind, :closed, 0, :now)",
            id=session_id,
            account=caller.account_id,
            app=caller.app.key,
            kind=kind,
            closed=int(close),
            now=now,
        )
        _add(db, session_id, 0, piece)
    return session_id


def find(db: Database, caller: Caller, session_id: str, now: int) -> Session:
    """A session of this person and app that has not expired; Refusal `not_found` otherwise."""
    row = db.one(
        "SELECT * FROM upload_sessions WHERE id = :id AND account_id = :account AND app_key = :app AND made > :oldest",
        id=session_id,
        account=caller.account_id,
        app=caller.app.key,
        oldest=now - LIFETIME_MS,
    )
    if row is None:
        raise Refusal("not_found")
    return _session(row)


def check_offset(session: Session, offset: int) -> None:
    """Refuse any offset of a sequential session but its length."""
    if not session.concurrent and offset != session.length:
        raise Refusal("incorrect_offset", correct_offset=session.length)


def append(db: Database, session: Session, offset: int, piece: Piece, *, close: bool) -> None:
    """Take one more piece; raises Refusal with a tag of UploadSessionAppendError and then takes nothing."""
    if session.concurrent:
        if session.closed and offset + piece.size > session.length:
            raise Refusal("closed")
        if offset % HASH_BLOCK:
            raise Refusal("concurrent_session_invalid_offset")
        if piece.size % HASH_BLOCK and not close:
            raise Refusal("concurrent_session_invalid_data_size")
    elif session.closed:
        raise Refusal("closed")
    check_offset(session, offset)
    if offset + piece.size > MAX_FILE:
        raise Refusal("too_large")
    with db.transaction():
        _add(db, session.id, offset, piece)
        if close:
            db.run("UPDATE upload_sessions SET closed = 1 WHERE id = :id", id=session.id)


def _add(db: Database, session_id: str, offset: int, piece: Piece) -> None:
    if piece.size == 0:
        return
    db.run(
        "INSERT OR REPLACE INTO pieces VALUES (:session, :start, :size, :hash, :spool)",
        session=session_id,
        start=offset,
        size=piece.size,
        hash=piece.content_hash,
        spool=piece.spool,
    )
    db.run(
        "UPDATE upload_sessions SET length = max(length, :end) WHERE id = :id", end=offset + piece.size, id=session_id
    )


def pieces_for_commit(db: Database, session: Session, offset: int, *, must_be_closed: bool) -> list[Piece]:
    """The pieces that make up the file, in order; Refusal with a tag of UploadSessionFinishError when not complete."""
    if session.concurrent and not session.closed:
        raise Refusal("concurrent_session_not_closed")
    if must_be_closed and not session.closed:
        raise Refusal("lookup_failed/not_closed")
    if offset != session.length:
        raise Refusal("lookup_failed/incorrect_offset", correct_offset=session.length)
    rows = db.all("SELECT * FROM pieces WHERE session_id = :id ORDER BY start", id=session.id)
    end = 0
    for row in rows:
        if row["start"] != end:
            raise Refusal("concurrent_session_missing_data")
        end += row["size"]
    return [Piece(row["spool"], row["size"], row["content_hash"]) for row in rows]


def remove(db: Database, session: Session) -> None:
    """Forget a session that was committed."""
    db.run("DELETE FROM upload_sessions WHERE id = :id", id=session.id)


def live_spool_names(db: Database, now: int) -> set[str]:
    """Remove sessions that have expired; the spool files of all others."""
    db.run("DELETE FROM upload_sessions WHERE made <= :oldest", oldest=now - LIFETIME_MS)
    return {row["spool"] for row in db.all("SELECT spool FROM pieces")}
