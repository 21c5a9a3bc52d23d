"""What of an export lies at Dropbox in an upload session: recorded as it grows, so that any interruption costs little.

A session is of one Dropbox account: one that was begun under an earlier epoch of the connection is not used again.
"""

from rules.upload_sessions import UploadSession
from store.connect import Db

KEPT = """
    upload_session = :session, upload_offset = :offset, upload_session_at = :session_at,
    upload_session_epoch = connection_epoch
"""
"""What an ending sets, with `values`."""


def values(session: UploadSession | None) -> dict[str, object]:
    """The parameters of KEPT; None forgets whatever was recorded."""
    if session is None:
        return {"session": None, "offset": 0, "session_at": None}
    return {"session": session.id, "offset": session.offset, "session_at": session.started_at}


def of_row(row: dict[str, object]) -> UploadSession | None:
    """What an exports row says of it."""
    if row["upload_session"] is None or row["upload_session_epoch"] != row["connection_epoch"]:
        return None
    return UploadSession(str(row["upload_session"]), int(str(row["upload_offset"])), int(str(row["upload_session_at"])))


def grown(db: Db, export_id: str, claim: str, session: UploadSession | None, *, now: int) -> bool:
    """Record how far a large file has come. False when the claim is no longer that one: nothing more may be sent."""
    moved = db.conn.execute(
        f"update exports set {KEPT}, updated_at = :now where id = :id and state = 'uploading' and claim = :claim",  # noqa: S608 - made of our own texts
        {"id": export_id, "claim": claim, "now": now, **values(session)},
    )
    return moved.rowcount == 1
