"""Longpoll, and cursors of folders that go away."""

import threading
import time

import pytest
import requests
from dropbox import files
from dropbox.exceptions import ApiError

from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_upload_sessions import error_of


class Poll:
    """One longpoll under way in a thread of its own; `answer` waits for how it ends."""

    def __init__(self, sandbox, cursor: str, **arguments) -> None:
        self._url = f"{sandbox.url}/2/files/list_folder/longpoll"
        self._body = {"cursor": cursor, **arguments}
        self._answer: requests.Response | None = None
        before = len(sandbox.history("files/list_folder/longpoll"))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        while len(sandbox.history("files/list_folder/longpoll")) == before:
            time.sleep(0.005)

    def _run(self) -> None:
        self._answer = requests.post(self._url, json=self._body, timeout=20)

    @property
    def waits(self) -> bool:
        return self._thread.is_alive()

    def answer(self) -> requests.Response:
        self._thread.join(10)
        assert self._answer is not None, "the longpoll does not end"
        return self._answer


def test_a_change_ends_the_waiting(studio, sandbox):
    cursor = studio.files_list_folder("", recursive=True).cursor
    poll = Poll(sandbox, cursor)
    time.sleep(0.1)
    assert poll.waits
    studio.files_upload(b"x", "/a/b")
    assert poll.answer().json() == {"changes": True}
    assert [entry.name for entry in studio.files_list_folder_continue(cursor).entries] == ["a", "b"]


def test_what_is_waiting_already_is_told_at_once(studio):
    studio.files_upload(b"x", "/a")
    cursor = studio.files_list_folder("").cursor
    studio.files_upload(b"y", "/b")
    assert studio.files_list_folder_longpoll(cursor).changes
    unfinished = studio.files_list_folder("", limit=1).cursor
    assert studio.files_list_folder_longpoll(unfinished).changes


def test_the_time_is_over_by_the_sandboxs_clock_jitter_included(studio, sandbox):
    cursor = studio.files_list_folder_get_latest_cursor("").cursor
    sandbox.behave(longpoll_jitter=0, longpoll_backoff_seconds=7)
    poll = Poll(sandbox, cursor, timeout=40)
    sandbox.move_clock(30)
    time.sleep(0.1)
    assert poll.waits
    sandbox.move_clock(11)
    assert poll.answer().json() == {"changes": False, "backoff": 7}


def test_changes_elsewhere_and_of_others_do_not_end_the_waiting(studio, sandbox):
    studio.files_upload(b"x", "/here/a")
    cursor = studio.files_list_folder("/here").cursor
    poll = Poll(sandbox, cursor)
    studio.files_upload(b"x", "/elsewhere/a")
    studio.files_upload(b"x", "/here/below/a")
    with sandbox.client("agency@example.com") as agency:
        agency.files_upload(b"x", "/here/b")
    assert poll.answer().json() == {"changes": True}
    told = studio.files_list_folder_continue(cursor).entries
    assert [entry.path_display for entry in told] == ["/here/below"]


def test_a_reset_ends_the_waiting_too(studio, sandbox):
    cursor = studio.files_list_folder_get_latest_cursor("").cursor
    poll = Poll(sandbox, cursor)
    sandbox.control("POST", "cursors/reset", {"person": STUDIO})
    assert (poll.answer().status_code, poll.answer().json()["error"]) == (409, {".tag": "reset"})
    assert error_of(studio.files_list_folder_longpoll, cursor).is_reset()


def test_a_token_must_not_be_shown_and_the_cursor_must_be_ours(studio, sandbox):
    url = f"{sandbox.url}/2/files/list_folder/longpoll"
    cursor = studio.files_list_folder_get_latest_cursor("").cursor
    shown = requests.post(url, json={"cursor": cursor}, headers={"Authorization": "Bearer x"}, timeout=10)
    assert (shown.status_code, "Authorization" in shown.text) == (400, True)
    assert requests.post(url, json={"cursor": "AAmade-up"}, timeout=10).status_code == 400
    assert requests.post(url, json={"cursor": cursor, "timeout": 29}, timeout=10).status_code == 400
    assert requests.post(url, data="{", timeout=10).status_code == 400


def test_the_history_and_faults_know_whose_longpoll_it_is(studio, sandbox):
    cursor = studio.files_list_folder_get_latest_cursor("").cursor
    sandbox.fault("error", route="files/list_folder/longpoll", error="reset", person=STUDIO)
    assert error_of(studio.files_list_folder_longpoll, cursor).is_reset()
    (entry,) = sandbox.history("files/list_folder/longpoll", STUDIO)
    assert (entry["status"], entry["email"]) == (409, STUDIO)


def test_a_client_that_goes_away_leaves_nothing_behind(studio, sandbox):
    cursor = studio.files_list_folder_get_latest_cursor("").cursor
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(f"{sandbox.url}/2/files/list_folder/longpoll", json={"cursor": cursor}, timeout=0.2)
    limit = time.monotonic() + 5
    while sandbox.history("files/list_folder/longpoll")[0]["status"] is None:
        assert time.monotonic() < limit
    assert sandbox.history("files/list_folder/longpoll")[0]["status"] == 0


@pytest.mark.parametrize("recursive", [False, True])
def test_a_folder_that_is_gone_ends_its_cursors_and_its_return_revives_them(studio, recursive):
    studio.files_upload(b"x", "/folder/a")
    cursor = studio.files_list_folder("/folder", recursive=recursive).cursor
    studio.files_move_v2("/folder", "/other")
    assert studio.files_list_folder_longpoll(cursor).changes
    with pytest.raises(ApiError) as refused:
        studio.files_list_folder_continue(cursor)
    assert refused.value.error.get_path().is_not_found()
    studio.files_upload(b"y", "/folder/b")
    told = {entry.path_display: type(entry) for entry in studio.files_list_folder_continue(cursor).entries}
    assert (told["/folder/a"], told["/folder/b"]) == (files.DeletedMetadata, files.FileMetadata)


def test_deleted_entries_say_whether_they_can_be_restored_when_asked(studio):
    studio.files_upload(b"x", "/folder/a")
    cursor = studio.files_list_folder("", recursive=True, include_restorable_info=True).cursor
    plain = studio.files_list_folder("", recursive=True).cursor
    studio.files_delete_v2("/folder")
    told = {entry.name: entry.is_restorable for entry in studio.files_list_folder_continue(cursor).entries}
    assert told == {"folder": False, "a": True}
    assert {entry.is_restorable for entry in studio.files_list_folder_continue(plain).entries} == {None}
