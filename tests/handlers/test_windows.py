"""RL-02: moving windows count exactly, tell how long to wait, and stay small whatever comes."""

import tracemalloc

from starlette.exceptions import HTTPException

from handlers.limits import LIMITS, Limits, buckets
from handlers.windows import Windows


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_holds_so_many_and_tells_when_there_is_room_again():
    clock = Clock()
    windows = Windows(clock=clock)
    for _ in range(3):
        assert windows.hit([("a", 3)], 60) == 0
        clock.now += 10
    assert windows.hit([("a", 3)], 60) == 30
    assert windows.hit([("b", 3)], 60) == 0
    clock.now += 29.5
    assert windows.hit([("a", 3)], 60) == 0.5
    clock.now += 0.5
    assert windows.hit([("a", 3)], 60) == 0
    assert windows.hit([("a", 3)], 60) == 10


def test_what_is_refused_under_one_key_is_counted_under_none():
    windows = Windows(clock=Clock())
    assert windows.hit([("64", 1), ("48", 2)], 60) == 0
    for _ in range(10):
        assert windows.hit([("64", 1), ("48", 2)], 60) == 60
    assert windows.hit([("other 64", 1), ("48", 2)], 60) == 0
    assert windows.hit([("third 64", 1), ("48", 2)], 60) == 60


def test_rl_02_beyond_its_bounds_it_forgets_what_was_not_asked_for_longest():
    windows = Windows(most_keys=3, most_hits=100, clock=Clock())
    for key in ("a", "b", "c"):
        windows.hit([(key, 1)], 60)
    assert windows.hit([("a", 1)], 60) > 0
    windows.hit([("d", 1)], 60)
    assert len(windows) == 3
    assert windows.hit([("a", 1)], 60) > 0
    assert windows.hit([("b", 1)], 60) == 0
    few = Windows(most_keys=100, most_hits=10, clock=Clock())
    for key in ("a", "b"):
        for _ in range(9):
            few.hit([(key, 9)], 60)
    assert len(few) == 1
    assert few.hit([("b", 9)], 60) > 0


def test_rl_02_the_hosts_of_one_network_are_one_bucket_and_a_flood_of_networks_stays_in_bounds():
    hosts = Limits(enabled=True)
    refused = 0
    for host in range(20_000):
        try:
            hosts.check("sign-in", f"2001:db8:1:1::{host:x}")
        except HTTPException as error:
            refused += error.status_code == 429
    assert refused == 20_000 - LIMITS["sign-in"].most
    windows = Windows(most_keys=5_000)
    tracemalloc.start()
    for network in range(20_000):
        windows.hit([(f"sign-in {network:x}/64", 30), (f"sign-in {network:x}/48", 480)], 600)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(windows) == 5_000
    # So that 50,000 keys, and a million hits of eight bytes, are some 30 MB in all.
    assert size / 5_000 < 450


def test_an_address_counts_as_what_one_customer_has():
    assert buckets("192.0.2.7") == [("192.0.2.7", 1)]
    assert buckets("::ffff:192.0.2.7") == [("192.0.2.7", 1)]
    assert buckets("2001:db8::1") == buckets("2001:db8::ffff:ffff:ffff:ffff")
    assert buckets("2001:db8::1")[0] != buckets("2001:db8:0:1::1")[0]
    assert buckets("2001:db8::1")[1] == buckets("2001:db8:0:1::1")[1]
    assert buckets("fe80::1%eth0")[0] == buckets("fe80::2")[0]
    assert buckets("somebody@example.com") == [("somebody@example.com", 1)]
