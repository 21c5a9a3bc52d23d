"""Each row of the failure table, end to end: the sandbox misbehaves, and the export ends as DESIGN.md §6 says."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from rules.failures import FailureKind
from rules.states import ConnectionStatus, ExportState
from store.connect import rows
from tests.cast import STUDIO
from tests.scheduler.stage import Stage

pytestmark = pytest.mark.anyio
UPLOAD = "files/upload"


async def test_a_rate_limit_pauses_the_connection_until_retry_after_and_spends_no_attempt(stage: Stage):
    stage.sandbox.fault("rate_limit", route=UPLOAD, retry_after=300, times=1)
    await stage.engine.start()
    first = stage.studio.push()
    limited = await stage.tried(first)
    second = stage.studio.push()
    assert (limited.state, limited.attempts, limited.error_kind) == (ExportState.WAITING, 0, FailureKind.RATE_LIMITED)
    paused = stage.studio.connection()
    assert paused.pause_reason == "rate_limited"
    assert paused.paused_until >= stage.now() + 299_000
    stage.pass_time(299)
    await stage.stays_quiet()
    stage.pass_time(40)
    await stage.ended(first)
    await stage.ended(second)
    assert stage.get(first).attempts == 1
    assert stage.studio.connection().pause_reason is None


async def test_busy_repeats_the_commit_soon_and_spends_no_attempt(stage: Stage):
    stage.sandbox.fault("error", route=UPLOAD, error="path/too_many_write_operations", times=1)
    stage.sandbox.fault("rate_limit", route=UPLOAD, reason="too_many_write_operations", retry_after=0, times=1)
    await stage.engine.start()
    export = stage.studio.push()
    await stage.tried(export, 1)
    stage.pass_time(1.2)
    await stage.tried(export, 2)
    stage.pass_time(2.3)
    done = await stage.ended(export)
    assert [each.error_kind for each in stage.log(export)] == ["busy", "busy", None]
    assert (done.attempts, stage.studio.connection().paused_until) == (1, 0)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "drop"},
        {"kind": "status", "status": 200, "content_type": "text/html", "body": "<html>"},
        {"kind": "status", "status": 200, "content_type": "application/json", "body": "{}"},
    ],
)
async def test_unavailable_backs_off_and_comes_through(stage: Stage, fault: dict[str, Any]):
    stage.sandbox.fault(route=UPLOAD, times=1, **fault)
    await stage.engine.start()
    export = stage.studio.push()
    waiting = await stage.tried(export)
    assert (waiting.attempts, waiting.error_kind) == (1, FailureKind.UNAVAILABLE)
    assert 8_900 <= waiting.due_at - stage.now() <= 11_000
    stage.pass_time(11)
    assert (await stage.ended(export)).attempts == 2


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "status", "status": 500}])
async def test_an_answer_lost_after_the_commit_is_adopted_and_makes_one_revision(stage: Stage, fault: dict[str, Any]):
    stage.sandbox.fault(route=UPLOAD, when="after", times=1, **fault)
    await stage.engine.start()
    export = stage.studio.push()
    await stage.tried(export)
    stage.pass_time(11)
    done = await stage.ended(export)
    there = stage.files()[export.destination_path]
    assert (done.rev, there["revisions"]) == (there["rev"], 1)
    assert len(stage.calls(UPLOAD)) == 1


async def test_another_file_at_our_path_after_a_lost_try_is_overwritten(stage: Stage):
    stage.sandbox.fault("drop", route=UPLOAD, times=1)
    await stage.engine.start()
    export = stage.studio.push()
    await stage.tried(export)
    with stage.sandbox.client(STUDIO) as client:
        client.files_upload(b"another", export.destination_path)
    stage.pass_time(11)
    await stage.ended(export)
    assert stage.files()[export.destination_path]["content_hash"] == export.content_hash


async def test_five_in_a_row_open_the_breaker_and_one_probe_follows(stage: Stage):
    stage.sandbox.fault("status", route="files/*", status=500)
    made = [stage.studio.push() for _ in range(8)]
    await stage.engine.start()
    await stage.until(lambda: stage.studio.connection().pause_reason == "unavailable")
    for export in made:
        await stage.tried(export)
    assert len(stage.calls("files/*")) == 8
    stage.pass_time(45)
    await stage.until(lambda: len(stage.calls("files/*")) == 9)
    await stage.stays_quiet()
    stage.sandbox.clear_faults()
    for _ in made:
        stage.pass_time(60)
    for export in made:
        await stage.ended(export)


async def test_401_expired_refreshes_once_and_goes_on(stage: Stage):
    await stage.engine.start()
    await stage.ended(stage.studio.push())
    stage.sandbox.expire_tokens(STUDIO)
    second = await stage.ended(stage.studio.push())
    assert (second.attempts, len(stage.log(second))) == (1, 1)
    assert stage.studio.connection().status is ConnectionStatus.CONNECTED


@pytest.mark.parametrize(
    "lose",
    [
        lambda stage: stage.sandbox.revoke(STUDIO),
        lambda stage: stage.sandbox.fault("oauth_error", error="invalid_grant"),
        lambda stage: stage.sandbox.fault("auth_error", route=UPLOAD, error="missing_scope"),
        lambda stage: stage.sandbox.fault("auth_error", route=UPLOAD, error="user_suspended"),
    ],
)
async def test_fr_011_a_lost_grant_makes_exports_wait_and_a_reconnect_resumes_them(stage: Stage, lose):
    """S1 user story 5, scenarios 1 and 3; FR-011."""
    lose(stage)
    await stage.engine.start()
    export = stage.studio.push()
    waiting = await stage.tried(export)
    assert (waiting.state, waiting.attempts, waiting.error_kind) == (ExportState.WAITING, 0, FailureKind.NEEDS_REAUTH)
    assert stage.studio.connection().status is ConnectionStatus.NEEDS_REAUTH
    later = stage.studio.push()
    stage.pass_time(3600)
    await stage.stays_quiet()
    stage.sandbox.clear_faults()
    stage.studio.connect()
    await stage.ended(export)
    await stage.ended(later)
    assert len(stage.log(export)) == 2


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "drop"}])
async def test_trouble_at_the_token_endpoint_is_unavailable_and_never_a_lost_connection(
    stage: Stage, fault: dict[str, Any]
):
    stage.sandbox.fault(route="oauth2/token", times=1, **fault)
    await stage.engine.start()
    export = stage.studio.push()
    assert (await stage.tried(export)).error_kind is FailureKind.UNAVAILABLE
    assert stage.studio.connection().status is ConnectionStatus.CONNECTED
    stage.pass_time(11)
    await stage.ended(export)


async def test_a_full_dropbox_makes_exports_wait_and_go_on_by_themselves(stage: Stage):
    stage.sandbox.set_quota(STUDIO, 10)
    await stage.engine.start()
    export = stage.studio.push()
    waiting = await stage.tried(export)
    assert (waiting.state, waiting.attempts) == (ExportState.WAITING, 0)
    assert stage.studio.connection().pause_reason == "insufficient_space"
    stage.sandbox.set_quota(STUDIO, 10**9)
    stage.pass_time(3601)
    await stage.ended(export)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "error": "path/no_write_permission"},
        {"kind": "error", "error": "path/team_folder"},
        {"kind": "status", "status": 403, "content_type": "application/json", "body": '{"error": {".tag": "x"}}'},
        {"kind": "status", "status": 422, "content_type": "application/json", "body": '{"error": {".tag": "x"}}'},
    ],
)
async def test_what_is_not_permitted_pauses_the_connection_for_an_hour(stage: Stage, fault: dict[str, Any]):
    stage.sandbox.fault(route=UPLOAD, times=1, **fault)
    await stage.engine.start()
    export = stage.studio.push()
    waiting = await stage.tried(export)
    assert (waiting.attempts, waiting.error_kind) == (0, FailureKind.NOT_PERMITTED)
    assert stage.studio.connection().pause_reason == "not_permitted"
    stage.pass_time(3601)
    await stage.ended(export)


async def test_a_file_in_the_way_of_our_folder_fails_at_once_and_others_go_on(stage: Stage):
    export = stage.studio.push()
    with stage.sandbox.client(STUDIO) as client:
        client.files_upload(b"in the way", export.destination_path.rsplit("/", 1)[0])
    await stage.engine.start()
    failed = await stage.ended(export, ExportState.FAILED)
    assert (failed.error_kind, failed.attempts) == (FailureKind.BAD_NAME, 1)
    assert "path/conflict/file_ancestor" in str(failed.error_message)


async def test_a_hash_that_differs_is_tried_once_more_and_then_fails(stage: Stage):
    stage.sandbox.fault("error", route=UPLOAD, error="content_hash_mismatch")
    await stage.engine.start()
    export = stage.studio.push()
    await stage.tried(export, 1)
    assert stage.get(export).state is ExportState.WAITING
    stage.pass_time(11)
    failed = await stage.ended(export, ExportState.FAILED)
    assert (failed.error_kind, failed.attempts) == (FailureKind.HASH_MISMATCH, 2)


async def test_a_defect_fails_at_once_loudly_and_keeps_dropboxs_request_id(stage: Stage):
    stage.sandbox.fault("status", route=UPLOAD, status=400, content_type="text/plain", body="no such argument")
    with capture_logs() as logs:
        await stage.engine.start()
        export = stage.studio.push()
        failed = await stage.ended(export, ExportState.FAILED)
    assert failed.error_kind is FailureKind.DEFECT
    request_id = rows(stage.db, "select request_id from attempts")[0]["request_id"]
    [told] = [line for line in logs if line["event"] == "a try failed"]
    assert (told["log_level"], told["dropbox_request_id"]) == ("error", request_id)
    assert request_id
