"""Leaving a workspace, handing it on and deleting it: who may, what is asked first, and what is gone afterwards."""

import pytest

from store import standing
from store.connect import rows
from tests.handlers.stage import MEMBERS, Scene, Stage
from tests.handlers.studio import forms, words


def home(scene: Scene) -> str:
    return f"/workspaces/{scene.workspace.id}"


def role(stage: Stage, scene: Scene, name: str) -> str | None:
    return standing.workspace_role(stage.db, f"dbid:{name}", scene.workspace.id)


@pytest.mark.parametrize("who", ["admin", "editor", "viewer", "member"])
def test_whoever_leaves_is_out_at_once_and_can_only_be_invited_back(stage: Stage, scene: Scene, who: str):
    browser = stage.browser(who)
    assert f"{home(scene)}/leave" in browser.get(home(scene)).text
    assert f"{home(scene)}/leave" in forms(browser.get(f"{home(scene)}/leave").text)
    assert browser.post(f"{home(scene)}/leave").headers["location"] == "/workspaces"
    assert "You have left Studio." in browser.get("/workspaces").text
    assert browser.get(home(scene)).status_code == 404 and role(stage, scene, who) is None


def test_az_06_the_last_owner_is_told_what_to_do_instead(stage: Stage, scene: Scene):
    browser = stage.browser("owner")
    page = browser.get(f"{home(scene)}/leave").text
    assert "You are the last owner" in words(page) and f"{home(scene)}/leave" not in forms(page)
    assert f"{home(scene)}/transfer" in page and f"{home(scene)}/delete" in page
    answer = browser.post(f"{home(scene)}/leave")
    assert answer.status_code == 409 and "last owner" in answer.text


def test_who_is_alone_is_told_to_invite_somebody(stage: Stage, scene: Scene):
    for name in MEMBERS[1:]:
        stage.browser(name).post(f"{home(scene)}/leave")
    for page in ("leave", "transfer"):
        assert "Nobody else is in" in words(stage.browser("owner").get(f"{home(scene)}/{page}").text)


def test_a_workspace_is_handed_on_and_its_former_owner_stays_as_an_admin(stage: Stage, scene: Scene):
    browser = stage.browser("owner")
    page = browser.get(f"{home(scene)}/transfer").text
    assert [f'value="dbid:{name}"' in page for name in MEMBERS] == [False, True, True, True, True]
    answer = browser.post(f"{home(scene)}/transfer", data={"account": "dbid:editor"})
    assert answer.headers["location"] == f"{home(scene)}/members"
    assert (role(stage, scene, "owner"), role(stage, scene, "editor")) == ("admin", "owner")
    assert browser.get(f"{home(scene)}/delete").status_code == 403
    assert stage.browser("editor").get(f"{home(scene)}/delete").status_code == 200


@pytest.mark.parametrize("account", ["", "dbid:owner", "dbid:stranger", "dbid:nobody"])
def test_only_a_member_below_gets_it(stage: Stage, scene: Scene, account: str):
    answer = stage.browser("owner").post(f"{home(scene)}/transfer", data={"account": account})
    assert answer.status_code == 422 and "Choose an admin or a member" in answer.text
    assert role(stage, scene, "owner") == "owner"


@pytest.mark.parametrize("typed", ["", "studio", "Studio2", "Studio "])
def test_a_workspace_is_deleted_only_by_its_typed_name(stage: Stage, scene: Scene, typed: str):
    answer = stage.browser("owner").post(f"{home(scene)}/delete", data={"name": typed})
    if typed.strip() == "Studio":
        assert answer.status_code == 303
        return
    assert (
        answer.status_code == 422 and "exactly as it stands here" in answer.text and f'value="{typed}"' in answer.text
    )
    assert stage.browser("admin").get(home(scene)).status_code == 200


def test_the_page_says_what_ends_before_it_does(stage: Stage, scene: Scene):
    shown = words(stage.browser("owner").get(f"{home(scene)}/delete").text)
    assert "2 projects are gone" in shown and "4 other people lose it" in shown
    assert "Exports to the Dropbox" not in shown and "Files that are in Dropbox stay there." in shown
    stage.link(scene, "connected")
    shown = words(stage.browser("owner").get(f"{home(scene)}/delete").text)
    assert "Exports to the Dropbox of box@example.com stop at once" in shown


def test_what_is_deleted_is_gone_for_everybody_by_page_api_token_and_link(stage: Stage, scene: Scene):
    token = stage.project_token("editor", scene.project)
    pushed = stage.push(scene).json()
    stage.invite(scene)
    stage.browser("owner").post(f"{home(scene)}/delete", data={"name": "Studio"})
    for name in MEMBERS:
        for path in (home(scene), f"/projects/{scene.project.id}/results", f"{home(scene)}/members"):
            assert stage.browser(name).get(path).status_code == 404
        assert scene.workspace.id not in stage.browser(name).get("/workspaces").text
        for path in (f"/projects/{scene.project.id}", f"/results/{pushed['id']}"):
            assert stage.client.get(f"/api/v1{path}", headers=stage.bearer(name)).status_code == 404
    assert stage.client.get(f"/api/v1/projects/{scene.project.id}", headers=token).status_code == 404
    assert stage.push(scene).status_code == 404
    assert stage.client.get(pushed["artifacts"][0]["url"]).status_code == 404
    assert stage.browser("owner").post(f"{home(scene)}/delete", data={"name": "Studio"}).status_code == 404
    last = rows(
        stage.db,
        "select actor, detail from audit where action = 'workspace.deleted' and subject = :id",
        id=scene.workspace.id,
    )
    assert last == [{"actor": "dbid:owner", "detail": "Studio"}]
