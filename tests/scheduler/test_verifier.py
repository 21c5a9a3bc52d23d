"""Verifying: what lies in Dropbox is compared with what was exported, and a quiet project costs one call."""

import pytest
from dropbox import files

from clients.dropbox_oauth import CONNECT_SCOPES
from rules.failures import FailureKind
from rules.states import ConnectionStatus, FindingKind, VerificationState
from scheduler import housekeeping
from store import connections, exports, verifications
from store.connect import immediate, rows
from store.exports import Export
from store.verifications import Verification
from tests.cast import STUDIO
from tests.conftest import APP_KEY
from tests.scheduler.stage import PICTURE, Stage

pytestmark = pytest.mark.anyio


async def exported(stage: Stage, many: int = 3) -> list[Export]:
    """So many files in Dropbox; the engine runs."""
    await stage.engine.start()
    made = [stage.studio.push(PICTURE + bytes([number])) for number in range(many)]
    return [await stage.ended(each) for each in made]


async def verified(stage: Stage) -> Verification:
    """Ask for a verification and wait for its end."""
    stage.pass_time(1)
    with immediate(stage.db):
        verifications.ask(stage.db, stage.studio.project_id, by=stage.studio.owner, now=stage.now())
    await stage.until(lambda: not latest(stage).under_way)
    return latest(stage)


def latest(stage: Stage) -> Verification:
    found = verifications.latest(stage.db, stage.studio.project_id)
    assert found is not None
    return found


def figures(found: Verification) -> tuple[VerificationState, int, int, int, int]:
    return found.state, found.total, found.verified, found.missing, found.changed


def found_wrong(stage: Stage) -> dict[str, FindingKind]:
    return {each.destination_path: each.kind for each in verifications.findings(stage.db, latest(stage))}


def lists(stage: Stage) -> int:
    return len([call for call in stage.calls() if "list_folder" in call["route"]])


def person(stage: Stage):
    """The person themselves, at work in their Dropbox."""
    return stage.sandbox.client(STUDIO, " ".join((*CONNECT_SCOPES, "files.content.read")), APP_KEY)


async def test_what_lies_there_as_it_was_sent_is_verified(stage: Stage):
    await exported(stage)
    assert figures(await verified(stage)) == (VerificationState.DONE, 3, 3, 0, 0)
    assert found_wrong(stage) == {}


async def test_a_quiet_project_costs_one_call(stage: Stage):
    await exported(stage)
    await verified(stage)
    before = lists(stage)
    assert figures(await verified(stage)) == (VerificationState.DONE, 3, 3, 0, 0)
    assert lists(stage) == before + 1


async def test_what_was_deleted_or_changed_is_named(stage: Stage):
    _, deleted, changed = await exported(stage)
    await verified(stage)
    sdk = person(stage)
    sdk.files_delete_v2(deleted.destination_path)
    sdk.files_upload(b"other bytes", changed.destination_path, mode=files.WriteMode.overwrite)
    assert figures(await verified(stage)) == (VerificationState.DONE, 3, 1, 1, 1)
    assert found_wrong(stage) == {
        deleted.destination_path: FindingKind.MISSING,
        changed.destination_path: FindingKind.CHANGED,
    }


async def test_a_deleted_folder_takes_all_its_files_with_it(stage: Stage):
    made = await exported(stage)
    await verified(stage)
    person(stage).files_delete_v2("/" + made[0].destination_path.split("/")[1])
    assert figures(await verified(stage)) == (VerificationState.DONE, 3, 0, 3, 0)


async def test_a_folder_that_was_never_there_has_none_of_the_files(stage: Stage):
    made = await exported(stage, 1)
    person(stage).files_delete_v2("/" + made[0].destination_path.split("/")[1])
    assert figures(await verified(stage)) == (VerificationState.DONE, 1, 0, 1, 0)


async def test_what_is_exported_again_is_verified_the_next_time(stage: Stage):
    made = await exported(stage, 2)
    person(stage).files_delete_v2(made[0].destination_path)
    await verified(stage)
    with immediate(stage.db):
        exports.retry(stage.db, export_id=made[0].id, by=stage.studio.owner, now=stage.now())
    stage.bell.set()
    await stage.until(lambda: len(stage.log(made[0])) == 2)
    assert [each.again for each in verifications.findings(stage.db, latest(stage))] == [True]
    assert figures(await verified(stage)) == (VerificationState.DONE, 2, 2, 0, 0)


async def test_files_of_others_in_the_folder_are_none_of_our_business(stage: Stage):
    made = await exported(stage, 1)
    folder = made[0].destination_path.rpartition("/")[0]
    person(stage).files_upload(b"notes", f"{folder}/notes.txt")
    assert figures(await verified(stage)) == (VerificationState.DONE, 1, 1, 0, 0)
    assert len(rows(stage.db, "select * from seen_files")) == 1


async def test_a_cursor_that_dropbox_forgot_is_begun_anew(stage: Stage):
    await exported(stage)
    await verified(stage)
    stage.sandbox.control("POST", "cursors/reset", {"person": STUDIO})
    assert figures(await verified(stage)) == (VerificationState.DONE, 3, 3, 0, 0)


async def test_a_long_listing_comes_in_pages_and_goes_on_after_an_interruption(stage: Stage, monkeypatch):
    monkeypatch.setattr("clients.dropbox_listing.PAGE", 2)
    await exported(stage, 5)
    stage.sandbox.fault("status", status=503, route="files/list_folder/continue", times=1)
    stage.pass_time(1)
    with immediate(stage.db):
        verifications.ask(stage.db, stage.studio.project_id, by=stage.studio.owner, now=stage.now())
    await stage.until(lambda: rows(stage.db, "select attempts from verifications") == [{"attempts": 1}])
    assert len(rows(stage.db, "select cursor from listed_folders")) == 1
    stage.pass_time(60)
    await stage.until(lambda: not latest(stage).under_way)
    assert figures(latest(stage)) == (VerificationState.DONE, 5, 5, 0, 0)
    assert len([call for call in stage.calls() if call["route"] == "files/list_folder"]) == 1


async def test_a_rate_limit_rests_the_connection_and_spends_no_try(stage: Stage):
    await exported(stage, 1)
    stage.sandbox.fault("rate_limit", route="files/list_folder", retry_after=30, times=1)
    stage.pass_time(1)
    with immediate(stage.db):
        verifications.ask(stage.db, stage.studio.project_id, by=stage.studio.owner, now=stage.now())
    put_off = "select attempts from verifications where state = 'waiting' and due_at > :soon"
    await stage.until(lambda: rows(stage.db, put_off, soon=stage.now() + 20_000) == [{"attempts": 0}])
    assert stage.studio.connection().paused_until > stage.now() + 20_000
    before = lists(stage)
    await stage.stays_quiet()
    stage.sandbox.move_clock(61)
    stage.pass_time(61)
    await stage.until(lambda: not latest(stage).under_way)
    assert figures(latest(stage)) == (VerificationState.DONE, 1, 1, 0, 0)
    assert lists(stage) == before + 1


async def test_a_lost_grant_is_noticed_and_said(stage: Stage):
    await exported(stage, 1)
    stage.sandbox.revoke(STUDIO)
    found = await verified(stage)
    assert (found.state, found.error_kind) == (VerificationState.FAILED, FailureKind.NEEDS_REAUTH)
    assert stage.studio.connection().status is ConnectionStatus.NEEDS_REAUTH


@pytest.mark.complaints("needless_refresh")
async def test_disconnected_meanwhile_nothing_is_asked_of_dropbox(stage: Stage):
    await exported(stage, 1)
    with immediate(stage.db):
        verifications.ask(stage.db, stage.studio.project_id, by=stage.studio.owner, now=stage.now() + 3_000)
        stage.db.conn.execute("update verifications set due_at = due_at + 3000")
        connections.disconnect(
            stage.db,
            workspace_id=stage.studio.workspace_id,
            by=stage.studio.owner,
            keyring=stage.settings.keyring,
            now=stage.now(),
        )
    before = lists(stage)
    stage.pass_time(10)
    await stage.until(lambda: not latest(stage).under_way)
    assert (latest(stage).error_kind, lists(stage)) == (FailureKind.DISCONNECTED, before)


@pytest.mark.complaints("needless_refresh")
async def test_what_a_crash_left_running_begins_again(stage: Stage):
    await exported(stage, 1)
    await stage.engine.stop()
    with immediate(stage.db):
        verifications.ask(stage.db, stage.studio.project_id, by=stage.studio.owner, now=stage.now())
    stage.sql("update verifications set state = 'running', claim = 'dead:1'")
    stage.engine = stage.new_engine()
    stage.pass_time(1)
    await stage.engine.start()
    await stage.until(lambda: not latest(stage).under_way)
    assert figures(latest(stage)) == (VerificationState.DONE, 1, 1, 0, 0)


async def test_every_night_each_exporting_project_is_verified_once(stage: Stage):
    await exported(stage, 1)
    for _ in range(2):
        await housekeeping.verify_all(stage.database, stage.now)
    asked = rows(stage.db, "select reason, due_at from verifications")
    assert [row["reason"] for row in asked] == ["nightly"]
    stage.pass_time(3_601)
    await stage.until(lambda: rows(stage.db, "select state from verifications") == [{"state": "done"}])


async def test_only_the_last_word_is_kept(stage: Stage):
    made = await exported(stage, 2)
    person(stage).files_delete_v2(made[0].destination_path)
    for _ in range(3):
        await verified(stage)
    assert len(rows(stage.db, "select id from verifications")) == 1
    assert len(rows(stage.db, "select export_id from verification_findings")) == 1
