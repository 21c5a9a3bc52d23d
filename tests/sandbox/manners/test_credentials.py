"""`needless_refresh`, `dead_token`, `token_in_url`, `bad_call`, `too_large`, `wrong_offset`."""

import time

import pytest
import requests
from dropbox.exceptions import ApiError, AuthError

from sandbox.apps import DEFAULT_APP_KEY
from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_upload_sessions import cursor, start


@pytest.fixture
def linked(sandbox):
    return sandbox.link(STUDIO)


def refresh(sandbox, linked, **more) -> requests.Response:
    form = {"grant_type": "refresh_token", "refresh_token": linked["refresh_token"], "client_id": DEFAULT_APP_KEY}
    answer: requests.Response = sandbox.token(**form, **more)
    return answer


def test_fetching_tokens_again_and_again_while_the_last_is_good_is_complained_of(sandbox, linked, rules):
    for _ in range(4):
        refresh(sandbox, linked)
    assert rules() == []
    refresh(sandbox, linked)
    (complaint,) = sandbox.control("GET", "complaints")
    assert complaint["rule"] == "needless_refresh"
    assert "good for 239 more minutes" in complaint["sentence"]


def test_a_token_near_its_end_or_refused_may_be_renewed(sandbox, linked, rules):
    for _ in range(6):
        refresh(sandbox, linked)
        sandbox.move_clock(14_400 - 500)
    for _ in range(6):
        token = refresh(sandbox, linked).json()["access_token"]
        sandbox.expire_tokens(STUDIO)
        with sandbox.sdk(token) as client, pytest.raises(AuthError):
            client.users_get_current_account()
    assert rules() == []


def test_a_program_that_starts_now_and_then_may_fetch_a_token(sandbox, linked, rules):
    for _ in range(10):
        refresh(sandbox, linked)
        sandbox.move_clock(1300)
    assert rules() == []


def test_a_token_for_fewer_scopes_or_of_another_grant_is_another_token(sandbox, linked, rules):
    for scope in ("account_info.read", "files.metadata.read", "files.content.read", "files.content.write"):
        refresh(sandbox, linked, scope=scope)
    for _ in range(4):
        refresh(sandbox, sandbox.link(STUDIO))
    refresh(sandbox, linked)
    assert rules() == []


def test_a_refresh_whose_answer_was_lost_may_be_repeated(sandbox, linked, rules):
    sandbox.fault("drop", route="oauth2/token", when="after", times=6)
    for _ in range(6):
        with pytest.raises(requests.exceptions.ConnectionError):
            refresh(sandbox, linked)
    refresh(sandbox, linked)
    assert rules() == []


def test_a_refused_token_must_not_be_used_again(sandbox, linked, rules):
    sandbox.revoke(STUDIO)
    with sandbox.sdk(linked["access_token"]) as client:
        for _ in range(2):
            with pytest.raises(AuthError):
                client.users_get_current_account()
            time.sleep(0.3)
    assert rules() == ["dead_token"]
    for _ in range(2):
        assert refresh(sandbox, linked).status_code == 400
        time.sleep(0.3)
    assert rules() == ["dead_token"] * 2


def test_a_refusal_made_up_by_a_fault_kills_no_token(sandbox, linked, rules):
    sandbox.fault("auth_error", error="invalid_access_token", times=1)
    with sandbox.sdk(linked["access_token"]) as client:
        with pytest.raises(AuthError):
            client.users_get_current_account()
        time.sleep(0.3)
        client.users_get_current_account()
    assert rules() == []


def test_a_token_in_an_address_is_complained_of_without_repeating_it(sandbox, linked, rules):
    token = linked["access_token"]
    url = f"{sandbox.url}/2/users/get_current_account"
    assert requests.post(url, params={"authorization": f"Bearer {token}"}, timeout=10).ok
    assert rules() == ["token_in_url"]
    assert token not in requests.get(f"{sandbox.url}/_sandbox/complaints", timeout=10).text


def test_no_complaint_ever_holds_a_token(sandbox, linked):
    second = [refresh(sandbox, linked) for _ in range(6)][-1].json()["access_token"]
    text = requests.get(f"{sandbox.url}/_sandbox/complaints", timeout=10).text
    assert "needless_refresh" in text
    assert not any(secret in text for secret in (linked["refresh_token"], linked["access_token"], second))


def test_a_call_that_cannot_be_read_is_complained_of(sandbox, linked, rules):
    headers = {"Authorization": f"Bearer {linked['access_token']}"}
    requests.post(f"{sandbox.url}/2/files/get_metadata", json={"path": "no slash"}, headers=headers, timeout=10)
    requests.post(f"{sandbox.url}/2/files/no_such_route", json={}, headers=headers, timeout=10)
    sandbox.token(grant_type="refresh_token", refresh_token=linked["refresh_token"], client_id="nobody")
    assert rules() == ["bad_call"] * 3


def test_a_refused_code_is_no_bad_call(sandbox, rules):
    sandbox.token(grant_type="authorization_code", code="used up", client_id=DEFAULT_APP_KEY)
    assert rules() == []


def test_more_than_dropbox_takes_at_once_is_complained_of(sandbox, linked, rules):
    megabyte = bytes(1024 * 1024)
    answer = requests.post(
        f"{sandbox.url}/2/files/upload",
        data=(megabyte for _ in range(151)),
        headers={
            "Authorization": f"Bearer {linked['access_token']}",
            "Dropbox-API-Arg": '{"path": "/big"}',
            "Content-Type": "application/octet-stream",
        },
        timeout=60,
    )
    assert answer.status_code == 409
    assert rules() == ["too_large"]


def test_raw_characters_in_the_header_are_understood_and_complained_of(sandbox, linked, rules):
    headers: dict[str, str | bytes] = {
        "Authorization": f"Bearer {linked['access_token']}",
        "Dropbox-API-Arg": '{"path": "/größer 日本.txt"}'.encode(),
        "Content-Type": "application/octet-stream",
    }
    answer = requests.post(f"{sandbox.url}/2/files/upload", data=b"x", headers=headers, timeout=10)
    assert answer.json()["path_display"] == "/größer 日本.txt"
    assert rules() == ["raw_header"]
    wrong = {**headers, "Dropbox-API-Arg": '{"path": "/größer.txt"}'.encode("latin-1")}
    refused = requests.post(f"{sandbox.url}/2/files/upload", data=b"x", headers=wrong, timeout=10)
    assert (refused.status_code, "could not decode input as JSON" in refused.text) == (400, True)


def test_going_on_elsewhere_than_told_is_complained_of(sandbox, studio, rules):
    session = start(studio, b"abc")
    for offset in (7, 3, 9, 5):
        try:
            studio.files_upload_session_append_v2(b"def", cursor(session, offset))
        except ApiError as refused:
            assert refused.error.is_incorrect_offset()
    assert rules() == ["wrong_offset"]
