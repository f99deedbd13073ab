"""A time budget ends work between pieces, whose sizes do not depend on the clock."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cardwright.evaluators.attributions.budget import TimeBudget


def ticking(step=1.0):
    """A clock that goes on by a step each time it is read."""
    ticks = itertools.count()
    return lambda: next(ticks) * step


@given(st.integers(0, 1000))
def test_the_pieces_without_an_end_are_all_rows_once(total):
    pieces = list(TimeBudget().pieces(total))
    assert [row for start, stop in pieces for row in range(start, stop)] == list(range(total))
    assert all(stop - start <= 64 for start, stop in pieces)


@given(st.integers(1, 1000), st.floats(0.0, 40.0))
def test_a_budget_hands_out_the_first_of_the_pieces_that_would_come_without_it(total, seconds):
    pieces = list(TimeBudget.of(seconds, ticking()).pieces(total))
    assert pieces == list(TimeBudget().pieces(total))[: len(pieces)]
    assert pieces[0] == (0, 1), "one row is explained in any case"


def test_a_piece_that_would_end_too_late_is_not_begun():
    """Each row takes a second; after 1 + 2 + 4 rows the next 8 do not fit into the 3 seconds that are left."""
    seconds = iter([0.0, 0.0, 1.0, 1.0, 3.0, 3.0, 7.0, 7.0])
    assert list(TimeBudget.of(10.0, lambda: next(seconds)).pieces(100)) == [(0, 1), (1, 3), (3, 7)]


def test_a_part_ends_after_its_share_of_what_is_left():
    clock = iter([0.0, 4.0, 4.0, 5.0])
    assert TimeBudget.of(10.0, lambda: next(clock)).part(0.5).left == 2.0
    assert TimeBudget().part(0.5) == TimeBudget()
