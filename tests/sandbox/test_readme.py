"""What the sandbox's README promises: its commands work as they stand, and it names every call, figure and rule."""

import shlex
import subprocess
import sys
from dataclasses import fields

import pytest
import requests

from sandbox.behaviour import Behaviour
from sandbox.control.table import ACTIONS
from sandbox.fault_rules import COMMON, DETAILS, KINDS
from sandbox.manners import calling, committing, credentials, waiting
from sandbox.switches import PUSHES, SWITCHES
from tests.sandbox_server import REPOSITORY

README = (REPOSITORY / "sandbox" / "README.md").read_text()
# The other end of this one is an app of the reader's own.
ELSEWHERE = "webhooks -d"
COMMANDS = [
    line
    for line in README.splitlines()
    if line.startswith("curl ") and "localhost:8001/_sandbox/" in line and ELSEWHERE not in line
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_works_as_it_stands(sandbox, command):
    sandbox.add_app(redirect_uris=["http://127.0.0.1:8000/auth/dropbox/callback"])
    words = iter(shlex.split(command)[1:])
    method, body, url = "GET", None, ""
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-d":
            body = next(words)
        else:
            url = word
    address = f"http://{url.removeprefix('http://')}".replace("http://localhost:8001", sandbox.url)
    answer = requests.request(method, address, data=body, timeout=10)
    assert answer.ok, answer.text


def test_there_are_commands():
    assert len(COMMANDS) > 15


@pytest.mark.parametrize("path", sorted({path for _, path, _ in ACTIONS}))
def test_every_call_of_the_control_api_is_named(path):
    assert f"{path[1:]}`" in README or f"{path[1:]}?" in README


@pytest.mark.parametrize("name", [figure.name for figure in fields(Behaviour)])
def test_every_figure_is_named(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", sorted({*KINDS, *COMMON, *(name for kind in DETAILS.values() for name in kind)}))
def test_every_kind_and_field_of_a_fault_is_named(name):
    assert f"`{name}`" in README


def test_every_rule_of_good_manners_is_named():
    told = "\n".join(module.__doc__ or "" for module in (calling, committing, credentials, waiting))
    rules = told.split("`")[1::2]
    assert len(rules) == 13
    assert [rule for rule in rules if f"| `{rule}` |" not in README] == []


@pytest.mark.parametrize("one", [*SWITCHES, *PUSHES], ids=lambda one: one.name)
def test_every_switch_is_named(one):
    assert f"*{one.title}*" in README


def test_every_option_is_named():
    command = [sys.executable, "-m", "sandbox", "--help"]
    said = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=20).stdout
    options = {word.strip(",[]") for word in said.split() if word.strip(",[]").startswith("--")} - {"--help"}
    assert len(options) == 7
    assert [option for option in options if f"`{option}" not in README] == []
