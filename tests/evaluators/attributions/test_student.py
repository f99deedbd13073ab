"""Student's interval of a mean over rows, beside scipy's own."""

import numpy as np
import pytest
from scipy import stats

from cardwright.evaluators.attributions.student import student_interval, student_quantile


def test_an_interval_is_that_of_scipy_s_one_sample_t_test():
    values = np.random.default_rng(2).normal(1.5, 2, 30)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    found = student_interval(values, 0.9)
    assert (found.lower, found.upper) == pytest.approx((expected.low, expected.high))
    assert (found.level, found.method) == (0.9, "student_t")


def test_an_interval_is_cut_at_the_limits_of_what_is_measured():
    found = student_interval(np.array([0.0, 0.0, 1.0, 1.0]), 0.99, (0.0, 1.0))
    assert (found.lower, found.upper) == (0.0, 1.0)


def test_one_value_has_no_interval_and_equal_ones_have_no_width():
    assert student_interval(np.array([3.0]), 0.95) is None
    found = student_interval(np.array([0.25] * 5), 0.95)
    assert (found.lower, found.upper) == (0.25, 0.25)


def test_two_values_have_one_degree_of_freedom():
    assert student_quantile(0.95, 2) == pytest.approx(12.706, abs=1e-3)
