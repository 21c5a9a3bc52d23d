"""The limits that can be switched on: how long commits take, one at a time, and how many requests in a window."""

import threading
import time

import pytest
import requests
from dropbox.exceptions import RateLimitError

from sandbox.behaviour import Behaviour
from sandbox.limits import RequestWindows
from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_faults import wait_until
from tests.sandbox.test_upload_sessions import entry, start
from tests.sandbox.test_write_modes import reason
from tests.sandbox_server import SandboxServer

SECOND = 1000


def windows(limit: int, seconds: int) -> RequestWindows:
    return RequestWindows(Behaviour(request_limit=limit, request_window_seconds=seconds))


def test_as_many_requests_as_allowed_pass_and_the_next_is_told_how_long_to_wait():
    seen = windows(3, 10)
    assert [seen.take("a", "k", now) for now in (0, 1 * SECOND, 2 * SECOND)] == [None] * 3
    assert seen.take("a", "k", 2500) == 9


def test_whoever_waits_as_long_as_told_is_let_in():
    seen = windows(2, 10)
    seen.take("a", "k", 0)
    seen.take("a", "k", 0)
    wait = seen.take("a", "k", 1234)
    assert wait is not None
    assert seen.take("a", "k", 1234 + wait * SECOND) is None


def test_refused_requests_count_so_that_hammering_never_gets_in():
    seen = windows(2, 10)
    found = [seen.take("a", "k", number * SECOND) for number in range(60)]
    assert found[:2] == [None, None]
    assert None not in found[2:]


def test_a_limit_of_one_lets_one_in_per_window():
    seen = windows(1, 5)
    assert [seen.take("a", "k", now * SECOND) for now in (0, 5, 9, 14)] == [None, None, 5, None]


def test_each_person_and_app_has_a_window_of_its_own():
    seen = windows(1, 10)
    keys = [("a", "k"), ("b", "k"), ("a", "other")]
    assert [seen.take(*key, 0) for key in keys] == [None] * 3


def test_without_a_limit_nothing_is_refused_or_remembered():
    seen = windows(1, 10)
    seen.take("a", "k", 0)
    unlimited = RequestWindows(Behaviour())
    assert all(unlimited.take("a", "k", 0) is None for _ in range(100))


def test_a_client_over_its_limit_gets_a_429_until_the_window_has_passed(sandbox, studio):
    sandbox.behave(request_limit=3, request_window_seconds=30)
    for _ in range(3):
        studio.users_get_current_account()
    with pytest.raises(RateLimitError) as refused:
        studio.users_get_current_account()
    assert refused.value.error.reason.is_too_many_requests()
    assert 28 <= refused.value.backoff <= 30
    with sandbox.client("agency@example.com") as other:
        other.users_get_current_account()
    sandbox.move_clock(31)
    studio.users_get_current_account()


@pytest.mark.parametrize("kind", ["json", "text"])
def test_a_full_window_answers_in_the_format_asked_for(sandbox, kind):
    token = sandbox.link(STUDIO)["access_token"]
    sandbox.behave(request_limit=1, refusal_format=kind)
    call(sandbox, token, "users/get_current_account", None)
    check_429(call(sandbox, token, "users/get_current_account", None), "too_many_requests", kind)


@pytest.mark.parametrize("kind", ["json", "text"])
def test_a_held_namespace_answers_in_the_format_asked_for(sandbox, kind):
    token = sandbox.link(STUDIO)["access_token"]
    sandbox.behave(write_lock=True, commit_hold=600, lock_retry_after=0, refusal_format=kind)
    holder = threading.Thread(target=call, args=(sandbox, token, "files/create_folder_v2", {"path": "/first"}))
    holder.start()
    wait_until(lambda: any(node["path"].endswith("/first") for node in sandbox.tree(STUDIO)))
    answer = call(sandbox, token, "files/create_folder_v2", {"path": "/second"})
    holder.join(10)
    check_429(answer, "too_many_write_operations", kind, retry_after="0")


def call(sandbox: SandboxServer, token: str, route: str, argument: object) -> requests.Response:
    return requests.post(
        f"{sandbox.url}/2/{route}", json=argument, headers={"Authorization": f"Bearer {token}"}, timeout=10
    )


def check_429(answer: requests.Response, reason: str, kind: str, retry_after: str | None = None) -> None:
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == retry_after or retry_after is None
    if kind == "json":
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json()["error"]["reason"] == {".tag": reason}
    else:
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert answer.text == reason


def took(begin: float) -> float:
    return round((time.monotonic() - begin) * 1000)


def test_a_commit_takes_its_hold_and_the_latency(sandbox, studio):
    studio.users_get_current_account()
    sandbox.behave(commit_hold=150, latency={"files/*": 100})
    begin = time.monotonic()
    studio.files_upload(b"x", "/a")
    assert took(begin) >= 250


def test_a_batch_takes_the_hold_once_and_a_share_for_each_further_entry(sandbox, studio):
    sessions = [start(studio, b"x", close=True) for _ in range(11)]
    sandbox.behave(commit_hold=100, commit_hold_per_entry=20)
    begin = time.monotonic()
    studio.files_upload_session_finish_batch_v2([entry(s, 1, f"/{n}") for n, s in enumerate(sessions)])
    # With the whole hold for each, it would be 1,100 and more.
    assert 300 <= took(begin) < 1100


def test_a_refused_commit_holds_the_namespace_too(sandbox, studio):
    studio.files_upload(b"x", "/a")
    sandbox.behave(commit_hold=200)
    begin = time.monotonic()
    assert reason(studio.files_upload, b"y", "/a") == "conflict"
    assert took(begin) >= 200
