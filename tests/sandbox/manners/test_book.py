"""The list of complaints itself: by rule, person and app, cleared, kept over restarts, gone with a reset."""

import pytest
from dropbox.files import WriteMode

from tests.sandbox.conftest import STUDIO
from tests.sandbox_server import SandboxServer


@pytest.fixture
def own(tmp_path):
    with SandboxServer(tmp_path / "sandbox") as server:
        yield server


def provoke(server, email: str = STUDIO) -> None:
    with server.client(email) as client:
        client.files_upload(b"same", "/a.txt")
        client.files_upload(b"same", "/a.txt", mode=WriteMode.overwrite)


def test_complaints_are_listed_by_rule_person_and_app(sandbox):
    provoke(sandbox)
    provoke(sandbox, "agency@example.com")
    assert len(sandbox.complaints()) == 2
    assert sandbox.complaints(app="sandboxappkey01", rule="unchanged") == sandbox.complaints()
    assert sandbox.complaints(app="other") == sandbox.complaints(rule="polling") == []
    (one,) = sandbox.control("GET", "complaints", person=STUDIO)
    assert one["person"] == STUDIO


def test_complaints_are_forgotten_on_demand_and_by_a_reset(sandbox):
    provoke(sandbox)
    assert sandbox.control("DELETE", "complaints") == {"cleared": 1}
    assert sandbox.complaints() == []
    provoke(sandbox, "agency@example.com")
    sandbox.reset()
    assert sandbox.complaints() == []


def test_complaints_outlive_kill_9(own):
    provoke(own)
    before = own.complaints()
    own.kill()
    own.start()
    assert own.complaints() == before == ["unchanged: The bytes sent to /a.txt lay there already."]


def test_what_a_fresh_sandbox_saw_before_its_reset_is_not_held_against_anybody(sandbox, studio):
    sandbox.reset()
    with sandbox.client(STUDIO) as client:
        client.files_upload(b"same", "/a.txt")
    assert sandbox.complaints() == []
