"""Enqueueing: one export for each ready artifact, with its path frozen, or none, as switch and connection say."""

import pytest

from rules.failures import FailureKind
from rules.states import AttemptStatus, ExportState
from store import connections, experiences, export_log, export_settings, exports, projects
from store.connect import Db, immediate, rows
from store.export_queue import export_key
from tests.store.exporting import KEYRING, OWNER, connect, eight_f_3_k, pushed, result, states, switched_on
from tests.store.people import NOW, World

AT_19_24_03 = 1_770_837_843_000  # 2026-02-11T19:24:03Z


def test_sc_006_fr_007_fr_008_an_export_goes_to_project_experience_and_the_exact_file_name(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world, now=AT_19_24_03, random=eight_f_3_k)[0]
    assert export.destination_path == "/Gala/Photo Booth/2026-02-11_19-24-03_session-8F3K_result.jpg"
    assert (export.state, export.attempts, export.due_at) == (ExportState.WAITING, 0, AT_19_24_03)


def test_fr_006_each_artifact_has_an_export_of_its_own(db: Db, world: World):
    switched_on(db, world)
    made = pushed(db, world, files=(("photo", "final"), ("photo", "raw"), ("reel", "final")))
    assert [(each.artifact_id, each.variant) for each in made] == [
        ("photo", "final"),
        ("photo", "raw"),
        ("reel", "final"),
    ]
    assert len({each.destination_path for each in made}) == 3


def test_an_export_knows_size_and_content_hash_of_its_file(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world)[0]
    assert (export.size, export.content_hash) == (1000, "1" * 64)


def test_no_export_is_made_while_it_was_never_switched_on(db: Db, world: World):
    connect(db, world.workspace.id)
    assert pushed(db, world) == []


def test_no_export_is_made_without_any_connection(db: Db, world: World):
    assert pushed(db, world) == []


def test_fr_004_no_export_is_made_after_it_was_switched_off(db: Db, world: World):
    switched_on(db, world)
    export_settings.switch(db, project_id=world.project.id, enabled=False, by=OWNER, now=NOW)
    assert pushed(db, world) == []


def test_under_a_lost_connection_exports_wait(db: Db, world: World):
    connection = switched_on(db, world)
    assert connections.lost(db, connection_id=connection.id, refused="refresh-1", keyring=KEYRING, now=NOW)
    assert pushed(db, world)[0].state is ExportState.WAITING


def test_fr_016_fr_010_sc_005_under_a_disconnected_one_they_are_skipped_and_the_log_says_why(db: Db, world: World):
    switched_on(db, world)
    connections.disconnect(db, workspace_id=world.workspace.id, by=OWNER, keyring=KEYRING, now=NOW)
    export = pushed(db, world)[0]
    assert (export.state, export.error_kind, export.finished_at) == (
        ExportState.SKIPPED,
        FailureKind.DISCONNECTED,
        NOW,
    )
    logged = export_log.of_export(db, export.id)
    assert [(each.n, each.status, each.error_kind, each.error_message) for each in logged] == [
        (1, AttemptStatus.SKIPPED, FailureKind.DISCONNECTED, "Dropbox is not connected")
    ]
    assert (logged[0].job_id, logged[0].destination_path) == (export.job_id, export.destination_path)


def test_enqueueing_again_makes_nothing_new(db: Db, world: World):
    switched_on(db, world)
    result_id = result(db, world)
    assert [exports.enqueue(db, result_id=result_id, now=NOW) for _ in range(2)] == [1, 0]


def test_only_ready_artifacts_are_enqueued(db: Db, world: World):
    switched_on(db, world)
    result_id = result(db, world, files=(("a", "final"), ("b", "final")))
    db.conn.execute("update artifacts set state = 'fetching' where artifact_id = 'b'")
    assert exports.enqueue(db, result_id=result_id, now=NOW) == 1
    db.conn.execute("update artifacts set state = 'ready'")
    assert exports.enqueue(db, result_id=result_id, now=NOW) == 1


@pytest.mark.parametrize("table", ["results", "experiences", "projects", "workspaces"])
def test_nothing_is_enqueued_for_what_is_deleted(db: Db, world: World, table: str):
    switched_on(db, world)
    result_id = result(db, world)
    db.conn.execute(f"update {table} set deleted_at = 1")
    assert exports.enqueue(db, result_id=result_id, now=NOW) == 0


def test_renaming_changes_new_paths_and_no_old_ones(db: Db, world: World):
    switched_on(db, world)
    before = pushed(db, world, session="a")[0]
    projects.change(db, world.project.id, name="Ball", by=OWNER, now=NOW)
    experiences.rename(db, world.experience.id, name="Mirror", by=OWNER, now=NOW)
    after = pushed(db, world, session="b")[0]
    assert after.destination_path.startswith("/Ball/Mirror/")
    assert exports.get(db, before.id).destination_path == before.destination_path


@pytest.mark.parametrize(
    ("structure", "path"),
    [
        ("by_experience", "/Events/Gala/Photo Booth/2026-02-12_04-24-03_session-8F3K_result.jpg"),
        ("by_date", "/Events/Gala/Photo Booth/2026-02-12/2026-02-12_04-24-03_session-8F3K_result.jpg"),
        ("flat", "/Events/Gala/2026-02-12_04-24-03_session-8F3K_result.jpg"),
    ],
)
def test_structure_folder_and_time_zone_make_the_path(db: Db, world: World, structure: str, path: str):
    switched_on(db, world)
    export_settings.change(
        db, project_id=world.project.id, folder_path="/Events", folder_structure=structure, by=OWNER, now=NOW
    )
    projects.change(db, world.project.id, timezone="Asia/Tokyo", by=OWNER, now=NOW)
    assert pushed(db, world, now=AT_19_24_03, random=eight_f_3_k)[0].destination_path == path


def test_the_template_makes_the_name(db: Db, world: World):
    switched_on(db, world)
    template = "{experience} {artifact}-{variant} {shortCode}"
    export_settings.change(db, project_id=world.project.id, naming_template=template, by=OWNER, now=NOW)
    export = pushed(db, world, files=(("reel/1", "final"),), extension="mp4", random=eight_f_3_k)[0]
    assert export.destination_path == "/Gala/Photo Booth/Photo Booth reel-1-final 8F3K.mp4"


def test_names_that_dropbox_refuses_are_made_safe(db: Db, world: World):
    projects.change(db, world.project.id, name="A/B: C?", by=OWNER, now=NOW)
    experiences.rename(db, world.experience.id, name="CON", by=OWNER, now=NOW)
    switched_on(db, world)
    assert pushed(db, world)[0].destination_path.startswith("/A-B- C-/CON_/")


def test_an_owed_export_is_made_up_for(db: Db, world: World):
    switched_on(db, world)
    result_id = result(db, world)
    db.conn.execute("update results set owed_export = 1")
    with immediate(db):
        assert exports.enqueue_owed(db, NOW, 10) == 1
        assert exports.enqueue_owed(db, NOW, 10) == 0
    assert [each.state for each in exports.of_result(db, result_id)] == [ExportState.WAITING]


def test_a_result_that_fails_again_stays_owed_and_holds_up_no_other(db: Db, world: World):
    switched_on(db, world)
    good, bad = result(db, world), result(db, world, now=NOW + 1)
    db.conn.execute("update results set owed_export = 1")
    # A time beyond the calendar: its file name can't be made.
    db.conn.execute("update results set created_at = :at where id = :id", {"at": 2**60, "id": bad})
    with immediate(db):
        assert exports.enqueue_owed(db, NOW, 10) == 1
    assert rows(db, "select id from results where owed_export = 1") == [{"id": bad}]
    assert len(exports.of_result(db, good)) == 1
    assert states(db) == {"waiting": 1}


def test_the_export_key_tells_apart_what_a_plain_joining_would_not():
    assert export_key("p", "e", "a", "bc", "d") != export_key("p", "e", "ab", "c", "d")
    assert export_key("p", "e", "j", 'x", "y', "d") != export_key("p", "e", "j", "x", 'y", "d')
    assert len(export_key("p", "e", "j", "\ud800", "v")) == 64
