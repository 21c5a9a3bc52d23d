"""The table in README.md: every id of the checklist is there once, with tests that exist or with the reason why not."""

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
TABLE = Path(__file__).parent / "README.md"
# How many ids each section of the checklist has (OAuth, sessions, web, access requests, tenants, crypto, limits,
# webhooks, supply chain).
COUNTS = {"OA": 19, "SE": 10, "WB": 13, "AR": 11, "AZ": 11, "CR": 11, "RL": 7, "WH": 3, "SC": 7}
LATER = {"AZ-09", "AZ-11", "CR-02", "CR-11", "SC-02", "SC-06"}
"""Those that come with other issues; webhooks (WH) would be among them, and are here already."""


def rows() -> dict[str, tuple[str, list[str]]]:
    """What holds, and the tests that show it, by id."""
    found: dict[str, tuple[str, list[str]]] = {}
    for line in TABLE.read_text().splitlines():
        if cells := re.fullmatch(r"\| ([A-Z]{2}-\d{2}) \| (.+?) \| (.*)\|", line):
            assert cells[1] not in found, f"{cells[1]} stands there twice"
            found[cells[1]] = (cells[2], re.findall(r"`(test_\w+)`", cells[3]))
    return found


def names_that_exist() -> set[str]:
    names: set[str] = set()
    for file in TESTS.rglob("test_*.py"):
        names |= set(re.findall(r"^ *(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE))
    return names


def test_every_id_is_in_the_table():
    expected = {f"{section}-{number:02}" for section, count in COUNTS.items() for number in range(1, count + 1)}
    assert set(rows()) == expected


def test_every_id_has_a_test_or_the_reason_why_not():
    for name, (words, shown_by) in rows().items():
        if name in LATER:
            assert words.startswith("not here: "), name
        else:
            assert shown_by, name


def test_every_test_that_is_named_exists():
    there = names_that_exist()
    missing = [f"{name}: {test}" for name, (_, shown_by) in rows().items() for test in shown_by if test not in there]
    assert missing == []
