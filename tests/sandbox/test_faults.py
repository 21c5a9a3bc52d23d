"""Every kind of fault, and what is left behind when it strikes before the work or after it."""

import threading
import time

import pytest
import requests
from dropbox import files
from dropbox.exceptions import ApiError, AuthError, HttpError, InternalServerError, RateLimitError

from sandbox.apps import DEFAULT_APP_KEY
from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_upload_sessions import entry, start

UPLOAD = "files/upload"


def outcomes(call, count: int) -> list[str]:
    """What becomes of so many calls: `ok`, or the name of the exception."""
    found = []
    for number in range(count):
        try:
            call(number)
            found.append("ok")
        except Exception as problem:
            found.append(type(problem).__name__)
    return found


@pytest.fixture
def upload(studio):
    return lambda number: studio.files_upload(b"x%d" % number, f"/{number}")


def test_too_many_requests_in_json_carries_its_reason_and_its_wait(sandbox, upload):
    sandbox.fault("rate_limit", route=UPLOAD, retry_after=15)
    with pytest.raises(RateLimitError) as limited:
        upload(1)
    assert limited.value.error.reason.is_too_many_requests()
    assert limited.value.backoff == 15
    assert sandbox.files(STUDIO) == {}
    assert sandbox.history(UPLOAD)[0]["retry_after"] == 15


def test_too_many_requests_in_text_carries_its_wait_in_the_header(sandbox, upload):
    sandbox.fault("rate_limit", route=UPLOAD, retry_after=300, format="text")
    with pytest.raises(RateLimitError) as limited:
        upload(1)
    assert (limited.value.error, limited.value.backoff) == (None, 300)


def test_too_many_write_operations_is_the_other_429(sandbox, upload):
    sandbox.fault("rate_limit", route="files/*", reason="too_many_write_operations", retry_after=0)
    with pytest.raises(RateLimitError) as limited:
        upload(1)
    assert limited.value.error.reason.is_too_many_write_operations()
    assert limited.value.backoff == 0


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_5xx_strikes_before_the_work_or_after_it_was_kept(sandbox, upload, when, left, status):
    sandbox.fault(route=UPLOAD, status=status, when=when, body="<html>broken</html>")
    with pytest.raises(InternalServerError) as broken:
        upload(1)
    assert broken.value.status_code == status
    assert len(sandbox.files(STUDIO)) == left


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_loses_the_answer_and_maybe_the_work(sandbox, upload, when, left):
    sandbox.fault("drop", route=UPLOAD, when=when)
    with pytest.raises(requests.exceptions.ConnectionError):
        upload(1)
    assert len(sandbox.files(STUDIO)) == left
    (seen,) = sandbox.history(UPLOAD)
    assert (seen["status"], seen["error"]) == (0, "no answer")


def test_a_dropped_batch_has_committed_all_the_same(sandbox, studio):
    sandbox.fault("drop", route="files/upload_session/finish_batch_v2", when="after")
    session = start(studio, b"abc", close=True)
    with pytest.raises(requests.exceptions.ConnectionError):
        studio.files_upload_session_finish_batch_v2([entry(session, 3, "/a")])
    assert list(sandbox.files(STUDIO)) == ["/Apps/Clementine/a"]


def test_a_hanging_request_ends_when_the_client_gives_up(sandbox):
    sandbox.fault("hang", route=UPLOAD)
    token = sandbox.link(STUDIO)["access_token"]
    with sandbox.sdk(token, timeout=0.5) as client, pytest.raises(requests.exceptions.ReadTimeout):
        client.files_upload(b"x", "/a")
    wait_until(lambda: [one["end_ms"] for one in sandbox.history(UPLOAD)] and not running(sandbox))


def test_a_hanging_request_is_let_go_when_its_rule_is_cleared(sandbox, upload):
    rule = sandbox.fault("hang", route=UPLOAD)
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.extend(outcomes(upload, 1)))
    thread.start()
    wait_until(lambda: running(sandbox))
    sandbox.clear_faults(rule)
    thread.join(10)
    assert found == ["ConnectionError"]


def running(sandbox):
    return [one for one in sandbox.history(UPLOAD) if one["status"] is None]


def wait_until(true, seconds: float = 10) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_a_slow_answer_comes_late_and_complete(sandbox, studio):
    studio.files_upload(b"x" * 300, "/a")
    sandbox.fault("slow", route="files/download", seconds=0.2, bytes_per_second=1000)
    began = time.monotonic()
    assert studio.files_download("/a")[1].content == b"x" * 300
    assert time.monotonic() - began > 0.4


@pytest.mark.parametrize(
    "tags", ["path/insufficient_space", "path/no_write_permission", "path/conflict/file_ancestor", "payload_too_large"]
)
def test_an_error_of_the_route_is_shaped_by_its_own_type(sandbox, upload, tags):
    sandbox.fault("error", route=UPLOAD, error=tags, user_message="Please free some space.")
    with pytest.raises(ApiError) as refused:
        upload(1)
    assert refused.value.user_message_text == "Please free some space."
    error = refused.value.error
    if tags.startswith("path"):
        assert error.get_path().reason._tag == tags.split("/")[1]
    else:
        assert error.is_payload_too_large()


def test_an_error_can_be_any_json(sandbox, upload):
    sandbox.fault("error", route="files/*", error={".tag": "never_seen_before"})
    with pytest.raises(ApiError) as refused:
        upload(1)
    assert refused.value.error.is_other()


def test_single_entries_of_a_batch_fail(sandbox, studio):
    sandbox.fault("entry_error", error="too_many_write_operations", entries=[1], times=1)
    sessions = [start(studio, b"abc", close=True) for _ in range(3)]
    batch = [entry(session, 3, f"/{number}") for number, session in enumerate(sessions)]
    first = studio.files_upload_session_finish_batch_v2(batch).entries
    assert [one.is_success() for one in first] == [True, False, True]
    assert first[1].get_failure().is_too_many_write_operations()
    again = studio.files_upload_session_finish_batch_v2(batch[1:2]).entries
    assert again[0].is_success()


def test_an_expired_token_stays_expired_and_a_refresh_helps(sandbox):
    sandbox.fault("expired_token", route=UPLOAD, nth=1)
    linked = sandbox.link(STUDIO)
    with sandbox.sdk(linked["access_token"]) as client:
        for _ in range(2):
            with pytest.raises(AuthError) as expired:
                client.files_upload(b"x", "/a")
            assert expired.value.error.is_expired_access_token()
    refresh = {"oauth2_refresh_token": linked["refresh_token"], "app_key": DEFAULT_APP_KEY}
    with sandbox.sdk(linked["access_token"], **refresh) as client:
        assert client.files_upload(b"x", "/a").name == "a"


@pytest.mark.parametrize("tag", ["invalid_access_token", "user_suspended", "missing_scope"])
def test_any_401_can_be_given(sandbox, upload, tag):
    sandbox.fault("auth_error", route=UPLOAD, error=tag)
    with pytest.raises(AuthError) as refused:
        upload(1)
    assert refused.value.error._tag == tag


def test_any_status_can_be_given(sandbox, upload):
    sandbox.fault(route=UPLOAD, status=403, body='{"error_summary": "x", "error": {".tag": "no_permission"}}')
    with pytest.raises(ApiError):
        upload(1)
    sandbox.clear_faults()
    sandbox.fault(route=UPLOAD, status=418, body="teapot", content_type="text/plain")
    with pytest.raises(HttpError) as odd:
        upload(1)
    assert odd.value.status_code == 418


def test_the_token_endpoint_fails_on_demand(sandbox):
    linked = sandbox.link(STUDIO)
    form = {"grant_type": "refresh_token", "refresh_token": linked["refresh_token"], "client_id": DEFAULT_APP_KEY}
    sandbox.fault("oauth_error", person=STUDIO, times=1)
    sandbox.fault(route="oauth2/token", status=503, times=1)
    refused = sandbox.token(**form)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert sandbox.token(**form).status_code == 503
    assert sandbox.token(**form).status_code == 200
    sandbox.fault("drop", route="oauth2/token")
    with pytest.raises(requests.exceptions.ConnectionError):
        sandbox.token(**form)


def test_a_fault_strikes_even_callers_whose_token_is_refused(sandbox):
    sandbox.fault(route="users/*", status=503)
    with sandbox.sdk("nonsense") as client, pytest.raises(InternalServerError):
        client.users_get_current_account()


def test_overwriting_after_a_lost_answer_leaves_one_file_with_one_revision(sandbox, studio):
    sandbox.fault("drop", route=UPLOAD, when="after", times=1)
    overwrite = files.WriteMode.overwrite
    with pytest.raises(requests.exceptions.ConnectionError):
        studio.files_upload(b"x", "/a", mode=overwrite)
    studio.files_upload(b"x", "/a", mode=overwrite)
    assert [one["revisions"] for one in sandbox.files(STUDIO).values()] == [1]
