"""Grants, against the real sandbox: exchange with PKCE, refresh, whose it is, revocation, and every way it fails."""

import socket
import threading
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from clients import dropbox_oauth
from clients.dropbox_oauth import CONNECT_SCOPES, LOGIN_SCOPES, DropboxOAuth, challenge_of
from rules.failures import DropboxFailure, FailureKind
from tests.clients.plain_server import plain_server

STUDIO = "studio@example.com"
VERIFIER = "v" * 43


@pytest.fixture
def oauth(settings):
    return DropboxOAuth(settings)


def query_of(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def come_back(oauth, sandbox, *, scopes=LOGIN_SCOPES, verifier=VERIFIER, email=STUDIO, **more):
    url = oauth.authorize_url(state="state", challenge=challenge_of(verifier), scopes=scopes, **more)
    return query_of(sandbox.decide(url, email))


def granted(oauth, sandbox, **more):
    return oauth.exchange(come_back(oauth, sandbox, **more)["code"], VERIFIER)


def failure_of(call, *args):
    with pytest.raises(DropboxFailure) as caught:
        call(*args)
    return caught.value.failure


def test_the_authorize_address_asks_for_no_more_than_it_says(oauth, settings, sandbox):
    url = oauth.authorize_url(state="s" * 43, challenge="c" * 43, scopes=LOGIN_SCOPES)
    assert url.startswith(f"{sandbox.url}/oauth2/authorize?")
    assert query_of(url) == {
        "response_type": "code",
        "client_id": settings.dropbox_app_key,
        "redirect_uri": "https://clementine.test/auth/dropbox/callback",
        "state": "s" * 43,
        "scope": "account_info.read",
        "token_access_type": "offline",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }
    assert CONNECT_SCOPES == ("files.content.write", "files.metadata.read", "account_info.read")


def test_another_account_is_asked_for_by_signing_in_again(oauth):
    query = query_of(oauth.authorize_url(state="s", challenge="c", scopes=LOGIN_SCOPES, other_account=True))
    assert query["force_reauthentication"] == query["force_reapprove"] == "true"


def test_without_dropbox_url_the_real_hosts_are_meant(settings):
    oauth = DropboxOAuth(settings.model_copy(update={"dropbox_url": None}))
    assert oauth.authorize_origin == "https://www.dropbox.com"


def test_a_code_becomes_a_grant_and_the_grant_an_account(oauth, sandbox):
    grant = granted(oauth, sandbox)
    assert grant.scopes == ("account_info.read",) and grant.account_id == sandbox.account_id(STUDIO)
    assert abs(grant.expires_at - (time.time() + 14400) * 1000) < 60_000
    account = oauth.account(grant.access_token)
    assert (account.account_id, account.email, account.email_verified, account.display_name) == (
        sandbox.account_id(STUDIO),
        STUDIO,
        True,
        "Samir Studer",
    )
    assert oauth.account(oauth.refresh(grant.refresh_token).token) == account


def test_a_name_is_kept_to_a_length_and_turns_no_words_around(oauth, sandbox):
    sandbox.add_person("long@example.com", given_name="\u202eeve\u200b", surname="x" * 500)
    grant = granted(oauth, sandbox, email="long@example.com")
    name = oauth.account(grant.access_token).display_name
    assert name.startswith("eve x")
    assert len(name) == 200


def test_an_unverified_address_is_known_as_such(oauth, sandbox):
    grant = granted(oauth, sandbox, email="unverified@example.com")
    assert oauth.account(grant.access_token).email_verified is False


def test_no_token_shows_in_a_repr(oauth, sandbox):
    grant = granted(oauth, sandbox)
    assert grant.refresh_token not in repr(grant) and grant.access_token not in repr(grant)
    fresh = oauth.refresh(grant.refresh_token)
    assert fresh.token not in repr(fresh)


def test_a_code_without_its_own_verifier_is_worth_nothing(oauth, sandbox):
    code = come_back(oauth, sandbox)["code"]
    assert failure_of(oauth.exchange, code, "w" * 43).kind is FailureKind.NEEDS_REAUTH


def test_a_code_works_once(oauth, sandbox):
    code = come_back(oauth, sandbox)["code"]
    oauth.exchange(code, VERIFIER)
    assert failure_of(oauth.exchange, code, VERIFIER).kind is FailureKind.NEEDS_REAUTH


def test_a_revoked_grant_is_gone_and_revoking_it_again_is_no_failure(oauth, sandbox):
    grant, other = granted(oauth, sandbox), granted(oauth, sandbox)
    oauth.revoke(grant.refresh_token)
    assert failure_of(oauth.refresh, grant.refresh_token).kind is FailureKind.NEEDS_REAUTH
    assert oauth.refresh(other.refresh_token).token
    oauth.revoke(grant.refresh_token)


def test_a_grant_whose_access_dies_while_it_is_revoked_counts_as_revoked(oauth, sandbox):
    grant = granted(oauth, sandbox)
    sandbox.fault("auth_error", route="auth/token/revoke", error="invalid_access_token")
    oauth.revoke(grant.refresh_token)


def test_trouble_while_revoking_is_told(oauth, sandbox):
    grant = granted(oauth, sandbox)
    sandbox.fault("status", route="auth/token/revoke", status=500, times=1)
    assert failure_of(oauth.revoke, grant.refresh_token).kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503, "body": "<html>down</html>", "content_type": "text/html"},
        {"kind": "status", "status": 400, "body": "bad request", "content_type": "text/plain"},
        {"kind": "status", "status": 401, "body": '{"error": "invalid_grant"}', "content_type": "application/json"},
        {"kind": "status", "status": 200, "body": "not json", "content_type": "application/json"},
        {"kind": "status", "status": 200, "body": "[]", "content_type": "application/json"},
        {"kind": "status", "status": 200, "body": "{}", "content_type": "application/json"},
        {"kind": "status", "status": 302, "body": ""},
        {"kind": "oauth_error", "error": "invalid_client"},
        {"kind": "oauth_error", "error": "invalid_request"},
        {"kind": "drop"},
    ],
)
def test_only_invalid_grant_says_that_a_grant_is_gone(oauth, sandbox, fault):
    grant = granted(oauth, sandbox)
    sandbox.fault(**{"route": "oauth2/token", **fault})
    assert failure_of(oauth.refresh, grant.refresh_token).kind is FailureKind.UNAVAILABLE
    sandbox.clear_faults()
    sandbox.fault("oauth_error", error="invalid_grant")
    assert failure_of(oauth.refresh, grant.refresh_token).kind is FailureKind.NEEDS_REAUTH


def test_a_rate_limit_carries_its_wait(oauth, sandbox):
    grant = granted(oauth, sandbox)
    sandbox.fault("status", route="oauth2/token", status=429, retry_after=17)
    failure = failure_of(oauth.refresh, grant.refresh_token)
    assert (failure.kind, failure.retry_after) == (FailureKind.RATE_LIMITED, 17)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "status", "status": 500}, FailureKind.UNAVAILABLE),
        ({"kind": "status", "status": 200, "body": '{"email": 7}', "content_type": "x/y"}, FailureKind.UNAVAILABLE),
        ({"kind": "auth_error", "error": "missing_scope"}, FailureKind.NEEDS_REAUTH),
    ],
)
def test_an_account_that_cannot_be_learned_is_a_failure(oauth, sandbox, fault, kind):
    grant = granted(oauth, sandbox)
    sandbox.fault(route="users/get_current_account", **fault)
    assert failure_of(oauth.account, grant.access_token).kind is kind


def test_a_failure_repeats_neither_code_nor_token_nor_secret(oauth, sandbox, settings):
    grant = granted(oauth, sandbox)
    sandbox.fault("drop", route="oauth2/token")
    detail = str(failure_of(oauth.refresh, grant.refresh_token))
    sandbox.clear_faults()
    sandbox.fault("oauth_error", error="invalid_client", description=f"bad {grant.refresh_token}")
    detail += str(failure_of(oauth.refresh, grant.refresh_token))
    for secret in (grant.refresh_token, settings.dropbox_app_secret.get_secret_value()):
        assert secret not in detail


def test_nobody_listening_is_unavailable(settings):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    oauth = DropboxOAuth(settings.model_copy(update={"dropbox_url": f"http://127.0.0.1:{port}"}))
    assert failure_of(oauth.refresh, "token").kind is FailureKind.UNAVAILABLE


def test_a_server_that_says_nothing_does_not_hold_anybody_for_long(settings, monkeypatch):
    monkeypatch.setattr(dropbox_oauth, "TIMEOUT_S", (0.3, 0.3))
    with plain_server(answer=None) as silent:
        oauth = DropboxOAuth(settings.model_copy(update={"dropbox_url": silent.origin}))
        started = time.monotonic()
        assert failure_of(oauth.refresh, "token").kind is FailureKind.UNAVAILABLE
        assert time.monotonic() - started < 3


def test_an_answer_that_drips_is_given_up_in_the_end(settings, monkeypatch):
    monkeypatch.setattr("clients.dropbox_answers.LONGEST_S", 0.5)
    over = threading.Event()

    def drip(listener):
        served, _ = listener.accept()
        with served:
            served.recv(65536)
            served.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n")
            while not over.wait(0.05):
                try:
                    served.sendall(b" ")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        oauth = DropboxOAuth(settings.model_copy(update={"dropbox_url": origin}))
        started = time.monotonic()
        assert failure_of(oauth.refresh, "token").kind is FailureKind.UNAVAILABLE
        assert time.monotonic() - started < 5
        over.set()
        thread.join()


def test_an_answer_without_end_is_given_up(settings):
    endless = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3000000\r\n\r\n" + b" " * 3_000_000
    with plain_server(answer=endless) as server:
        oauth = DropboxOAuth(settings.model_copy(update={"dropbox_url": server.origin}))
        assert failure_of(oauth.refresh, "token").kind is FailureKind.UNAVAILABLE
