"""Files in Dropbox through the official SDK against the sandbox: what is sent, what each refusal means, what is cut."""

import io
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.access_tokens import AccessTokens
from clients.dropbox import Dropbox, Metadata, Source
from clients.dropbox_http import Hosts, new_session
from clients.dropbox_line import Line
from clients.dropbox_oauth import CONNECT_SCOPES, AccessToken, DropboxOAuth
from clients.file_range import FileRange
from clients.stop_gate import Stopped
from rules.failures import DropboxFailure, Failure, FailureKind
from settings import Settings
from tests.cast import STUDIO
from tests.conftest import APP_KEY
from tests.sandbox_server import SandboxServer

TAKEN_AT = 1_770_837_843_999
PATH = "/Gala/Photo Booth/2026-02-11_19-24-03_session-8F3K_result.jpg"
WHOLE_PATH = f"/Apps/Clementine{PATH}"
DATA = b"a picture" * 1000
MIB = 1024 * 1024


def source(data: bytes) -> Source:
    return Source(lambda start, length: io.BytesIO(data[start : start + length]), len(data), hash_of(data))


def hash_of(data: bytes) -> str:
    return FileRange.measured(lambda start, length: io.BytesIO(data), 0, len(data)).content_hash


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def refresh_token(sandbox: SandboxServer) -> str:
    return str(sandbox.link(STUDIO, " ".join(CONNECT_SCOPES), APP_KEY)["refresh_token"])


@pytest.fixture
def refreshes() -> list[AccessToken]:
    """What was fetched at the token endpoint."""
    return []


@pytest.fixture
def studio(settings: Settings, refresh_token: str, refreshes: list[AccessToken]) -> Iterator[Dropbox]:
    """The connection of studio@example.com, with one socket."""
    oauth = DropboxOAuth(settings)

    def refresh() -> AccessToken:
        refreshes.append(oauth.refresh(refresh_token))
        return refreshes[-1]

    dropbox = Dropbox(new_session(Hosts.of(settings), pool=2), AccessTokens(refresh, now_ms))
    yield dropbox
    dropbox.close()
    oauth._session.close()


def refused(call: Callable[[], object]) -> Failure:
    with pytest.raises(DropboxFailure) as raised:
        call()
    return raised.value.failure


def upload(studio: Dropbox, path: str = PATH, data: bytes = DATA) -> Metadata:
    return studio.upload(source(data), path, taken_at=TAKEN_AT, line=Line())


def test_a_file_is_sent_with_its_hash_to_its_path(studio: Dropbox, sandbox: SandboxServer):
    made = upload(studio)
    assert (made.path_display, made.size, made.content_hash) == (PATH, len(DATA), hash_of(DATA))
    there = sandbox.files(STUDIO)[WHOLE_PATH]
    assert (there["id"], there["rev"], there["content_hash"]) == (made.id, made.rev, made.content_hash)


def test_any_letter_may_stand_in_a_path(studio: Dropbox, sandbox: SandboxServer):
    path = '/été 🎉/Ж—"quoted".jpg'
    assert upload(studio, path).path_display == path
    assert f"/Apps/Clementine{path}" in sandbox.files(STUDIO)


def test_the_time_in_dropbox_is_that_of_the_picture(studio: Dropbox, sandbox: SandboxServer):
    upload(studio)
    with sandbox.client(STUDIO, key=APP_KEY) as client:
        assert client.files_get_metadata(PATH).client_modified.isoformat() == "2026-02-11T19:24:03"


def test_fr_009_a_file_of_ours_is_overwritten_at_its_path(studio: Dropbox, sandbox: SandboxServer):
    first, second = upload(studio), upload(studio, data=b"another")
    assert (first.id, list(sandbox.files(STUDIO))) == (second.id, [WHOLE_PATH])
    assert sandbox.files(STUDIO)[WHOLE_PATH]["content_hash"] == hash_of(b"another")


def test_the_same_bytes_again_make_no_second_revision(studio: Dropbox, sandbox: SandboxServer):
    assert upload(studio).rev == upload(studio).rev
    assert sandbox.files(STUDIO)[WHOLE_PATH]["revisions"] == 1


def test_a_look_finds_files_folders_and_nothing(studio: Dropbox):
    assert studio.stat(PATH, line=Line()) is None
    made = upload(studio)
    assert studio.stat(PATH.upper(), line=Line()) == made
    folder = studio.stat("/Gala", line=Line())
    assert folder is not None and folder.is_folder
    assert studio.stat(folder.id, line=Line()) == folder


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


def test_fr_011_a_revoked_grant_needs_reauth(studio: Dropbox, sandbox: SandboxServer):
    upload(studio)
    sandbox.revoke(STUDIO)
    assert refused(lambda: upload(studio)).kind is FailureKind.NEEDS_REAUTH


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
        ("too_many_write_operations", FailureKind.BUSY),
        ("lookup_failed/not_found", FailureKind.UNAVAILABLE),
        ("concurrent_session_missing_data", FailureKind.DEFECT),
    ],
)
def test_each_refusal_of_a_finish_has_its_kind(studio: Dropbox, sandbox: SandboxServer, error: str, kind: FailureKind):
    sandbox.fault("error", route="files/upload_session/finish", error=error)
    failure = refused(lambda: studio.upload_large(source(DATA), PATH, taken_at=TAKEN_AT, line=Line()))
    assert (failure.kind, failure.detail) == (kind, error)


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


def test_a_source_that_is_gone_is_said_so_and_nothing_lands(studio: Dropbox, sandbox: SandboxServer):
    def gone(start: int, length: int) -> io.BytesIO:
        raise FileNotFoundError("/data/media/00/secret")

    failure = refused(
        lambda: studio.upload(Source(gone, len(DATA), hash_of(DATA)), PATH, taken_at=TAKEN_AT, line=Line())
    )
    assert (failure.kind, sandbox.files(STUDIO)) == (FailureKind.SOURCE_MISSING, {})
    assert "/data" not in failure.detail


@pytest.mark.parametrize("large", [False, True])
def test_a_source_with_other_bytes_than_recorded_never_lands(studio: Dropbox, sandbox: SandboxServer, large: bool):
    changed = Source(lambda start, length: io.BytesIO(b"x" * length), len(DATA), hash_of(DATA))
    send = studio.upload_large if large else studio.upload
    assert refused(lambda: send(changed, PATH, taken_at=TAKEN_AT, line=Line())).kind is FailureKind.SOURCE_MISSING
    assert sandbox.files(STUDIO) == {}


def test_a_large_file_goes_by_session_in_chunks_with_memory_flat(
    studio: Dropbox, sandbox: SandboxServer, tmp_path: Path
):
    path, size = tmp_path / "video", 41 * MIB + 5
    with path.open("wb") as file:
        for number in range(41):
            file.write(bytes([number]) * MIB)
        file.write(b"ended")

    def opens(start: int, length: int):
        file = path.open("rb")
        file.seek(start)
        return file

    content_hash = FileRange.measured(opens, 0, size).content_hash
    tracemalloc.start()
    made = studio.upload_large(Source(opens, size, content_hash), "/video.mp4", taken_at=TAKEN_AT, line=Line())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made.content_hash == sandbox.files(STUDIO)["/Apps/Clementine/video.mp4"]["content_hash"] == content_hash
    assert len(sandbox.history("files/upload_session/append_v2")) == 5
    assert len(sandbox.history("files/upload_session/finish")) == 1
    assert peak < 4 * MIB


def test_a_hanging_upload_that_is_cut_is_stopped_and_no_failure(studio: Dropbox, sandbox: SandboxServer):
    upload(studio)
    sandbox.fault("hang", route="files/upload")
    line, began = Line(), time.monotonic()
    threading.Timer(0.2, line.cut).start()
    with pytest.raises(Stopped):
        studio.upload(source(DATA), PATH, taken_at=TAKEN_AT, line=line)
    assert time.monotonic() - began < 1


def test_a_hanging_refresh_that_is_cut_is_stopped(studio: Dropbox, sandbox: SandboxServer):
    sandbox.fault("hang", route="oauth2/token")
    line, began = Line(), time.monotonic()
    threading.Timer(0.2, line.cut).start()
    with pytest.raises(Stopped):
        studio.stat(PATH, line=line)
    assert time.monotonic() - began < 1


def test_a_call_that_takes_too_long_is_unavailable(studio: Dropbox, sandbox: SandboxServer):
    upload(studio)
    sandbox.fault("hang", route="files/upload")
    line = Line()
    threading.Timer(0.2, line.expire).start()
    failure = refused(lambda: studio.upload(source(DATA), PATH, taken_at=TAKEN_AT, line=line))
    assert (failure.kind, failure.outcome_known) == (FailureKind.UNAVAILABLE, False)


def test_a_line_that_was_cut_makes_no_further_call(studio: Dropbox, sandbox: SandboxServer):
    upload(studio)
    sandbox.clear_history()
    line = Line()
    line.cut()
    with pytest.raises(Stopped):
        studio.upload(source(DATA), PATH, taken_at=TAKEN_AT, line=line)
    assert sandbox.history() == []
