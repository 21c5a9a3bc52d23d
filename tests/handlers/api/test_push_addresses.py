"""Pushing a result by web addresses: what is answered, what is refused, and what the same job again means."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import Response

from handlers import limits
from store.connect import rows
from tests.handlers.api.pushing import artifact_rows, connect, push
from tests.handlers.stage import Scene, Stage
from tests.pictures import jpeg

# No resolver knows a name below .invalid (RFC 2606), so that nothing is ever asked of anybody.
URL = "https://pictures.invalid/gala/8F3K.jpg"


def push_addresses(stage: Stage, scene: Scene, *artifacts: Any, who: str = "editor", **fields: Any) -> Response:
    named = [{"url": each} if isinstance(each, str) else each for each in artifacts or (URL,)]
    return stage.client.post(
        f"/api/v1/experiences/{scene.experience.id}/results",
        json={"job_id": "job-1", "artifacts": named, **fields},
        headers=stage.bearer(who),
    )


def test_the_answer_says_where_the_result_will_be(stage: Stage, scene: Scene):
    answer = push_addresses(stage, scene, URL, session="guest-17", created_at="2026-02-11T20:24:03+01:00")
    assert answer.status_code == 202
    made = answer.json()
    assert answer.headers["location"] == f"/api/v1/results/{made['id']}"
    assert (made["session"], made["created_at"], made["exports"]) == ("guest-17", "2026-02-11T19:24:03.000Z", [])
    (artifact,) = made["artifacts"]
    assert (artifact["artifact_id"], artifact["variant"], artifact["state"]) == ("8F3K", "final", "fetching")
    assert [artifact[name] for name in ("media_type", "size", "sha256", "url")] == [None] * 4
    shown = stage.client.get(answer.headers["location"], headers=stage.bearer("viewer"))
    assert shown.json() == made


def test_no_address_is_repeated_in_any_answer(stage: Stage, scene: Scene):
    answer = push_addresses(stage, scene, f"{URL}?signature=geheim")
    shown = stage.client.get(answer.headers["location"], headers=stage.bearer("owner"))
    page = stage.browser("owner").get(f"/projects/{scene.project.id}/results")
    assert "geheim" not in answer.text + shown.text + page.text
    assert "Not here yet" in page.text


def test_equal_addresses_again_are_the_stored_result(stage: Stage, scene: Scene):
    first = push_addresses(stage, scene)
    again = push_addresses(stage, scene)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["id"] == first.json()["id"]
    assert len(artifact_rows(stage, scene)) == 1


def test_a_new_artifact_joins_the_known_result(stage: Stage, scene: Scene):
    first = push_addresses(stage, scene)
    more = push_addresses(stage, scene, URL, "https://pictures.invalid/b.png")
    assert (more.status_code, more.json()["id"]) == (202, first.json()["id"])
    assert [each["artifact_id"] for each in more.json()["artifacts"]] == ["8F3K", "b"]


def test_another_address_or_other_bytes_for_a_known_artifact_are_a_conflict(stage: Stage, scene: Scene):
    push_addresses(stage, scene)
    assert push_addresses(stage, scene, {"artifact_id": "8F3K", "url": f"{URL}?other"}).status_code == 409
    assert push(stage, scene, jpeg(1), job_id="job-1", artifact_id="8F3K").status_code == 409
    assert push(stage, scene, jpeg(1), job_id="job-2").status_code == 201
    other = push_addresses(stage, scene, {"artifact_id": "photo", "url": URL}, job_id="job-2")
    assert other.status_code == 409
    assert "nothing was stored" in other.json()["detail"]


@pytest.mark.parametrize("again", ["the same address", "another address", "bytes"])
def test_what_could_not_be_fetched_may_come_again_from_anywhere(stage: Stage, scene: Scene, again: str):
    made = push_addresses(stage, scene).json()
    artifact_id = made["artifacts"][0]["id"]
    stage.db.conn.execute("update artifacts set state = 'failed' where id = ?", [artifact_id])
    stage.db.conn.execute(
        "update fetches set state = 'failed', url = null, claim = null, finished_at = 1 where artifact_row_id = ?",
        [artifact_id],
    )
    if again == "bytes":
        answer = push(stage, scene, jpeg(1), job_id="job-1", artifact_id="8F3K")
        expected = (201, "ready")
    else:
        url = URL if again == "the same address" else f"{URL}?new"
        answer = push_addresses(stage, scene, {"artifact_id": "8F3K", "url": url})
        expected = (202, "fetching")
    (artifact,) = answer.json()["artifacts"]
    assert (answer.status_code, artifact["state"], artifact["id"]) == (*expected, artifact_id)
    if again == "bytes":
        assert push_addresses(stage, scene).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"artifacts": [{"url": URL}]}, "job_id"),
        ({"job_id": "", "artifacts": [{"url": URL}]}, "job_id"),
        ({"job_id": "a\x00", "artifacts": [{"url": URL}]}, "job_id"),
        ({"job_id": "x" * 201, "artifacts": [{"url": URL}]}, "job_id"),
        ({"job_id": "a"}, "artifacts"),
        ({"job_id": "a", "artifacts": []}, "artifacts"),
        ({"job_id": "a", "artifacts": [{"url": URL}] * 21}, "artifacts"),
        ({"job_id": "a", "artifacts": [{"url": URL}, {"url": URL}]}, "artifacts"),
        ({"job_id": "a", "artifacts": [{}]}, "artifacts.0.url"),
        ({"job_id": "a", "artifacts": [{"url": "http://pictures.invalid/a.jpg"}]}, "artifacts.0.url"),
        ({"job_id": "a", "artifacts": [{"url": "https://169.254.169.254/"}]}, "artifacts.0.url"),
        ({"job_id": "a", "artifacts": [{"url": f"https://pictures.invalid/{'a' * 2048}"}]}, "artifacts.0.url"),
        ({"job_id": "a", "artifacts": [{"url": URL, "name": "x"}]}, "artifacts.0.name"),
        ({"job_id": "a", "created_at": "yesterday", "artifacts": [{"url": URL}]}, "created_at"),
        ({"job_id": "a", "session": 7, "artifacts": [{"url": URL}]}, "session"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(stage: Stage, scene: Scene, body: dict[str, Any], field: str):
    answer = stage.client.post(
        f"/api/v1/experiences/{scene.experience.id}/results",
        content=json.dumps(body),
        headers={**stage.bearer("editor"), "content-type": "application/json; charset=utf-8"},
    )
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert artifact_rows(stage, scene) == []


@pytest.mark.parametrize(
    ("who", "status"), [("owner", 202), ("editor", 202), ("viewer", 403), ("member", 404), ("stranger", 404)]
)
def test_who_may_push_addresses_is_who_may_push(stage: Stage, scene: Scene, who: str, status: int):
    assert push_addresses(stage, scene, who=who).status_code == status


def test_a_project_token_pushes_addresses_to_its_project(stage: Stage, scene: Scene):
    headers = stage.project_token("editor", scene.project)
    path = f"/api/v1/experiences/{scene.experience.id}/results"
    answer = stage.client.post(path, json={"job_id": "a", "artifacts": [{"url": URL}]}, headers=headers)
    assert answer.status_code == 202


def test_exports_wait_for_the_bytes(stage: Stage, scene: Scene):
    connect(stage, scene, status="needs_reauth")
    made = push_addresses(stage, scene).json()
    assert made["exports"] == []
    assert rows(stage.db, "select id from exports where project_id = :id", id=scene.project.id) == []


@pytest.fixture
def strict(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three addresses an hour."""
    monkeypatch.setitem(limits.LIMITS, "fetch", limits.Limit(3, 3600))
    before, stage.client.app_state["limits"] = stage.client.app_state["limits"], limits.Limits(enabled=True)
    yield
    stage.client.app_state["limits"] = before


def test_each_address_counts_against_the_tokens_limit(stage: Stage, scene: Scene, strict: None):
    several = [f"https://pictures.invalid/{number}.jpg" for number in range(4)]
    assert push_addresses(stage, scene, *several[:3]).status_code == 202
    answer = push_addresses(stage, scene, several[3])
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
