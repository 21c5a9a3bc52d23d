"""Files that go to Dropbox by upload sessions: their data in any number of calls, then one commit for many of them.

The data calls may run side by side; commits must not, which their caller sees to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dropbox import exceptions, files

from clients import dropbox_failures
from clients.dropbox import Dropbox, Metadata, Source, as_sent, commit_info, metadata_of
from clients.dropbox_line import Line
from clients.file_range import FileRange
from rules.failures import DropboxFailure, Failure, FailureKind
from rules.upload_sessions import UploadSession

MOST_ENTRIES = 200
"""Files in one commit. Dropbox takes a thousand; the namespace is locked meanwhile, so that fewer are kinder."""


class SessionLost(DropboxFailure):
    """Dropbox knows nothing of this session, or something else than we do: its data must be sent anew."""


class SessionMoved(Exception):
    """The session holds more or less than we thought: an earlier answer was lost. `offset`: what it holds."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the session holds {offset} bytes")
        self.offset = offset


@dataclass(frozen=True)
class Entry:
    """A file whose data lies in a closed session, and where it is to be."""

    session: UploadSession
    source: Source
    path: str
    taken_at: int


Answer = Metadata | DropboxFailure


def start(dropbox: Dropbox, data: FileRange, *, close: bool, now: int, line: Line) -> UploadSession:
    """Open a session with the first data of a file; with `close` it holds the whole file."""
    answer = dropbox.ask(
        line, lambda sdk: sdk.files_upload_session_start(data, close=close, content_hash=data.content_hash)
    )
    return UploadSession(str(answer.session_id), data.length, now)


def append(dropbox: Dropbox, session: UploadSession, data: FileRange, *, close: bool, line: Line) -> UploadSession:
    """Send the next data of a file. Raises SessionMoved or SessionLost where the session is not as we left it."""
    cursor = files.UploadSessionCursor(session_id=session.id, offset=session.offset)
    try:
        dropbox.ask(
            line,
            lambda sdk: sdk.files_upload_session_append_v2(data, cursor, close=close, content_hash=data.content_hash),
        )
    except DropboxFailure as failed:
        error = _of_route(failed)
        if isinstance(error, files.UploadSessionAppendError):
            if error.is_incorrect_offset():
                raise SessionMoved(error.get_incorrect_offset().correct_offset) from None
            # Closed by a call whose answer was lost. Whether it holds everything, the commit will say.
            if error.is_closed() and close:
                return UploadSession(session.id, session.offset + data.length, session.started_at)
            if error.is_not_found() or error.is_closed():
                raise SessionLost(failed.failure) from None
        raise
    return UploadSession(session.id, session.offset + data.length, session.started_at)


def commit(dropbox: Dropbox, entries: Sequence[Entry], *, line: Line) -> list[Answer]:
    """Make files of closed sessions, in one call; what became of each, in order.

    Raises DropboxFailure when the call failed as a whole, and then any of them may be there.
    """
    asked = [
        files.UploadSessionFinishArg(
            cursor=files.UploadSessionCursor(session_id=entry.session.id, offset=entry.session.offset),
            commit=files.CommitInfo(path=entry.path, **commit_info(entry.taken_at)),
        )
        for entry in entries
    ]
    answers = dropbox.ask(line, lambda sdk: _checked(sdk.files_upload_session_finish_batch_v2(asked), len(entries)))
    return [_answer(answer, entry, line) for answer, entry in zip(answers, entries, strict=True)]


def kept(failed: DropboxFailure, source: Source, now: int) -> UploadSession | None:
    """The closed session in which Dropbox kept the bytes of a files/upload whose commit it refused, if it said so."""
    error = _of_route(failed)
    if isinstance(error, files.UploadError) and error.is_path() and error.get_path().upload_session_id:
        return UploadSession(str(error.get_path().upload_session_id), source.size, now)
    return None


def _checked(result: Any, count: int) -> list[Any]:
    """The answers, if there are as many as were asked for: anything else is an odd answer to the whole call."""
    if len(result.entries) != count:
        raise ValueError("a batch was answered with another number of entries")
    return list(result.entries)


def _answer(answer: Any, entry: Entry, line: Line) -> Answer:
    try:
        if answer.is_success():
            return as_sent(metadata_of(answer.get_success()), entry.source)
    except DropboxFailure as odd:
        return odd
    if not answer.is_failure():
        return DropboxFailure(Failure(FailureKind.UNAVAILABLE, "neither success nor failure", outcome_known=False))
    return _refusal(answer.get_failure(), line)


def _refusal(error: Any, line: Line) -> DropboxFailure:
    """What one entry's error means. A session that is not there may have been committed by a call whose answer was
    lost, so that the next try looks first."""
    failure = dropbox_failures.of_union(error, line)
    if error.is_lookup_failed() or error.is_content_hash_mismatch():
        lost = FailureKind.UNAVAILABLE if error.is_lookup_failed() else failure.kind
        return SessionLost(Failure(lost, failure.detail, request_id=failure.request_id, outcome_known=False))
    return DropboxFailure(failure)


def _of_route(failed: DropboxFailure) -> Any:
    """The route's own error, if Dropbox refused with one."""
    cause = failed.__cause__
    return cause.error if isinstance(cause, exceptions.ApiError) else None
