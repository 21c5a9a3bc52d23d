"""Access tokens: fetched when needed and no oftener, under one lock, and trouble there loses no connection."""

import threading
import time
from typing import Any

import pytest

from clients.access_tokens import AccessTokens
from clients.dropbox import Dropbox
from clients.dropbox_line import Line
from clients.dropbox_oauth import AccessToken, DropboxOAuth
from clients.stop_gate import Stopped
from rules.failures import FailureKind
from settings import Settings
from tests.cast import STUDIO
from tests.clients.sending import PATH, now_ms, refused, upload
from tests.sandbox_server import SandboxServer


@pytest.mark.complaints("unchanged")
def test_one_access_token_serves_many_calls(studio: Dropbox, refreshes: list[AccessToken]):
    for _ in range(3):
        upload(studio)
    assert len(refreshes) == 1


def test_an_expired_access_token_is_renewed_once_and_the_call_goes_on(
    studio: Dropbox, sandbox: SandboxServer, refreshes: list[AccessToken]
):
    upload(studio)
    sandbox.expire_tokens(STUDIO)
    upload(studio, data=b"after")
    assert len(refreshes) == 2
    assert len(sandbox.history("files/upload")) == 3


def test_a_token_that_always_expires_is_refreshed_once_per_call_and_no_lost_connection(
    studio: Dropbox, sandbox: SandboxServer, refreshes: list[AccessToken]
):
    sandbox.fault("expired_token", route="files/upload")
    assert refused(lambda: upload(studio)).kind is FailureKind.UNAVAILABLE
    assert len(refreshes) == 2


def test_a_token_about_to_expire_is_renewed_before_the_call(
    studio: Dropbox, sandbox: SandboxServer, refreshes: list[AccessToken]
):
    sandbox.behave(access_token_seconds=0)
    upload_fails = refused(lambda: upload(studio))
    sandbox.behave(access_token_seconds=14_400)
    upload(studio)
    assert upload_fails.kind is FailureKind.UNAVAILABLE
    assert len(sandbox.history("files/upload")) == 3
    assert len(refreshes) == 3


def test_two_threads_share_one_refresh(settings: Settings, refresh_token: str):
    oauth = DropboxOAuth(settings)
    fetched: list[AccessToken] = []

    def refresh() -> AccessToken:
        time.sleep(0.1)
        fetched.append(oauth.refresh(refresh_token))
        return fetched[-1]

    tokens = AccessTokens(refresh, now_ms)
    threads = [threading.Thread(target=lambda: tokens.get(Line())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    oauth._session.close()
    assert len(fetched) == 1


def test_a_stop_does_not_wait_for_somebody_elses_refresh():
    over = threading.Event()

    def refresh() -> AccessToken:
        over.wait(5)
        return AccessToken("t", now_ms() + 3_600_000)

    tokens = AccessTokens(refresh, now_ms)
    first = threading.Thread(target=lambda: tokens.get(Line()))
    first.start()
    time.sleep(0.05)
    line = Line()
    threading.Timer(0.1, line.cut).start()
    with pytest.raises(Stopped):
        tokens.get(line)
    over.set()
    first.join()


def test_fr_011_a_refresh_that_is_refused_needs_reauth(studio: Dropbox, sandbox: SandboxServer):
    sandbox.revoke(STUDIO)
    assert refused(lambda: upload(studio)).kind is FailureKind.NEEDS_REAUTH


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503, "body": "<html>"},
        {"kind": "status", "status": 200, "body": "[]", "content_type": "application/json"},
        {"kind": "drop"},
        {"kind": "oauth_error", "error": "invalid_client"},
    ],
)
def test_trouble_at_the_token_endpoint_never_needs_reauth(
    studio: Dropbox, sandbox: SandboxServer, fault: dict[str, Any]
):
    sandbox.fault(route="oauth2/token", **fault)
    assert refused(lambda: upload(studio)).kind is FailureKind.UNAVAILABLE


def test_a_hanging_refresh_that_is_cut_is_stopped(studio: Dropbox, sandbox: SandboxServer):
    sandbox.fault("hang", route="oauth2/token")
    line, began = Line(), time.monotonic()
    threading.Timer(0.2, line.cut).start()
    with pytest.raises(Stopped):
        studio.stat(PATH, line=line)
    assert time.monotonic() - began < 1
