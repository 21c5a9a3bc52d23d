"""DESIGN.md §2's table, row by row, and what follows from it for roles, strangers and project tokens."""

from collections.abc import Callable
from itertools import product

import pytest

from rules.permissions import (
    STRANGER,
    Standing,
    can_connect,
    can_create_projects,
    can_delete_project,
    can_edit_project,
    can_manage_workspace,
    can_push_results,
    can_rename_workspace,
    can_see_project,
    can_see_project_settings,
    can_see_workspace,
    can_set_role,
    project_role,
)
from rules.states import ProjectRole, WorkspaceRole

OWNER = Standing(WorkspaceRole.OWNER)
ADMIN = Standing(WorkspaceRole.ADMIN)
EDITOR = Standing(WorkspaceRole.MEMBER, ProjectRole.EDITOR)
VIEWER = Standing(WorkspaceRole.MEMBER, ProjectRole.VIEWER)
MEMBER = Standing(WorkspaceRole.MEMBER)
TOKEN = Standing(None, project_token=True)

COLUMNS = {"owner": OWNER, "admin": ADMIN, "editor": EDITOR, "viewer": VIEWER, "member": MEMBER}
COLUMNS |= {"stranger": STRANGER, "project token": TOKEN}

Predicate = Callable[[Standing], bool]

# fmt: off
#                                                                          own adm edi vie mem str tok
TABLE: list[tuple[str, Predicate, str]] = [
    ("FR-017 see the workspace, its members, the connection's status", can_see_workspace,    "✓ ✓ ✓ ✓ ✓ - -"),
    ("FR-014 connect, disconnect, reconnect Dropbox",                  can_connect,          "✓ ✓ - - - - -"),
    ("rename the workspace",                                           can_rename_workspace, "✓ ✓ - - - - -"),
    ("create projects",                                                can_create_projects,  "✓ ✓ - - - - -"),
    ("delete projects",                                                can_delete_project,   "✓ ✓ - - - - -"),
    ("transfer or delete the workspace",                               can_manage_workspace, "✓ - - - - - -"),
    ("see a project, its results, its exports",                        can_see_project,      "✓ ✓ ✓ ✓ - - ✓"),
    ("see a project's export settings and members",                    can_see_project_settings, "✓ ✓ ✓ ✓ - - -"),
    ("FR-015 rename; experiences; export settings; test file; retry",  can_edit_project,     "✓ ✓ ✓ - - - -"),
    ("push results",                                                   can_push_results,     "✓ ✓ ✓ - - - ✓"),
]
# fmt: on


@pytest.mark.parametrize(
    ("predicate", "standing", "allowed"),
    [
        pytest.param(predicate, standing, mark == "✓", id=f"{row}: {column} {mark}")
        for row, predicate, marks in TABLE
        for (column, standing), mark in zip(COLUMNS.items(), marks.split(), strict=True)
    ],
)
def test_the_table_of_the_design_holds(predicate: Predicate, standing: Standing, allowed: bool):
    assert predicate(standing) is allowed


@pytest.mark.parametrize("role", [WorkspaceRole.OWNER, WorkspaceRole.ADMIN])
@pytest.mark.parametrize("in_project", [None, ProjectRole.VIEWER, ProjectRole.EDITOR])
def test_workspace_owners_and_admins_are_editors_of_every_project(role: WorkspaceRole, in_project: ProjectRole | None):
    assert project_role(Standing(role, in_project)) is ProjectRole.EDITOR


@pytest.mark.parametrize("predicate", [row[1] for row in TABLE], ids=lambda predicate: predicate.__name__)
def test_a_project_role_without_the_workspace_gives_nothing(predicate: Predicate):
    assert predicate(Standing(None, ProjectRole.EDITOR)) is False


@pytest.mark.parametrize("predicate", [row[1] for row in TABLE], ids=lambda predicate: predicate.__name__)
def test_a_project_token_gains_nothing_from_roles(predicate: Predicate):
    assert predicate(Standing(WorkspaceRole.OWNER, ProjectRole.EDITOR, project_token=True)) is predicate(TOKEN)


def test_an_owner_invites_moves_and_removes_admins_and_members_but_no_owner():
    below = [None, WorkspaceRole.ADMIN, WorkspaceRole.MEMBER]
    assert all(can_set_role(OWNER, current, new) for current, new in product(below, below))
    for other in [*below, WorkspaceRole.OWNER]:
        assert not can_set_role(OWNER, WorkspaceRole.OWNER, other)
        assert not can_set_role(OWNER, other, WorkspaceRole.OWNER)


def test_an_admin_sets_members_alone_and_cannot_change_an_owner_or_promote_themselves():
    below = [None, WorkspaceRole.MEMBER]
    assert all(can_set_role(ADMIN, current, new) for current, new in product(below, below))
    for other in [*below, WorkspaceRole.ADMIN, WorkspaceRole.OWNER]:
        for high in (WorkspaceRole.ADMIN, WorkspaceRole.OWNER):
            assert not can_set_role(ADMIN, high, other)
            assert not can_set_role(ADMIN, other, high)


@pytest.mark.parametrize("standing", [OWNER, ADMIN], ids=["owner", "admin"])
def test_owners_and_admins_set_project_roles(standing: Standing):
    roles = [None, ProjectRole.VIEWER, ProjectRole.EDITOR]
    assert all(can_set_role(standing, current, new) for current, new in product(roles, roles))


@pytest.mark.parametrize("column", ["editor", "viewer", "member", "stranger", "project token"])
def test_nobody_below_admin_sets_any_role(column: str):
    roles = [None, *WorkspaceRole, *ProjectRole]
    assert not any(can_set_role(COLUMNS[column], current, new) for current, new in product(roles, roles))
