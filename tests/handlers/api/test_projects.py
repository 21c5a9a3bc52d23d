"""The API's projects: shapes, changes in part, the end of one."""

import re

import pytest

from tests.handlers.stage import Scene, Stage


def test_a_new_project_is_answered_whole(stage: Stage, scene: Scene):
    path, headers = f"/api/v1/workspaces/{scene.workspace.id}/projects", stage.bearer("admin")
    answer = stage.client.post(path, json={"name": "Ball", "timezone": "Europe/Paris"}, headers=headers)
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == {"id", "workspace_id", "name", "timezone", "created_at"}
    assert (made["workspace_id"], made["name"], made["timezone"]) == (scene.workspace.id, "Ball", "Europe/Paris")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["created_at"])
    assert stage.client.get(f"/api/v1/projects/{made['id']}", headers=headers).json() == made
    assert stage.client.post(path, json={"name": "No zone"}, headers=headers).json()["timezone"] == "UTC"


def test_people_are_listed_the_projects_that_they_may_see(stage: Stage, scene: Scene):
    path = f"/api/v1/workspaces/{scene.workspace.id}/projects"
    listed = {
        name: {item["id"] for item in stage.client.get(path, headers=stage.bearer(name)).json()["items"]}
        for name in ("owner", "editor", "member")
    }
    assert listed == {"owner": {scene.project.id, scene.other.id}, "editor": {scene.project.id}, "member": set()}


def test_what_a_change_does_not_name_stays(stage: Stage, scene: Scene):
    path, headers = f"/api/v1/projects/{scene.project.id}", stage.bearer("editor")
    assert stage.client.patch(path, json={"timezone": "Asia/Tokyo"}, headers=headers).json()["name"] == "Gala"
    changed = stage.client.patch(path, json={"name": "Ball"}, headers=headers)
    assert (changed.status_code, changed.json()["timezone"]) == (200, "Asia/Tokyo")
    assert stage.client.patch(path, json={}, headers=headers).json() == changed.json()


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": "", "timezone": "Mars"}, ["name", "timezone"]),
        ({"name": None}, ["name"]),
        ({"timezone": None}, ["timezone"]),
        ({"workspace_id": "x"}, ["workspace_id"]),
        ({"id": "x"}, ["id"]),
    ],
)
def test_a_wrong_change_names_its_fields_and_does_nothing(
    stage: Stage, scene: Scene, body: dict[str, object], fields: list[str]
):
    path, headers = f"/api/v1/projects/{scene.project.id}", stage.bearer("owner")
    before = stage.client.get(path, headers=headers).json()
    answer = stage.client.patch(path, json=body, headers=headers)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == fields
    assert stage.client.get(path, headers=headers).json() == before


def test_a_deleted_project_is_gone_with_everything_in_it(stage: Stage, scene: Scene):
    headers = stage.bearer("owner")
    path = f"/api/v1/projects/{scene.project.id}"
    token = stage.project_token("editor", scene.project)
    assert stage.client.get(path, headers=token).status_code == 200
    answer = stage.client.delete(path, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert stage.client.delete(path, headers=headers).status_code == 404
    assert stage.client.get(path, headers=token).status_code == 404
    assert stage.client.get(f"{path}/experiences", headers=headers).status_code == 404
    gone = f"/api/v1/experiences/{scene.experience.id}"
    assert stage.client.patch(gone, json={"name": "X"}, headers=headers).status_code == 404
    assert stage.browser("owner").get(f"/projects/{scene.project.id}/experiences").status_code == 404
    listed = stage.client.get(f"/api/v1/workspaces/{scene.workspace.id}/projects", headers=headers).json()["items"]
    assert [item["id"] for item in listed] == [scene.other.id]


def test_a_project_token_reads_its_project_while_its_account_may_edit_it(stage: Stage, scene: Scene):
    path = f"/api/v1/projects/{scene.project.id}"
    token = stage.project_token("editor", scene.project)
    assert stage.client.get(f"{path}/experiences", headers=token).json()["items"][0]["id"] == scene.experience.id
    stage.db.conn.execute(
        "update project_members set role = 'viewer' where project_id = :id and account_id = 'dbid:editor'",
        {"id": scene.project.id},
    )
    assert stage.client.get(path, headers=token).status_code == 404
    assert stage.client.get(path, headers=stage.bearer("editor")).status_code == 200
