"""Pushing a result: what it answers, what it stores, and what the same job again means (CONTRACT.md §4)."""

import re
import secrets
from collections.abc import Iterator
from hashlib import sha256

import pytest

from handlers import limits
from store.connect import rows
from tests.handlers.api.pushing import artifact_rows, files_on_disk, picture, push
from tests.handlers.stage import Scene, Stage
from tests.pictures import jpeg

MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x08mdat" + bytes(500)
MOV = b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + b"\0\0\0\x08mdat" + bytes(500)


def test_a_pushed_result_is_answered_whole(stage: Stage, scene: Scene):
    content = jpeg(2)
    answer = push(stage, scene, content, job_id="job-1", session="guest-17", created_at="2026-02-11T20:24:03+01:00")
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == {"id", "job_id", "session", "short_code", "created_at", "artifacts", "exports"}
    assert (made["job_id"], made["session"], made["created_at"]) == ("job-1", "guest-17", "2026-02-11T19:24:03.000Z")
    assert re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}", made["short_code"])
    assert made["exports"] == []
    (artifact,) = made["artifacts"]
    assert set(artifact) == {"id", "artifact_id", "variant", "media_type", "size", "sha256", "url", "state"}
    assert (artifact["artifact_id"], artifact["variant"], artifact["state"]) == ("photo", "final", "ready")
    assert (artifact["media_type"], artifact["size"]) == ("image/jpeg", len(content))
    assert artifact["sha256"] == sha256(content).hexdigest()
    assert answer.headers["location"] == f"/api/v1/results/{made['id']}"
    shown = stage.client.get(answer.headers["location"], headers=stage.bearer("viewer"))
    assert shown.status_code == 200
    assert {**shown.json(), "artifacts": []} == {**made, "artifacts": []}


def test_the_bytes_are_on_disk_when_the_push_is_answered(stage: Stage, scene: Scene):
    content = jpeg(3, pad_to=3_000_000)
    assert push(stage, scene, content).status_code == 201
    (row,) = artifact_rows(stage, scene)
    key = str(row["media_key"])
    assert (stage.settings.data_dir / "media" / key[:2] / key).read_bytes() == content
    assert files_on_disk(stage, "incoming") == []


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (MP4, "video/mp4"),
        (MOV, "video/quicktime"),
    ],
    ids=["jpeg", "png", "gif", "webp", "mp4", "mov"],
)
def test_media_is_known_by_its_content_whatever_its_name(stage: Stage, scene: Scene, content: bytes, media_type: str):
    answer = push(stage, scene, ("notes.txt", content))
    assert answer.status_code == 201
    assert answer.json()["artifacts"][0]["media_type"] == media_type


@pytest.mark.parametrize(
    "content",
    [
        b"just a text",
        b"",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        jpeg(1)[:30],
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0dIHDR" + bytes(20),
    ],
    ids=["text", "empty", "html", "svg", "pdf", "jpeg cut off in its head", "png without size"],
)
def test_a_file_named_photo_jpg_that_is_none_is_a_415_and_nothing_is_stored(stage: Stage, scene: Scene, content: bytes):
    before = files_on_disk(stage)
    answer = push(stage, scene, ("good.jpg", jpeg(4)), ("photo.jpg", content))
    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/problem+json"
    assert (artifact_rows(stage, scene), files_on_disk(stage)) == ([], before)


def test_several_files_are_artifacts_in_their_order(stage: Stage, scene: Scene):
    answer = push(
        stage, scene, ("a.jpg", jpeg(1)), ("b.png", picture("PNG")), ("", jpeg(2)), artifact_id=["front", "back"]
    )
    assert answer.status_code == 201
    assert [each["artifact_id"] for each in answer.json()["artifacts"]] == ["front", "back", "result"]


@pytest.mark.parametrize(
    ("filename", "artifact_id"),
    [
        ("photo.jpg", "photo"),
        ("été 🎉.final.jpg", "été 🎉.final"),
        ("C:\\Booth\\photo.jpg", "photo"),
        ("../../etc/passwd.jpg", "passwd"),
        ("noextension", "noextension"),
        ("x" * 300 + ".jpg", "x" * 200),
    ],
)
def test_without_artifact_ids_files_are_called_by_their_names(
    stage: Stage, scene: Scene, filename: str, artifact_id: str
):
    answer = push(stage, scene, (filename, jpeg(5)))
    assert [each["artifact_id"] for each in answer.json()["artifacts"]] == [artifact_id]


def test_one_session_keeps_its_short_code_and_another_gets_its_own(stage: Stage, scene: Scene):
    first, again = (push(stage, scene, session="guest-1").json() for _ in range(2))
    others = [push(stage, scene).json() for _ in range(5)]
    assert first["short_code"] == again["short_code"]
    assert first["id"] != again["id"]
    assert len({each["session"] for each in [first, *others]}) == 6
    assert len({each["short_code"] for each in [first, *others]}) > 1


def test_without_created_at_a_result_has_the_time_of_its_arrival(stage: Stage, scene: Scene):
    made = push(stage, scene).json()
    (row,) = rows(stage.db, "select created_at, arrived_at from results where id = :id", id=made["id"])
    assert row["created_at"] == row["arrived_at"]


def test_the_same_job_with_the_same_bytes_is_known(stage: Stage, scene: Scene):
    first = push(stage, scene, jpeg(6), job_id="job-1", session="a")
    before = files_on_disk(stage)
    again = push(stage, scene, jpeg(6), job_id="job-1", session="b")
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["id"], again.json()["session"]) == (first.json()["id"], "a")
    assert "location" not in again.headers
    assert files_on_disk(stage) == before


def test_new_artifacts_of_a_known_job_are_added(stage: Stage, scene: Scene):
    first = push(stage, scene, ("a.jpg", jpeg(6)), job_id="job-1").json()
    more = push(stage, scene, ("a.jpg", jpeg(6)), ("b.jpg", jpeg(7)), job_id="job-1")
    assert (more.status_code, more.json()["id"]) == (201, first["id"])
    assert [each["artifact_id"] for each in more.json()["artifacts"]] == ["a", "b"]
    raw = push(stage, scene, ("a.jpg", jpeg(8)), job_id="job-1", variant="raw")
    assert (raw.status_code, len(raw.json()["artifacts"])) == (201, 3)
    assert len(artifact_rows(stage, scene)) == 3


def test_other_bytes_under_a_known_name_are_a_409_and_nothing_is_stored(stage: Stage, scene: Scene):
    push(stage, scene, ("a.jpg", jpeg(6)), job_id="job-1")
    before = files_on_disk(stage)
    answer = push(stage, scene, ("b.jpg", jpeg(7)), ("a.jpg", jpeg(8)), job_id="job-1")
    assert answer.status_code == 409
    assert (len(artifact_rows(stage, scene)), files_on_disk(stage)) == (1, before)


def test_the_same_job_in_another_experience_is_another_result(stage: Stage, scene: Scene):
    assert push(stage, scene, job_id="job-1").status_code == 201
    assert push(stage, stage.scene(), job_id="job-1").status_code == 201


@pytest.mark.parametrize(
    ("files", "fields", "wrong"),
    [
        ([jpeg(1)], {"job_id": None}, ["job_id"]),
        ([jpeg(1)], {"job_id": ""}, ["job_id"]),
        ([jpeg(1)], {"job_id": ["a", "b"]}, ["job_id"]),
        ([jpeg(1)], {"job_id": "j" * 201}, ["job_id"]),
        ([jpeg(1)], {"job_id": "a\0b"}, ["job_id"]),
        ([jpeg(1)], {"job_id": b"\xff"}, ["job_id"]),
        ([jpeg(1)], {"session": "s" * 201, "variant": "v" * 201}, ["session", "variant"]),
        ([jpeg(1)], {"created_at": "2026-02-11T19:24:03"}, ["created_at"]),
        ([jpeg(1)], {"created_at": "yesterday"}, ["created_at"]),
        ([jpeg(1)], {"artifact_id": ["a", "b"]}, ["artifact_id"]),
        ([jpeg(1), jpeg(2)], {}, ["artifact_id"]),
        ([jpeg(1), jpeg(2)], {"artifact_id": ["a", "a"]}, ["artifact_id"]),
        ([jpeg(1)], {"project_id": "x"}, ["project_id"]),
    ],
)
def test_wrong_fields_are_named_and_nothing_is_stored(stage: Stage, scene: Scene, files, fields, wrong):
    before = files_on_disk(stage)
    answer = push(stage, scene, *files, **fields)
    assert answer.status_code == 422
    assert sorted(error["field"] for error in answer.json()["errors"]) == wrong
    assert all(error["message"].endswith(".") for error in answer.json()["errors"])
    assert (artifact_rows(stage, scene), files_on_disk(stage)) == ([], before)


def test_a_push_without_a_file_and_one_with_a_file_elsewhere_are_422(stage: Stage, scene: Scene):
    address = f"/api/v1/experiences/{scene.experience.id}/results"
    answer = stage.client.post(address, files={"photo": ("a.jpg", jpeg(1))}, headers=stage.bearer("editor"))
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"job_id", "file", "photo"}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_is_neither_multipart_nor_json_is_a_415_with_a_sentence(stage: Stage, scene: Scene, kind: str):
    answer = stage.client.post(
        f"/api/v1/experiences/{scene.experience.id}/results",
        content=b"job_id=a",
        headers={"content-type": kind, **stage.bearer("editor")},
    )
    assert answer.status_code == 415
    assert answer.json()["detail"] == "Send this as multipart/form-data."


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("owner", 201),
        ("admin", 201),
        ("editor", 201),
        ("viewer", 403),
        ("member", 404),
        ("stranger", 404),
        ("no token", 401),
    ],
)
def test_editors_push_viewers_may_not_and_strangers_see_nothing(stage: Stage, scene: Scene, who: str, status: int):
    assert push(stage, scene, who=who).status_code == status
    assert len(artifact_rows(stage, scene)) == (status == 201)


def test_a_project_token_pushes_to_its_project_and_reads_the_result_and_nothing_elsewhere(stage: Stage, scene: Scene):
    token, elsewhere = (stage.project_token("editor", project) for project in (scene.project, scene.other))
    made = push(stage, scene, who=token)
    assert made.status_code == 201
    assert push(stage, scene, who=elsewhere).status_code == 404
    path = f"/api/v1/results/{made.json()['id']}"
    assert stage.client.get(path, headers=token).status_code == 200
    assert stage.client.get(path, headers=elsewhere).status_code == 404
    assert stage.client.get("/api/v1/me", headers=token).status_code == 404


def test_a_project_token_of_somebody_who_only_views_by_now_pushes_nothing(stage: Stage, scene: Scene):
    assert push(stage, scene, who=stage.project_token("viewer", scene.project)).status_code == 404


@pytest.mark.parametrize("who", ["stranger", "member"])
def test_a_foreign_result_and_an_unknown_one_are_the_same_404(stage: Stage, scene: Scene, who: str):
    made = push(stage, scene).json()
    answers = [
        stage.client.get(f"/api/v1/results/{result_id}", headers=stage.bearer(who))
        for result_id in (made["id"], secrets.token_urlsafe(12))
    ]
    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


def test_below_the_disk_floor_a_push_is_a_507_and_nothing_is_stored(
    stage: Stage, scene: Scene, monkeypatch: pytest.MonkeyPatch
):
    before = files_on_disk(stage)
    monkeypatch.setattr(stage.client.app_state["media"], "floor", 2**62)
    answer = push(stage, scene)
    assert answer.status_code == 507
    assert answer.headers["content-type"] == "application/problem+json"
    assert (artifact_rows(stage, scene), files_on_disk(stage)) == ([], before)
    monkeypatch.undo()
    assert push(stage, scene).status_code == 201


def test_a_disk_that_reaches_its_floor_on_the_way_ends_the_push_with_a_507(
    stage: Stage, scene: Scene, monkeypatch: pytest.MonkeyPatch
):
    before, media = files_on_disk(stage), stage.client.app_state["media"]

    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + jpeg(1)
        monkeypatch.setattr(media, "floor", 2**62)
        yield bytes(3_000_000)
        yield b"\r\n--b--\r\n"

    answer = stage.client.post(
        f"/api/v1/experiences/{scene.experience.id}/results",
        content=body(),
        headers={"content-type": "multipart/form-data; boundary=b", **stage.bearer("editor")},
    )
    assert answer.status_code == 507
    assert (artifact_rows(stage, scene), files_on_disk(stage)) == ([], before)


def test_pushes_are_limited_by_token_with_a_time_to_wait(stage: Stage, scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(limits.LIMITS, "push", limits.Limit(2, 60))
    monkeypatch.setitem(stage.client.app_state, "limits", limits.Limits(enabled=True))
    assert [push(stage, scene).status_code for _ in range(3)] == [201, 201, 429]
    refused = push(stage, scene)
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert push(stage, scene, who="admin").status_code == 201
