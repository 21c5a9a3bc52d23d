"""Memory stays flat however large the file; the commands that measure more of it work."""

import pytest

from tests.sandbox.figures import send_big, send_small
from tests.sandbox_server import SandboxServer


@pytest.fixture
def own_sandbox(tmp_path):
    """A sandbox that has done nothing before, so that its peak of memory is this test's."""
    with SandboxServer(tmp_path) as server:
        yield server


def test_a_large_file_passes_through_without_being_held_in_memory(own_sandbox):
    # A sandbox that held but one piece of 64 MiB would grow by as much.
    assert send_big(own_sandbox, 128).grown_mib < 32


def test_many_small_files_arrive_each_at_its_place(own_sandbox):
    assert send_small(own_sandbox, 0.3) > 0
    files = own_sandbox.files("studio@example.com")
    assert {path: node["size"] for path, node in files.items()} == dict.fromkeys(files, 1024)
    assert len(files) == len({node["content_hash"] for node in files.values()})
