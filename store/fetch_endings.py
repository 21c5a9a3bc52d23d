"""How a try to fetch an artifact ended: its file is ours, or it is tried again, or it is given up.

Every ending is fenced by the claim, as those of exports are.
"""

from rules.states import ArtifactState, FetchState
from store import jobs
from store.artifacts import Arrived
from store.connect import Db, rows
from store.fetches import Claimed


def arrived(db: Db, claimed: Claimed, file: Arrived, *, now: int) -> bool:
    """The file lies in the media folder: its artifact is ready, and its export enqueued in the same transaction.

    False when the claim is gone or the result was deleted meanwhile: then nothing refers to the file.
    """
    if not _end(db, claimed, FetchState.DONE, now=now, error=""):
        return False
    deleted = rows(db, "select 1 as one from results where id = :id and deleted_at is not null", id=claimed.result_id)
    if deleted:
        _fail_artifact(db, claimed)
        return False
    db.conn.execute(
        """
        update artifacts set state = :ready, media_type = :media_type, extension = :extension, size = :size,
            sha256 = :sha256, content_hash = :content_hash, media_key = :media_key
        where id = :id and state = :fetching
        """,
        {
            "ready": ArtifactState.READY,
            "fetching": ArtifactState.FETCHING,
            "id": claimed.artifact_row_id,
            "media_type": file.media_type,
            "extension": file.extension,
            "size": file.stored.size,
            "sha256": file.stored.sha256,
            "content_hash": file.stored.content_hash,
            "media_key": file.stored.key,
        },
    )
    jobs.enqueue_exports(db, claimed.result_id, now=now)
    return True


def failed(db: Db, claimed: Claimed, *, now: int, error: str) -> bool:
    """No more tries. `error` is for us, and holds neither the address nor what came from it."""
    ended = _end(db, claimed, FetchState.FAILED, now=now, error=error)
    if ended:
        _fail_artifact(db, claimed)
    return ended


def put_off(db: Db, claimed: Claimed, *, now: int, due_at: int, error: str, spent: bool = True) -> bool:
    """The try failed, or was given back (`spent` False); the next one is at `due_at` (milliseconds UTC)."""
    moved = db.conn.execute(
        """
        update fetches set state = 'waiting', claim = null, attempts = attempts + :spent, due_at = :due_at,
            last_error = :error, updated_at = :now
        where artifact_row_id = :id and state = 'fetching' and claim = :claim
        """,
        {
            "id": claimed.artifact_row_id,
            "claim": claimed.claim,
            "spent": int(spent),
            "due_at": due_at,
            "error": error,
            "now": now,
        },
    )
    return moved.rowcount == 1


def recover(db: Db, *, now: int) -> int:
    """At start: whatever a crash left claimed waits again, the try not spent. How many."""
    moved = db.conn.execute(
        "update fetches set state = 'waiting', claim = null, updated_at = :now where state = 'fetching'", {"now": now}
    )
    return moved.rowcount


def _end(db: Db, claimed: Claimed, state: FetchState, *, now: int, error: str) -> bool:
    moved = db.conn.execute(
        """
        update fetches set state = :state, claim = null, url = null, attempts = attempts + 1, last_error = :error,
            updated_at = :now, finished_at = :now
        where artifact_row_id = :id and state = 'fetching' and claim = :claim
        """,
        {"state": state, "id": claimed.artifact_row_id, "claim": claimed.claim, "error": error, "now": now},
    )
    return moved.rowcount == 1


def _fail_artifact(db: Db, claimed: Claimed) -> None:
    db.conn.execute(
        "update artifacts set state = :failed where id = :id and state = :fetching",
        {"failed": ArtifactState.FAILED, "fetching": ArtifactState.FETCHING, "id": claimed.artifact_row_id},
    )
