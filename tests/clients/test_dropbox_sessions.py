"""Upload sessions through the official SDK against the sandbox: data, commits of many, what each refusal means."""

import tracemalloc
from pathlib import Path

import pytest

from clients.dropbox import Dropbox, Metadata, Source
from clients.dropbox_line import Line
from clients.dropbox_sessions import Entry, SessionLost, SessionMoved, append, commit, kept, start
from clients.file_range import FileRange
from rules.failures import DropboxFailure, FailureKind
from rules.upload_sessions import UploadSession
from tests.cast import STUDIO
from tests.clients.sending import DATA, MIB, PATH, TAKEN_AT, WHOLE_PATH, hash_of, now_ms, refused, source
from tests.sandbox_server import SandboxServer


def stretch(data: bytes, begin: int, length: int) -> FileRange:
    return FileRange.measured(source(data).opens, begin, length)


def closed(studio: Dropbox, data: bytes = DATA) -> UploadSession:
    return start(studio, stretch(data, 0, len(data)), close=True, now=now_ms(), line=Line())


def entry(session: UploadSession, path: str = PATH, data: bytes = DATA) -> Entry:
    return Entry(session, source(data), path, TAKEN_AT)


def test_many_files_become_files_in_one_call_each_with_its_own_answer(studio: Dropbox, sandbox: SandboxServer):
    datas = [DATA, b"another", b"a third"]
    entries = [entry(closed(studio, data), f"/Gala/{n}.jpg", data) for n, data in enumerate(datas)]
    answers = commit(studio, entries, line=Line())
    assert [isinstance(answer, Metadata) and answer.content_hash for answer in answers] == [*map(hash_of, datas)]
    assert len(sandbox.history("files/upload_session/finish_batch_v2")) == 1
    assert {node["content_hash"] for node in sandbox.files(STUDIO).values()} == {*map(hash_of, datas)}


def test_one_refused_entry_leaves_the_others_alone(studio: Dropbox, sandbox: SandboxServer):
    with sandbox.client(STUDIO) as client:
        client.files_upload(b"in the way", "/Gala")
    good, bad, gone = commit(
        studio,
        [
            entry(closed(studio), "/Elsewhere/a.jpg"),
            entry(closed(studio)),
            entry(UploadSession("pid_upload_session:x" + "y" * 60, len(DATA), 0), "/b.jpg"),
        ],
        line=Line(),
    )
    assert isinstance(good, Metadata)
    assert isinstance(bad, DropboxFailure) and not isinstance(bad, SessionLost)
    assert (bad.failure.kind, bad.failure.outcome_known) == (FailureKind.BAD_NAME, True)
    assert isinstance(gone, SessionLost)
    assert (gone.failure.kind, gone.failure.outcome_known) == (FailureKind.UNAVAILABLE, False)


def test_a_session_that_holds_other_bytes_is_a_mismatch(studio: Dropbox):
    [answer] = commit(studio, [Entry(closed(studio, b"x" * len(DATA)), source(DATA), PATH, TAKEN_AT)], line=Line())
    assert isinstance(answer, DropboxFailure)
    assert answer.failure.kind is FailureKind.HASH_MISMATCH


def test_a_whole_commit_that_is_refused_is_one_failure(studio: Dropbox, sandbox: SandboxServer):
    entries = [entry(closed(studio))]
    sandbox.fault("rate_limit", route="files/upload_session/finish_batch_v2", retry_after=7, times=1)
    failure = refused(lambda: commit(studio, entries, line=Line()))
    assert (failure.kind, failure.retry_after) == (FailureKind.RATE_LIMITED, 7)
    [answer] = commit(studio, entries, line=Line())
    assert isinstance(answer, Metadata)


def test_a_large_file_goes_in_chunks_with_memory_flat(studio: Dropbox, sandbox: SandboxServer, tmp_path: Path):
    path, size = tmp_path / "video", 40 * MIB + 5
    with path.open("wb") as file:
        for number in range(40):
            file.write(bytes([number]) * MIB)
        file.write(b"ended")

    def opens(begin: int, length: int):
        file = path.open("rb")
        file.seek(begin)
        return file

    whole = Source(opens, size, FileRange.measured(opens, 0, size).content_hash)
    tracemalloc.start()
    session = start(studio, FileRange.measured(opens, 0, 16 * MIB), close=False, now=1, line=Line())
    session = append(studio, session, FileRange.measured(opens, 16 * MIB, 16 * MIB), close=False, line=Line())
    rest = size - session.offset
    session = append(studio, session, FileRange.measured(opens, session.offset, rest), close=True, line=Line())
    [made] = commit(studio, [Entry(session, whole, "/video.mp4", TAKEN_AT)], line=Line())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(made, Metadata)
    assert made.content_hash == sandbox.files(STUDIO)["/Apps/Clementine/video.mp4"]["content_hash"]
    assert (session.offset, session.started_at) == (size, 1)
    assert peak < 4 * MIB


def test_an_append_whose_answer_was_lost_is_told_where_to_go_on(studio: Dropbox, sandbox: SandboxServer):
    session = start(studio, stretch(DATA, 0, 10), close=False, now=1, line=Line())
    sandbox.fault("drop", route="files/upload_session/append_v2", when="after", times=1)
    chunk = stretch(DATA, 10, 100)
    assert refused(lambda: append(studio, session, chunk, close=False, line=Line())).kind is FailureKind.UNAVAILABLE
    with pytest.raises(SessionMoved) as moved:
        append(studio, session, chunk, close=False, line=Line())
    assert moved.value.offset == 110


def test_a_closing_append_whose_answer_was_lost_counts_as_done(studio: Dropbox, sandbox: SandboxServer):
    session = start(studio, stretch(DATA, 0, 10), close=False, now=1, line=Line())
    rest = stretch(DATA, 10, len(DATA) - 10)
    sandbox.fault("drop", route="files/upload_session/append_v2", when="after", times=1)
    refused(lambda: append(studio, session, rest, close=True, line=Line()))
    whole = append(studio, session, rest, close=True, line=Line())
    [made] = commit(studio, [entry(whole)], line=Line())
    assert isinstance(made, Metadata)


def test_a_session_that_dropbox_forgot_is_lost(studio: Dropbox, sandbox: SandboxServer):
    session = start(studio, stretch(DATA, 0, 10), close=False, now=1, line=Line())
    sandbox.move_clock(7 * 24 * 3600 + 1)
    with pytest.raises(SessionLost):
        append(studio, session, stretch(DATA, 10, 10), close=False, line=Line())


def test_the_bytes_of_a_refused_upload_are_kept_in_a_session(studio: Dropbox, sandbox: SandboxServer):
    with sandbox.client(STUDIO) as client:
        client.files_upload(b"in the way", "/Gala")
    with pytest.raises(DropboxFailure) as raised:
        studio.upload(source(DATA), PATH, taken_at=TAKEN_AT, line=Line())
    session = kept(raised.value, source(DATA), 5)
    assert session is not None and (session.offset, session.started_at) == (len(DATA), 5)
    [made] = commit(studio, [entry(session, "/Elsewhere.jpg")], line=Line())
    assert isinstance(made, Metadata)
    assert WHOLE_PATH not in sandbox.files(STUDIO)


def test_a_refusal_without_a_route_error_keeps_nothing(studio: Dropbox, sandbox: SandboxServer):
    sandbox.fault("status", route="files/upload", status=503, times=1)
    with pytest.raises(DropboxFailure) as raised:
        studio.upload(source(DATA), PATH, taken_at=TAKEN_AT, line=Line())
    assert kept(raised.value, source(DATA), 5) is None


def test_changed_bytes_never_get_into_a_session(studio: Dropbox, sandbox: SandboxServer):
    changed = FileRange.known(source(b"x" * len(DATA)).opens, 0, len(DATA), hash_of(DATA))
    failure = refused(lambda: start(studio, changed, close=True, now=1, line=Line()))
    assert failure.kind is FailureKind.SOURCE_MISSING
