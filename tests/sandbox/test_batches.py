"""Batches of folders, moves, copies, deletions and commits: each entry's own ending, jobs, and trouble with them."""

import time

import pytest
from dropbox import files

from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_faults import wait_until
from tests.sandbox.test_relocation import paths, tags_of
from tests.sandbox.test_upload_sessions import BLOCK, cursor, entry, error_of, start
from tests.sandbox.test_uploads import hash_of

OLD = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")


def finished(check, job: str, seconds: float = 10):
    """The status of a job when it is over."""
    limit = time.monotonic() + seconds
    while (status := check(job)).is_in_progress():
        assert time.monotonic() < limit, "the job does not end"
        time.sleep(0.01)
    return status.get_complete()


def ways(*pairs: tuple[str, str]) -> list[files.RelocationPath]:
    return [files.RelocationPath(from_path=there, to_path=here) for there, here in pairs]


def endings(result) -> list[str]:
    return ["ok" if one.is_success() else tags_of(one.get_failure()) for one in result.entries]


def test_a_small_batch_of_folders_is_made_at_once_and_each_path_counts_once(studio):
    made = studio.files_create_folder_batch(["/a/b", "/A/B", "/c", "/bad/", "/c"]).get_complete()
    assert endings(made) == ["ok", "ok", "path/malformed_path"]
    assert made.entries[0].get_success().metadata.path_display == "/a/b"
    assert paths(studio) == ["/a", "/a/b", "/c"]


def test_a_forced_or_large_batch_of_folders_is_a_job(studio):
    forced = studio.files_create_folder_batch(["/a"], force_async=True).get_async_job_id()
    assert endings(finished(studio.files_create_folder_batch_check, forced)) == ["ok"]
    large = studio.files_create_folder_batch([f"/{number}" for number in range(20)]).get_async_job_id()
    assert endings(finished(studio.files_create_folder_batch_check, large)) == ["ok"] * 20


def test_deleting_many_is_always_a_job_and_each_entry_ends_by_itself(studio):
    first = studio.files_upload(b"1", "/a")
    studio.files_upload(b"2", "/b/c")
    entries = [
        files.DeleteArg("/A", parent_rev=first.rev),
        files.DeleteArg("/nowhere"),
        files.DeleteArg("/b/c", parent_rev="123456789"),
        files.DeleteArg("/b"),
    ]
    done = finished(studio.files_delete_batch_check, studio.files_delete_batch(entries).get_async_job_id())
    assert endings(done) == ["ok", "path_lookup/not_found", "path_write/conflict/file", "ok"]
    assert done.entries[0].get_success().metadata == first
    assert paths(studio) == []


def test_a_batch_of_moves_tells_which_entry_failed_and_does_the_others(studio):
    for name in ("a", "b", "c"):
        studio.files_upload(name.encode(), f"/{name}")
    done = studio.files_move_batch_v2(ways(("/a", "/x/a"), ("/nowhere", "/y"), ("/b", "/c"))).get_complete()
    assert endings(done) == [
        "ok",
        "relocation_error/from_lookup/not_found",
        "relocation_error/to/conflict/file",
    ]
    assert done.entries[0].get_success().path_display == "/x/a"
    assert paths(studio) == ["/b", "/c", "/x", "/x/a"]


def test_a_large_batch_of_copies_is_a_job(studio):
    studio.files_upload(b"x", "/a")
    launched = studio.files_copy_batch_v2(ways(*(("/a", f"/copies/{number:02}") for number in range(25))))
    assert endings(finished(studio.files_copy_batch_check_v2, launched.get_async_job_id())) == ["ok"] * 25
    assert len(paths(studio, "/copies")) == 26


def test_entries_that_get_in_each_others_way_are_refused_alone(studio):
    for path in ("/a/1", "/b", "/c"):
        studio.files_upload(b"x", path)
    clash = "relocation_error/duplicated_or_nested_paths"
    moves = ways(("/a", "/m1"), ("/A/1", "/m2"), ("/b", "/m3"))
    assert endings(studio.files_move_batch_v2(moves).get_complete()) == [clash, clash, "ok"]
    copies = ways(("/c", "/d"), ("/c", "/D"), ("/c", "/e"), ("/c", "/f"), ("/c", "/f/g"))
    assert endings(studio.files_copy_batch_v2(copies).get_complete()) == [clash, clash, "ok", clash, clash]


def test_a_job_is_in_progress_until_it_is_done_and_its_work_too(studio, sandbox):
    studio.files_upload(b"x", "/a")
    sandbox.behave(job_delay=1000)
    job = studio.files_delete_batch([files.DeleteArg("/a")]).get_async_job_id()
    assert studio.files_delete_batch_check(job).is_in_progress()
    assert paths(studio) == ["/a"]
    assert endings(finished(studio.files_delete_batch_check, job)) == ["ok"]
    assert paths(studio) == []
    assert endings(studio.files_delete_batch_check(job).get_complete()) == ["ok"]


def test_a_job_is_known_to_its_own_route_person_and_app_alone(studio, whole, sandbox):
    job = studio.files_delete_batch([]).get_async_job_id()
    finished(studio.files_delete_batch_check, job)
    with sandbox.client("agency@example.com") as agency:
        for check in (
            studio.files_move_batch_check_v2,
            studio.files_upload_session_finish_batch_check,
            whole.files_delete_batch_check,
            agency.files_delete_batch_check,
        ):
            assert error_of(check, job).is_invalid_async_job_id()
    assert error_of(studio.files_delete_batch_check, "made-up").is_invalid_async_job_id()


def test_a_namespace_that_is_being_written_to_fails_every_entry(studio, sandbox):
    studio.files_upload(b"x", "/a")
    # Longer than any test: the next one's fresh sandbox ends it.
    sandbox.behave(write_lock=True, commit_hold=60_000)
    job = studio.files_delete_batch([files.DeleteArg("/a")]).get_async_job_id()
    wait_until(lambda: not sandbox.files(STUDIO))
    busy = studio.files_move_batch_v2(ways(("/a", "/c"), ("/b", "/d"))).get_complete()
    assert endings(busy) == ["too_many_write_operations"] * 2
    made = studio.files_create_folder_batch(["/e"]).get_complete()
    assert endings(made) == ["path/too_many_write_operations"]
    assert studio.files_delete_batch_check(job).is_in_progress()


@pytest.mark.parametrize(
    ("route", "error"),
    [
        ("files/delete_batch", "path_write/insufficient_space"),
        ("files/move_batch_v2", "relocation_error/internal_error"),
        ("files/create_folder_batch", "path/no_write_permission"),
    ],
)
def test_a_fault_fails_chosen_entries_of_any_batch(studio, sandbox, route, error):
    for name in ("a", "b"):
        studio.files_upload(b"x", f"/{name}")
    sandbox.fault("entry_error", route=route, entries=[1], error=error)
    if route == "files/delete_batch":
        job = studio.files_delete_batch([files.DeleteArg("/a"), files.DeleteArg("/b")]).get_async_job_id()
        done = finished(studio.files_delete_batch_check, job)
    elif route == "files/move_batch_v2":
        done = studio.files_move_batch_v2(ways(("/a", "/x"), ("/b", "/y"))).get_complete()
    else:
        done = studio.files_create_folder_batch(["/x", "/y"]).get_complete()
    assert endings(done) == ["ok", error]


@OLD
def test_the_old_finish_batch_is_a_job(studio):
    sessions = [start(studio, bytes([number]) * 3, close=True) for number in range(3)]
    entries = [entry(one, 3, f"/{number}") for number, one in enumerate(sessions)] + [entry("made-up", 0, "/x")]
    job = studio.files_upload_session_finish_batch(entries).get_async_job_id()
    done = finished(studio.files_upload_session_finish_batch_check, job)
    assert endings(done) == ["ok", "ok", "ok", "lookup_failed/not_found"]
    assert paths(studio) == ["/0", "/1", "/2"]


def test_many_sessions_start_and_take_their_data_in_one_call_each(studio):
    ids = studio.files_upload_session_start_batch(3).session_ids
    assert len(set(ids)) == 3
    pieces = [
        files.UploadSessionAppendBatchArgEntry(cursor(ids[0], 0), 3, close=True),
        files.UploadSessionAppendBatchArgEntry(cursor(ids[1], 7), 2, close=True),
        files.UploadSessionAppendBatchArgEntry(cursor(ids[2], 0), 0, close=True),
        files.UploadSessionAppendBatchArgEntry(cursor("made-up", 0), 4),
    ]
    result = studio.files_upload_session_append_batch(b"aaabbcccc", pieces)
    assert [one._tag for one in result.entries] == ["success", "failure", "success", "failure"]
    assert result.entries[1].get_failure().get_incorrect_offset().correct_offset == 0
    assert result.entries[3].get_failure().is_not_found()
    done = studio.files_upload_session_finish_batch_v2([entry(ids[0], 3, "/a"), entry(ids[2], 0, "/empty")])
    assert [one.get_success().size for one in done.entries] == [3, 0]
    assert studio.files_download("/a")[1].content == b"aaa"


def test_a_batch_of_data_must_be_as_long_as_its_entries_say_and_what_its_hash_says(studio):
    (session,) = studio.files_upload_session_start_batch(1).session_ids
    part = [files.UploadSessionAppendBatchArgEntry(cursor(session, 0), 3)]
    append = studio.files_upload_session_append_batch
    assert error_of(append, b"four", part).is_length_mismatch()
    assert error_of(append, b"abc", part, content_hash="0" * 64).is_content_hash_mismatch()
    assert append(b"abc", part, content_hash=hash_of(b"abc")).entries[0].is_success()


def test_concurrent_sessions_take_batches_too(studio):
    kind = files.UploadSessionType.concurrent
    (session,) = studio.files_upload_session_start_batch(1, session_type=kind).session_ids
    part = files.UploadSessionAppendBatchArgEntry
    data = b"a" * BLOCK + b"tail"
    wrong = studio.files_upload_session_append_batch(b"abc", [part(cursor(session, 0), 3)]).entries[0].get_failure()
    assert wrong.is_concurrent_session_invalid_data_size()
    parts = [part(cursor(session, BLOCK), 4, close=True), part(cursor(session, 0), BLOCK)]
    both = studio.files_upload_session_append_batch(data[BLOCK:] + data[:BLOCK], parts)
    assert [one.is_success() for one in both.entries] == [True, True]
    made = studio.files_upload_session_finish(b"", cursor(session, len(data)), files.CommitInfo(path="/a"))
    assert made.content_hash == hash_of(data)


@OLD
def test_the_first_version_of_append_takes_a_bare_cursor(studio):
    session = start(studio, b"ab")
    studio.files_upload_session_append(b"cd", session, 2)
    assert studio.files_upload_session_finish(b"", cursor(session, 4), files.CommitInfo(path="/a")).size == 4


@OLD
def test_a_session_is_committed_once_however_many_ask(studio, sandbox):
    session = start(studio, b"a" * BLOCK)
    studio.files_upload_session_append_v2(b"b" * BLOCK, cursor(session, BLOCK), close=True)
    entries = [entry(session, 2 * BLOCK, f"/{number}") for number in range(2)]
    jobs = [studio.files_upload_session_finish_batch([one]).get_async_job_id() for one in entries]
    done = [finished(studio.files_upload_session_finish_batch_check, job) for job in jobs]
    assert sorted(one.entries[0].is_success() for one in done) == [False, True]
    assert len(sandbox.files(STUDIO)) == 1


def test_the_history_names_every_path_of_a_batch(studio, sandbox):
    studio.files_move_batch_v2(ways(("/a", "/b"), ("/c", "/d")))
    studio.files_create_folder_batch(["/e", "/f"])
    moved, made = sandbox.history("files/*_batch*")
    assert (moved["path"], moved["paths"], made["paths"]) == ("/a", ["/a", "/b", "/c", "/d"], ["/e", "/f"])
