"""The token endpoint: codes, refresh, scopes, revocation, and the text of each refusal."""

import base64
import hashlib

import pytest
import requests
from dropbox.exceptions import AuthError, BadInputError

from sandbox.apps import DEFAULT_APP_KEY, DEFAULT_APP_SECRET
from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_authorize import answer_of
from tests.sandbox_server import ALL_SCOPES, REDIRECT_URI, SandboxServer

VERIFIER = "v" * 64
S256 = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(autouse=True)
def registered(sandbox):
    sandbox.add_app(redirect_uris=[REDIRECT_URI])


def code_for(sandbox, **query: str) -> str:
    return answer_of(sandbox.decide(sandbox.authorize_url(**query), STUDIO))["code"]


def redeem(sandbox: SandboxServer, code: str, **form: str) -> requests.Response:
    fields = {"grant_type": "authorization_code", "client_id": DEFAULT_APP_KEY, "redirect_uri": REDIRECT_URI}
    given = {**fields, "code": code, **form}
    return sandbox.token(**{name: value for name, value in given.items() if value})


def refresh(sandbox: SandboxServer, token: str, **form: str) -> requests.Response:
    return sandbox.token(grant_type="refresh_token", refresh_token=token, client_id=DEFAULT_APP_KEY, **form)


def refused(answer: requests.Response, error: str, text: str | None = None) -> None:
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"] == error
    if text is not None:
        assert answer.json()["error_description"] == text


def test_an_offline_code_gives_both_tokens_and_says_whose_they_are(sandbox):
    answer = redeem(sandbox, code_for(sandbox), client_secret=DEFAULT_APP_SECRET)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    given = answer.json()
    assert given["token_type"] == "bearer"
    assert given["expires_in"] == 14400
    assert given["access_token"].startswith("sl.")
    assert given["refresh_token"]
    assert given["account_id"] == sandbox.people()[STUDIO]
    assert given["uid"].isdecimal()
    assert set(given["scope"].split()) == set(ALL_SCOPES.split())


def test_an_online_code_gives_no_refresh_token(sandbox):
    answer = redeem(sandbox, code_for(sandbox, token_access_type="online"), client_secret=DEFAULT_APP_SECRET)
    assert "refresh_token" not in answer.json()


def test_both_addresses_and_both_ways_of_credentials_work(sandbox):
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI}
    for path in ("/oauth2/token", "/1/oauth2/token"):
        answer = requests.post(
            sandbox.url + path,
            data={**form, "code": code_for(sandbox)},
            auth=(DEFAULT_APP_KEY, DEFAULT_APP_SECRET),
            timeout=10,
        )
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("method", "challenge"), [("S256", S256), ("plain", VERIFIER)])
def test_pkce_needs_its_verifier_and_no_secret(sandbox, method, challenge):
    query = {"code_challenge": challenge, "code_challenge_method": method}
    assert redeem(sandbox, code_for(sandbox, **query), code_verifier=VERIFIER).status_code == 200
    refused(
        redeem(sandbox, code_for(sandbox, **query), code_verifier="w" * 64), "invalid_grant", "invalid code verifier"
    )
    refused(redeem(sandbox, code_for(sandbox, **query)), "invalid_grant", "code_verifier is missing")
    with_secret_only = redeem(sandbox, code_for(sandbox, **query), client_secret=DEFAULT_APP_SECRET)
    refused(with_secret_only, "invalid_grant", "code_verifier is missing")


def test_a_code_works_once_and_not_for_ever(sandbox):
    gone = "code doesn't exist or has expired"
    code = code_for(sandbox)
    assert redeem(sandbox, code, client_secret=DEFAULT_APP_SECRET).status_code == 200
    refused(redeem(sandbox, code, client_secret=DEFAULT_APP_SECRET), "invalid_grant", gone)
    late = code_for(sandbox)
    sandbox.move_clock(600)
    refused(redeem(sandbox, late, client_secret=DEFAULT_APP_SECRET), "invalid_grant", gone)
    refused(redeem(sandbox, "made-up", client_secret=DEFAULT_APP_SECRET), "invalid_grant", gone)


def test_a_code_of_another_app_is_worth_nothing(sandbox):
    sandbox.add_app("other", secret="s", name="Other", redirect_uris=[REDIRECT_URI])
    answer = redeem(sandbox, code_for(sandbox), client_id="other", client_secret="s")
    refused(answer, "invalid_grant", "code doesn't exist or has expired")


@pytest.mark.parametrize("uri", ["", "http://127.0.0.1:1/elsewhere"])
def test_the_redirect_uri_must_be_the_same_again(sandbox, uri):
    answer = redeem(sandbox, code_for(sandbox), client_secret=DEFAULT_APP_SECRET, redirect_uri=uri)
    refused(answer, "invalid_grant", "redirect_uri mismatch")


def test_wrong_or_missing_credentials_are_invalid_client(sandbox):
    refused(redeem(sandbox, code_for(sandbox), client_secret="wrong"), "invalid_client")
    refused(redeem(sandbox, code_for(sandbox), client_id="nobody"), "invalid_client")
    refused(redeem(sandbox, code_for(sandbox)), "invalid_client")
    refused(redeem(sandbox, code_for(sandbox), client_id="", client_secret="x"), "invalid_request")


def test_incomplete_requests_are_invalid(sandbox):
    refused(sandbox.token(client_id=DEFAULT_APP_KEY), "invalid_request")
    refused(sandbox.token(client_id=DEFAULT_APP_KEY, grant_type="password"), "unsupported_grant_type")
    refused(sandbox.token(client_id=DEFAULT_APP_KEY, grant_type="refresh_token"), "invalid_request")
    refused(
        requests.post(f"{sandbox.url}/oauth2/token", json={"grant_type": "refresh_token"}, timeout=10),
        "invalid_request",
    )


def test_refreshing_gives_an_access_token_and_never_a_new_refresh_token(sandbox):
    linked = sandbox.link(STUDIO)
    for _ in range(2):
        answer = refresh(sandbox, linked["refresh_token"])
        assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
        with sandbox.sdk(answer.json()["access_token"]) as client:
            assert client.users_get_current_account().email == STUDIO


def test_a_refresh_token_not_made_by_pkce_needs_the_secret(sandbox):
    token = redeem(sandbox, code_for(sandbox), client_secret=DEFAULT_APP_SECRET).json()["refresh_token"]
    refused(refresh(sandbox, token), "invalid_client")
    assert refresh(sandbox, token, client_secret=DEFAULT_APP_SECRET).status_code == 200


def test_a_refresh_can_ask_for_less_but_not_for_more(sandbox):
    token = sandbox.link(STUDIO, scopes="account_info.read files.metadata.read")["refresh_token"]
    fewer = refresh(sandbox, token, scope="account_info.read").json()
    assert fewer["scope"] == "account_info.read"
    with sandbox.sdk(fewer["access_token"]) as client, pytest.raises(AuthError) as error:
        client.files_list_folder("")
    assert error.value.error.get_missing_scope().required_scope == "files.metadata.read"
    refused(refresh(sandbox, token, scope="files.content.write"), "invalid_scope")


def test_an_expired_access_token_says_so_and_the_sdk_refreshes_it(sandbox):
    linked = sandbox.link(STUDIO)
    sandbox.move_clock(14401)
    with sandbox.sdk(linked["access_token"]) as client, pytest.raises(AuthError) as error:
        client.users_get_current_account()
    assert error.value.error.is_expired_access_token()
    tokens = {"oauth2_refresh_token": linked["refresh_token"], "app_key": DEFAULT_APP_KEY}
    with sandbox.sdk(linked["access_token"], **tokens) as client:
        assert client.users_get_current_account().email == STUDIO


def test_revoking_kills_one_grant_and_leaves_the_other(sandbox):
    first, second = sandbox.link(STUDIO), sandbox.link(STUDIO)
    also_first = refresh(sandbox, first["refresh_token"]).json()["access_token"]
    with sandbox.sdk(first["access_token"]) as client:
        client.auth_token_revoke()
    for dead in (first["access_token"], also_first):
        with sandbox.sdk(dead) as client, pytest.raises(AuthError) as error:
            client.users_get_current_account()
        assert error.value.error.is_invalid_access_token()
    refused(refresh(sandbox, first["refresh_token"]), "invalid_grant", "refresh token is invalid or revoked")
    with sandbox.sdk(second["access_token"]) as client:
        assert client.users_get_current_account().email == STUDIO


def test_the_sdk_raises_what_it_raises_against_dropbox(sandbox):
    linked = sandbox.link(STUDIO)
    bad_secret = {"oauth2_refresh_token": linked["refresh_token"], "app_key": DEFAULT_APP_KEY, "app_secret": "wrong"}
    with sandbox.sdk(None, **bad_secret) as client, pytest.raises(BadInputError):
        client.users_get_current_account()
    sandbox.revoke(STUDIO)
    gone = {"oauth2_refresh_token": linked["refresh_token"], "app_key": DEFAULT_APP_KEY}
    with sandbox.sdk(None, **gone) as client, pytest.raises(AuthError) as error:
        client.users_get_current_account()
    assert error.value.error.is_invalid_access_token()


def test_access_tokens_can_be_made_short_lived(sandbox):
    sandbox.behave(access_token_seconds=60)
    linked = sandbox.link(STUDIO)
    assert linked["expires_in"] == 60
    assert sandbox.expire_tokens(STUDIO) == 1
    with sandbox.sdk(linked["access_token"]) as client, pytest.raises(AuthError):
        client.users_get_current_account()


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", None])
def test_the_parameters_may_come_in_the_query_as_the_javascript_sdk_sends_them(sandbox, content_type):
    linked = sandbox.link(STUDIO)
    answer = requests.post(
        f"{sandbox.url}/oauth2/token",
        params={
            "grant_type": "refresh_token",
            "refresh_token": linked["refresh_token"],
            "client_id": DEFAULT_APP_KEY,
            "client_secret": DEFAULT_APP_SECRET,
        },
        headers={"Content-Type": content_type} if content_type else {},
        timeout=10,
    )
    assert answer.json()["expires_in"] == 14_400
    twice = requests.post(
        f"{sandbox.url}/oauth2/token?client_id={DEFAULT_APP_KEY}", data={"client_id": DEFAULT_APP_KEY}, timeout=10
    )
    assert "more than once" in twice.json()["error_description"]
