"""`member set` and `member remove`: one sentence each, roles in the tables, refusals that say what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from commands import members as command
from settings import Settings
from store import members, projects
from store.connect import Db, immediate, rows
from store.errors import Conflict, NotFound
from tests.store.people import NOW, World


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"data_dir": tmp_path})


def roles(db: Db, workspace_id: str) -> dict[str, str]:
    return {member.email: str(member.role) for member in members.of_workspace(db, workspace_id)}


def test_an_account_that_has_signed_in_gets_a_role_in_the_workspace(db: Db, world: World, settings: Settings):
    said = command.set_role(
        db,
        settings,
        "Stranger@Example.com",
        workspace_id=world.workspace.id,
        project_id=None,
        role="admin",
        now=NOW,
    )
    assert said == ["Stranger@Example.com is now an admin of the workspace Studio."]
    assert roles(db, world.workspace.id)["stranger@example.com"] == "admin"


def test_a_role_in_a_project_also_makes_a_member_of_the_workspace(db: Db, world: World, settings: Settings):
    said = command.set_role(
        db, settings, "stranger@example.com", workspace_id=None, project_id=world.project.id, role="viewer", now=NOW
    )
    assert said == ["stranger@example.com is now a viewer of the project Gala in Studio."]
    assert roles(db, world.workspace.id)["stranger@example.com"] == "member"
    assert projects.seen_by(db, world.asker("stranger"), world.project.id).standing.project_role == "viewer"


def test_it_says_where_a_project_role_changes_nothing(db: Db, world: World, settings: Settings):
    said = command.set_role(
        db, settings, "admin@example.com", workspace_id=None, project_id=world.project.id, role="viewer", now=NOW
    )
    assert said[1:] == ["As an admin of the workspace they edit every project in it all the same."]


def test_nobody_gets_a_role_before_they_have_signed_in(db: Db, world: World, settings: Settings):
    with pytest.raises(NotFound, match=r"Nobody has signed in as new@example\.com yet"):
        command.set_role(
            db, settings, "new@example.com", workspace_id=world.workspace.id, project_id=None, role="member", now=NOW
        )


def test_unknown_workspaces_and_projects_are_refused(db: Db, world: World, settings: Settings):
    for workspace_id, project_id, role in (("nowhere", None, "admin"), (None, "nowhere", "editor")):
        with pytest.raises(NotFound, match="There is no"):
            command.set_role(
                db,
                settings,
                "owner@example.com",
                workspace_id=workspace_id,
                project_id=project_id,
                role=role,
                now=NOW,
            )
    with pytest.raises(NotFound, match="There is no workspace"):
        command.remove(db, settings, "owner@example.com", workspace_id="nowhere", now=NOW)


def test_a_member_who_is_removed_has_lost_workspace_and_projects(db: Db, world: World, settings: Settings):
    said = command.remove(db, settings, "editor@example.com", workspace_id=world.workspace.id, now=NOW)
    assert said == ["editor@example.com is no longer a member of the workspace, nor of its projects."]
    assert "editor@example.com" not in roles(db, world.workspace.id)
    assert rows(db, "select 1 from project_members where account_id = 'dbid:editor'") == []


def test_the_last_owner_stays_and_nothing_is_written(db: Db, world: World, settings: Settings):
    before = roles(db, world.workspace.id)
    acts: list[Callable[[], object]] = [
        lambda: command.remove(db, settings, "owner@example.com", workspace_id=world.workspace.id, now=NOW),
        lambda: command.set_role(
            db,
            settings,
            "owner@example.com",
            workspace_id=world.workspace.id,
            project_id=None,
            role="member",
            now=NOW,
        ),
    ]
    for refused in acts:
        with pytest.raises(Conflict, match="last owner"), immediate(db):
            refused()
    assert roles(db, world.workspace.id) == before


def test_an_address_of_two_accounts_is_refused_and_an_id_tells_them_apart(db: Db, world: World, settings: Settings):
    db.conn.execute("update accounts set email = 'same@example.com' where id in ('dbid:viewer', 'dbid:member')")
    with pytest.raises(Conflict, match="dbid:viewer"):
        command.remove(db, settings, "same@example.com", workspace_id=world.workspace.id, now=NOW)
    command.remove(db, settings, "dbid:viewer", workspace_id=world.workspace.id, now=NOW)
    assert [m.account_id for m in members.of_workspace(db, world.workspace.id)] == [
        "dbid:owner",
        "dbid:admin",
        "dbid:editor",
        "dbid:member",
    ]


def test_the_audit_says_that_it_came_from_a_shell(db: Db, world: World, settings: Settings):
    command.remove(db, settings, "viewer@example.com", workspace_id=world.workspace.id, now=NOW)
    last = rows(db, "select actor, way, action, subject from audit order by id desc limit 1")[0]
    assert tuple(last.values()) == (None, "command", "member.removed", "dbid:viewer")
