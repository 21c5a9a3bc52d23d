"""The API's workspaces: shapes, pages, refusals."""

import pytest

from tests.handlers.stage import Scene, Stage


def test_a_new_workspace_is_answered_with_id_name_and_role(stage: Stage):
    answer = stage.client.post("/api/v1/workspaces", json={"name": " Agency\u200b "}, headers=stage.bearer("stranger"))
    assert answer.status_code == 201
    made = answer.json()
    assert made == {"id": made["id"], "name": "Agency", "role": "owner"}
    listed = stage.client.get("/api/v1/workspaces", headers=stage.bearer("stranger")).json()
    assert made in listed["items"] and listed["next"] is None


def test_everybody_is_told_their_own_role(stage: Stage, scene: Scene):
    for name, role in (("owner", "owner"), ("admin", "admin"), ("editor", "member"), ("member", "member")):
        listed = stage.client.get("/api/v1/workspaces?limit=200", headers=stage.bearer(name)).json()["items"]
        assert {"id": scene.workspace.id, "name": "Studio", "role": role} in listed


def test_a_list_is_walked_by_its_cursors(stage: Stage):
    headers = stage.bearer("viewer")
    made = {stage.client.post("/api/v1/workspaces", json={"name": "W"}, headers=headers).json()["id"] for _ in range(5)}
    walked: list[str] = []
    cursor = ""
    while True:
        query = f"?limit=2{f'&cursor={cursor}' if cursor else ''}"
        page = stage.client.get(f"/api/v1/workspaces{query}", headers=headers).json()
        walked += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        assert len(page["items"]) == 2
        cursor = page["next"]
    assert len(walked) == len(set(walked))
    assert made <= set(walked)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "\u202e\u200b"}, "name"),
        ({"name": "ok", "role": "owner"}, "role"),
    ],
)
def test_a_wrong_body_is_a_problem_that_names_the_field(stage: Stage, body: dict[str, object], field: str):
    answer = stage.client.post("/api/v1/workspaces", json=body, headers=stage.bearer("owner"))
    assert answer.status_code == 422
    problem = answer.json()
    assert [error["field"] for error in problem["errors"]] == [field]
    assert all(error["message"].endswith(".") for error in problem["errors"])


def test_cookies_open_nothing_here(stage: Stage):
    assert stage.browser("owner").get("/api/v1/workspaces").status_code == 401
