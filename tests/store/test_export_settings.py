"""Export settings: who may not switch on, what off means, what a change touches, and where a result would go."""

import pytest

from rules.failures import FailureKind
from rules.states import FolderStructure
from store import connections, experiences, export_settings, export_stops, exports, projects
from store.connect import Db, rows
from store.errors import Conflict, Invalid, NotFound
from store.export_settings import ExportSettings
from tests.store.exporting import (
    KEYRING,
    OWNER,
    audited,
    claim,
    connect,
    eight_f_3_k,
    pushed,
    result,
    states,
    switched_on,
)
from tests.store.people import NOW, World

EDITOR = "dbid:editor"
LATER = NOW + 60_000


def switch(db: Db, world: World, *, on: bool, now: int = LATER) -> ExportSettings:
    return export_settings.switch(db, project_id=world.project.id, enabled=on, by=EDITOR, now=now)


def change(db: Db, world: World, **fields: str) -> ExportSettings:
    return export_settings.change(db, project_id=world.project.id, **fields, by=EDITOR, now=LATER)


def test_fr_005_a_new_project_exports_nothing_and_nobody_has_set_anything(db: Db, world: World):
    found = export_settings.of(db, world.project.id)
    assert (found.enabled, found.folder_path, found.folder_structure) == (False, "", FolderStructure.BY_EXPERIENCE)
    assert found.naming_template == "{date}_{time}_session-{shortCode}_result"
    assert (found.enabled_by, found.enabled_at, found.configured_by, found.configured_at) == (None,) * 4


def test_the_settings_of_an_unknown_project_are_not_found(db: Db):
    with pytest.raises(NotFound):
        export_settings.of(db, "nothing")


def test_fr_004_fr_005_switching_on_keeps_who_and_when(db: Db, world: World):
    connect(db, world.workspace.id)
    found = switch(db, world, on=True)
    assert (found.enabled, found.enabled_by, found.enabled_by_name, found.enabled_at) == (True, EDITOR, "Editor", LATER)
    assert audited(db)[-1] == "export.switched_on"


def test_fr_005_switching_off_keeps_who_and_when_too(db: Db, world: World):
    switched_on(db, world)
    found = switch(db, world, on=False)
    assert (found.enabled, found.enabled_by, found.enabled_at) == (False, EDITOR, LATER)
    assert audited(db)[-1] == "export.switched_off"


def test_export_cannot_be_switched_on_before_dropbox_is_connected(db: Db, world: World):
    with pytest.raises(Conflict, match="Connect Dropbox"):
        switch(db, world, on=True)


def test_export_cannot_be_switched_on_after_dropbox_was_disconnected(db: Db, world: World):
    connect(db, world.workspace.id)
    connections.disconnect(db, workspace_id=world.workspace.id, by=OWNER, keyring=KEYRING, now=NOW)
    with pytest.raises(Conflict):
        switch(db, world, on=True)


def test_export_can_be_switched_on_while_the_connection_waits_for_a_new_sign_in(db: Db, world: World):
    connection = connect(db, world.workspace.id)
    connections.lost(db, connection_id=connection.id, refused="refresh-1", keyring=KEYRING, now=NOW)
    assert switch(db, world, on=True).enabled


def test_switching_off_works_whatever_the_connection_is(db: Db, world: World):
    switched_on(db, world)
    connections.disconnect(db, workspace_id=world.workspace.id, by=OWNER, keyring=KEYRING, now=NOW)
    assert not switch(db, world, on=False).enabled


def test_disconnecting_leaves_the_switch_as_it_was(db: Db, world: World):
    switched_on(db, world)
    connections.disconnect(db, workspace_id=world.workspace.id, by=OWNER, keyring=KEYRING, now=NOW)
    assert export_settings.of(db, world.project.id).enabled
    connect(db, world.workspace.id, token="refresh-2")
    assert pushed(db, world)[0].state == "waiting"


def test_switching_to_what_it_is_changes_nothing(db: Db, world: World):
    switched_on(db, world)
    before = export_settings.of(db, world.project.id)
    assert switch(db, world, on=True) == before
    off = switch(db, world, on=False)
    assert switch(db, world, on=False, now=LATER + 1) == off
    assert audited(db).count("export.switched_off") == 1


def test_off_begins_a_new_epoch_and_on_does_not(db: Db, world: World):
    switched_on(db, world)
    epochs = [switch(db, world, on=on).epoch for on in (False, True, False, True)]
    assert epochs == [2, 2, 3, 3]


def test_off_skips_at_once_what_is_being_uploaded(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world)[0]
    claim(db, export.id)
    switch(db, world, on=False)
    now = exports.get(db, export.id)
    assert (now.state, now.error_kind) == ("skipped", FailureKind.EXPORT_OFF)


def test_on_again_revives_nothing_that_off_left_behind(db: Db, world: World):
    switched_on(db, world)
    for _ in range(3):
        pushed(db, world)
    switch(db, world, on=False)
    switch(db, world, on=True)
    fresh = pushed(db, world)[0]
    while export_stops.sweep(db, now=LATER):
        pass
    assert states(db) == {"skipped": 3, "waiting": 1}
    assert exports.get(db, fresh.id).state == "waiting"


def test_a_change_keeps_who_and_when_and_leaves_the_rest(db: Db, world: World):
    found = change(db, world, folder_structure="by_date")
    assert (found.folder_structure, found.configured_by_name, found.configured_at) == ("by_date", "Editor", LATER)
    assert (found.folder_path, found.enabled_by) == ("", None)
    assert audited(db)[-1] == "export_settings.changed"


def test_a_change_to_what_it_is_changes_nothing(db: Db, world: World):
    assert change(db, world, folder_structure="by_experience", folder_path="/") == export_settings.of(
        db, world.project.id
    )
    assert "export_settings.changed" not in audited(db)


def test_a_folder_path_is_stored_as_dropbox_writes_it(db: Db, world: World):
    assert change(db, world, folder_path=" Events//2026/ ").folder_path == "/Events/2026"


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_changed(db: Db, world: World):
    before = export_settings.of(db, world.project.id)
    with pytest.raises(Invalid) as refusal:
        change(db, world, folder_path="/a/../b", folder_structure="sideways", naming_template="{time}{x.__class__}")
    assert list(refusal.value.errors) == ["folder_path", "folder_structure", "naming_template"]
    assert export_settings.of(db, world.project.id) == before


def test_changing_the_folder_forgets_what_was_known_of_the_old_one_and_claims_the_new(db: Db, world: World):
    connect(db, world.workspace.id)
    db.conn.execute("update export_settings set folder_id = 'id:old', folder_checked_at = 5")
    change(db, world, folder_path="/Events")
    assert rows(db, "select folder_id, folder_checked_at from export_settings") == [
        {"folder_id": None, "folder_checked_at": 0}
    ]
    assert {row["path"] for row in rows(db, "select path from folder_claims")} == {"/Gala", "/Events/Gala"}


def test_exports_that_wait_keep_their_frozen_path_when_settings_change(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world)[0]
    change(db, world, folder_path="/Events", folder_structure="flat")
    assert export_stops.sweep(db, now=LATER) == 0
    assert exports.get(db, export.id) == export


@pytest.mark.parametrize("selected", ["/Other", "/Events"])
def test_selecting_a_folder_where_it_was_gone_sends_what_waits_there(db: Db, world: World, selected: str):
    switched_on(db, world)
    change(db, world, folder_path="/Events")
    export = pushed(db, world)[0]
    db.conn.execute("update export_settings set paused_reason = 'folder_gone', paused_at = 5")
    found = change(db, world, folder_path=selected)
    assert (found.paused_reason, found.paused_at) == (None, None)
    assert export_stops.sweep(db, now=LATER) == 1
    assert export_stops.sweep(db, now=LATER) == 0
    now = exports.get(db, export.id)
    assert (now.state, now.destination_path) == ("waiting", export.destination_path.replace("/Events", selected))


def test_sc_006_the_example_is_where_the_newest_result_would_go(db: Db, world: World):
    connect(db, world.workspace.id)
    result(db, world, now=NOW - 1000)
    result(db, world, now=1_770_837_843_000, random=eight_f_3_k, extension="mp4")
    projects.change(db, world.project.id, timezone="Asia/Tokyo", by=OWNER, now=NOW)
    assert (
        export_settings.of(db, world.project.id).example_path
        == "/Gala/Photo Booth/2026-02-12_04-24-03_session-8F3K_result.mp4"
    )


def test_without_a_result_the_example_takes_the_newest_experience(db: Db, world: World):
    experiences.create(db, world.project.id, name="Mirror", by=OWNER, now=LATER)
    found = change(db, world, naming_template="{session}_{artifact}_{variant}_{shortCode}", folder_path="/Events")
    assert found.example_path == "/Events/Gala/Mirror/guest-1_result_final_8F3K.jpg"


def test_without_an_experience_there_is_an_example_too(db: Db, world: World):
    project = projects.create(db, world.workspace.id, name="Empty", by=OWNER, now=NOW)
    assert export_settings.of(db, project.id).example_path.startswith("/Empty/Experience/")


def test_the_example_of_a_deleted_experience_is_not_shown(db: Db, world: World):
    result(db, world)
    experiences.mark_deleted(db, world.experience.id, by=OWNER, now=NOW)
    assert "/Experience/" in export_settings.of(db, world.project.id).example_path


def test_the_example_shows_the_number_of_a_folder_that_was_taken(db: Db, world: World):
    connect(db, world.workspace.id)
    second = projects.create(db, world.workspace.id, name="Gala", by=OWNER, now=NOW)
    assert export_settings.of(db, second.id).example_path.startswith("/Gala (2)/")


def test_looking_at_the_settings_writes_nothing(db: Db, world: World):
    second = projects.create(db, world.workspace.id, name="Gala", by=OWNER, now=NOW)
    db.conn.execute("delete from folder_claims")
    before = db.conn.total_changes
    for project_id in (world.project.id, second.id):
        export_settings.of(db, project_id)
    assert db.conn.total_changes == before
