"""What each person is to a workspace and a project, read from the tables at each look-up."""

import pytest

from rules.states import ProjectRole, WorkspaceRole
from store import experiences, members, projects, workspaces
from store.connect import Db
from store.errors import NotFound
from store.standing import Asker
from tests.store.people import NOW, World

SEES_THE_PROJECT = {"owner", "admin", "editor", "viewer"}
SEES_THE_WORKSPACE = SEES_THE_PROJECT | {"member"}
EVERYBODY = sorted(SEES_THE_WORKSPACE | {"stranger"})


@pytest.mark.parametrize("name", EVERYBODY)
def test_members_see_their_workspace_and_strangers_do_not(db: Db, world: World, name: str):
    if name in SEES_THE_WORKSPACE:
        assert workspaces.seen_by(db, world.asker(name), world.workspace.id).workspace == world.workspace
    else:
        with pytest.raises(NotFound):
            workspaces.seen_by(db, world.asker(name), world.workspace.id)


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_project_and_its_experiences_are_seen_by_the_same_people(db: Db, world: World, name: str):
    if name in SEES_THE_PROJECT:
        seen = experiences.seen_by(db, world.asker(name), world.experience.id)
        assert (seen.experience, seen.project, seen.workspace) == (world.experience, world.project, world.workspace)
        assert seen.standing == projects.seen_by(db, world.asker(name), world.project.id).standing
        assert experiences.list_of(db, world.asker(name), world.project.id) == [world.experience]
        return
    with pytest.raises(NotFound):
        projects.seen_by(db, world.asker(name), world.project.id)
    with pytest.raises(NotFound):
        experiences.seen_by(db, world.asker(name), world.experience.id)
    with pytest.raises(NotFound):
        experiences.list_of(db, world.asker(name), world.project.id)


def test_a_standing_carries_both_roles(db: Db, world: World):
    standing = projects.seen_by(db, world.asker("viewer"), world.project.id).standing
    assert (standing.workspace_role, standing.project_role) == (WorkspaceRole.MEMBER, ProjectRole.VIEWER)
    assert not standing.project_token


def test_unknown_foreign_and_deleted_ids_are_refused_in_the_same_words(db: Db, world: World):
    deleted = projects.create(db, world.workspace.id, name="Old", by="dbid:owner", now=NOW)
    projects.mark_deleted(db, deleted.id, by="dbid:owner", now=NOW)
    said = set()
    for asker, project_id in (
        (world.asker("stranger"), world.project.id),
        (world.asker("owner"), "no-such-id"),
        (world.asker("owner"), deleted.id),
    ):
        with pytest.raises(NotFound) as refusal:
            projects.seen_by(db, asker, project_id)
        said.add(refusal.value.message)
    assert len(said) == 1


def test_a_role_in_another_workspace_opens_nothing_here(db: Db, world: World):
    workspaces.create(db, name="Elsewhere", by="dbid:stranger", now=NOW)
    with pytest.raises(NotFound):
        workspaces.seen_by(db, world.asker("stranger"), world.workspace.id)


def test_a_project_role_left_behind_without_membership_counts_for_nothing(db: Db, world: World):
    db.conn.execute("delete from members where account_id = 'dbid:editor'")
    with pytest.raises(NotFound):
        projects.seen_by(db, world.asker("editor"), world.project.id)


def test_a_deleted_workspace_hides_everything_in_it(db: Db, world: World):
    db.conn.execute("update workspaces set deleted_at = :now where id = :id", {"now": NOW, "id": world.workspace.id})
    owner = world.asker("owner")
    for look in (
        lambda: workspaces.seen_by(db, owner, world.workspace.id),
        lambda: projects.list_of(db, owner, world.workspace.id),
        lambda: projects.seen_by(db, owner, world.project.id),
        lambda: experiences.seen_by(db, owner, world.experience.id),
        lambda: projects.create(db, world.workspace.id, name="New", by="dbid:owner", now=NOW),
        lambda: experiences.create(db, world.project.id, name="New", by="dbid:owner", now=NOW),
    ):
        with pytest.raises(NotFound):
            look()
    assert workspaces.list_of(db, owner) == []


@pytest.mark.parametrize("name", ["owner", "admin", "editor"])
def test_a_project_token_sees_its_own_project(db: Db, world: World, name: str):
    token = Asker(f"dbid:{name}", world.project.id)
    assert projects.seen_by(db, token, world.project.id).standing.project_token
    assert experiences.seen_by(db, token, world.experience.id).standing.project_token


def test_a_project_token_sees_no_other_project_and_no_workspace(db: Db, world: World):
    other = projects.create(db, world.workspace.id, name="Other", by="dbid:owner", now=NOW)
    token = Asker("dbid:owner", world.project.id)
    assert workspaces.list_of(db, token) == []
    for look in (
        lambda: projects.seen_by(db, token, other.id),
        lambda: workspaces.seen_by(db, token, world.workspace.id),
        lambda: projects.list_of(db, token, world.workspace.id),
    ):
        with pytest.raises(NotFound):
            look()


def test_a_project_token_dies_with_its_accounts_right_to_edit(db: Db, world: World):
    token = Asker("dbid:editor", world.project.id)
    assert projects.seen_by(db, token, world.project.id)
    members.set_project_role(db, world.project.id, "dbid:editor", ProjectRole.VIEWER, by=None, now=NOW)
    with pytest.raises(NotFound):
        projects.seen_by(db, token, world.project.id)
    members.set_project_role(db, world.project.id, "dbid:editor", ProjectRole.EDITOR, by=None, now=NOW)
    members.remove(db, world.workspace.id, "dbid:editor", by=None, now=NOW)
    with pytest.raises(NotFound):
        projects.seen_by(db, token, world.project.id)
