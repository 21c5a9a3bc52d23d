"""The plan of who goes next, under a simulated clock and any mixture of accounts: bounded, fair, nobody starved."""

import heapq
import random
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.fairness import FILE_BYTES, LEAST_SHARE, QUANTUM_BYTES, SLOTS, Grant, Ring
from rules.width import MOST


def width(_: str) -> int:
    return MOST


@dataclass
class Simulation:
    """Accounts with files of given sizes; each upload takes a time that the dice say. Same seed, same trace."""

    backlogs: dict[str, list[int]]
    seed: int = 0
    slots: int = SLOTS
    now: int = 0
    ring: Ring = field(default_factory=Ring)
    running: list[tuple[int, int, str]] = field(default_factory=list)
    trace: list[tuple[int, str, int]] = field(default_factory=list)
    longest: int = 100

    def __post_init__(self) -> None:
        self.ring = Ring(self.slots)
        self.dice = random.Random(self.seed)
        self.number = 0

    def busy(self) -> Counter[str]:
        return Counter(name for _, _, name in self.running)

    def fill(self) -> None:
        self.ring.due([name for name, sizes in self.backlogs.items() if sizes])
        while (grant := self.ring.next(width)) is not None:
            self.claim(grant)

    def claim(self, grant: Grant) -> None:
        sizes, spent = self.backlogs[grant.account], 0
        taken: list[int] = []
        while sizes and len(taken) < grant.files and spent < grant.budget:
            taken.append(sizes.pop(0))
            spent += taken[-1] + FILE_BYTES
        assert taken, "a grant that nobody could use"
        self.ring.claimed(grant.account, taken)
        if not sizes:
            self.ring.nothing_due(grant.account)
        for size in taken:
            self.number += 1
            heapq.heappush(self.running, (self.now + self.dice.randint(1, self.longest), self.number, grant.account))
            self.trace.append((self.now, grant.account, size))

    def step(self) -> bool:
        """One upload ends. False: nothing is left to do."""
        self.fill()
        if not self.running:
            return False
        self.now, _, name = heapq.heappop(self.running)
        self.ring.freed(name)
        return True

    def run(self) -> list[tuple[int, str, int]]:
        while self.step():
            busy = self.busy()
            assert sum(busy.values()) <= self.slots
            assert all(count <= MOST for count in busy.values())
        return self.trace


BACKLOGS = st.dictionaries(
    st.sampled_from("abcdefghijklmnopqrstuvwxyz"), st.lists(st.integers(0, 200_000_000), max_size=30), max_size=26
)


@given(BACKLOGS, st.integers(0, 10_000), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_everything_is_served_once_within_the_slots_and_the_same_seed_gives_the_same_trace(backlogs, seed, slots):
    def simulated() -> list[tuple[int, str, int]]:
        return Simulation({name: list(sizes) for name, sizes in backlogs.items()}, seed, slots).run()

    trace = simulated()
    assert sorted((name, size) for _, name, size in trace) == sorted(
        (name, size) for name, sizes in backlogs.items() for size in sizes
    )
    assert trace == simulated()


def test_a_lone_account_gets_all_that_it_can_bear():
    simulation = Simulation({"a": [1000] * 100})
    simulation.fill()
    assert simulation.busy() == {"a": MOST}


def test_of_two_hungry_accounts_each_has_half_the_slots():
    simulation = Simulation({"a": [1000] * 100, "b": [1000] * 100})
    simulation.fill()
    assert simulation.busy() == {"a": 16, "b": 16}


def test_of_forty_hungry_accounts_each_has_its_turn_before_any_has_a_third():
    simulation = Simulation({f"account {n}": [1000] * 50 for n in range(40)})
    firsts: Counter[str] = Counter()
    while len(set(firsts)) < 40:
        simulation.step()
        firsts = Counter(name for _, name, _ in simulation.trace)
    assert max(firsts.values()) <= 3 * LEAST_SHARE


@given(st.integers(0, 5), st.integers(0, 10_000), st.integers(2, 10))
@settings(max_examples=50, deadline=None)
def test_a_queue_of_ten_thousand_delays_anothers_first_file_by_at_most_one_upload(steps: int, seed: int, hungry: int):
    """Whatever many hungry neighbours do: the next slot or the one after it that is freed is the newcomer's."""
    simulation = Simulation({f"hungry {n}": [64_000] * 1_000 for n in range(hungry)}, seed)
    for _ in range(steps * 20):
        simulation.step()
    arrived = simulation.now
    simulation.backlogs["small"] = [64_000]
    while not any(name == "small" for _, name, _ in simulation.trace):
        simulation.step()
    began = next(at for at, name, _ in simulation.trace if name == "small")
    assert began - arrived <= simulation.longest


def test_bytes_count_and_not_files():
    """One account sends videos, the other pictures, through two slots: as many bytes each, about."""
    simulation = Simulation({"videos": [99_000_000] * 40, "pictures": [1_000_000] * 4_000}, slots=2)
    for _ in range(1_000):
        simulation.step()
    spent = Counter[str]()
    for _, name, size in simulation.trace:
        spent[name] += size + FILE_BYTES
    assert abs(spent["videos"] - spent["pictures"]) <= 2 * (100_000_000 + QUANTUM_BYTES)


def test_newcomers_one_after_the_other_do_not_starve_whoever_has_waited():
    simulation = Simulation({"patient": [1000] * 50}, slots=2)
    for n in range(200):
        simulation.backlogs[f"newcomer {n}"] = [1000]
        simulation.step()
    assert sum(name == "patient" for _, name, _ in simulation.trace) >= 40


def test_who_holds_more_than_a_share_crowds_only_while_somebody_waits():
    ring = Ring(4)
    ring.due(["a"])
    ring.claimed("a", [1, 1, 1, 1])
    assert not ring.is_crowding("a")
    ring.due(["a", "b"])
    assert ring.next(width) is None
    assert ring.is_crowding("a")
    ring.freed("a")
    assert not ring.is_crowding("a")
    assert ring.next(width) == Grant("b", 1, QUANTUM_BYTES)


def test_an_account_that_bears_nothing_gets_nothing():
    ring = Ring()
    ring.due(["a"])
    assert ring.next(lambda _: 0) is None
