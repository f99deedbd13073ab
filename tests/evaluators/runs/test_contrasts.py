"""Differences, and what the best of many gains by chance."""

import numpy as np
import pytest
from scipy import stats

from cardwright.evaluators.runs.contrasts import expected_best, student_mean


@pytest.mark.parametrize("n", [2, 5, 20, 100])
def test_the_best_of_n_is_what_simulation_finds(n):
    drawn = np.random.default_rng(n).normal(size=(20_000, n)).max(axis=1).mean()
    assert expected_best(n) == pytest.approx(drawn, abs=0.03)


def test_the_best_of_one_gains_nothing():
    assert expected_best(1) == 0.0


def test_a_mean_of_one_value_has_no_interval():
    assert student_mean([0.5], 0.95) == (0.5, None, None)
    mean, sd, interval = student_mean([1.0, 2.0, 4.0], 0.9)
    assert (mean, sd) == (pytest.approx(7 / 3), pytest.approx(np.std([1, 2, 4], ddof=1)))
    assert (interval.lower, interval.upper) == pytest.approx(stats.t.interval(0.9, 2, 7 / 3, stats.sem([1, 2, 4])))
