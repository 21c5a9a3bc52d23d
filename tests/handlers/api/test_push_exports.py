"""A result and its exports are one thing: stored together, and answered without a look at Dropbox (FR-006, FR-013)."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from store import exports
from store.connect import DATABASE_FILE, immediate, open_connection, rows
from tests.cast import now_ms
from tests.handlers.api.pushing import artifact_rows, connect, files_on_disk, push
from tests.handlers.stage import Scene, Stage
from tests.pictures import jpeg

# Under it exports wait by themselves, so that nothing moves while the test looks.
LOST = "needs_reauth"


def test_fr_006_exports_are_stored_with_the_result_one_for_each_artifact(stage: Stage, scene: Scene):
    connect(stage, scene, status=LOST)
    made = push(
        stage, scene, ("a.jpg", jpeg(1)), ("b.jpg", jpeg(2)), session="g", created_at="2026-02-11T19:24:03Z"
    ).json()
    assert [each["artifact_id"] for each in made["exports"]] == ["a", "b"]
    first = made["exports"][0]
    assert set(first) == {
        *("id", "result_id", "job_id", "session", "artifact_id", "variant", "status", "attempts"),
        *("destination_path", "display_path", "next_attempt_at", "error", "dropbox_file_id", "rev"),
        *("content_hash", "created_at", "finished_at"),
    }
    assert (first["status"], first["attempts"], first["error"]) == ("waiting", 0, None)
    name = f"/Gala/Booth/2026-02-11_19-24-03_session-{made['short_code']}_result.jpg"
    assert (first["destination_path"], first["display_path"]) == (name, f"/Apps/Clementine{name}")
    assert made["exports"][1]["destination_path"] == name.replace("_result.jpg", "_result-2.jpg")


def test_artifacts_that_join_a_known_job_get_their_exports_and_no_other_gets_a_second(stage: Stage, scene: Scene):
    connect(stage, scene, status=LOST)
    push(stage, scene, ("a.jpg", jpeg(1)), job_id="job-1")
    push(stage, scene, ("a.jpg", jpeg(1)), job_id="job-1")
    more = push(stage, scene, ("a.jpg", jpeg(1)), ("b.jpg", jpeg(2)), job_id="job-1").json()
    assert [each["artifact_id"] for each in more["exports"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("status", "enabled", "expected"),
    [(None, False, []), (LOST, False, []), ("disconnected", True, [("skipped", "disconnected")])],
    ids=["never connected", "export off", "on, but disconnected"],
)
def test_a_push_works_whether_export_is_on_or_off(stage: Stage, scene: Scene, status, enabled, expected):
    if status:
        connect(stage, scene, status=status, enabled=enabled)
    answer = push(stage, scene)
    assert answer.status_code == 201
    assert [(each["status"], each["error"]["kind"]) for each in answer.json()["exports"]] == expected


def test_fr_013_sc_003_a_push_never_waits_for_dropbox(stage: Stage, scene: Scene):
    connect(stage, scene)  # at an address where nobody listens
    started = time.monotonic()
    answer = push(stage, scene)
    assert answer.status_code == 201
    assert len(answer.json()["exports"]) == 1
    assert time.monotonic() - started < 2


def test_a_result_whose_exports_fail_is_stored_all_the_same_and_owed_them(stage: Stage, scene: Scene):
    connect(stage, scene, status=LOST)
    stage.db.conn.execute("create trigger broken before insert on exports begin select raise(abort, 'broken'); end")
    try:
        answer = push(stage, scene)
    finally:
        stage.db.conn.execute("drop trigger broken")
    assert (answer.status_code, answer.json()["exports"]) == (201, [])
    made = answer.json()["id"]
    assert rows(stage.db, "select owed_export from results where id = :id", id=made) == [{"owed_export": 1}]
    with immediate(stage.db) as db:
        exports.enqueue_owed(db, now_ms(), 500)
    shown = stage.client.get(f"/api/v1/results/{made}", headers=stage.bearer("viewer")).json()
    assert [each["status"] for each in shown["exports"]] == ["waiting"]


def test_of_many_pushes_of_one_job_at_once_one_is_made_and_the_others_know_it(stage: Stage, scene: Scene):
    connect(stage, scene, status=LOST)
    before, gate = len(files_on_disk(stage)), threading.Barrier(12)

    def one(_: int):
        gate.wait()
        return push(stage, scene, ("a.jpg", jpeg(1)), ("b.jpg", jpeg(2)), job_id="job-1")

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(one, range(12)))
    assert Counter(each.status_code for each in answers) == {201: 1, 200: 11}
    assert len({each.json()["id"] for each in answers}) == 1
    assert (len(artifact_rows(stage, scene)), len(files_on_disk(stage))) == (2, before + 2)
    assert len(answers[0].json()["exports"]) == 2


def test_of_many_pushes_with_different_bytes_at_once_one_is_made_and_the_others_conflict(stage: Stage, scene: Scene):
    before, gate = len(files_on_disk(stage)), threading.Barrier(8)

    def one(seed: int):
        gate.wait()
        return push(stage, scene, ("a.jpg", jpeg(seed)), job_id="job-1")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    assert Counter(each.status_code for each in answers) == {201: 1, 409: 7}
    assert (len(artifact_rows(stage, scene)), len(files_on_disk(stage))) == (1, before + 1)


def test_an_experience_deleted_while_its_result_is_under_way_takes_nothing(stage: Stage, scene: Scene):
    with immediate(stage.db) as db:
        db.conn.execute("update experiences set deleted_at = 1 where id = :id", {"id": scene.experience.id})
    before = files_on_disk(stage)
    assert push(stage, scene).status_code == 404
    assert (artifact_rows(stage, scene), files_on_disk(stage)) == ([], before)


def test_a_right_lost_while_the_bytes_come_in_stores_nothing(stage: Stage, scene: Scene):
    before = files_on_disk(stage)

    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="job_id"\r\n\r\njob-1\r\n'
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + jpeg(1)
        # The client pulls this on a thread of its own, and a connection belongs to one thread.
        own = open_connection(stage.settings.data_dir / DATABASE_FILE)
        with immediate(own) as db:
            db.conn.execute("delete from project_members where project_id = :id", {"id": scene.project.id})
        own.conn.close()
        yield b"\r\n--b--\r\n"

    answer = stage.client.post(
        f"/api/v1/experiences/{scene.experience.id}/results",
        content=body(),
        headers={"content-type": "multipart/form-data; boundary=b", **stage.bearer("editor")},
    )
    assert answer.status_code == 404
    assert (artifact_rows(stage, scene), files_on_disk(stage)) == ([], before)


def test_a_deleted_result_is_not_made_again_by_its_job(stage: Stage, scene: Scene):
    made = push(stage, scene, job_id="job-1").json()
    with immediate(stage.db) as db:
        db.conn.execute("update results set deleted_at = 1 where id = :id", {"id": made["id"]})
    assert stage.client.get(f"/api/v1/results/{made['id']}", headers=stage.bearer("owner")).status_code == 404
    assert push(stage, scene, job_id="job-1").status_code == 409
