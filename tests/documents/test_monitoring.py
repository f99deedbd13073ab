"""An alarm in operation is a change with a stated rate of false alarms, for one number and for all of them together."""

import pytest

pytest.importorskip("numpy", reason="statistics need the tabular extra")

import numpy as np
from scipy.stats import binom

from cardwright.documents.monitoring import FALSE_ALARMS, alarm_limits
from cardwright.record.measurement import Interval, Measured, Unmeasured
from cardwright.statistics.intervals import wilson


def proportion(k: int, n: int, **more) -> Measured:
    bounds = wilson(k, n)
    return Measured(
        metric="accuracy",
        value=k / n,
        unit="proportion",
        direction="higher_is_better",
        interval=Interval(level=0.95, lower=bounds.lower, upper=bounds.upper, method="wilson"),
        **more,
    )


def false_alarms(n: int, p: float, numbers: int) -> float:
    """How often one of several numbers alarms though nothing has changed, added up over every pair of samples of n cases."""
    counts = np.arange(n + 1)
    chance = binom.pmf(counts, n, p)
    total = 0.0
    for k in counts[chance > 1e-12]:
        limit = alarm_limits([(0, proportion(int(k), n))] * numbers).rows[0]
        outside = np.zeros(n + 1, bool)
        if limit.below is not None:
            outside |= counts / n < limit.below
        if limit.above is not None:
            outside |= counts / n > limit.above
        total += chance[k] * chance[outside].sum()
    return total


def outside_interval(n: int, p: float) -> float:
    counts = np.arange(n + 1)
    chance = binom.pmf(counts, n, p)
    total = 0.0
    for k in counts[chance > 1e-12]:
        bounds = wilson(int(k), n)
        total += chance[k] * chance[(counts / n < bounds.lower) | (counts / n > bounds.upper)].sum()
    return total


@pytest.mark.parametrize(("n", "p"), [(100, 0.8), (200, 0.5), (500, 0.9)])
@pytest.mark.parametrize("numbers", [1, 10])
def test_numbers_alarm_falsely_about_as_often_together_as_is_stated(n, p, numbers):
    """Bonferroni: the sum of the rates of all numbers bounds the rate at which any of them alarms."""
    assert numbers * false_alarms(n, p, numbers) == pytest.approx(FALSE_ALARMS, abs=0.01)


def test_the_interval_of_the_release_would_alarm_in_one_measurement_of_six():
    stated = alarm_limits([(0, proportion(180, 200))]).outside
    assert stated == pytest.approx(0.166, abs=0.001)
    assert outside_interval(200, 0.9) == pytest.approx(stated, abs=0.02)


def test_each_of_several_numbers_has_its_equal_share_of_the_rate():
    limits = alarm_limits([(i, proportion(90, 100)) for i in range(4)])
    assert limits.each == FALSE_ALARMS / 4
    assert limits.together == FALSE_ALARMS
    assert [one.row for one in limits.rows] == [0, 1, 2, 3]


def test_a_proportion_has_no_alarm_beyond_0_or_1():
    limit = alarm_limits([(0, proportion(100, 100))]).rows[0]
    assert limit.above is None
    assert limit.below is not None


def test_only_numbers_with_an_interval_are_watched():
    bare = proportion(9, 10).model_copy(update={"interval": None})
    gone = Unmeasured(metric="recall", code="undefined", reason="There are no positives.")
    assert alarm_limits([(0, bare), (1, gone)]) is None
    assert len(alarm_limits([(0, bare), (1, gone), (2, proportion(9, 10))]).rows) == 1
