"""Pages of workspaces: the list, a new one, one with its projects and the state of its Dropbox, its name."""

import html

import pytest

from store import projects, workspaces
from store.connect import immediate
from tests.cast import now_ms
from tests.handlers.stage import MEMBERS, Scene, Stage


def test_whoever_makes_a_workspace_lands_in_it_as_its_owner(stage: Stage):
    browser = stage.browser("stranger")
    answer = browser.post("/workspaces", data={"name": "  Agency  "})
    page = browser.get(answer.headers["location"])
    assert page.status_code == 200
    assert "Agency is ready." in page.text
    assert "Your role here: owner" in page.text
    assert "Agency" in browser.get("/workspaces").text


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Give the workspace a name."),
        ("   ", "Give the workspace a name."),
        ("é" * 101, "Keep the name to 100 characters; this one has 101."),
    ],
)
def test_a_bad_name_is_refused_beside_the_field_with_what_was_typed(
    stage: Stage, scene: Scene, name: str, sentence: str
):
    for path in ("/workspaces", f"/workspaces/{scene.workspace.id}", f"/workspaces/{scene.workspace.id}/projects"):
        answer = stage.browser("owner").post(path, data={"name": name})
        assert answer.status_code == 422
        expected = (
            sentence
            if path != f"/workspaces/{scene.workspace.id}/projects"
            else sentence.replace("workspace", "project")
        )
        assert expected in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert f'value="{name}"' in answer.text


def test_a_form_without_its_field_is_refused_like_an_empty_one(stage: Stage, scene: Scene):
    assert stage.browser("owner").post("/workspaces").status_code == 422
    assert stage.browser("owner").post(f"/workspaces/{scene.workspace.id}", data={"nome": "x"}).status_code == 422


def test_a_rename_is_seen_everywhere_at_once(stage: Stage, scene: Scene):
    path = f"/workspaces/{scene.workspace.id}"
    stage.browser("admin").post(path, data={"name": "Atelier 🎉"})
    for name in MEMBERS:
        page = stage.browser(name).get(path).text
        assert "Atelier 🎉" in page
        assert ">Studio<" not in page.partition('id="main"')[2]


def test_fr_017_every_member_reads_the_status_of_the_connection(stage: Stage):
    told = {
        "never": "Not connected",
        "connected": "Connected",
        "needs_reauth": "Needs re-authentication",
        "disconnected": "Not connected",
    }
    for status, word in told.items():
        scene = stage.scene()
        if status != "never":
            stage.link(scene, status)
        for name in MEMBERS:
            page = stage.browser(name).get(f"/workspaces/{scene.workspace.id}").text
            assert f"{word}</span>" in page, (status, name)


def test_us5_2_a_lost_connection_names_who_can_mend_it(stage: Stage, scene: Scene):
    stage.link(scene)
    path = f"/workspaces/{scene.workspace.id}"
    for name in ("owner", "admin"):
        assert "Dropbox connection lost — reconnect to resume exports" in stage.browser(name).get(path).text
    for name in ("editor", "viewer", "member"):
        assert "Dropbox connection lost — ask a workspace admin to reconnect" in stage.browser(name).get(path).text


def test_a_member_sees_only_the_projects_that_they_are_in(stage: Stage, scene: Scene):
    for path in (f"/workspaces/{scene.workspace.id}", f"/workspaces/{scene.workspace.id}/projects"):
        for name in ("owner", "admin"):
            page = stage.browser(name).get(path).text
            assert scene.project.id in page and scene.other.id in page
        for name in ("editor", "viewer"):
            page = stage.browser(name).get(path).text
            assert scene.project.id in page and scene.other.id not in page
        page = stage.browser("member").get(path).text
        assert scene.project.id not in page and scene.other.id not in page


def test_who_is_in_no_project_is_told_whom_to_ask(stage: Stage, scene: Scene):
    page = stage.browser("member").get(f"/workspaces/{scene.workspace.id}/projects").text
    assert "owner@example.com" in page and "admin@example.com" in page
    assert "viewer@example.com" not in page


def test_names_are_text_and_never_markup(stage: Stage, scene: Scene):
    name = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    with immediate(stage.db) as db:
        workspaces.rename(db, scene.workspace.id, name=name, by="dbid:owner", now=now_ms())
        projects.change(db, scene.project.id, name=name, by="dbid:owner", now=now_ms())
    for path in (
        "/workspaces",
        f"/workspaces/{scene.workspace.id}",
        f"/workspaces/{scene.workspace.id}/projects",
        f"/projects/{scene.project.id}/experiences",
    ):
        page = stage.browser("owner").get(path).text
        assert "<img src=x" not in page
        assert name in html.unescape(page)


def test_many_projects_are_paged_without_gap_or_repeat(stage: Stage, scene: Scene):
    with immediate(stage.db) as db:
        for n in range(60):
            projects.create(db, scene.workspace.id, name=f"P{n:02}", by="dbid:owner", now=now_ms())
    path = f"/workspaces/{scene.workspace.id}/projects"
    first = stage.browser("owner").get(path).text
    cursor = first.partition('href="?cursor=')[2].partition('"')[0]
    second = stage.browser("owner").get(f"{path}?cursor={html.unescape(cursor)}").text
    listed = [text.count('class="row-link"') for text in (first, second)]
    assert listed == [50, 12]
    assert "Newest" in second and "?cursor=" not in second
    for page in (first, second):
        assert sum(f">P{n:02}<" in page for n in range(60)) in (50, 10)


def test_a_made_up_cursor_is_refused_and_not_run(stage: Stage):
    answer = stage.browser("owner").get("/workspaces?cursor=';drop table workspaces;--")
    assert answer.status_code == 422
    assert stage.browser("owner").get("/workspaces").status_code == 200
