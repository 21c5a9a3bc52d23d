"""Figures beside a connection, and retrying what failed in slices."""

import pytest

from store import experiences, export_figures, export_settings, exports, projects
from store.connect import Db
from store.errors import Conflict
from tests.store.exporting import OWNER, finish, pushed, states, switched_on
from tests.store.people import NOW, World

LATER = NOW + 60_000


def test_figures_count_each_state_and_name_what_is_due_first(db: Db, world: World):
    assert export_figures.of_project(db, world.project.id).total == 0
    switched_on(db, world)
    made = [pushed(db, world, now=NOW + number)[0] for number in range(4)]
    finish(db, made[0].id, "exported", now=LATER)
    finish(db, made[1].id, "failed")
    figures = export_figures.of_project(db, world.project.id)
    assert (figures.waiting, figures.uploading, figures.exported, figures.failed, figures.skipped) == (2, 0, 1, 1, 0)
    assert (figures.last_at, figures.next_id, figures.total) == (LATER, made[2].id, 4)


def test_only_projects_whose_export_is_on_and_that_are_there_count_as_exporting(db: Db, world: World):
    switched_on(db, world)
    for name in ("beta", "Alpha", "Off", "Deleted"):
        made = projects.create(db, world.workspace.id, name=name, by=OWNER, now=NOW)
        if name != "Off":
            export_settings.switch(db, project_id=made.id, enabled=True, by=OWNER, now=NOW)
        if name == "Deleted":
            projects.mark_deleted(db, made.id, by=OWNER, now=NOW)
    assert export_figures.exporting_projects(db, world.workspace.id) == ["Alpha", "beta", "Gala"]


def test_failed_ones_are_retried_in_slices_and_none_twice(db: Db, world: World):
    switched_on(db, world)
    for number in range(5):
        finish(db, pushed(db, world, now=NOW + number)[0].id, "failed")

    def slice_of(most: int) -> int:
        return exports.retry_failed(db, project_id=world.project.id, by=OWNER, now=LATER, failed_by=LATER, most=most)

    assert [slice_of(2), slice_of(2), slice_of(2), slice_of(2)] == [2, 2, 1, 0]
    assert states(db) == {"waiting": 5}


def test_one_that_fails_again_meanwhile_is_left_for_the_next_press(db: Db, world: World):
    switched_on(db, world)
    finish(db, pushed(db, world)[0].id, "failed", now=LATER + 1)
    retried = exports.retry_failed(db, project_id=world.project.id, by=OWNER, now=LATER, failed_by=LATER, most=10)
    assert (retried, states(db)) == (0, {"failed": 1})


def test_what_is_deleted_is_not_retried(db: Db, world: World):
    switched_on(db, world)
    finish(db, pushed(db, world)[0].id, "failed")
    experiences.mark_deleted(db, world.experience.id, by=OWNER, now=NOW)
    retried = exports.retry_failed(db, project_id=world.project.id, by=OWNER, now=LATER, failed_by=LATER, most=10)
    assert (retried, states(db)) == (0, {"failed": 1})


def test_while_export_is_off_nothing_is_retried(db: Db, world: World):
    switched_on(db, world)
    finish(db, pushed(db, world)[0].id, "failed")
    export_settings.switch(db, project_id=world.project.id, enabled=False, by=OWNER, now=NOW)
    with pytest.raises(Conflict):
        exports.retry_failed(db, project_id=world.project.id, by=OWNER, now=LATER, failed_by=LATER, most=10)
    assert states(db) == {"failed": 1}
