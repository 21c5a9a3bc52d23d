"""Where a client is missing, its tests are left out and the terminal says so; heavy ones are for the command alone."""

import os
import subprocess
import sys

from tests.sandbox.outside.conftest import EVERYTHING
from tests.sandbox_server import REPOSITORY


def collected(**environment: str) -> str:
    """What pytest says when it looks for the tests of this folder."""
    command = [sys.executable, "-m", "pytest", "tests/sandbox/outside", "--collect-only", "-n0"]
    given = {name: value for name, value in os.environ.items() if name != EVERYTHING}
    ended = subprocess.run(
        command, cwd=REPOSITORY, env={**given, **environment}, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_what_is_missing_is_said_and_not_tried():
    said = collected(PATH="/nowhere")
    assert "rclone is not here, so the sandbox was not tried with it" in said
    assert "JavaScript SDK is not here" in said
    assert "test_rclone.py" not in said
    assert "test_python_sdk.py" in said


def test_heavy_ones_are_only_run_by_the_command():
    usually, everything = collected(), collected(**{EVERYTHING: "yes"})
    assert "mebibytes" not in usually
    assert ("mebibytes" in everything) is ("test_rclone.py" in usually)
