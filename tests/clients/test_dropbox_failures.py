"""Every refusal and odd answer of Dropbox has its meaning, through the official SDK against the sandbox."""

import pytest

from clients import dropbox_sessions
from clients.access_tokens import AccessTokens
from clients.dropbox import Dropbox
from clients.dropbox_http import Hosts, new_session
from clients.dropbox_line import Line
from clients.dropbox_oauth import AccessToken
from clients.file_range import FileRange
from rules.failures import DropboxFailure, FailureKind
from settings import Settings
from tests.cast import STUDIO
from tests.clients.sending import DATA, PATH, TAKEN_AT, hash_of, now_ms, refused, source, upload
from tests.sandbox_server import SandboxServer


def test_fr_011_a_revoked_grant_needs_reauth(studio: Dropbox, sandbox: SandboxServer):
    upload(studio)
    sandbox.revoke(STUDIO)
    assert refused(lambda: upload(studio)).kind is FailureKind.NEEDS_REAUTH


@pytest.mark.parametrize("error", ["invalid_access_token", "missing_scope", "user_suspended"])
def test_fr_011_a_401_needs_reauth(studio: Dropbox, sandbox: SandboxServer, error: str):
    sandbox.fault("auth_error", route="files/upload", error=error)
    failure = refused(lambda: upload(studio))
    assert (failure.kind, failure.detail) == (FailureKind.NEEDS_REAUTH, error)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("path/insufficient_space", FailureKind.INSUFFICIENT_SPACE),
        ("path/no_write_permission", FailureKind.NOT_PERMITTED),
        ("path/team_folder", FailureKind.NOT_PERMITTED),
        ("path/operation_suppressed", FailureKind.NOT_PERMITTED),
        ("path/malformed_path", FailureKind.BAD_NAME),
        ("path/disallowed_name", FailureKind.BAD_NAME),
        ("path/conflict/folder", FailureKind.BAD_NAME),
        ("path/conflict/file_ancestor", FailureKind.BAD_NAME),
        ("path/too_many_write_operations", FailureKind.BUSY),
        ("payload_too_large", FailureKind.DEFECT),
        ("content_hash_mismatch", FailureKind.HASH_MISMATCH),
    ],
)
def test_each_refusal_of_an_upload_has_its_kind(studio: Dropbox, sandbox: SandboxServer, error: str, kind: FailureKind):
    sandbox.fault("error", route="files/upload", error=error)
    failure = refused(lambda: upload(studio))
    assert (failure.kind, failure.detail, failure.outcome_known) == (kind, error, True)
    assert failure.request_id


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("path/insufficient_space", FailureKind.INSUFFICIENT_SPACE),
        ("path/conflict/folder", FailureKind.BAD_NAME),
        ("path/too_many_write_operations", FailureKind.BUSY),
        ("too_many_write_operations", FailureKind.BUSY),
        ("lookup_failed/not_found", FailureKind.UNAVAILABLE),
        ("lookup_failed/incorrect_offset", FailureKind.UNAVAILABLE),
        ("concurrent_session_missing_data", FailureKind.DEFECT),
    ],
)
def test_each_refusal_of_an_entry_has_its_kind(studio: Dropbox, sandbox: SandboxServer, error: str, kind: FailureKind):
    sandbox.fault("entry_error", error=error)
    data = FileRange.known(source(DATA).opens, 0, len(DATA), hash_of(DATA))
    session = dropbox_sessions.start(studio, data, close=True, now=1, line=Line())
    entry = dropbox_sessions.Entry(session, source(DATA), PATH, TAKEN_AT)
    [answer] = dropbox_sessions.commit(studio, [entry], line=Line())
    assert isinstance(answer, DropboxFailure)
    assert (answer.failure.kind, answer.failure.detail) == (kind, error)
    assert answer.failure.request_id


@pytest.mark.parametrize("tag", ["insufficient_quota", "access_restricted", "locked", "restricted_content"])
def test_tags_that_the_sdk_does_not_know_are_defects(studio: Dropbox, sandbox: SandboxServer, tag: str):
    error = {".tag": "path", "reason": {".tag": f"new_{tag}"}, "upload_session_id": "x"}
    sandbox.fault("error", route="files/upload", error=error)
    assert refused(lambda: upload(studio)).kind is FailureKind.DEFECT


@pytest.mark.parametrize(
    ("status", "content_type", "body", "kind"),
    [
        (400, "text/plain", "Error in call: did not match", FailureKind.DEFECT),
        (403, "application/json", '{"error_summary": "x", "error": {".tag": "no_permission"}}', "not_permitted"),
        (403, "text/html", "<html>", FailureKind.NOT_PERMITTED),
        (404, "text/html", "<html>", FailureKind.UNAVAILABLE),
        (413, "text/html", "", FailureKind.DEFECT),
        (422, "application/json", '{"error": {".tag": "no_permission"}}', FailureKind.NOT_PERMITTED),
        (500, "text/html", "", FailureKind.UNAVAILABLE),
        (503, "application/json", "{}", FailureKind.UNAVAILABLE),
        (302, "text/html", "", FailureKind.UNAVAILABLE),
        (200, "application/json; charset=utf-8", "{}", FailureKind.UNAVAILABLE),
        (200, "application/json", "{", FailureKind.UNAVAILABLE),
        (200, "application/json", "[]", FailureKind.UNAVAILABLE),
        (200, "application/json", '{"name": "x"}', FailureKind.UNAVAILABLE),
        (401, "text/plain", "no", FailureKind.UNAVAILABLE),
        (409, "application/json", "{}", FailureKind.UNAVAILABLE),
        (418, "text/plain", "teapot", FailureKind.UNAVAILABLE),
    ],
)
def test_each_odd_answer_has_its_kind(
    studio: Dropbox, sandbox: SandboxServer, status: int, content_type: str, body: str, kind: FailureKind
):
    sandbox.fault("status", route="files/upload", status=status, content_type=content_type, body=body)
    assert refused(lambda: upload(studio)).kind == kind


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_rate_limit_says_how_long_to_wait(studio: Dropbox, sandbox: SandboxServer, form: str):
    sandbox.fault("rate_limit", route="files/upload", retry_after=300, format=form)
    failure = refused(lambda: upload(studio))
    assert (failure.kind, failure.retry_after) == (FailureKind.RATE_LIMITED, 300)


def test_a_lock_on_the_namespace_is_no_rate_limit(studio: Dropbox, sandbox: SandboxServer):
    sandbox.fault("rate_limit", route="files/upload", reason="too_many_write_operations", retry_after=1)
    failure = refused(lambda: upload(studio))
    assert (failure.kind, failure.retry_after) == (FailureKind.BUSY, 1)


def test_a_rate_limit_whose_header_alone_says_how_long_is_honoured(studio: Dropbox, sandbox: SandboxServer):
    body = '{"error_summary": "too_many_requests/", "error": {"reason": {".tag": "too_many_requests"}}}'
    sandbox.fault(
        "status", route="files/upload", status=429, content_type="application/json", body=body, retry_after=120
    )
    failure = refused(lambda: upload(studio))
    assert (failure.kind, failure.retry_after) == (FailureKind.RATE_LIMITED, 120)


def test_a_server_that_asks_for_a_pause_is_heard(studio: Dropbox, sandbox: SandboxServer):
    sandbox.fault("status", route="files/upload", status=503, retry_after=60)
    assert refused(lambda: upload(studio)).retry_after == 60


def test_an_answer_lost_after_the_commit_leaves_the_outcome_open(studio: Dropbox, sandbox: SandboxServer):
    sandbox.fault("drop", route="files/upload", when="after", times=1)
    failure = refused(lambda: upload(studio))
    assert (failure.kind, failure.outcome_known) == (FailureKind.UNAVAILABLE, False)
    there = studio.stat(PATH, line=Line())
    assert there is not None and there.holds(source(DATA))


def test_nobody_at_the_other_end_is_a_known_outcome(studio: Dropbox, sandbox: SandboxServer, settings: Settings):
    dead = new_session(Hosts.of(settings.model_copy(update={"dropbox_url": "http://127.0.0.1:1"})), pool=1)
    nobody = Dropbox(dead, AccessTokens(lambda: AccessToken("t", now_ms() + 3_600_000), now_ms))
    failure = refused(lambda: upload(nobody))
    nobody.close()
    assert (failure.kind, failure.outcome_known) == (FailureKind.UNAVAILABLE, True)


def test_no_failure_repeats_the_access_token(studio: Dropbox, sandbox: SandboxServer, refreshes: list[AccessToken]):
    upload(studio)
    echo = f'Invalid authorization value in HTTP header "Authorization": "Bearer {refreshes[0].token}"'
    sandbox.fault("status", route="files/upload", status=400, content_type="text/plain", body=echo)
    failure = refused(lambda: upload(studio))
    assert refreshes[0].token not in failure.detail
    assert "Invalid authorization value" in failure.detail
