"""The API's export settings: shape, change in part, the switch, and what each wrong field is told."""

import pytest

from tests.handlers.api.pushing import connect, push
from tests.handlers.stage import Scene, Stage

TEMPLATE = "{date}_{time}_session-{shortCode}_result"


def path_of(scene: Scene) -> str:
    return f"/api/v1/projects/{scene.project.id}/export-settings"


def show(stage: Stage, scene: Scene) -> dict[str, object]:
    body: dict[str, object] = stage.client.get(path_of(scene), headers=stage.bearer("viewer")).json()
    return body


def put(stage: Stage, scene: Scene, body: object, who: str = "editor"):
    return stage.client.put(path_of(scene), json=body, headers=stage.bearer(who))


def test_fr_005_a_new_project_exports_nothing_and_nobody_has_set_anything(stage: Stage, scene: Scene):
    found = show(stage, scene)
    example = found.pop("example_path")
    assert found == {
        "enabled": False,
        "folder_path": "",
        "folder_structure": "by_experience",
        "naming_template": TEMPLATE,
        "enabled_by": None,
        "enabled_at": None,
        "configured_by": None,
        "configured_at": None,
    }
    assert str(example).startswith("/Gala/Booth/")


def test_fr_004_fr_005_an_editor_switches_export_on_and_who_and_when_are_kept(stage: Stage, scene: Scene):
    connect(stage, scene, status="needs_reauth", enabled=False)
    answer = put(stage, scene, {"enabled": True})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["enabled"], body["enabled_by"]) == (True, {"account_id": "dbid:editor", "display_name": "Editor"})
    assert body["enabled_at"].endswith("Z")
    assert body["configured_by"] is None
    assert show(stage, scene) == body


@pytest.mark.parametrize("status", [None, "disconnected"])
def test_switching_on_without_a_connection_is_a_conflict_and_changes_nothing(stage: Stage, scene: Scene, status):
    if status:
        connect(stage, scene, status=status, enabled=False)
    before = show(stage, scene)
    answer = put(stage, scene, {"enabled": True, "folder_path": "/Events"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Connect Dropbox" in answer.json()["detail"]
    assert show(stage, scene) == before


@pytest.mark.parametrize("status", ["needs_reauth", "disconnected"])
def test_fr_004_switching_off_works_whatever_the_connection_is_and_stops_new_and_waiting(
    stage: Stage, scene: Scene, status: str
):
    connect(stage, scene, status=status)
    waiting = push(stage, scene).json()["exports"][0]
    assert put(stage, scene, {"enabled": False}).json()["enabled"] is False
    now = stage.client.get(f"/api/v1/exports/{waiting['id']}", headers=stage.bearer("viewer")).json()
    assert now["status"] == "skipped"
    assert now["error"]["kind"] == {"needs_reauth": "export_off", "disconnected": "disconnected"}[status]
    assert push(stage, scene).json()["exports"] == []


def test_any_part_may_be_changed_and_the_rest_stays(stage: Stage, scene: Scene):
    steps = [
        {"folder_path": "/Events/2026"},
        {"folder_structure": "by_date"},
        {"naming_template": "{shortCode} {time}"},
        {},
    ]
    bodies = [put(stage, scene, step) for step in steps]
    assert [answer.status_code for answer in bodies] == [200] * 4
    last = bodies[-1].json()
    assert (last["folder_path"], last["folder_structure"], last["naming_template"], last["enabled"]) == (
        "/Events/2026",
        "by_date",
        "{shortCode} {time}",
        False,
    )
    assert last["configured_by"] == {"account_id": "dbid:editor", "display_name": "Editor"}
    assert last["example_path"].startswith("/Events/2026/Gala/Booth/")
    assert last["example_path"].endswith(".jpg")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"folder_path": "/a/../b", "naming_template": "{x.__class__}"}, ["folder_path", "naming_template"]),
        ({"naming_template": "{time}"}, ["naming_template"]),
        ({"naming_template": ""}, ["naming_template"]),
        ({"folder_structure": "sideways"}, ["folder_structure"]),
        ({"enabled": "yes"}, ["enabled"]),
        ({"enabled": None}, ["enabled"]),
        ({"folder_path": None}, ["folder_path"]),
        ({"folder_path": "/a\u0000b"}, ["folder_path"]),
        ({"example_path": "/x"}, ["example_path"]),
        ({"folder_path": "x" * 5000}, ["folder_path"]),
    ],
)
def test_a_wrong_change_names_its_fields_and_changes_nothing(stage: Stage, scene: Scene, body: object, fields):
    before = show(stage, scene)
    answer = put(stage, scene, body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == fields
    assert all(each["message"] for each in answer.json()["errors"])
    assert show(stage, scene) == before


def test_half_a_character_is_refused_like_any_other_unseen_one(stage: Stage, scene: Scene):
    answer = stage.client.put(
        path_of(scene),
        content=b'{"folder_path": "/a\\ud800"}',
        headers={**stage.bearer("editor"), "content-type": "application/json"},
    )
    assert answer.status_code in (400, 422)


def test_switch_and_settings_can_be_changed_at_once(stage: Stage, scene: Scene):
    connect(stage, scene, status="needs_reauth", enabled=False)
    body = put(stage, scene, {"enabled": True, "folder_structure": "flat"}).json()
    assert (body["enabled"], body["folder_structure"]) == (True, "flat")
    body = put(stage, scene, {"enabled": False, "folder_structure": "by_date"}).json()
    assert (body["enabled"], body["folder_structure"]) == (False, "by_date")
