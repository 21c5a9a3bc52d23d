"""Finding Chromium, and what a person without one is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import chromium

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    for name in ("google-chrome", "my-chromium"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return tmp_path


def test_known_names_are_looked_for_on_the_path(programs: Path) -> None:
    assert chromium.find({"PATH": str(programs)}) == str(programs / "google-chrome")


def test_the_variable_wins_over_the_path(programs: Path) -> None:
    own = str(programs / "my-chromium")
    assert chromium.find({"PATH": str(programs), "CHROMIUM": own}) == own


def test_a_variable_that_names_nothing_is_not_replaced_by_another_browser(programs: Path) -> None:
    environment = {"PATH": str(programs), "CHROMIUM": "/nowhere/chromium"}
    assert chromium.find(environment) is None
    assert "/nowhere/chromium" in chromium.advice(environment)


def test_where_nothing_can_be_installed_it_ends_with_2_and_one_line_to_type(tmp_path: Path) -> None:
    bare = {"PATH": str(tmp_path), "HOME": str(tmp_path), "LANG": "C.UTF-8", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.chromium"], env=bare, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[1:] == ["  CHROMIUM=/path/to/chromium make test"]


def test_the_chromium_of_this_run_is_found_in_a_bare_environment(tmp_path: Path) -> None:
    found = chromium.find()
    assert found is not None
    bare = {"PATH": os.environ["PATH"], "CHROMIUM": found, "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "tests.browser.chromium"], env=bare, cwd=ROOT)
    assert done.returncode == 0
