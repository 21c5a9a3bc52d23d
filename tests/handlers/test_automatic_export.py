"""User story 3: a result that is pushed lands in Dropbox by itself. Through the API and the real engine."""

import time
from dataclasses import dataclass

import pytest
from starlette.testclient import TestClient

from tests.cast import STUDIO, Cast, job
from tests.faults.campaign import block_hash
from tests.pictures import jpeg
from tests.sandbox_server import SandboxServer

FOLDER = "/Apps/Clementine"


@dataclass
class Studio:
    """A connected workspace with a project and an experience, and its API."""

    client: TestClient
    sandbox: SandboxServer
    headers: dict[str, str]
    project: str
    experience: str

    def call(self, method: str, path: str, **arguments):
        return self.client.request(method, f"/api/v1{path}", headers=self.headers, **arguments)

    def switch(self, on: bool) -> None:
        answer = self.call("PUT", f"/projects/{self.project}/export-settings", json={"enabled": on})
        assert answer.status_code == 200, answer.text

    def push(self, picture: bytes, **fields: str):
        answer = self.call(
            "POST",
            f"/experiences/{self.experience}/results",
            data={"job_id": job(), **fields},
            files={"file": ("photo.jpg", picture, "image/jpeg")},
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def exported(self, export_id: str):
        """The export, as soon as it is in Dropbox."""
        until = time.monotonic() + 15
        while (export := self.call("GET", f"/exports/{export_id}").json())["status"] != "exported":
            assert time.monotonic() < until, export
            time.sleep(0.01)
        return export


@pytest.fixture
def studio(cast: Cast, client: TestClient, sandbox: SandboxServer) -> Studio:
    cast.approve(STUDIO)
    browser = cast.sign_in(STUDIO)
    headers = {"authorization": f"Bearer {cast.token(STUDIO)}"}
    workspace = client.get("/api/v1/workspaces", headers=headers).json()["items"][0]["id"]
    cast.connect(browser, workspace, STUDIO)
    project = client.post(f"/api/v1/workspaces/{workspace}/projects", headers=headers, json={"name": "Gala"}).json()
    experience = client.post(f"/api/v1/projects/{project['id']}/experiences", headers=headers, json={"name": "Booth"})
    return Studio(client, sandbox, headers, project["id"], experience.json()["id"])


def test_us3_1_fr_006_a_result_appears_in_dropbox_at_its_path_without_anybody_doing_anything(studio: Studio) -> None:
    studio.switch(True)
    picture = jpeg(1, pad_to=90_000)
    path = studio.push(picture)["exports"][0]["display_path"]
    assert path.startswith(f"{FOLDER}/Gala/Booth/")
    assert studio.sandbox.wait_for_file(STUDIO, path)["content_hash"] == block_hash(picture)


def test_us3_2_sc_006_the_file_follows_the_naming_convention(studio: Studio) -> None:
    studio.switch(True)
    result = studio.push(jpeg(2), session="guest", created_at="2026-02-11T19:24:03.900Z")
    name = f"2026-02-11_19-24-03_session-{result['short_code']}_result.jpg"
    assert result["exports"][0]["destination_path"] == f"/Gala/Booth/{name}"
    studio.sandbox.wait_for_file(STUDIO, f"{FOLDER}/Gala/Booth/{name}")


@pytest.mark.complaints("unchanged")
def test_us3_3_fr_009_the_same_result_again_overwrites_its_path_and_makes_no_second_file(studio: Studio) -> None:
    studio.switch(True)
    picture = jpeg(3)
    first = studio.exported(studio.push(picture)["exports"][0]["id"])
    assert studio.call("POST", f"/exports/{first['id']}/retry").status_code == 202
    again = studio.exported(first["id"])
    assert again["destination_path"] == first["destination_path"]
    files = studio.sandbox.files(STUDIO)
    assert list(files) == [first["display_path"]]
    assert files[first["display_path"]]["content_hash"] == block_hash(picture)


def test_us3_4_with_export_off_nothing_is_uploaded_and_the_guest_gets_the_result_all_the_same(studio: Studio) -> None:
    result = studio.push(jpeg(4))
    assert result["exports"] == []
    assert studio.client.get(result["artifacts"][0]["url"]).content == jpeg(4)
    studio.switch(True)
    studio.exported(studio.push(jpeg(5))["exports"][0]["id"])
    assert len(studio.sandbox.files(STUDIO)) == 1


def test_us3_5_fr_010_the_export_log_tells_job_provider_status_and_path(studio: Studio) -> None:
    studio.switch(True)
    result = studio.push(jpeg(6), session="guest")
    export = studio.exported(result["exports"][0]["id"])
    entries = studio.call("GET", f"/projects/{studio.project}/export-log").json()["items"]
    assert [
        {name: entry[name] for name in ("jobId", "sessionId", "provider", "status", "destinationPath", "error")}
        for entry in entries
    ] == [
        {
            "jobId": result["job_id"],
            "sessionId": entries[0]["sessionId"],
            "provider": "dropbox",
            "status": "success",
            "destinationPath": export["destination_path"],
            "error": None,
        }
    ]
    assert isinstance(entries[0]["createdAt"], int)


def test_sc_003_fr_013_a_push_is_answered_while_dropbox_hangs(studio: Studio) -> None:
    studio.switch(True)
    studio.sandbox.fault("hang", route="files/upload")
    started = time.monotonic()
    result = studio.push(jpeg(7))
    assert time.monotonic() - started < 5
    assert studio.client.get(result["artifacts"][0]["url"]).status_code == 200
    studio.sandbox.clear_faults()
