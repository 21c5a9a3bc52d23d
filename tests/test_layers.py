"""DESIGN.md §3 holds: who imports whom, where SQL, the SDKs and the environment are; and a breach would be seen."""

from pathlib import Path

import pytest

from tests import layers
from tests.layers import MAY_IMPORT, SENTENCES, breaches

ROOT = Path(__file__).resolve().parent.parent


def our_sources() -> dict[str, str]:
    """Every Python file of ours by its path from the root."""
    tops = [top for top in ROOT.iterdir() if not top.name.startswith(".")]
    files = [top for top in tops if top.suffix == ".py"] + [file for top in tops for file in top.rglob("*.py")]
    return {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}


def test_no_sentence_of_the_layers_is_broken():
    found = breaches(our_sources())
    assert not found, "\n" + "\n".join(map(str, found))


def test_the_reader_reads_the_whole_tree():
    sources = our_sources()
    assert {"app.py", "cli.py", "settings.py", "rules/states.py", "rules/naming/paths.py"} <= set(sources)
    assert not any("site-packages" in path for path in sources)


def test_every_layer_has_its_sentence_and_nobody_may_import_what_is_not_there():
    assert set(SENTENCES) == set(MAY_IMPORT)
    assert all(allowed <= set(MAY_IMPORT) for allowed in MAY_IMPORT.values())


PLANTED = [
    ("rules/x.py", "import store", SENTENCES["rules"]),
    ("rules/x.py", "from settings import Settings", SENTENCES["rules"]),
    ("rules/x.py", "import starlette", layers.RULES_ARE_PURE),
    ("rules/x.py", "import pydantic", layers.RULES_ARE_PURE),
    ("rules/x.py", "import time", layers.RULES_ARE_PURE),
    ("rules/x.py", "import os", layers.RULES_ARE_PURE),
    ("rules/x.py", "import secrets", layers.RULES_ARE_PURE),
    ("rules/x.py", "import random", layers.RULES_ARE_PURE),
    ("rules/x.py", "import sqlite3", layers.RULES_ARE_PURE),
    ("rules/x.py", "import urllib.request", layers.RULES_ARE_PURE),
    ("rules/x.py", "from urllib import request", layers.RULES_ARE_PURE),
    ("rules/naming/x.py", "import socket", layers.RULES_ARE_PURE),
    ("rules/x.py", "def f():\n    from http import client", layers.RULES_ARE_PURE),
    ("rules/x.py", "from datetime import datetime\nx = datetime.now()", layers.RULES_ARE_PURE),
    ("rules/x.py", "x = open('file')", layers.RULES_ARE_PURE),
    ("store/x.py", "from clients import dropbox", SENTENCES["store"]),
    ("store/x.py", "from handlers.forms import Form", SENTENCES["store"]),
    ("store/x.py", "from settings import Settings", SENTENCES["store"]),
    ("clients/x.py", "from store import exports", SENTENCES["clients"]),
    ("handlers/x.py", "from scheduler.pump import Pump", SENTENCES["handlers"]),
    ("handlers/api/x.py", "import scheduler", SENTENCES["handlers"]),
    ("handlers/api/x.py", "from ...scheduler import pump", SENTENCES["handlers"]),
    ("handlers/x.py", "import app", SENTENCES["handlers"]),
    ("scheduler/x.py", "from handlers import pages", SENTENCES["scheduler"]),
    ("scheduler/x.py", "import importlib\nimportlib.import_module('handlers.pages')", SENTENCES["scheduler"]),
    ("scheduler/x.py", "__import__('handlers')", SENTENCES["scheduler"]),
    ("sandbox/x.py", "from rules import naming", SENTENCES["sandbox"]),
    ("handlers/x.py", "from sandbox.server import run", SENTENCES["handlers"]),
    ("commands/x.py", "from sandbox.server import run", SENTENCES["commands"]),
    ("app.py", "import sandbox", SENTENCES["app"]),
    ("app.py", "import cli", SENTENCES["app"]),
    ("app.py", "from tests import layers", SENTENCES["app"]),
    ("cli.py", "import handlers", SENTENCES["cli"]),
    ("settings.py", "import store", SENTENCES["settings"]),
    ("handlers/x.py", "import dropbox", layers.SDK_IN_CLIENT),
    ("scheduler/x.py", "from dropbox.files import WriteMode", layers.SDK_IN_CLIENT),
    ("clients/web.py", "import dropbox", layers.SDK_IN_CLIENT),
    ("store/x.py", "if True:\n    import stone", layers.SDK_IN_CLIENT),
    ("scheduler/x.py", "import resend", layers.RESEND_IN_CLIENT),
    ("clients/dropbox.py", "import resend", layers.RESEND_IN_CLIENT),
    ("handlers/x.py", "def f(db):\n    db.execute('select 1')", layers.SQL_IN_STORE),
    ("handlers/x.py", "def f(db):\n    return list(db.query('select 1'))", layers.SQL_IN_STORE),
    ("scheduler/x.py", "def f(db):\n    db.conn.executescript('')", layers.SQL_IN_STORE),
    ("cli.py", "import sqlite3\nx = sqlite3.connect('file')", layers.SQL_IN_STORE),
    ("handlers/x.py", "from sqlite3 import connect", layers.SQL_IN_STORE),
    ("app.py", "from sqlite_utils import Database", layers.SQL_IN_STORE),
    ("clients/x.py", "import os\nx = os.environ['A']", layers.ENVIRONMENT_IN_SETTINGS),
    ("store/x.py", "import os\nx = os.getenv('A')", layers.ENVIRONMENT_IN_SETTINGS),
    ("handlers/x.py", "from os import environ", layers.ENVIRONMENT_IN_SETTINGS),
    ("services/x.py", "", layers.HAS_A_PLACE),
    ("helpers.py", "", layers.HAS_A_PLACE),
    ("store/x.py", "def f(:", layers.PARSES),
]


@pytest.mark.parametrize(("path", "source", "sentence"), PLANTED)
def test_a_planted_breach_is_found_with_its_sentence(path: str, source: str, sentence: str):
    found = breaches({path: source})
    assert [breach.sentence for breach in found] == [sentence]
    assert str(found[0]).startswith(f"{path}:")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("rules/x.py", "import re\nfrom urllib.parse import quote\nfrom cryptography.exceptions import InvalidTag"),
        ("rules/x.py", "from rules.states import ExportState\nfrom datetime import datetime"),
        ("rules/x.py", "from .states import ExportState"),
        ("store/x.py", "import sqlite3\nfrom rules import states\ndef f(db):\n    db.execute('select 1')"),
        ("clients/dropbox.py", "import dropbox\nfrom rules.failures import Failure"),
        ("clients/dropbox_http.py", "import dropbox, stone"),
        ("clients/mail.py", "import resend"),
        ("handlers/x.py", "from store import exports\nfrom clients import dropbox\nfrom rules import permissions"),
        ("handlers/x.py", "import sqlite3\nx = {sqlite3.Error: 503}"),
        ("handlers/x.py", "def f(request):\n    return request.url.query"),
        ("scheduler/x.py", "import apscheduler\nfrom scheduler import pump"),
        ("sandbox/x.py", "import dropbox, sqlite3\nfrom sandbox import tree\ntree.db.execute('select 1')"),
        ("app.py", "import handlers, scheduler, store, clients, rules, settings"),
        ("cli.py", "import os, app, sandbox, commands, store\nx = os.environ"),
        ("settings.py", "import os\nx = os.environ"),
        ("tests/x.py", "import dropbox, sandbox, handlers, scheduler, sqlite3"),
        ("bench/x.py", "import dropbox, sandbox, cli"),
    ],
)
def test_what_the_design_allows_is_no_breach(path: str, source: str):
    assert breaches({path: source}) == []
