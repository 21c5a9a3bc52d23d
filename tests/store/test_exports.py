"""Exports as people see them: listed in pages that stay quick, and seen by nobody who may not see the project."""

from collections.abc import Callable
from functools import partial

import pytest

from rules.states import ExportState
from store import exports, projects
from store.connect import Db, immediate, rows, tidy
from store.errors import NotFound
from tests.store.exporting import OWNER, finish, pushed, result, switched_on
from tests.store.people import NOW, World


def hundreds_of_steps(db: Db, fn: Callable[..., object], *args: object, **kwargs: object) -> int:
    """How many hundreds of the database's steps `fn(db, …)` takes."""
    counted: list[str] = []
    db.conn.set_progress_handler(partial(counted.append, "a hundred"), 100)
    fn(db, *args, **kwargs)
    db.conn.set_progress_handler(None, 0)
    return len(counted)


def ids(found: list[exports.Export]) -> list[str]:
    return [each.id for each in found]


def test_an_export_says_which_result_session_and_artifact_it_is(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world, session="guest-7", files=(("reel", "raw"),))[0]
    assert (export.session, export.artifact_id, export.variant) == ("guest-7", "reel", "raw")
    assert export.job_id == f"job-{export.result_id}"
    assert (export.experience_name, len(export.short_code)) == ("Photo Booth", 4)


def test_the_list_has_the_newest_first(db: Db, world: World):
    switched_on(db, world)
    made = [pushed(db, world, now=NOW + number)[0].id for number in range(3)]
    assert ids(exports.list_of(db, world.asker("viewer"), world.project.id)) == made[::-1]


def test_pages_join_without_gap_or_overlap_even_within_one_millisecond(db: Db, world: World):
    switched_on(db, world)
    for number in range(7):
        pushed(db, world, now=NOW + number // 4, files=(("a", "final"), ("b", "final")))
    whole = exports.list_of(db, world.asker("owner"), world.project.id)
    walked: list[exports.Export] = []
    before = None
    while page := exports.list_of(db, world.asker("owner"), world.project.id, most=3, before=before):
        walked += page
        before = (page[-1].created_at, page[-1].id)
    assert walked == whole
    assert len(whole) == 14


def test_the_list_can_be_of_one_state(db: Db, world: World):
    switched_on(db, world)
    made = [pushed(db, world, now=NOW + number)[0].id for number in range(4)]
    finish(db, made[1], "failed")
    finish(db, made[3], "failed")
    asker = world.asker("editor")
    assert ids(exports.list_of(db, asker, world.project.id, state=ExportState.FAILED)) == [made[3], made[1]]
    first = exports.list_of(db, asker, world.project.id, state=ExportState.FAILED, most=1)
    rest = exports.list_of(
        db, asker, world.project.id, state=ExportState.FAILED, before=(first[0].created_at, first[0].id)
    )
    assert ids(first + rest) == [made[3], made[1]]
    assert exports.list_of(db, asker, world.project.id, state=ExportState.EXPORTED) == []


def test_the_list_holds_no_other_project(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    other = projects.create(db, world.workspace.id, name="Other", by=OWNER, now=NOW)
    assert exports.list_of(db, world.asker("owner"), other.id) == []


@pytest.mark.parametrize("state", [None, ExportState.WAITING])
def test_a_deep_page_costs_as_little_as_the_first(db: Db, world: World, state: ExportState | None):
    switched_on(db, world)
    with immediate(db):
        for number in range(300):
            pushed(db, world, now=NOW + number)
    first, deep = (
        hundreds_of_steps(
            db, exports.list_of, world.asker("owner"), world.project.id, state=state, most=10, before=before
        )
        for before in (None, (NOW + 20, ""))
    )
    assert deep <= first + 2


@pytest.mark.parametrize("name", ["owner", "admin", "editor", "viewer"])
def test_members_of_the_project_see_its_exports(db: Db, world: World, name: str):
    switched_on(db, world)
    export = pushed(db, world)[0]
    assert exports.seen_by(db, world.asker(name), export.id).export == export


@pytest.mark.parametrize("name", ["member", "stranger"])
def test_to_others_an_export_does_not_exist(db: Db, world: World, name: str):
    switched_on(db, world)
    export = pushed(db, world)[0]
    for look_up in (
        lambda: exports.seen_by(db, world.asker(name), export.id),
        lambda: exports.list_of(db, world.asker(name), world.project.id),
    ):
        with pytest.raises(NotFound):
            look_up()


def test_an_unknown_export_does_not_exist(db: Db, world: World):
    with pytest.raises(NotFound):
        exports.seen_by(db, world.asker("owner"), "nothing")


def test_the_exports_of_a_deleted_project_are_gone_with_it(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world)[0]
    projects.mark_deleted(db, world.project.id, by=OWNER, now=NOW)
    with pytest.raises(NotFound):
        exports.seen_by(db, world.asker("owner"), export.id)


def test_no_query_of_the_lists_sorts(db: Db, world: World):
    for state in ("", "and state = 'failed'"):
        plan = rows(
            db,
            f"""
            explain query plan select * from exports_with_names
            where project_id = 'x' {state} and created_at <= 5 and (created_at < 5 or id > 'x')
            order by created_at desc, id limit 10
            """,
        )
        assert not any("TEMP B-TREE" in str(row["detail"]) for row in plan)


def test_after_a_night_on_which_the_tables_were_small_lists_and_pushes_still_seek(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    tidy(db)
    with immediate(db):
        for number in range(500):
            pushed(db, world, now=NOW + number)
    result_id = result(db, world)
    assert hundreds_of_steps(db, exports.list_of, world.asker("owner"), world.project.id, most=50) < 150
    assert hundreds_of_steps(db, exports.enqueue, result_id=result_id, now=NOW) < 15
