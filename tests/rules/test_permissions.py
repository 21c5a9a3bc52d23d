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
    can_hand_on,
    can_invite,
    can_leave,
    can_manage_workspace,
    can_push_results,
    can_rename_workspace,
    can_see_project,
    can_see_project_settings,
    can_see_workspace,
    can_set_role,
    higher,
    higher_in_project,
    project_role,
    roles_to_give,
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
    ("invite; see who is invited; say who is in projects",             can_invite,           "✓ ✓ - - - - -"),
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


def test_everybody_leaves_but_strangers_tokens_and_the_last_owner():
    leavers = {name: can_leave(standing, owners=1) for name, standing in COLUMNS.items()}
    assert [name for name, may in leavers.items() if may] == ["admin", "editor", "viewer", "member"]
    assert can_leave(OWNER, owners=2)
    assert not can_leave(Standing(WorkspaceRole.MEMBER, project_token=True), owners=2)


@pytest.mark.parametrize("standing", COLUMNS.values(), ids=COLUMNS)
@pytest.mark.parametrize("to", [None, *WorkspaceRole])
def test_a_workspace_is_handed_on_by_an_owner_to_a_member_below(standing: Standing, to: WorkspaceRole | None):
    below = to in (WorkspaceRole.ADMIN, WorkspaceRole.MEMBER)
    assert can_hand_on(standing, to) is (standing is OWNER and below)


def test_roles_to_give_are_those_below_ones_own():
    given = {name: roles_to_give(standing) for name, standing in COLUMNS.items()}
    assert given.pop("owner") == (WorkspaceRole.ADMIN, WorkspaceRole.MEMBER)
    assert given.pop("admin") == (WorkspaceRole.MEMBER,)
    assert set(given.values()) == {()}


def test_of_two_roles_the_higher_one_counts():
    for one, other in product(WorkspaceRole, WorkspaceRole):
        assert higher(one, other) == min(one, other, key=list(WorkspaceRole).index)
    for mine, offered in product(ProjectRole, ProjectRole):
        assert higher_in_project(mine, offered) == min(mine, offered, key=list(ProjectRole).index)
    assert higher(None, WorkspaceRole.MEMBER) is WorkspaceRole.MEMBER
    assert higher_in_project(None, ProjectRole.VIEWER) is ProjectRole.VIEWER
