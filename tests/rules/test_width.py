"""How many uploads go side by side: halved once for each refusal, and back one by one."""

from rules.width import MOST, Width


def test_a_refusal_halves_and_never_below_one():
    width = Width()
    seen = []
    for now in range(1, 7):
        width.refused(began_at=now * 10, now=now * 10 + 5)
        seen.append(width.now)
    assert seen == [8, 4, 2, 1, 1, 1]


def test_many_refusals_of_calls_that_were_under_way_together_halve_once():
    width = Width()
    for _ in range(16):
        width.refused(began_at=100, now=150)
    assert width.now == 8


def test_twenty_uploads_that_went_well_add_one():
    width = Width()
    width.refused(began_at=1, now=2)
    for _ in range(19):
        width.went_well()
    assert width.now == 8
    width.went_well()
    assert width.now == 9


def test_a_refusal_begins_the_count_anew_and_nothing_goes_beyond_the_most():
    width = Width(now=15)
    for _ in range(19):
        width.went_well()
    width.refused(began_at=5, now=6)
    for _ in range(20 * MOST):
        width.went_well()
    assert width.is_full
    assert width.now == MOST
