"""RL-06 and around it: what one person piles up makes no page endless, and no pattern takes for ever."""

import importlib
import pkgutil
import re
import time
from typing import Any

import pytest

import clients
import handlers
import rules
import store
from store.connect import immediate
from tests.cast import now_ms
from tests.security.house import House

PACKAGES = (rules, handlers, store, clients)
MOST = 8 * 1024
"""Bytes of an address; what is longer is cut or refused before anything looks at it."""
SOURCES = ("a", "a.", "a@", "@", "-", " ", "\n", "(", "/", "\\", "%", "{a}", "0", "é", "\u200b", "=", "&a=", ";a")


def patterns() -> dict[str, re.Pattern[str] | re.Pattern[bytes]]:
    """Every compiled pattern that a module of ours holds."""
    found: dict[str, re.Pattern[str] | re.Pattern[bytes]] = {}
    for package in PACKAGES:
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern):
                    found[f"{info.name}.{name}"] = value
    return found


@pytest.mark.parametrize("name", sorted(patterns()))
def test_rl_06_no_pattern_takes_long_on_the_longest_address(name: str):
    pattern = patterns()[name]
    for piece in SOURCES:
        for end in ("", "!", "\x00"):
            text = piece * (MOST // len(piece)) + end
            subject = text.encode() if isinstance(pattern.pattern, bytes) else text
            assert min(seconds(pattern, subject) for _ in range(2)) < 0.15, (name, piece, end)


def seconds(pattern: re.Pattern[str] | re.Pattern[bytes], subject: str | bytes) -> float:
    began = time.perf_counter()
    looks: list[Any] = [pattern.search, pattern.fullmatch]
    for look in looks:
        look(subject)
    return time.perf_counter() - began


def test_somebody_with_a_thousand_workspaces_has_pages_of_the_usual_size(house: House):
    before = len(house.browser("stranger").get("/account").content)
    with immediate(house.db) as db:
        for n in range(1000):
            made = {"id": f"pile-{n}", "name": "W" * 100, "by": "dbid:stranger", "now": now_ms()}
            db.conn.execute(
                "insert into workspaces (id, name, created_by, created_at) values (:id, :name, :by, :now)", made
            )
            db.conn.execute("insert into members values (:id, :by, 'owner', :now)", made)
    for path in ("/account", "/workspaces", "/"):
        answer = house.browser("stranger").get(path)
        assert answer.status_code == 200
        assert len(answer.content) < before + 100_000, path
        assert 'href="/workspaces"' in answer.text
    house.db.conn.execute("update workspaces set deleted_at = 1 where id like 'pile-%'")
