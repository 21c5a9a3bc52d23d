"""`too_early` and `polling`: what breaks them and what does not."""

import threading
import time

import pytest
from dropbox.exceptions import InternalServerError, RateLimitError

from tests.sandbox.conftest import STUDIO

LOOK = "users/get_current_account"


def refuse(sandbox, call, **rule) -> None:
    """One call is refused with a Retry-After."""
    fault = sandbox.fault("rate_limit", times=1, **{"retry_after": 2, **rule})
    with pytest.raises(RateLimitError):
        call()
    sandbox.clear_faults(fault)


def test_calling_before_retry_after_has_passed_is_complained_of(sandbox, studio, rules):
    refuse(sandbox, studio.users_get_current_account)
    time.sleep(0.4)
    studio.files_list_folder("")
    (complaint,) = sandbox.control("GET", "complaints")
    assert complaint["rule"] == "too_early"
    assert "before the Retry-After of users/get_current_account had passed" in complaint["sentence"]
    assert [one["route"] for one in complaint["requests"]] == [LOOK, "files/list_folder"]
    assert (complaint["person"], complaint["app"]) == (STUDIO, "sandboxappkey01")
    assert [one["request_id"] for one in complaint["requests"]] == [one["request_id"] for one in sandbox.history()[-2:]]


def test_whoever_waits_is_not_complained_of(sandbox, studio, rules):
    refuse(sandbox, studio.users_get_current_account, retry_after=1)
    time.sleep(1)
    studio.users_get_current_account()
    assert rules() == []


def test_the_wait_passes_when_the_clock_is_moved(sandbox, studio, rules):
    refuse(sandbox, studio.users_get_current_account, retry_after=300)
    sandbox.move_clock(300)
    studio.users_get_current_account()
    assert rules() == []


def test_the_wait_passes_when_the_clients_own_clock_is_moved(sandbox, studio, rules):
    refuse(sandbox, studio.users_get_current_account, retry_after=300)
    sandbox.clients_waited(300)
    studio.users_get_current_account()
    assert rules() == []


def test_calls_that_were_on_their_way_already_are_nobodys_fault(sandbox, studio, rules):
    token = sandbox.link(STUDIO)["access_token"]
    fault = sandbox.fault("rate_limit", route="files/get_metadata", retry_after=5)
    sandbox.behave(latency={LOOK: 600})
    with sandbox.sdk(token) as early, sandbox.sdk(token) as refused:
        thread = threading.Thread(target=early.users_get_current_account)
        thread.start()
        time.sleep(0.2)
        with pytest.raises(RateLimitError):
            refused.files_get_metadata("/a")
        thread.join(10)
    sandbox.clear_faults(fault)
    assert rules() == []


def test_another_grant_need_not_wait(sandbox, studio, rules):
    refuse(sandbox, studio.users_get_current_account)
    time.sleep(0.4)
    with sandbox.client(STUDIO) as other:
        other.users_get_current_account()
    assert rules() == []


def test_a_held_namespace_binds_commits_only(sandbox, studio, rules):
    reason = "too_many_write_operations"
    refuse(sandbox, lambda: studio.files_upload(b"x", "/a"), reason=reason)
    time.sleep(0.4)
    studio.users_get_current_account()
    studio.files_upload_session_start(b"data")
    assert rules() == []
    studio.files_upload(b"x", "/a")
    assert rules() == ["too_early"]


def test_leaving_is_always_allowed(sandbox, studio, rules):
    refuse(sandbox, studio.users_get_current_account)
    time.sleep(0.4)
    studio.auth_token_revoke()
    assert rules() == []


def test_a_503_that_says_when_to_come_back_counts_as_well(sandbox, studio, rules):
    sandbox.fault(route=LOOK, status=503, retry_after=5, times=1)
    with pytest.raises(InternalServerError):
        studio.users_get_current_account()
    time.sleep(0.4)
    studio.users_get_current_account()
    assert rules() == ["too_early"]


def test_asking_the_same_again_and_again_is_complained_of_once(sandbox, studio, rules):
    for _ in range(10):
        studio.users_get_current_account()
    assert rules() == []
    for _ in range(5):
        studio.users_get_current_account()
    assert rules() == ["polling"]


def test_asking_different_things_or_slowly_is_no_polling(sandbox, studio, rules):
    for number in range(15):
        studio.files_upload(b"x%d" % number, f"/{number}")
    for number in range(15):
        studio.files_get_metadata(f"/{number}")
    for _ in range(15):
        studio.users_get_space_usage()
        sandbox.move_clock(10)
    assert rules() == []
