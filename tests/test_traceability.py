"""Every acceptance scenario and requirement of the feature specification is shown by a test that carries its id."""

import re
from pathlib import Path

import pytest

SCENARIOS = {1: 4, 2: 3, 3: 5, 4: 3, 5: 3}
"""User story → number of its acceptance scenarios."""

IDS = [
    *(f"fr_{number:03}" for number in range(1, 19)),
    *(f"sc_{number:03}" for number in range(3, 7)),
    *(f"us{story}_{number}" for story, count in SCENARIOS.items() for number in range(1, count + 1)),
]
NAMES = [
    name
    for file in Path(__file__).parent.rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
]


@pytest.mark.parametrize("identity", IDS)
def test_every_id_of_the_specification_stands_in_the_name_of_a_test(identity: str) -> None:
    assert [name for name in NAMES if re.search(rf"_{identity}(_|$)", name)]
