"""Sums that no order of rows changes, and scores that are binned alike whatever the batches."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.rows.support import tally
from tests.support import memory_predictions

from cardwright.evaluators.rows.exact_sums import CALIBRATION_BINS, MAX_SCORES, Sums, _calibration_bin
from cardwright.statistics.calibration import equal_width_bins


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 2**40) | st.floats(0, 1)), max_size=50))
def test_fixed_point_sums_are_exact_to_the_last_limb(pairs):
    """Each value counts to within 2^-52, and what is kept of it is added without rounding."""
    codes = np.array([code for code, _ in pairs], np.int64)
    values = np.array([value for _, value in pairs], np.float64)
    sums = Sums.of(codes, values, 4)
    for code in range(4):
        mine = values[codes == code].tolist()
        kept = sum((Fraction(int(Fraction(v) * 2**52), 2**52) for v in mine), Fraction(0))
        assert sums.exact([code]) == kept
        assert abs(sums.values[code] - float(sum(map(Fraction, mine)))) <= len(mine) * 2**-52 + 1e-15 * float(kept)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.lists(st.integers(0, 10), max_size=5))
def test_calibration_bins_are_those_of_statistics(scores, edges):
    """The bin by arithmetic is the bin by search, at edges too."""
    scores = np.array([*scores, *(edge / CALIBRATION_BINS for edge in edges)])
    beside = np.concatenate([scores, np.nextafter(scores, 0), np.clip(np.nextafter(scores, 2), 0, 1)])
    assert _calibration_bin(beside).tolist() == equal_width_bins(beside, CALIBRATION_BINS).tolist()


def test_whether_scores_are_binned_does_not_depend_on_the_batches():
    """Two batches that are each exact are binned together where their union has too many scores."""
    rng = np.random.default_rng(2)
    size = 2 * MAX_SCORES
    data = {"y": rng.integers(0, 2, size), "s": rng.random(size)}
    one = tally(memory_predictions(data, score="s", threshold=0.5))
    halves = tally(memory_predictions(data, score="s", threshold=0.5, cuts=[MAX_SCORES - 5]))
    assert one.scores[0].values is None and halves.scores[0].values is None
    assert np.array_equal(one.scores[0].counts, halves.scores[0].counts)
