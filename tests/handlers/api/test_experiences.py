"""The API's experiences: shapes, another name, the end of one."""

from tests.handlers.stage import Scene, Stage


def test_a_new_experience_is_answered_whole_and_listed_first(stage: Stage, scene: Scene):
    path, headers = f"/api/v1/projects/{scene.project.id}/experiences", stage.bearer("editor")
    answer = stage.client.post(path, json={"name": "Mirror"}, headers=headers)
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == {"id", "project_id", "name", "created_at"}
    assert (made["project_id"], made["name"]) == (scene.project.id, "Mirror")
    listed = stage.client.get(path, headers=stage.bearer("viewer")).json()
    assert {item["id"] for item in listed["items"]} == {made["id"], scene.experience.id}
    assert listed["next"] is None


def test_a_rename_answers_with_the_new_name(stage: Stage, scene: Scene):
    path, headers = f"/api/v1/experiences/{scene.experience.id}", stage.bearer("editor")
    assert stage.client.patch(path, json={"name": "Booth Two"}, headers=headers).json()["name"] == "Booth Two"
    assert stage.client.patch(path, json={}, headers=headers).json()["name"] == "Booth Two"
    refused = stage.client.patch(path, json={"name": "\u200b"}, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "name", "message": "Give the experience a name."}]


def test_a_deleted_experience_is_gone_and_its_project_is_not(stage: Stage, scene: Scene):
    path, headers = f"/api/v1/experiences/{scene.experience.id}", stage.bearer("editor")
    answer = stage.client.delete(path, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert stage.client.delete(path, headers=headers).status_code == 404
    project = f"/api/v1/projects/{scene.project.id}"
    assert stage.client.get(f"{project}/experiences", headers=headers).json()["items"] == []
    assert stage.client.get(project, headers=headers).status_code == 200


def test_every_way_to_change_something_is_audited_as_the_apis(stage: Stage, scene: Scene):
    headers = stage.bearer("editor")
    path = f"/api/v1/projects/{scene.project.id}/experiences"
    made = stage.client.post(path, json={"name": "Mirror"}, headers=headers).json()["id"]
    stage.client.patch(f"/api/v1/experiences/{made}", json={"name": "Glass"}, headers=headers)
    stage.client.delete(f"/api/v1/experiences/{made}", headers=headers)
    found = stage.db.conn.execute(
        "select actor, way, action from audit where subject = :id order by id", {"id": made}
    ).fetchall()
    assert found == [
        ("dbid:editor", "api", "experience.created"),
        ("dbid:editor", "api", "experience.renamed"),
        ("dbid:editor", "api", "experience.deleted"),
    ]
