"""Stops that people ask for, with the whole app and a Dropbox that hangs: answered quickly, nothing begins after."""

import time
from collections.abc import Callable

import pytest

from store import exports
from store.connect import rows
from tests.cast import AGENCY, STUDIO
from tests.handlers.studio import Studio, until

ANSWER_S = 2.0


@pytest.fixture
def exporting(studio: Studio) -> Studio:
    """The studio, connected, with its project's export switched on."""
    studio.connect()
    assert studio.switch("on").status_code == 303
    return studio


class Api:
    """The studio's owner at the API."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.headers = {"authorization": f"Bearer {studio.cast.token(STUDIO)}"}

    def __call__(self, method: str, path: str, **about) -> int:
        answer = self.studio.cast.client.request(method, f"/api/v1{path}", headers=self.headers, **about)
        return answer.status_code


def disconnect(studio: Studio) -> int:
    return Api(studio)("DELETE", f"/workspaces/{studio.workspace_id}/connection")


def switch_off(studio: Studio) -> int:
    return Api(studio)("PUT", f"/projects/{studio.project_id}/export-settings", json={"enabled": False})


def delete_project(studio: Studio) -> int:
    return Api(studio)("DELETE", f"/projects/{studio.project_id}")


def delete_experience(studio: Studio) -> int:
    return Api(studio)("DELETE", f"/experiences/{studio.experience_id}")


def delete_workspace_on_the_page(studio: Studio) -> int:
    name = rows(studio.db, "select name from workspaces where id = :id", id=studio.workspace_id)[0]["name"]
    answer = studio.owner.post(f"/workspaces/{studio.workspace_id}/delete", data={"name": str(name)})
    return int(answer.status_code)


def disconnect_on_the_page(studio: Studio) -> int:
    return studio.owner.post(f"{studio.dropbox}/disconnect").status_code


def switch_off_on_the_page(studio: Studio) -> int:
    return int(studio.switch("off").status_code)


STOPS: list[tuple[Callable[[Studio], int], str]] = [
    (disconnect, "disconnected"),
    (disconnect_on_the_page, "disconnected"),
    (switch_off, "export_off"),
    (switch_off_on_the_page, "export_off"),
    (delete_project, "deleted"),
    (delete_experience, "deleted"),
    (delete_workspace_on_the_page, "deleted"),
]


def hanging(studio: Studio, **how: int) -> dict[str, object]:
    """Have an upload hang in Dropbox, and two more exports wait behind it."""
    fault: dict[str, object] = studio.sandbox.fault("hang", route="files/upload*", **how)
    for number in range(3):
        studio.push(f"job-{number}")
    until(lambda: studio.sandbox.faults()[0]["hits"] > 0)
    return fault


def begun_after(studio: Studio, moment_ms: int) -> list[object]:
    return [call for call in studio.sandbox.history("files/upload*") if call["begin_ms"] > moment_ms]


@pytest.mark.parametrize(("stop", "kind"), STOPS)
def test_sc_005_fr_016_a_stop_is_answered_in_two_seconds_and_no_upload_begins_after_it(
    exporting: Studio, stop, kind: str
):
    fault = hanging(exporting)
    began = time.monotonic()
    assert stop(exporting) in (200, 204, 303)
    assert time.monotonic() - began < ANSWER_S
    answered = time.time_ns() // 1_000_000
    found = rows(exporting.db, "select distinct state, error_kind as kind, claim from exports")
    assert found == [{"state": "skipped", "kind": kind, "claim": None}]
    exporting.sandbox.clear_faults(fault)
    time.sleep(0.5)
    assert begun_after(exporting, answered) == []
    assert exporting.sandbox.files(STUDIO) == {}
    logged = rows(exporting.db, "select status, error_kind as kind from attempts")
    assert logged == [{"status": "skipped", "kind": kind}] * 3


def test_the_other_experiences_of_a_project_go_on_after_one_is_deleted(exporting: Studio):
    hanging(exporting, times=1)
    mirror = exporting.experience(exporting.project_id, "Mirror")
    kept = exporting.push("job-kept", mirror)
    assert delete_experience(exporting) == 204
    until(lambda: exports.get(exporting.db, kept["exports"][0]["id"]).state == "exported")
    assert [path.split("/")[4] for path in exporting.sandbox.files(STUDIO)] == ["Mirror"]


def test_switching_one_project_off_lets_the_upload_of_another_finish(exporting: Studio):
    other = exporting.project("Other")
    booth = exporting.experience(other, "Booth")
    put_on = Api(exporting)("PUT", f"/projects/{other}/export-settings", json={"enabled": True})
    assert put_on == 200
    fault = exporting.sandbox.fault("slow", route="files/upload*", seconds=0.5)
    kept = exporting.push("job-kept", booth)
    until(lambda: exports.get(exporting.db, kept["exports"][0]["id"]).state == "uploading")
    switch_off(exporting)
    exporting.sandbox.clear_faults(fault)
    until(lambda: exports.get(exporting.db, kept["exports"][0]["id"]).state == "exported")
    log = rows(exporting.db, "select status from attempts")
    assert log == [{"status": "success"}]


def test_after_a_stop_on_and_reconnect_export_what_is_new_and_nothing_old(exporting: Studio):
    hanging(exporting)
    disconnect(exporting)
    exporting.sandbox.clear_faults()
    exporting.connect()
    fresh = exporting.push("job-fresh")["exports"][0]["id"]
    until(lambda: exports.get(exporting.db, fresh).state == "exported")
    assert len(exporting.sandbox.files(STUDIO)) == 1
    assert sorted(exporting.states()) == ["exported", "skipped", "skipped", "skipped"]


def test_a_switch_that_is_refused_leaves_the_door_open(exporting: Studio):
    answer = Api(exporting)(
        "PUT", f"/projects/{exporting.project_id}/export-settings", json={"enabled": False, "naming_template": "{time}"}
    )
    assert answer == 422
    export = exporting.push("job-1")["exports"][0]["id"]
    until(lambda: exports.get(exporting.db, export).state == "exported")


def test_confirming_another_account_sends_nothing_more_to_the_one_before_it(exporting: Studio):
    fault = hanging(exporting)
    assert exporting.connect(email=AGENCY).endswith("/dropbox/confirm")
    began = time.monotonic()
    assert exporting.owner.post(f"{exporting.dropbox}/confirm").status_code == 303
    assert time.monotonic() - began < ANSWER_S
    exporting.sandbox.clear_faults(fault)
    until(lambda: exporting.states() == ["exported"] * 3)
    assert exporting.sandbox.files(STUDIO) == {}
    assert len(exporting.sandbox.files(AGENCY)) == 3


def test_confirming_when_nothing_waits_stops_nothing(exporting: Studio):
    assert exporting.owner.post(f"{exporting.dropbox}/confirm").status_code == 303
    export = exporting.push("job-1")["exports"][0]["id"]
    until(lambda: exports.get(exporting.db, export).state == "exported")


def test_deleting_a_workspace_hands_its_grant_back_and_leaves_the_files(exporting: Studio):
    pushed = exporting.push("job-1")["exports"][0]["id"]
    until(lambda: exports.get(exporting.db, pushed).state == "exported")
    assert len(exporting.grants()) == 2
    assert delete_workspace_on_the_page(exporting) == 303
    until(lambda: len(exporting.grants()) == 1)
    assert exporting.connection()["status"] == "disconnected" and exporting.connection()["token"] is None
    assert len(exporting.sandbox.files(STUDIO)) == 1
