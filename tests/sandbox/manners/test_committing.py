"""`two_commits`, `folder_first`, `autorename` and `unchanged`: what breaks them and what does not."""

import threading
import time

import pytest
import requests
from dropbox import files
from dropbox.exceptions import ApiError, InternalServerError

from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_faults import UPLOAD, wait_until
from tests.sandbox.test_upload_sessions import commit, cursor, entry, start

OVERWRITE = files.WriteMode.overwrite


def both(first, second) -> None:
    thread = threading.Thread(target=first)
    thread.start()
    time.sleep(0.2)
    second()
    thread.join(10)


def test_two_commits_at_once_are_complained_of(sandbox, studio, rules):
    sandbox.behave(commit_hold=600)
    with sandbox.client(STUDIO) as other:
        both(lambda: studio.files_upload(b"x", "/a"), lambda: other.files_create_folder_v2("/b"))
    (complaint,) = sandbox.control("GET", "complaints")
    assert complaint["rule"] == "two_commits"
    assert [one["route"] for one in complaint["requests"]] == [UPLOAD, "files/create_folder_v2"]


def test_commits_one_after_the_other_or_to_different_people_are_fine(sandbox, studio, rules):
    sandbox.behave(commit_hold=300)
    with sandbox.client("agency@example.com") as agency:
        both(lambda: studio.files_upload(b"x", "/a"), lambda: agency.files_upload(b"x", "/a"))
    studio.files_upload(b"y", "/b")
    assert rules() == []


def test_another_app_is_not_to_blame(sandbox, studio, whole, rules):
    sandbox.behave(commit_hold=500)
    both(lambda: studio.files_upload(b"x", "/a"), lambda: whole.files_upload(b"x", "/b"))
    assert rules() == []


def test_data_may_flow_while_something_is_committed(sandbox, studio, rules):
    sandbox.behave(commit_hold=500)
    with sandbox.client(STUDIO) as other:
        both(lambda: studio.files_upload(b"x", "/a"), lambda: start(other, b"data"))
    assert rules() == []


def test_a_commit_that_was_given_up_stands_in_nobodys_way(sandbox, studio, rules):
    token = sandbox.link(STUDIO)["access_token"]
    sandbox.behave(commit_hold=1000)
    with sandbox.sdk(token, timeout=0.3) as hasty, pytest.raises(requests.exceptions.ReadTimeout):
        hasty.files_upload(b"x", "/a")
    sandbox.behave(commit_hold=0)
    studio.files_upload(b"y", "/b")
    wait_until(lambda: all(seen["status"] is not None for seen in sandbox.history(UPLOAD)))
    assert rules() == []


def test_a_commit_that_was_cut_off_stands_in_nobodys_way(sandbox, studio, rules):
    sandbox.fault("hang", route=UPLOAD, seconds=0.6, times=1)
    with sandbox.client(STUDIO) as other:

        def cut_off() -> None:
            with pytest.raises(requests.exceptions.ConnectionError):
                other.files_upload(b"x", "/a")

        both(cut_off, lambda: studio.files_upload(b"y", "/b"))
    assert rules() == []


def test_a_folder_made_just_for_an_upload_is_complained_of(sandbox, studio, rules):
    studio.files_create_folder_v2("/Gala")
    studio.files_upload(b"x", "/gala/a.jpg")
    studio.files_upload(b"y", "/gala/b.jpg")
    assert rules() == ["folder_first"]


def test_a_folder_made_again_is_complained_of(sandbox, studio, rules):
    studio.files_create_folder_v2("/Gala")
    with pytest.raises(ApiError):
        studio.files_create_folder_v2("/Gala")
    assert rules() == ["folder_first"]


def test_a_folder_for_later_or_for_something_else_is_fine(sandbox, studio, rules):
    studio.files_create_folder_v2("/Gala")
    studio.files_upload(b"x", "/elsewhere/a.jpg")
    sandbox.move_clock(10)
    studio.files_upload(b"x", "/Gala/a.jpg")
    assert rules() == []


@pytest.mark.parametrize("fault", [{"kind": "drop", "when": "after"}, {"status": 503}, {"kind": "cut_answer"}])
def test_repeating_with_autorename_after_an_unknown_outcome_is_complained_of(sandbox, studio, rules, fault):
    sandbox.fault(route=UPLOAD, times=1, **fault)
    with pytest.raises((requests.exceptions.RequestException, InternalServerError)):
        studio.files_upload(b"x", "/a", autorename=True)
    studio.files_upload(b"x", "/a", autorename=True)
    assert rules() == ["autorename"]


def test_autorename_is_fine_at_first_and_after_a_known_answer(sandbox, studio, rules):
    studio.files_upload(b"x", "/a", autorename=True)
    studio.files_upload(b"y", "/a", autorename=True)
    with pytest.raises(ApiError):
        studio.files_upload(b"z", "/a")
    studio.files_upload(b"z", "/a", autorename=True)
    assert rules() == []


def test_autorename_in_a_batch_is_seen_entry_by_entry(sandbox, studio, rules):
    session = start(studio, b"abc", close=True)
    batch = [entry(session, 3, f"/{number}", autorename=number == 1) for number in range(2)]
    fault = sandbox.fault("status", route="files/upload_session/finish_batch_v2", times=1)
    with pytest.raises(InternalServerError):
        studio.files_upload_session_finish_batch_v2(batch)
    sandbox.clear_faults(fault)
    studio.files_upload_session_finish_batch_v2(batch)
    assert rules() == ["autorename"]


def test_sending_what_lies_there_already_is_complained_of(sandbox, studio, rules):
    studio.files_upload(b"same", "/a.txt")
    studio.files_upload(b"same", "/a.txt", mode=OVERWRITE)
    assert rules() == ["unchanged"]
    session = start(studio, b"same", close=True)
    studio.files_upload_session_finish(b"", cursor(session, 4), commit("/A.txt", mode=OVERWRITE))
    assert rules() == ["unchanged"] * 2


def test_sending_again_after_an_unknown_outcome_is_fine_once(sandbox, studio, rules):
    sandbox.fault("drop", route=UPLOAD, when="after", times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        studio.files_upload(b"same", "/a.txt", mode=OVERWRITE)
    studio.files_upload(b"same", "/a.txt", mode=OVERWRITE)
    assert rules() == []
    studio.files_upload(b"same", "/a.txt", mode=OVERWRITE)
    assert rules() == ["unchanged"]


def test_other_bytes_or_another_path_are_fine(sandbox, studio, rules):
    studio.files_upload(b"one", "/a.txt")
    studio.files_upload(b"two", "/a.txt", mode=OVERWRITE)
    studio.files_upload(b"two", "/b.txt")
    assert rules() == []
