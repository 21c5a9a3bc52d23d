"""Pages of projects: a new one, the editor's address, its name and time zone."""

import pytest

from store import projects
from store.standing import Asker
from tests.handlers.stage import Scene, Stage


def now_in(stage: Stage, scene: Scene) -> projects.Project:
    return projects.seen_by(stage.db, Asker("dbid:owner"), scene.project.id).project


def test_a_new_project_opens_in_its_editor(stage: Stage, scene: Scene):
    browser = stage.browser("admin")
    answer = browser.post(f"/workspaces/{scene.workspace.id}/projects", data={"name": "Summer Gala"})
    assert answer.status_code == 303
    page = browser.get(answer.headers["location"]).text
    assert "<h1>Summer Gala</h1>" in page
    assert "Summer Gala is ready." in page


def test_the_editor_has_its_tabs_as_links_with_real_addresses(stage: Stage, scene: Scene):
    here = f"/projects/{scene.project.id}"
    answer = stage.browser("viewer").get(here)
    assert answer.headers["location"] == f"{here}/experiences"
    page = stage.browser("viewer").get(f"{here}/experiences").text
    assert f'<a href="{here}/experiences" aria-current="page">Experiences</a>' in page
    for tab in ("results", "connect"):
        assert f'<a href="{here}/{tab}">' in page


def test_a_broken_connection_shows_on_the_connect_tab(stage: Stage, scene: Scene):
    path = f"/projects/{scene.project.id}/experiences"
    assert "needs attention" not in stage.browser("editor").get(path).text
    stage.link(scene)
    assert "needs attention" in stage.browser("editor").get(path).text


def test_an_editor_changes_name_and_time_zone(stage: Stage, scene: Scene):
    path = f"/projects/{scene.project.id}"
    answer = stage.browser("editor").post(path, data={"name": "Ball", "timezone": "Asia/Tokyo"})
    assert answer.status_code == 303
    page = stage.browser("editor").get(answer.headers["location"]).text
    assert "Project settings saved." in page
    assert '<option value="Asia/Tokyo" selected>Asia/Tokyo</option>' in page
    assert (now_in(stage, scene).name, now_in(stage, scene).timezone) == ("Ball", "Asia/Tokyo")


@pytest.mark.parametrize("field", ["name", "timezone"])
def test_a_field_that_is_absent_stays_as_it_is(stage: Stage, scene: Scene, field: str):
    given = {"name": "Ball", "timezone": "Asia/Tokyo"}
    stage.browser("editor").post(f"/projects/{scene.project.id}", data={field: given[field]})
    after = now_in(stage, scene)
    assert after.name == ("Ball" if field == "name" else "Gala")
    assert after.timezone == ("Asia/Tokyo" if field == "timezone" else "UTC")


def test_wrong_settings_are_refused_together_with_what_was_typed(stage: Stage, scene: Scene):
    path = f"/projects/{scene.project.id}"
    answer = stage.browser("editor").post(path, data={"name": "x" * 150, "timezone": "Mars/Base"})
    assert answer.status_code == 422
    assert "Check 2 fields" in answer.text
    assert "Keep the name to 100 characters; this one has 150." in answer.text
    assert f'value="{"x" * 150}"' in answer.text
    assert "This is no time zone" in answer.text
    assert now_in(stage, scene) == scene.project


def test_a_zone_under_its_older_name_stays_chosen(stage: Stage, scene: Scene):
    stage.browser("editor").post(f"/projects/{scene.project.id}", data={"timezone": "Asia/Calcutta"})
    page = stage.browser("editor").get(f"/projects/{scene.project.id}/experiences").text
    assert '<option value="Asia/Calcutta" selected>' in page
