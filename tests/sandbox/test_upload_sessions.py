"""Upload sessions: sequential and concurrent, their offsets, ends and errors, and committing many at once."""

import pytest
from dropbox import files
from dropbox.exceptions import ApiError

from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_uploads import hash_of

BLOCK = 4 * 1024 * 1024
OVERWRITE = files.WriteMode.overwrite


def cursor(session: str, offset: int) -> files.UploadSessionCursor:
    return files.UploadSessionCursor(session_id=session, offset=offset)


def commit(path: str, **more) -> files.CommitInfo:
    return files.CommitInfo(path=path, **more)


def entry(session: str, offset: int, path: str, **more) -> files.UploadSessionFinishArg:
    return files.UploadSessionFinishArg(cursor=cursor(session, offset), commit=commit(path, **more))


def start(studio, data: bytes = b"", *, close: bool = False, kind=None) -> str:
    return str(studio.files_upload_session_start(data, close=close, session_type=kind).session_id)


def error_of(call, *given, **more):
    with pytest.raises(ApiError) as refused:
        call(*given, **more)
    return refused.value.error


def test_a_file_in_three_pieces_of_any_size_is_put_together(studio):
    data = bytes(range(256)) * 40_000
    session = start(studio, data[:5])
    studio.files_upload_session_append_v2(data[5 : BLOCK + 1], cursor(session, 5))
    made = studio.files_upload_session_finish(data[BLOCK + 1 :], cursor(session, BLOCK + 1), commit("/a.bin"))
    assert made.size == len(data)
    assert made.content_hash == hash_of(data)
    _, answer = studio.files_download("/a.bin")
    assert answer.content == data


def test_an_empty_file_comes_out_of_an_empty_session(studio):
    assert studio.files_upload_session_finish(b"", cursor(start(studio), 0), commit("/empty")).size == 0
    assert studio.files_download("/empty")[1].content == b""


def test_a_wrong_offset_says_the_right_one_and_takes_nothing(studio):
    session = start(studio, b"12345")
    error = error_of(studio.files_upload_session_append_v2, b"678", cursor(session, 3))
    assert error.get_incorrect_offset().correct_offset == 5
    error = error_of(studio.files_upload_session_finish, b"", cursor(session, 8), commit("/a"))
    assert error.get_lookup_failed().get_incorrect_offset().correct_offset == 5
    assert studio.files_upload_session_finish(b"678", cursor(session, 5), commit("/a")).size == 8


def test_a_closed_session_takes_no_more(studio):
    session = start(studio, b"1", close=True)
    assert error_of(studio.files_upload_session_append_v2, b"2", cursor(session, 1)).is_closed()
    session = start(studio, b"1")
    studio.files_upload_session_append_v2(b"", cursor(session, 1), close=True)
    assert error_of(studio.files_upload_session_append_v2, b"2", cursor(session, 1)).is_closed()
    assert studio.files_upload_session_finish(b"", cursor(session, 1), commit("/a")).size == 1


def test_unknown_foreign_and_expired_sessions_are_not_found(studio, sandbox):
    assert error_of(studio.files_upload_session_append_v2, b"2", cursor("made-up", 0)).is_not_found()
    with sandbox.client("agency@example.com") as agency:
        foreign = start(agency, b"1")
    assert error_of(studio.files_upload_session_append_v2, b"2", cursor(foreign, 1)).is_not_found()
    session = start(studio, b"1")
    sandbox.move_clock(7 * 24 * 3600 + 1)
    with sandbox.client(STUDIO) as later:
        error = error_of(later.files_upload_session_finish, b"", cursor(session, 1), commit("/a"))
    assert error.get_lookup_failed().is_not_found()


def test_a_committed_session_is_gone(studio):
    session = start(studio, b"1")
    studio.files_upload_session_finish(b"", cursor(session, 1), commit("/a"))
    error = error_of(studio.files_upload_session_finish, b"", cursor(session, 1), commit("/b"))
    assert error.get_lookup_failed().is_not_found()


def test_every_call_verifies_its_own_content_hash(studio):
    wrong = "0" * 64
    assert error_of(studio.files_upload_session_start, b"1", content_hash=wrong).is_content_hash_mismatch()
    session = start(studio, b"1")
    append = studio.files_upload_session_append_v2
    assert error_of(append, b"2", cursor(session, 1), content_hash=wrong).is_content_hash_mismatch()
    finish = studio.files_upload_session_finish
    error = error_of(finish, b"2", cursor(session, 1), commit("/a"), content_hash=wrong)
    assert error.is_content_hash_mismatch()
    assert finish(b"2", cursor(session, 1), commit("/a")).size == 2


def test_a_finish_that_is_refused_keeps_the_data_for_another_try(studio):
    studio.files_upload(b"x", "/taken")
    session = start(studio, b"12")
    error = error_of(studio.files_upload_session_finish, b"3", cursor(session, 2), commit("/taken"))
    assert error.get_path().get_conflict().is_file()
    assert studio.files_upload_session_finish(b"", cursor(session, 3), commit("/free")).size == 3


def test_concurrent_pieces_come_in_any_order(studio):
    kind = files.UploadSessionType.concurrent
    data = bytes([1]) * BLOCK + bytes([2]) * BLOCK + b"end"
    session = start(studio, kind=kind)
    append = studio.files_upload_session_append_v2
    append(data[2 * BLOCK :], cursor(session, 2 * BLOCK), close=True)
    append(data[:BLOCK], cursor(session, 0))
    error = error_of(studio.files_upload_session_finish, b"", cursor(session, len(data)), commit("/a"))
    assert error.is_concurrent_session_missing_data()
    append(data[BLOCK : 2 * BLOCK], cursor(session, BLOCK))
    made = studio.files_upload_session_finish(b"", cursor(session, len(data)), commit("/a"))
    assert made.content_hash == hash_of(data)


def test_concurrent_sessions_have_rules_of_their_own(studio):
    kind = files.UploadSessionType.concurrent
    begin = studio.files_upload_session_start
    assert error_of(begin, b"1", session_type=kind).is_concurrent_session_data_not_allowed()
    assert error_of(begin, b"", close=True, session_type=kind).is_concurrent_session_close_not_allowed()
    session = start(studio, kind=kind)
    append, finish = studio.files_upload_session_append_v2, studio.files_upload_session_finish
    assert error_of(append, b"1", cursor(session, 7)).is_concurrent_session_invalid_offset()
    assert error_of(append, b"1", cursor(session, 0)).is_concurrent_session_invalid_data_size()
    assert error_of(finish, b"", cursor(session, 0), commit("/a")).is_concurrent_session_not_closed()
    assert error_of(finish, b"1", cursor(session, 0), commit("/a")).is_concurrent_session_data_not_allowed()


def test_no_file_grows_beyond_two_tebibytes(studio):
    end = 2**41 - 2**22
    session = start(studio, kind=files.UploadSessionType.concurrent)
    error = error_of(studio.files_upload_session_append_v2, b"x", cursor(session, end), close=True)
    assert error.is_too_large()
    studio.files_upload_session_append_v2(b"x", cursor(session, end - BLOCK), close=True)


def test_a_batch_commits_each_entry_with_its_own_ending(studio, sandbox):
    studio.files_upload(b"x", "/taken")
    closed = [start(studio, bytes([number]) * 3, close=True) for number in range(5)]
    still_open = start(studio, b"abc")
    result = studio.files_upload_session_finish_batch_v2(
        [
            entry(closed[0], 3, "/Gala/0.jpg"),
            entry(still_open, 3, "/Gala/open.jpg"),
            entry(closed[1], 2, "/Gala/1.jpg"),
            entry(closed[2], 3, "/taken"),
            entry("made-up", 3, "/Gala/x.jpg"),
            entry(closed[3], 3, "/Gala/bad "),
            entry(closed[4], 3, "/Gala/4.jpg", mode=OVERWRITE),
        ]
    ).entries
    assert [one.is_success() for one in result] == [True, False, False, False, False, False, True]
    assert result[0].get_success().path_display == "/Gala/0.jpg"
    assert result[1].get_failure().get_lookup_failed().is_not_closed()
    assert result[2].get_failure().get_lookup_failed().get_incorrect_offset().correct_offset == 3
    assert result[3].get_failure().get_path().get_conflict().is_file()
    assert result[4].get_failure().get_lookup_failed().is_not_found()
    assert result[5].get_failure().get_path().is_malformed_path()
    assert set(sandbox.files(STUDIO)) == {f"/Apps/Clementine/{path}" for path in ("taken", "Gala/0.jpg", "Gala/4.jpg")}


def test_two_sessions_with_the_same_bytes_are_two_files(studio):
    sessions = [start(studio, b"same", close=True) for _ in range(2)]
    result = studio.files_upload_session_finish_batch_v2([entry(one, 4, f"/{one[-8:]}") for one in sessions])
    assert all(one.is_success() for one in result.entries)
    for one in sessions:
        assert studio.files_download(f"/{one[-8:]}")[1].content == b"same"
