"""Faults in the middle of things: uploads cut off, answers cut off, short or mislabelled, rules that end by time."""

import json
import time
from typing import Any

import pytest
import requests
from dropbox import files

from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_faults import UPLOAD, wait_until
from tests.sandbox.test_upload_sessions import entry, start
from tests.sandbox_server import SandboxServer

TOKEN = "oauth2/token"


def upload(sandbox: SandboxServer, body: Any = b"x" * 1000, token: str | None = None) -> requests.Response:
    return requests.post(
        f"{sandbox.url}/2/{UPLOAD}",
        data=body,
        headers={
            "Authorization": f"Bearer {token or sandbox.link(STUDIO)['access_token']}",
            "Dropbox-API-Arg": '{"path": "/a"}',
            "Content-Type": "application/octet-stream",
        },
        timeout=10,
    )


def test_an_upload_is_cut_off_once_so_many_bytes_have_come(sandbox):
    sandbox.fault("drop", route=UPLOAD, after_bytes=3_000_000)
    sent = 0

    def pieces():
        nonlocal sent
        for _ in range(100):
            yield bytes(1_000_000)
            sent += 1_000_000

    with pytest.raises(requests.exceptions.ConnectionError):
        upload(sandbox, pieces())
    assert 3_000_000 <= sent < 100_000_000
    assert sandbox.files(STUDIO) == {}


def test_an_upload_shorter_than_that_is_cut_off_at_its_end(sandbox):
    sandbox.fault("drop", route=UPLOAD, after_bytes=5000)
    with pytest.raises(requests.exceptions.ConnectionError):
        upload(sandbox)
    assert sandbox.files(STUDIO) == {}


def test_an_answer_cut_off_has_its_work_done(sandbox):
    sandbox.fault("cut_answer", route=UPLOAD)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        upload(sandbox)
    assert len(sandbox.files(STUDIO)) == 1
    assert sandbox.history(UPLOAD)[0]["status"] == 200


def test_the_head_and_the_first_bytes_of_a_cut_answer_arrive(sandbox, studio):
    studio.files_upload(b"0123456789" * 1000, "/a")
    link = studio.files_get_temporary_link("/a").link
    sandbox.fault("cut_answer", route="dl", after_bytes=4321)
    with requests.get(link, stream=True, timeout=10) as answer:
        assert answer.headers["Content-Length"] == "10000"
        seen = b""
        with pytest.raises(requests.exceptions.RequestException):
            for chunk in answer.iter_content(100):
                seen += chunk
    assert seen == (b"0123456789" * 1000)[: len(seen)]
    assert 4200 <= len(seen) <= 4321


def test_a_truncated_answer_is_complete_http_and_broken_json(sandbox):
    sandbox.fault("truncated", route=UPLOAD, after_bytes=40)
    answer = upload(sandbox)
    assert (answer.status_code, len(answer.content)) == (200, 40)
    assert answer.headers["Content-Type"] == "application/json"
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)
    assert len(sandbox.files(STUDIO)) == 1


def test_a_truncated_answer_keeps_half_unless_told(sandbox, studio):
    studio.files_upload(b"x" * 3_000_000, "/a")
    link = studio.files_get_temporary_link("/a").link
    sandbox.fault("truncated", route="dl")
    assert requests.get(link, timeout=10).content == b"x" * 1_500_000


def test_an_answer_of_the_wrong_content_type_is_the_true_one_otherwise(sandbox):
    sandbox.fault("content_type", route=UPLOAD, content_type="application/json; charset=utf-8")
    answer = upload(sandbox)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json()["path_display"] == "/a"


@pytest.mark.parametrize("kind", ["truncated", "content_type", "cut_answer", "slow"])
def test_the_token_endpoint_tells_its_true_answer_as_badly(sandbox, kind):
    linked = sandbox.link(STUDIO)
    sandbox.fault(kind, route=TOKEN)
    form = {"grant_type": "refresh_token", "refresh_token": linked["refresh_token"], "client_id": "sandboxappkey01"}
    if kind == "cut_answer":
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            sandbox.token(**form)
        return
    answer = sandbox.token(**form)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == ("text/html" if kind == "content_type" else "application/json")
    assert answer.text.startswith('{"access_token"')


def test_the_authorize_page_is_down_when_dropbox_is(sandbox):
    sandbox.fault(route="*", status=503, body="<h1>Down</h1>")
    answer = requests.get(sandbox.authorize_url(), timeout=10)
    assert (answer.status_code, answer.text) == (503, "<h1>Down</h1>")
    sandbox.clear_faults()
    sandbox.fault("drop", route="oauth2/authorize")
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(sandbox.authorize_url(), timeout=10)
    assert [seen["status"] for seen in sandbox.history("oauth2/authorize")] == [503, 0]


def test_a_rule_ends_when_its_time_is_over(sandbox, studio):
    sandbox.fault(route="users/*", status=503, for_seconds=0.4, note="a short outage")
    (rule,) = sandbox.faults()
    assert rule["note"] == "a short outage"
    assert 0 < rule["seconds_left"] <= 0.4
    time.sleep(0.45)
    assert sandbox.faults() == []
    studio.users_get_current_account()


def test_a_rate_limit_for_some_time_tells_how_long_is_left_of_it(sandbox):
    token = sandbox.link(STUDIO)["access_token"]
    sandbox.fault("rate_limit", for_seconds=60)
    assert upload(sandbox, token=token).headers["Retry-After"] == "60"


def test_entries_of_a_batch_fail_by_chance_and_the_same_seed_repeats_it(sandbox, studio):
    found = []
    for path in ("/first", "/second"):
        sandbox.clear_faults()
        sandbox.fault("entry_error", error="too_many_write_operations", entry_probability=0.5, seed=3)
        batch = [entry(start(studio, b"x", close=True), 1, f"{path}/{number}") for number in range(20)]
        found.append([one.is_success() for one in studio.files_upload_session_finish_batch_v2(batch).entries])
    assert found[0] == found[1]
    assert 4 < sum(found[0]) < 16


def test_entries_of_a_deletion_fail_too(sandbox, studio):
    for name in ("/a", "/b"):
        studio.files_upload(b"x", name)
    sandbox.fault("entry_error", route="files/delete_batch", error="path_write/no_write_permission", entries=[0])
    job = studio.files_delete_batch([files.DeleteArg("/a"), files.DeleteArg("/b")]).get_async_job_id()
    wait_until(lambda: studio.files_delete_batch_check(job).is_complete())
    done = studio.files_delete_batch_check(job).get_complete().entries
    assert [one.is_success() for one in done] == [False, True]


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "truncated", "when": "before"},
        {"kind": "slow", "when": "before"},
        {"kind": "drop", "after_bytes": 5, "when": "after"},
        {"kind": "drop", "after_bytes": -1},
        {"kind": "cut_answer", "content_type": "text/html"},
        {"kind": "rate_limit", "for_seconds": -1},
    ],
)
def test_a_rule_that_means_nothing_is_refused(sandbox, rule):
    answer = requests.post(f"{sandbox.url}/_sandbox/faults", json=rule, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["problem"]
