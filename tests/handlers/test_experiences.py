"""The Experiences tab: made, renamed, and how to push a result for somebody who has never done it."""

import html
import re
import shlex

from store import experiences
from store.connect import immediate
from tests.cast import now_ms
from tests.handlers.stage import ORIGIN, Scene, Stage


def tab(stage: Stage, scene: Scene, who: str = "editor") -> str:
    answer = stage.browser(who).get(f"/projects/{scene.project.id}/experiences")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def commands(page: str) -> list[list[str]]:
    """The commands on the page, cut into words as a shell would."""
    return [shlex.split(text.replace("\\\n", " ")) for text in re.findall(r"<pre[^>]*><code>(.*?)</code>", page, re.S)]


def test_an_editor_makes_and_renames_an_experience(stage: Stage, scene: Scene):
    browser, path = stage.browser("editor"), f"/projects/{scene.project.id}/experiences"
    assert browser.post(path, data={"name": " Mirror "}).headers["location"] == path
    assert "Mirror is ready for results." in tab(stage, scene)
    answer = browser.post(f"/experiences/{scene.experience.id}", data={"name": "Booth Two"})
    assert answer.headers["location"] == path
    assert "Booth Two" in tab(stage, scene)


def test_a_newcomer_can_copy_the_id_and_a_whole_command(stage: Stage, scene: Scene):
    page = tab(stage, scene)
    assert f'data-copy="{scene.experience.id}"' in page
    (push,) = commands(page)
    assert push == [
        "curl",
        f"{ORIGIN}/api/v1/experiences/{scene.experience.id}/results",
        "-H",
        "Authorization: Bearer $TOKEN",
        "-F",
        "job_id=first-job",
        "-F",
        "file=@photo.jpg",
    ]
    assert f'href="/account/tokens/new?project={scene.project.id}"' in page


def test_a_viewer_sees_experiences_and_no_way_to_change_or_push(stage: Stage, scene: Scene):
    page = tab(stage, scene, "viewer")
    assert "Booth" in page and scene.experience.id in page
    main = page.partition('id="main"')[2]
    assert "<form" not in main
    assert "curl" not in main


def test_a_refused_name_stands_in_its_own_form(stage: Stage, scene: Scene):
    browser = stage.browser("editor")
    answer = browser.post(f"/projects/{scene.project.id}/experiences", data={"name": ""})
    assert answer.status_code == 422
    assert 'id="new-name-error"' in answer.text and "Give the experience a name." in answer.text
    assert 'value="Gala"' in answer.text

    answer = browser.post(f"/experiences/{scene.experience.id}", data={"name": "y" * 101})
    assert answer.status_code == 422
    assert f'id="rename-{scene.experience.id}-error"' in answer.text
    assert f'value="{"y" * 101}"' in answer.text
    assert "<details open>" in answer.text
    assert 'id="new-name-error"' not in answer.text


def test_a_refused_name_is_shown_even_where_its_experience_is_on_a_later_page(stage: Stage, scene: Scene):
    with immediate(stage.db) as db:
        for n in range(55):
            experiences.create(db, scene.project.id, name=f"E{n}", by="dbid:owner", now=now_ms() + 1)
    assert scene.experience.id not in tab(stage, scene)
    answer = stage.browser("editor").post(f"/experiences/{scene.experience.id}", data={"name": ""})
    assert f'id="rename-{scene.experience.id}-error"' in answer.text


def test_without_experiences_the_page_says_what_they_are(stage: Stage, scene: Scene):
    path = f"/projects/{scene.other.id}/experiences"
    assert "Experiences appear here" in stage.browser("admin").get(path).text
    assert "curl" not in stage.browser("admin").get(path).text
