"""The median of more numbers than memory holds: numpy's, exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.statistics.order import quantile, streaming_median

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@given(st.lists(st.one_of(FINITE, st.sampled_from([0.0, -0.0, 0.5, 1.0])), min_size=1, max_size=80), st.integers(1, 9))
def test_it_is_numpys_median_whatever_the_pieces(numbers, size):
    pieces = [np.array(numbers[i : i + size]) for i in range(0, len(numbers), size)]
    assert streaming_median(lambda: iter(pieces)) == np.median(numbers)


def test_no_numbers_have_no_median():
    assert streaming_median(lambda: iter([])) is None


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_misuse(bad):
    with pytest.raises(ValueError, match="not finite"):
        streaming_median(lambda: iter([np.array([0.5, bad])]))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.95]))
def test_an_interval_of_a_quantile_reaches_between_two_of_the_values_round_it(values, q):
    found = quantile(values, q)
    assert found.estimate in values
    if found.bounds is not None:
        assert found.bounds.lower in values
        assert found.bounds.lower <= found.estimate <= found.bounds.upper


def test_a_quantile_needs_enough_values_on_either_side():
    assert quantile([], 0.5) is None
    assert quantile(range(5), 0.5).bounds is None
    assert quantile(range(6), 0.5).bounds is not None
    assert quantile(range(71), 0.95).bounds is None  # .95 ** 71 > .025
    assert quantile(range(72), 0.95).bounds is not None


@pytest.mark.parametrize(("n", "q"), [(20, 0.5), (100, 0.5), (100, 0.95), (300, 0.9)])
def test_an_interval_of_a_quantile_covers_it_as_often_as_it_says(n, q):
    rng = np.random.default_rng(n)
    covered = 0
    for _ in range(2000):
        bounds = quantile(rng.random(n), q).bounds
        covered += bounds.lower <= q <= bounds.upper
    assert covered / 2000 >= 0.94


@pytest.mark.parametrize(
    "call", [lambda: quantile([1.0], 1.0), lambda: quantile([1.0], 0.5, 0.0), lambda: quantile([float("nan")], 0.5)]
)
def test_a_quantile_of_nonsense_is_refused(call):
    with pytest.raises(ValueError, match=r"\w"):
        call()
