"""How a claimed try ended: the export's new state, its row in the log, and what follows for connection and project.

Every ending is fenced by claim and epochs: a worker that has been overtaken by a stop writes nothing over it.
"""

import secrets

from rules.failures import Failure, FailureKind, sentence
from rules.retry import Decision, NeedsReauth, Pause, breaker
from rules.states import AttemptStatus, ExportState
from rules.upload_sessions import UploadSession
from store import claims, export_sessions, losses
from store.claims import Claimed
from store.connect import Db, rows
from store.losses import Loss

# The state of a try that is still ours. A new settings epoch that stops nothing (a folder is selected) is no obstacle.
_STILL_OURS = """
    id = :id and state = 'uploading' and claim = :claim
    and connection_epoch = (select c.epoch from connections c where c.id = exports.connection_id)
    and settings_epoch >= (select s.resume_epoch from export_settings s where s.project_id = exports.project_id)
"""
_EXPORTED = f"""
    update exports set state = 'exported', claim = null, claimed_at = null, attempts = attempts + 1, tries = tries + 1,
        busy_in_a_row = 0, check_first = 0, error_kind = null, error_message = null,
        upload_session = null, upload_offset = 0, upload_session_at = null,
        dropbox_file_id = :file_id, rev = :rev, finished_at = :now, updated_at = :now
    where {_STILL_OURS}
    returning id
"""  # noqa: S608 - made of our own texts
_FAILED = f"""
    update exports set state = :state, claim = null, claimed_at = null, attempts = attempts + :spent, tries = tries + 1,
        busy_in_a_row = case when :busy = 1 then busy_in_a_row + 1 else 0 end,
        hash_mismatches = hash_mismatches + :mismatch,
        check_first = case when :check_first = 1 then 1 else check_first end,
        {export_sessions.KEPT},
        due_at = coalesce(:due_at, due_at), error_kind = :kind, error_message = :message,
        finished_at = :finished_at, updated_at = :now
    where {_STILL_OURS}
    returning id
"""  # noqa: S608 - made of our own texts


def exported(db: Db, claimed: Claimed, *, file_id: str, rev: str, started_at: int, now: int) -> bool:
    """The file is in Dropbox, sent by this try or found there. False when a stop was faster."""
    ended = rows(db, _EXPORTED, id=claimed.id, claim=claimed.claim, file_id=file_id, rev=rev, now=now)
    if not ended:
        claims.give_back(db, claimed, now=now, check_first=True)
        return False
    _log(db, claimed, AttemptStatus.SUCCESS, None, started_at=started_at, now=now)
    db.conn.execute(
        """
        update connections set last_export_at = :now, failures_in_a_row = 0,
            pause_reason = case when paused_until > :now then pause_reason end,
            paused_at = case when paused_until > :now then paused_at end
        where id = :id
        """,
        {"id": claimed.connection_id, "now": now},
    )
    return True


def failed(
    db: Db,
    claimed: Claimed,
    failure: Failure,
    decision: Decision,
    *,
    loss: Loss,
    started_at: int,
    now: int,
    session: UploadSession | None = None,
    counts: bool = True,
) -> bool:
    """The try failed, and `decision` says what follows. False when a stop was faster.

    `session` is what lies at Dropbox for the next try. Of many exports that failed in one call, one `counts` towards
    the breaker.
    """
    waits = decision.next_state is ExportState.WAITING
    ended = rows(
        db,
        _FAILED,
        id=claimed.id,
        claim=claimed.claim,
        state=decision.next_state,
        spent=decision.attempt_spent,
        busy=failure.kind is FailureKind.BUSY,
        mismatch=failure.kind is FailureKind.HASH_MISMATCH,
        check_first=decision.check_first,
        due_at=decision.due_at,
        kind=failure.kind,
        message=_message(failure),
        finished_at=None if waits else now,
        now=now,
        **export_sessions.values(session if waits else None),
    )
    if not ended:
        claims.give_back(db, claimed, now=now, check_first=not failure.outcome_known, session=session)
        return False
    _log(db, claimed, AttemptStatus.FAILED, failure, started_at=started_at, now=now)
    in_a_row = _count(db, claimed.connection_id, failure.kind) if counts else 0
    _follow(db, claimed, failure, decision, loss=loss, in_a_row=in_a_row, now=now)
    return True


def _follow(
    db: Db, claimed: Claimed, failure: Failure, decision: Decision, *, loss: Loss, in_a_row: int, now: int
) -> None:
    """What the failure means for others than the export itself."""
    if failure.kind is FailureKind.UNAVAILABLE and (seconds := breaker(in_a_row)) is not None:
        _pause(db, claimed.connection_id, Pause(now + seconds * 1000, failure.kind), now=now)
    if isinstance(decision.connection, Pause):
        _pause(db, claimed.connection_id, decision.connection, now=now)
    if isinstance(decision.connection, NeedsReauth):
        losses.lose(db, claimed.connection_id, loss, now=now)
    if decision.project_pause:
        db.conn.execute(
            """
            update export_settings set paused_reason = :reason, paused_at = :now, updated_at = :now
            where project_id = :project and folder_path = :path and paused_reason is null
            """,
            {"project": claimed.project_id, "path": claimed.folder_path, "reason": failure.kind, "now": now},
        )


def _count(db: Db, connection_id: str, kind: FailureKind) -> int:
    """Failures in a row: `unavailable` ones count, a rate limit says nothing, any other answer shows that it works."""
    if kind in (FailureKind.RATE_LIMITED, FailureKind.SOURCE_MISSING):
        return 0
    counted = rows(
        db,
        """
        update connections set failures_in_a_row = case when :counts then failures_in_a_row + 1 else 0 end
        where id = :id returning failures_in_a_row
        """,
        id=connection_id,
        counts=kind is FailureKind.UNAVAILABLE,
    )
    return int(str(counted[0]["failures_in_a_row"]))


def _pause(db: Db, connection_id: str, pause: Pause, *, now: int) -> None:
    """Let the connection rest. A longer pause stays as it is; a pause that follows another at once began with it."""
    db.conn.execute(
        """
        update connections set
            paused_at = case when paused_until > :now and pause_reason = :reason then paused_at else :now end,
            paused_until = :until, pause_reason = :reason, updated_at = :now
        where id = :id and paused_until < :until
        """,
        {"id": connection_id, "until": pause.until, "reason": pause.reason, "now": now},
    )


def _log(
    db: Db, claimed: Claimed, status: AttemptStatus, failure: Failure | None, *, started_at: int, now: int
) -> None:
    """The try's row in the export log, its number being that of the tries so far."""
    db.conn.execute(
        """
        insert into attempts (id, export_id, project_id, job_id, session_id, n, status, destination_path,
            error_kind, error_message, request_id, started_at, finished_at, created_at)
        select :id, e.id, e.project_id, r.job_id, e.session_id, e.tries, :status, e.destination_path,
            :kind, :message, :request_id, :started_at, :now, :now
        from exports e join results r on r.id = e.result_id
        where e.id = :export
        """,
        {
            "id": secrets.token_urlsafe(12),
            "export": claimed.id,
            "status": status,
            "kind": failure and failure.kind,
            "message": failure and _message(failure),
            "request_id": failure and failure.request_id,
            "started_at": started_at,
            "now": now,
        },
    )


def _message(failure: Failure) -> str:
    said = sentence(failure.kind)
    return f"{said} ({failure.detail})" if failure.detail else said
