"""Roles that people change: only below their own, never without an owner, and read afresh inside the write (AZ-06)."""

from collections.abc import Callable

import pytest

from rules.states import ProjectRole, WorkspaceRole
from store import members, roles, standing
from store.connect import Db, rows
from store.errors import Conflict, Invalid, NotFound, NotPermitted
from tests.store.people import NOW, World

OWNER, ADMIN, MEMBER = WorkspaceRole
EDITOR, VIEWER = ProjectRole


def role(db: Db, world: World, name: str) -> str | None:
    return standing.workspace_role(db, f"dbid:{name}", world.workspace.id)


def change(db: Db, world: World, by: str, who: str, to: WorkspaceRole) -> None:
    roles.change(db, world.workspace.id, f"dbid:{who}", to, by=f"dbid:{by}", now=NOW)


def remove(db: Db, world: World, by: str, who: str) -> None:
    roles.remove(db, world.workspace.id, f"dbid:{who}", by=f"dbid:{by}", now=NOW)


def leave(db: Db, world: World, who: str) -> None:
    roles.leave(db, world.workspace.id, by=f"dbid:{who}", owner="dbid:owner", now=NOW)


def approve(db: Db, name: str) -> None:
    db.conn.execute(
        """
        insert into access_requests (id, email_key, email, state, account_id, requested_at, decided_at, decided_way,
            created_at, updated_at)
        values (:name, :name, :name, 'approved', 'dbid:' || :name, 1, 1, 'page', 1, 1)
        """,
        {"name": name},
    )


def in_project(db: Db, world: World, by: str, who: str, to: ProjectRole | None) -> None:
    roles.change_in_project(
        db, world.workspace.id, world.project.id, f"dbid:{who}", to, by=f"dbid:{by}", now=NOW, ip=""
    )


def test_an_owner_names_admins_and_takes_it_back(db: Db, world: World):
    change(db, world, "owner", "member", ADMIN)
    assert role(db, world, "member") == "admin"
    change(db, world, "owner", "member", MEMBER)
    assert role(db, world, "member") == "member"


@pytest.mark.parametrize(
    ("by", "who", "to"),
    [
        ("admin", "member", ADMIN),
        ("admin", "member", OWNER),
        ("admin", "owner", MEMBER),
        ("admin", "admin", OWNER),
        ("admin", "admin", MEMBER),
        ("owner", "owner", ADMIN),
        ("owner", "member", OWNER),
        ("member", "viewer", MEMBER),
        ("member", "member", OWNER),
        ("editor", "member", ADMIN),
        ("stranger", "member", MEMBER),
    ],
)
def test_az_06_nobody_is_promoted_to_ones_own_rank_and_nobody_touches_a_higher_one(
    db: Db, world: World, by: str, who: str, to: WorkspaceRole
):
    before = role(db, world, who)
    with pytest.raises(NotPermitted):
        change(db, world, by, who, to)
    assert role(db, world, who) == before


@pytest.mark.parametrize(
    ("by", "who"),
    [("admin", "owner"), ("admin", "admin"), ("owner", "owner"), ("member", "viewer"), ("editor", "admin")],
)
def test_az_06_nobody_removes_their_equals_or_those_above(db: Db, world: World, by: str, who: str):
    with pytest.raises(NotPermitted):
        remove(db, world, by, who)
    assert role(db, world, who) is not None


def test_an_admin_removes_a_member_and_their_roles_in_projects(db: Db, world: World):
    remove(db, world, "admin", "editor")
    assert role(db, world, "editor") is None
    assert standing.project_role(db, "dbid:editor", world.project.id) is None


def test_az_07_what_somebody_may_is_decided_by_their_role_at_that_moment(db: Db, world: World):
    members.set_role(db, world.workspace.id, "dbid:admin", MEMBER, by=None, now=NOW)
    with pytest.raises(NotPermitted):
        remove(db, world, "admin", "viewer")
    members.set_role(db, world.workspace.id, "dbid:viewer", ADMIN, by=None, now=NOW)
    remove(db, world, "viewer", "admin")
    assert role(db, world, "admin") is None


@pytest.mark.parametrize("act", [remove, lambda db, world, by, who: change(db, world, by, who, MEMBER)])
def test_who_is_no_member_is_not_found(db: Db, world: World, act: Callable[[Db, World, str, str], None]):
    for who in ("stranger", "nobody"):
        with pytest.raises(NotFound):
            act(db, world, "owner", who)


def test_roles_in_a_project_are_given_and_taken_by_those_who_run_the_workspace(db: Db, world: World):
    for by in ("owner", "admin"):
        in_project(db, world, by, "member", EDITOR)
        assert standing.project_role(db, "dbid:member", world.project.id) == "editor"
        in_project(db, world, by, "member", None)
        assert standing.project_role(db, "dbid:member", world.project.id) is None
    in_project(db, world, "owner", "member", None)
    for by in ("editor", "viewer", "member"):
        with pytest.raises(NotPermitted):
            in_project(db, world, by, "member", VIEWER)


def test_who_edits_every_project_gets_no_role_in_one_and_who_is_no_member_is_not_found(db: Db, world: World):
    for who in ("owner", "admin"):
        with pytest.raises(Conflict, match="edit every project"):
            in_project(db, world, "owner", who, VIEWER)
    with pytest.raises(NotFound):
        in_project(db, world, "owner", "stranger", VIEWER)
    assert role(db, world, "stranger") is None


def test_anybody_leaves_but_the_last_owner(db: Db, world: World):
    with pytest.raises(Conflict, match="last owner"):
        leave(db, world, "owner")
    for name in ("admin", "editor", "viewer", "member"):
        leave(db, world, name)
    assert [member.account_id for member in members.of_workspace(db, world.workspace.id)] == ["dbid:owner"]
    assert members.of_project(db, world.project.id) == []
    with pytest.raises(NotFound):
        leave(db, world, "stranger")


def test_one_of_two_owners_leaves(db: Db, world: World):
    members.set_role(db, world.workspace.id, "dbid:admin", OWNER, by=None, now=NOW)
    with pytest.raises(Conflict, match="last owner"):
        leave(db, world, "owner")  # The other one's access has ended: nobody would mind the workspace.
    approve(db, "admin")
    leave(db, world, "owner")
    assert role(db, world, "admin") == "owner" and role(db, world, "owner") is None
    left = rows(db, "select actor, action from audit where subject = 'dbid:owner' order by id desc limit 1")
    assert left == [{"actor": "dbid:owner", "action": "member.left"}]


def test_handing_on_makes_another_owner_and_an_admin_of_oneself(db: Db, world: World):
    roles.hand_on(db, world.workspace.id, "dbid:member", by="dbid:owner", now=NOW)
    assert role(db, world, "member") == "owner" and role(db, world, "owner") == "admin"
    last = rows(db, "select actor, action, subject from audit order by id desc limit 1")
    assert last == [{"actor": "dbid:owner", "action": "workspace.handed_on", "subject": "dbid:member"}]


def test_only_an_owner_hands_on_and_only_to_a_member(db: Db, world: World):
    for by in ("admin", "member", "stranger"):
        with pytest.raises(NotPermitted):
            roles.hand_on(db, world.workspace.id, "dbid:member", by=f"dbid:{by}", now=NOW)
    for to in ("dbid:owner", "dbid:stranger", "dbid:nobody"):
        with pytest.raises(Invalid):
            roles.hand_on(db, world.workspace.id, to, by="dbid:owner", now=NOW)
    assert role(db, world, "owner") == "owner"
