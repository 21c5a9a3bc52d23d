"""A selected folder: known by its id, made when it never was, never made again against whoever removed it."""

import pytest

from rules.failures import FailureKind
from rules.states import ExportState
from store import export_settings
from store.connect import immediate, rows
from tests.cast import STUDIO
from tests.scheduler.stage import Stage

pytestmark = pytest.mark.anyio
UPLOAD = "files/upload"


async def test_a_selected_folder_is_known_by_its_id_after_the_first_look(stage: Stage):
    with stage.sandbox.client(STUDIO) as client:
        folder = client.files_create_folder_v2("/Photos").metadata
    _select(stage, "/Photos")
    await stage.engine.start()
    await stage.ended(stage.studio.push())
    assert rows(stage.db, "select folder_id from export_settings")[0]["folder_id"] == folder.id
    await stage.ended(stage.studio.push())
    assert len(stage.calls("files/get_metadata")) == 1


async def test_a_folder_that_never_was_is_made_by_the_first_upload_and_known_a_minute_later(stage: Stage):
    _select(stage, "/New")
    await stage.engine.start()
    await stage.ended(stage.studio.push())
    stage.pass_time(61)
    await stage.ended(stage.studio.push())
    [folder] = [node for node in stage.sandbox.tree(STUDIO) if node["path"] == "/Apps/Clementine/New"]
    assert rows(stage.db, "select folder_id from export_settings")[0]["folder_id"] == folder["id"]


@pytest.mark.parametrize("moved", [False, True])
async def test_a_selected_folder_that_is_gone_is_not_made_again_and_its_project_waits(stage: Stage, moved: bool):
    with stage.sandbox.client(STUDIO) as client:
        client.files_create_folder_v2("/Photos")
        _select(stage, "/Photos")
        await stage.engine.start()
        await stage.ended(stage.studio.push())
        client.files_delete_v2("/Photos")
        if moved:
            elsewhere = client.files_create_folder_v2("/Old").metadata
            stage.sql("update export_settings set folder_id = :id", id=elsewhere.id)
    stage.pass_time(61)
    export = stage.studio.push()
    waiting = await stage.tried(export)
    assert (waiting.state, waiting.error_kind) == (ExportState.WAITING, FailureKind.FOLDER_GONE)
    assert not any(path.startswith("/Photos") for path in stage.files())
    stage.pass_time(3600)
    await stage.stays_quiet()
    _select(stage, "/Elsewhere")
    done = await stage.ended(export)
    assert done.destination_path.startswith("/Elsewhere/")


async def test_a_folder_removed_and_made_again_under_its_name_is_taken(stage: Stage):
    with stage.sandbox.client(STUDIO) as client:
        client.files_create_folder_v2("/Photos")
        _select(stage, "/Photos")
        await stage.engine.start()
        await stage.ended(stage.studio.push())
        client.files_delete_v2("/Photos")
        again = client.files_create_folder_v2("/Photos").metadata
    stage.pass_time(61)
    await stage.ended(stage.studio.push())
    assert rows(stage.db, "select folder_id from export_settings")[0]["folder_id"] == again.id


def _select(stage: Stage, path: str) -> None:
    with immediate(stage.db):
        export_settings.change(
            stage.db, project_id=stage.studio.project_id, folder_path=path, by=stage.studio.owner, now=stage.now()
        )
    stage.bell.set()
