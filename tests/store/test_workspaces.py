"""Workspaces: made with an owner, renamed, listed for their members alone."""

import pytest

from rules.states import WorkspaceRole
from store import members, workspaces
from store.connect import Db, rows
from store.errors import Invalid, NotFound
from tests.store.people import NOW, World, account


def test_whoever_makes_a_workspace_is_its_owner(db: Db, world: World):
    made = workspaces.create(db, name="Agency", by="dbid:stranger", now=NOW)
    assert [(m.account_id, m.role) for m in members.of_workspace(db, made.id)] == [
        ("dbid:stranger", WorkspaceRole.OWNER)
    ]


def test_a_workspace_is_known_by_a_random_id(db: Db, world: World):
    made = [workspaces.create(db, name="Same", by="dbid:owner", now=NOW) for _ in range(3)]
    assert len({workspace.id for workspace in made}) == 3
    assert all(len(workspace.id) == 16 for workspace in made)


def test_a_rename_is_seen_and_audited(db: Db, world: World):
    workspaces.rename(db, world.workspace.id, name="  Studio\u200b  Two ", by="dbid:owner", now=NOW + 5)
    assert workspaces.seen_by(db, world.asker("member"), world.workspace.id).workspace.name == "Studio Two"
    last = rows(db, "select at, actor, action, workspace_id, detail from audit order by id desc limit 1")[0]
    assert last == {
        "at": NOW + 5,
        "actor": "dbid:owner",
        "action": "workspace.renamed",
        "workspace_id": world.workspace.id,
        "detail": "Studio Two",
    }


def test_an_unknown_workspace_cannot_be_renamed(db: Db, world: World):
    with pytest.raises(NotFound):
        workspaces.rename(db, "nowhere", name="X", by="dbid:owner", now=NOW)


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u202e", "\ufe0f", "\u3164"])
def test_a_name_that_nobody_can_see_is_no_name(db: Db, world: World, name: str):
    with pytest.raises(Invalid) as refusal:
        workspaces.create(db, name=name, by="dbid:owner", now=NOW)
    assert refusal.value.errors == {"name": "Give the workspace a name."}


def test_a_name_has_at_most_100_characters_after_what_is_stripped(db: Db, world: World):
    assert workspaces.create(db, name=" " + "é" * 100 + "\u200b ", by="dbid:owner", now=NOW).name == "é" * 100
    with pytest.raises(Invalid) as refusal:
        workspaces.create(db, name="é" * 101, by="dbid:owner", now=NOW)
    assert refusal.value.errors == {"name": "Keep the name to 100 characters; this one has 101."}


def test_a_name_is_kept_as_typed(db: Db, world: World):
    name = "A/B: <b>été</b> 🎉 'x' -- ؀"
    assert workspaces.create(db, name=name, by="dbid:owner", now=NOW).name == name


def test_people_are_listed_their_own_workspaces_newest_first_page_by_page(db: Db, world: World):
    account(db, "studio")
    made = [workspaces.create(db, name=f"W{n}", by="dbid:studio", now=NOW + n // 2) for n in range(5)]
    asker = world.asker("studio")
    everything = [seen.workspace for seen in workspaces.list_of(db, asker)]
    assert sorted(everything, key=lambda w: (w.created_at, w.id), reverse=True) == everything
    assert set(everything) == set(made)
    first = workspaces.list_of(db, asker, most=2)
    cursor = (first[-1].workspace.created_at, first[-1].workspace.id)
    rest = workspaces.list_of(db, asker, before=cursor)
    assert [seen.workspace for seen in [*first, *rest]] == everything
    assert {seen.standing.workspace_role for seen in first} == {WorkspaceRole.OWNER}
