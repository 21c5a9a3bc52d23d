"""Membership: roles set and taken, never without an owner left."""

from collections.abc import Callable

import pytest

from rules.states import ProjectRole, WorkspaceRole
from store import members, projects, workspaces
from store.connect import Db, rows
from store.errors import Conflict, NotFound
from tests.store.people import NOW, World


def roles(db: Db, world: World) -> dict[str, str]:
    return {
        member.account_id.removeprefix("dbid:"): member.role for member in members.of_workspace(db, world.workspace.id)
    }


def test_members_are_listed_by_rank_and_name(db: Db, world: World):
    assert list(roles(db, world).items()) == [
        ("owner", "owner"),
        ("admin", "admin"),
        ("editor", "member"),
        ("member", "member"),
        ("viewer", "member"),
    ]


def test_a_role_in_a_project_makes_a_member_of_the_workspace(db: Db, world: World):
    members.set_project_role(db, world.project.id, "dbid:stranger", ProjectRole.VIEWER, by="dbid:owner", now=NOW)
    assert roles(db, world)["stranger"] == WorkspaceRole.MEMBER
    assert ("dbid:stranger", ProjectRole.VIEWER) in [
        (member.account_id, member.role) for member in members.of_project(db, world.project.id)
    ]


def test_a_role_in_a_project_takes_no_rank_in_the_workspace_away(db: Db, world: World):
    members.set_project_role(db, world.project.id, "dbid:admin", ProjectRole.VIEWER, by="dbid:owner", now=NOW)
    assert roles(db, world)["admin"] == WorkspaceRole.ADMIN


def test_the_project_lists_editors_before_viewers(db: Db, world: World):
    assert [(member.display_name, member.role) for member in members.of_project(db, world.project.id)] == [
        ("Editor", ProjectRole.EDITOR),
        ("Viewer", ProjectRole.VIEWER),
    ]


def test_setting_a_role_again_replaces_it(db: Db, world: World):
    members.set_role(db, world.workspace.id, "dbid:member", WorkspaceRole.ADMIN, by="dbid:owner", now=NOW)
    members.set_project_role(db, world.project.id, "dbid:viewer", ProjectRole.EDITOR, by="dbid:owner", now=NOW)
    assert roles(db, world)["member"] == WorkspaceRole.ADMIN
    assert {member.role for member in members.of_project(db, world.project.id)} == {ProjectRole.EDITOR}


@pytest.mark.parametrize("role", [WorkspaceRole.ADMIN, WorkspaceRole.MEMBER])
def test_the_last_owner_keeps_the_role(db: Db, world: World, role: WorkspaceRole):
    with pytest.raises(Conflict, match="last owner"):
        members.set_role(db, world.workspace.id, "dbid:owner", role, by="dbid:owner", now=NOW)
    assert roles(db, world)["owner"] == WorkspaceRole.OWNER


def test_the_last_owner_cannot_be_removed(db: Db, world: World):
    with pytest.raises(Conflict, match="last owner"):
        members.remove(db, world.workspace.id, "dbid:owner", by="dbid:owner", now=NOW)
    assert "owner" in roles(db, world)


def test_the_last_owner_may_be_named_owner_again(db: Db, world: World):
    members.set_role(db, world.workspace.id, "dbid:owner", WorkspaceRole.OWNER, by=None, now=NOW)
    assert roles(db, world)["owner"] == WorkspaceRole.OWNER


def test_one_of_two_owners_may_go(db: Db, world: World):
    members.set_role(db, world.workspace.id, "dbid:admin", WorkspaceRole.OWNER, by="dbid:owner", now=NOW)
    members.remove(db, world.workspace.id, "dbid:owner", by="dbid:owner", now=NOW)
    assert roles(db, world)["admin"] == WorkspaceRole.OWNER
    assert "owner" not in roles(db, world)


def test_removal_ends_the_roles_in_this_workspaces_projects_and_in_no_other(db: Db, world: World):
    elsewhere = workspaces.create(db, name="Elsewhere", by="dbid:stranger", now=NOW)
    other = projects.create(db, elsewhere.id, name="Other", by="dbid:stranger", now=NOW)
    members.set_project_role(db, other.id, "dbid:editor", ProjectRole.EDITOR, by="dbid:stranger", now=NOW)
    members.remove(db, world.workspace.id, "dbid:editor", by="dbid:owner", now=NOW)
    assert rows(db, "select project_id from project_members where account_id = 'dbid:editor'") == [
        {"project_id": other.id}
    ]
    members.set_role(db, world.workspace.id, "dbid:editor", WorkspaceRole.MEMBER, by="dbid:owner", now=NOW)
    with pytest.raises(NotFound):
        projects.seen_by(db, world.asker("editor"), world.project.id)


def test_unknown_accounts_workspaces_projects_and_members_are_named(db: Db, world: World):
    refused: list[tuple[Callable[[], object], str]] = [
        (
            lambda: members.set_role(db, world.workspace.id, "dbid:x", WorkspaceRole.ADMIN, by=None, now=NOW),
            "signed in",
        ),
        (lambda: members.set_role(db, "nowhere", "dbid:owner", WorkspaceRole.ADMIN, by=None, now=NOW), "no workspace"),
        (lambda: members.set_project_role(db, "no", "dbid:owner", ProjectRole.EDITOR, by=None, now=NOW), "no project"),
        (lambda: members.remove(db, world.workspace.id, "dbid:stranger", by=None, now=NOW), "no member"),
    ]
    for act, sentence in refused:
        with pytest.raises(NotFound, match=sentence):
            act()


def test_a_change_of_role_is_audited_with_who_and_what(db: Db, world: World):
    members.set_role(db, world.workspace.id, "dbid:member", WorkspaceRole.ADMIN, by="dbid:owner", now=NOW + 1)
    members.remove(db, world.workspace.id, "dbid:member", by=None, now=NOW + 2, way="command")
    kept = rows(db, "select actor, way, action, detail from audit where subject = 'dbid:member' order by id")
    assert [tuple(row.values()) for row in kept] == [
        ("dbid:owner", "page", "member.set", "member"),
        ("dbid:owner", "page", "member.set", "admin"),
        (None, "command", "member.removed", "was admin"),
    ]
