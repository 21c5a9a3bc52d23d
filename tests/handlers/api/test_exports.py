"""The API's exports: the list and its filter, one with its tries, retry with its conflicts, the log in S3's shape."""

import re

import pytest

from tests.handlers.api.pushing import connect, push
from tests.handlers.stage import Scene, Stage
from tests.pictures import jpeg

# Under it exports wait by themselves, so that nothing moves while the test looks.
LOST = "needs_reauth"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def get(stage: Stage, path: str, who: str = "viewer"):
    return stage.client.get(f"/api/v1{path}", headers=stage.bearer(who))


def pushed(stage: Stage, scene: Scene, **fields: str) -> dict[str, object]:
    made: dict[str, object] = push(stage, scene, **fields).json()["exports"][0]
    return made


def settle(stage: Stage, export: dict[str, object], state: str) -> None:
    """Have the export ended as a pump would."""
    stage.db.conn.execute(
        """
        update exports set state = :state, attempts = 10, tries = 10, finished_at = updated_at,
            error_kind = case :state when 'failed' then 'unavailable' end,
            error_message = case :state when 'failed' then 'Dropbox did not answer as it should' end,
            rev = case :state when 'exported' then 'r1' end,
            dropbox_file_id = case :state when 'exported' then 'id:1' end
        where id = :id
        """,
        {"id": export["id"], "state": state},
    )


def retry(stage: Stage, export: dict[str, object], who: str = "editor"):
    return stage.client.post(f"/api/v1/exports/{export['id']}/retry", headers=stage.bearer(who))


def switch(stage: Stage, scene: Scene, *, on: bool) -> None:
    stage.client.put(
        f"/api/v1/projects/{scene.project.id}/export-settings", json={"enabled": on}, headers=stage.bearer("owner")
    )


def test_an_export_is_answered_as_in_its_result_with_its_tries(stage: Stage, scene: Scene):
    connect(stage, scene, status=LOST)
    made = pushed(stage, scene, job_id="job-1", session="guest-1")
    assert get(stage, f"/exports/{made['id']}").json() == {**made, "attempts_log": []}
    assert (made["job_id"], made["session"], made["variant"], made["status"]) == (
        "job-1",
        "guest-1",
        "final",
        "waiting",
    )
    assert made["display_path"] == f"/Apps/Clementine{made['destination_path']}"
    assert MOMENT.fullmatch(str(made["created_at"]))
    assert MOMENT.fullmatch(str(made["next_attempt_at"]))


def test_the_list_is_paged_newest_first_and_can_be_of_one_status(stage: Stage, scene: Scene):
    connect(stage, scene, status=LOST)
    made = [pushed(stage, scene) for _ in range(5)]
    settle(stage, made[1], "failed")
    path = f"/projects/{scene.project.id}/exports"
    whole = get(stage, path).json()
    assert {each["id"] for each in whole["items"]} == {each["id"] for each in made}
    assert whole["next"] is None
    walked, cursor = [], ""
    while True:
        page = get(stage, f"{path}?limit=2{cursor}").json()
        walked += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert walked == whole["items"]
    failed = get(stage, f"{path}?status=failed").json()["items"]
    assert [each["id"] for each in failed] == [made[1]["id"]]
    assert failed[0]["error"] == {"kind": "unavailable", "message": "Dropbox did not answer as it should"}
    assert failed[0]["next_attempt_at"] is None


@pytest.mark.parametrize("query", ["status=done", "status=", "limit=0", "limit=201", "cursor=nonsense"])
def test_an_unknown_filter_is_said_and_not_guessed(stage: Stage, scene: Scene, query: str):
    answer = get(stage, f"/projects/{scene.project.id}/exports?{query}")
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [query.partition("=")[0]]


@pytest.mark.parametrize("state", ["failed", "skipped", "exported"])
def test_retrying_what_has_ended_has_it_wait_with_all_its_attempts(stage: Stage, scene: Scene, state: str):
    connect(stage, scene, status=LOST)
    made = pushed(stage, scene)
    settle(stage, made, state)
    answer = retry(stage, made)
    assert answer.status_code == 202
    again = answer.json()
    assert (again["status"], again["attempts"], again["error"]) == ("waiting", 0, None)
    assert again["destination_path"] == made["destination_path"]


def test_retrying_what_waits_has_it_due_now(stage: Stage, scene: Scene):
    connect(stage, scene, status=LOST)
    made = pushed(stage, scene)
    stage.db.conn.execute("update exports set due_at = 4102444800000 where id = :id", {"id": made["id"]})
    assert retry(stage, made).json()["next_attempt_at"] < "2099"


def test_retrying_what_is_being_uploaded_is_a_conflict(stage: Stage, scene: Scene):
    connect(stage, scene, status=LOST)
    made = pushed(stage, scene)
    stage.db.conn.execute(
        "update exports set state = 'uploading', claim = 'x', claimed_at = 1 where id = :id", {"id": made["id"]}
    )
    answer = retry(stage, made)
    assert (answer.status_code, answer.json()["detail"]) == (409, "This export is being uploaded right now.")


def test_retrying_while_export_is_off_is_a_conflict(stage: Stage, scene: Scene):
    connect(stage, scene, status=LOST)
    made = pushed(stage, scene)
    switch(stage, scene, on=False)
    answer = retry(stage, made)
    assert answer.status_code == 409
    assert "is off" in answer.json()["detail"]


def test_retrying_while_dropbox_is_disconnected_is_a_conflict(stage: Stage, scene: Scene):
    connect(stage, scene, status="disconnected")
    answer = retry(stage, pushed(stage, scene))
    assert answer.status_code == 409
    assert "not connected" in answer.json()["detail"]


def test_fr_010_the_log_has_the_shape_of_s3(stage: Stage, scene: Scene):
    connect(stage, scene, status="disconnected")
    made = push(stage, scene, ("a.jpg", jpeg(1)), ("b.jpg", jpeg(2)), job_id="job-1", session="guest-1").json()[
        "exports"
    ]
    body = get(stage, f"/projects/{scene.project.id}/export-log").json()
    assert body["next"] is None
    assert [set(row) for row in body["items"]] == [
        {"id", "jobId", "sessionId", "provider", "status", "destinationPath", "error", "createdAt"}
    ] * 2
    row = next(row for row in body["items"] if row["destinationPath"] == made[0]["destination_path"])
    assert (row["jobId"], row["sessionId"], row["provider"], row["status"], row["error"]) == (
        "job-1",
        "guest-1",
        "dropbox",
        "skipped",
        "Dropbox is not connected",
    )
    assert isinstance(row["createdAt"], int)


def test_the_log_is_paged_too(stage: Stage, scene: Scene):
    connect(stage, scene, status="disconnected")
    for _ in range(3):
        push(stage, scene)
    path = f"/projects/{scene.project.id}/export-log"
    first = get(stage, f"{path}?limit=2").json()
    rest = get(stage, f"{path}?cursor={first['next']}").json()
    assert first["items"] + rest["items"] == get(stage, path).json()["items"]
    assert (len(first["items"]), rest["next"]) == (2, None)


def test_a_project_token_reads_exports_of_its_project_and_nothing_that_is_set_up(stage: Stage, scene: Scene):
    connect(stage, scene, status=LOST)
    made = pushed(stage, scene)
    token = stage.project_token("owner", scene.project)
    statuses = {
        path: stage.client.get(f"/api/v1{path}", headers=token).status_code
        for path in (
            f"/projects/{scene.project.id}/exports",
            f"/exports/{made['id']}",
            f"/projects/{scene.project.id}/export-settings",
            f"/projects/{scene.project.id}/export-log",
            f"/workspaces/{scene.workspace.id}/connection",
        )
    }
    assert list(statuses.values()) == [200, 200, 404, 404, 404]
