"""Paths of exports: never shared in one Dropbox account, found in few looks, kept when they are still wanted."""

import sqlite3
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.naming import path_key
from store import experiences, export_paths, export_settings, exports, migrations, projects, workspaces
from store.connect import DATABASE_FILE, Db, immediate, open_connection, rows
from store.exports import Export
from tests.store import people
from tests.store.exporting import OWNER, connect, eight_f_3_k, finish, pushed, result, switched_on
from tests.store.people import NOW, World

AT_19_24_03 = 1_770_837_843_000  # 2026-02-11T19:24:03Z
PLAIN = "/Gala/Photo Booth/2026-02-11_19-24-03_session-8F3K_result"


def push(db: Db, world: World, **about) -> Export:
    return pushed(db, world, now=AT_19_24_03, random=eight_f_3_k, **about)[0]


def template(db: Db, world: World, text: str) -> None:
    export_settings.change(db, project_id=world.project.id, naming_template=text, by=OWNER, now=NOW)


def test_within_a_session_the_same_name_gets_a_number(db: Db, world: World):
    switched_on(db, world)
    paths = [push(db, world, session="guest").destination_path for _ in range(3)]
    assert paths == [f"{PLAIN}.jpg", f"{PLAIN}-2.jpg", f"{PLAIN}-3.jpg"]


def test_between_sessions_the_code_in_the_file_name_grows_and_the_short_code_stays(db: Db, world: World):
    switched_on(db, world)
    first, second = push(db, world, session="a"), push(db, world, session="b")
    assert first.destination_path == f"{PLAIN}.jpg"
    grown = second.destination_path
    assert grown.startswith("/Gala/Photo Booth/2026-02-11_19-24-03_session-8F3K")
    assert len(grown) == len(first.destination_path) + 1
    assert second.short_code == "8F3K"


def test_between_sessions_a_name_without_a_code_gets_a_number(db: Db, world: World):
    switched_on(db, world)
    template(db, world, "{time}_{session}")
    first, second = push(db, world, session="a"), push(db, world, session="A")
    assert first.destination_path.endswith("/19-24-03_a.jpg")
    assert second.destination_path.endswith("/19-24-03_A-2.jpg")


def test_another_extension_is_another_path(db: Db, world: World):
    switched_on(db, world)
    paths = [push(db, world, session="a", extension=each).destination_path for each in ("jpg", "mp4")]
    assert paths == [f"{PLAIN}.jpg", f"{PLAIN}.mp4"]


def test_experiences_that_share_a_folder_share_no_path(db: Db, world: World):
    switched_on(db, world)
    twin = experiences.create(db, world.project.id, name="PHOTO BOOTH ", by=OWNER, now=NOW)
    first, second = push(db, world, session="a"), push(db, world, session="a", experience_id=twin.id)
    assert path_key(first.destination_path) != path_key(second.destination_path)
    assert second.destination_path.startswith("/Gala/PHOTO BOOTH/")


def test_workspaces_of_one_dropbox_account_share_no_path_and_those_of_two_may(db: Db, world: World):
    switched_on(db, world)
    found = []
    for name, account in (("Same", "dbid:studio"), ("Other", "dbid:agency")):
        workspace = workspaces.create(db, name=name, by="dbid:stranger", now=NOW)
        project = projects.create(db, workspace.id, name="Gala", by="dbid:stranger", now=NOW)
        experience = experiences.create(db, project.id, name="Photo Booth", by="dbid:stranger", now=NOW)
        connect(db, workspace.id, account=account)
        export_settings.switch(db, project_id=project.id, enabled=True, by="dbid:stranger", now=NOW)
        its = {"workspace_id": workspace.id, "project_id": project.id, "experience_id": experience.id}
        found.append(push(db, world, **its).destination_path)
    own = push(db, world).destination_path
    assert [each.split("/")[1] for each in (own, *found)] == ["Gala", "Gala (2)", "Gala"]


def test_a_path_that_an_export_has_left_is_not_given_to_another(db: Db, world: World):
    switched_on(db, world)
    first = push(db, world, session="a")
    finish(db, first.id, "failed")
    template(db, world, "{shortCode} {time}")
    exports.retry(db, export_id=first.id, by=OWNER, now=NOW)
    assert exports.get(db, first.id).destination_path == "/Gala/Photo Booth/8F3K 19-24-03.jpg"
    template(db, world, "{date}_{time}_session-{shortCode}_result")
    assert push(db, world, session="b").destination_path != first.destination_path


def test_a_retried_export_keeps_the_path_that_grew_for_it(db: Db, world: World):
    switched_on(db, world)
    push(db, world, session="a")
    grown = push(db, world, session="b")
    finish(db, grown.id, "failed")
    exports.retry(db, export_id=grown.id, by=OWNER, now=NOW)
    assert exports.get(db, grown.id).destination_path == grown.destination_path


def test_a_file_name_is_cut_to_what_dropbox_takes_and_still_no_two_are_one(db: Db, world: World):
    switched_on(db, world)
    template(db, world, "{project}{experience}{session}{artifact}{shortCode}")
    projects.change(db, world.project.id, name="P" * 90, by=OWNER, now=NOW)
    experiences.rename(db, world.experience.id, name="🎉" * 90, by=OWNER, now=NOW)
    found = [push(db, world, session=label * 100) for label in ("a", "a", "b", "b")]
    assert all(len(part) <= 255 for each in found for part in each.destination_path.split("/"))
    assert all(each.destination_path.endswith(".jpg") for each in found)
    assert len({path_key(each.destination_path) for each in found}) == 4


def test_a_session_with_very_many_files_of_one_name_finds_the_next_number_in_few_looks(db: Db, world: World):
    switched_on(db, world)
    template(db, world, "{session}_{artifact}")
    looks = Counter[str]()
    with immediate(db):
        for number in range(400):
            if number == 399:
                db.conn.set_trace_callback(lambda text: looks.update(["look"] if "path_claims" in text else []))
            last = push(db, world, session="guest").destination_path
        db.conn.set_trace_callback(None)
    assert last == "/Gala/Photo Booth/guest_result-400.jpg"
    assert looks["look"] < 40


def test_fu_06_three_thousand_guests_in_one_second_all_keep_their_file(db: Db, world: World):
    switched_on(db, world)
    ids = []
    with immediate(db):
        for _ in range(3000):
            ids.append(result(db, world, now=AT_19_24_03))
    began = time.thread_time()
    with immediate(db):
        made = sum(exports.enqueue(db, result_id=each, now=NOW) for each in ids)
    each_ms = (time.thread_time() - began) / 3
    paths = [str(row["destination_path"]) for row in rows(db, "select destination_path from exports")]
    assert made == len(paths) == len({path_key(path) for path in paths}) == 3000
    assert each_ms < 5, f"{each_ms:.2f} ms for one enqueue"


NAMES = st.one_of(
    st.sampled_from(["Gala", "gala", "GALA ", "G:ala", "G/ala", "Gala (2)", "...", "CON", "été", "e\u0301te\u0301"]),
    st.text(max_size=12),
)
STRUCTURES = st.sampled_from(["by_experience", "by_date", "flat"])
FOLDERS = st.sampled_from(["", "/Events", "/events", "/Gala", "/Gala/Gala"])
TEMPLATES = st.sampled_from(
    [
        "{date}_{time}_session-{shortCode}_result",
        "{session}_{artifact}",
        "{time}{session}",
        "{project}{shortCode}{time}",
    ]
)
PUSHES = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from(["a", "A", "b", None]), st.integers(0, 2), st.sampled_from(["x", "X-2"])
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    places=st.lists(st.tuples(NAMES, NAMES, STRUCTURES, FOLDERS, TEMPLATES, st.booleans()), min_size=4, max_size=4),
    pushes=PUSHES,
    renamed=NAMES,
)
def test_no_two_exports_of_one_dropbox_account_ever_share_a_path(places, pushes, renamed):
    with TemporaryDirectory() as folder:
        db = open_connection(Path(folder) / DATABASE_FILE)
        try:
            migrations.migrate(db)
            with immediate(db):
                _push_everywhere(db, places, pushes, renamed)
            _nothing_is_shared(db)
        finally:
            db.conn.close()


def _push_everywhere(db: Db, places, pushes, renamed: str) -> None:
    """Four projects in two workspaces, on one Dropbox account; pushes here and there, with codes that all collide."""
    world = people.world(db)
    second = workspaces.create(db, name="Second", by=OWNER, now=NOW)
    spots = []
    for position, (project_name, experience_name, structure, folder, text, on_second) in enumerate(places):
        workspace = second if on_second else world.workspace
        project = projects.create(db, workspace.id, name=f"x{project_name}"[:90], by=OWNER, now=NOW)
        experience = experiences.create(db, project.id, name=f"y{experience_name}"[:90], by=OWNER, now=NOW)
        connect(db, workspace.id, token=f"refresh-{position}")
        export_settings.change(
            db,
            project_id=project.id,
            folder_path=folder,
            folder_structure=structure,
            naming_template=text,
            by=OWNER,
            now=NOW,
        )
        export_settings.switch(db, project_id=project.id, enabled=True, by=OWNER, now=NOW)
        spots.append({"workspace_id": workspace.id, "project_id": project.id, "experience_id": experience.id})
    for number, (spot, session, seconds, artifact) in enumerate(pushes):
        if number == len(pushes) // 2:
            projects.change(db, spots[0]["project_id"], name=f"x{renamed}"[:90], by=OWNER, now=NOW)
        made = pushed(
            db,
            world,
            session=session,
            now=NOW + seconds * 1000,
            files=((artifact, "final"), (artifact.lower(), "Final")),
            random=eight_f_3_k,
            **spots[spot],
        )
        if number % 3 == 0:
            finish(db, made[0].id, "failed")
            exports.retry(db, export_id=made[0].id, by=OWNER, now=NOW)


def _nothing_is_shared(db: Db) -> None:
    paths = [str(row["destination_path"]) for row in rows(db, "select destination_path from exports")]
    assert len({path_key(path) for path in paths}) == len(paths)
    for row in rows(db, "select destination_path as path, id from exports"):
        holder = export_paths.path_holder(db, "dbid:studio", str(row["path"]))
        assert holder is not None
        assert holder.export_id == row["id"]
    folders = rows(db, "select distinct project_id, path_key from folder_claims")
    assert len({row["path_key"] for row in folders}) == len(folders)


def test_a_second_claim_of_a_path_breaks_the_write(db: Db, world: World):
    switched_on(db, world)
    first, second = push(db, world, session="a"), push(db, world, session="b")
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        export_paths.claim_path(
            db, "dbid:studio", first.destination_path.upper(), second.id, wanted=first.destination_path
        )
