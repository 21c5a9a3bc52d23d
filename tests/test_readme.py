"""The README and the Procfile are true today: settings, commands, and paths that they name."""

import re
from pathlib import Path

import click
import pytest

from cli import main
from settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_every_setting_has_its_row_and_every_row_its_setting() -> None:
    section = README.split("## Settings")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert named == {field.upper() for field in Settings.model_fields}


def commands(group: click.Group, prefix: str = "") -> list[str]:
    found = []
    for name, command in group.commands.items():
        found += commands(command, f"{prefix}{name} ") if isinstance(command, click.Group) else [f"{prefix}{name}"]
    return found


@pytest.mark.parametrize("command", commands(main))
def test_every_command_is_described(command: str) -> None:
    section = README.split("## Commands")[1].split("\n## ")[0]
    assert re.search(rf"`(clementine )?{command}\b", section)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.[a-z]+)?)`", README))))
def test_every_path_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_procfile_starts_the_app_for_everybody() -> None:
    assert (ROOT / "Procfile").read_text() == "web: clementine serve --host 0.0.0.0 --port $PORT\n"


def test_ci_is_what_a_newcomer_runs() -> None:
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -eu", 'cd "$(dirname "$0")/.."', "make check", "make test"]
