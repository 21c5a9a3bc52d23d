"""Projects: made with their export switched off, changed, listed to who may see them, gone when deleted."""

import pytest

from store import experiences, projects
from store.connect import Db, rows
from store.errors import Invalid, NotFound
from tests.store.people import NOW, World


def test_a_new_project_has_its_export_settings_switched_off(db: Db, world: World):
    settings = rows(db, "select * from export_settings where project_id = :id", id=world.project.id)
    assert [(row["enabled"], row["naming_template"], row["folder_structure"]) for row in settings] == [
        (0, "{date}_{time}_session-{shortCode}_result", "by_experience")
    ]


def test_two_projects_may_have_one_name(db: Db, world: World):
    other = projects.create(db, world.workspace.id, name=world.project.name, by="dbid:owner", now=NOW)
    assert other.id != world.project.id
    assert other.name == world.project.name


def test_a_new_project_keeps_time_in_utc_unless_told(db: Db, world: World):
    assert world.project.timezone == "UTC"
    made = projects.create(db, world.workspace.id, name="X", by="dbid:owner", now=NOW, timezone="Europe/Paris")
    assert projects.seen_by(db, world.asker("owner"), made.id).project.timezone == "Europe/Paris"


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../../etc/passwd", "localtime", "europe/paris", "UTC+2"])
def test_a_time_zone_is_one_that_the_database_of_zones_knows(db: Db, world: World, zone: str):
    with pytest.raises(Invalid) as refusal:
        projects.change(db, world.project.id, timezone=zone, by="dbid:owner", now=NOW)
    assert list(refusal.value.errors) == ["timezone"]


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_changed(db: Db, world: World):
    with pytest.raises(Invalid) as refusal:
        projects.change(db, world.project.id, name=" ", timezone="Mars", by="dbid:owner", now=NOW)
    assert list(refusal.value.errors) == ["name", "timezone"]
    assert projects.seen_by(db, world.asker("owner"), world.project.id).project == world.project


def test_what_is_not_given_stays(db: Db, world: World):
    projects.change(db, world.project.id, timezone="Asia/Tokyo", by="dbid:owner", now=NOW)
    changed = projects.change(db, world.project.id, name="Gala II", by="dbid:owner", now=NOW)
    seen = projects.seen_by(db, world.asker("viewer"), world.project.id).project
    assert (seen.name, seen.timezone) == ("Gala II", "Asia/Tokyo")
    assert changed == seen


def test_a_change_of_nothing_leaves_no_trace(db: Db, world: World):
    before = rows(db, "select count(*) from audit")
    assert projects.change(db, world.project.id, by="dbid:owner", now=NOW) == world.project
    assert rows(db, "select count(*) from audit") == before


def test_people_are_listed_only_the_projects_that_they_may_see(db: Db, world: World):
    other = projects.create(db, world.workspace.id, name="Secret", by="dbid:owner", now=NOW + 1)
    expected = {
        "owner": [other, world.project],
        "admin": [other, world.project],
        "editor": [world.project],
        "viewer": [world.project],
        "member": [],
    }
    for name, theirs in expected.items():
        assert projects.list_of(db, world.asker(name), world.workspace.id) == theirs, name
    with pytest.raises(NotFound):
        projects.list_of(db, world.asker("stranger"), world.workspace.id)


def test_projects_are_listed_page_by_page_without_gap_or_repeat(db: Db, world: World):
    for n in range(4):
        projects.create(db, world.workspace.id, name=f"P{n}", by="dbid:owner", now=NOW)
    asker = world.asker("admin")
    everything = projects.list_of(db, asker, world.workspace.id)
    walked: list[projects.Project] = []
    before = None
    while page := projects.list_of(db, asker, world.workspace.id, most=2, before=before):
        walked += page
        before = (page[-1].created_at, page[-1].id)
    assert walked == everything
    assert len(everything) == 5


def test_a_deleted_project_is_gone_for_everybody_and_only_once(db: Db, world: World):
    projects.mark_deleted(db, world.project.id, by="dbid:admin", now=NOW + 9)
    owner = world.asker("owner")
    assert projects.list_of(db, owner, world.workspace.id) == []
    for act in (
        lambda: projects.mark_deleted(db, world.project.id, by="dbid:admin", now=NOW),
        lambda: projects.change(db, world.project.id, name="X", by="dbid:admin", now=NOW),
        lambda: experiences.create(db, world.project.id, name="X", by="dbid:admin", now=NOW),
        lambda: experiences.rename(db, world.experience.id, name="X", by="dbid:admin", now=NOW),
        lambda: experiences.seen_by(db, owner, world.experience.id),
    ):
        with pytest.raises(NotFound):
            act()


def test_what_happens_to_a_project_is_audited(db: Db, world: World):
    projects.change(db, world.project.id, name="New", by="dbid:editor", now=NOW + 1, way="api")
    projects.mark_deleted(db, world.project.id, by="dbid:admin", now=NOW + 2)
    kept = rows(
        db,
        "select at, actor, way, action from audit where subject = :id and workspace_id = :workspace order by id",
        id=world.project.id,
        workspace=world.workspace.id,
    )
    assert [tuple(row.values()) for row in kept] == [
        (NOW, "dbid:owner", "page", "project.created"),
        (NOW + 1, "dbid:editor", "api", "project.changed"),
        (NOW + 2, "dbid:admin", "page", "project.deleted"),
    ]
