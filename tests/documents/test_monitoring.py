"""An alarm in operation is a change with a stated rate of false alarms, for one number and for all of them together."""

import pytest

pytest.importorskip("numpy", reason="statistics need the tabular extra")

import numpy as np
from scipy.stats import binom

from cardwright.documents.monitoring import FALSE_ALARMS, WatchedNumber, _shift, alarm_limits, shifts, watched
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


# --- measured again ---------------------------------------------------------------------------------------------------


def record_of(evaluation_id: str, *numbers: Measured | Unmeasured):
    """A record whose performance holds these numbers."""
    from tests.strategies import good_case

    record = good_case().record
    first = record.evaluations[0].model_copy(
        update={"id": evaluation_id, "evaluator": "performance", "measurements": numbers, "binding": None}
    )
    return record.model_copy(update={"evaluations": (first,)})


@pytest.mark.parametrize(("n", "m", "p"), [(400, 100, 0.8), (200, 200, 0.5), (300, 900, 0.93)])
def test_a_fresh_sample_of_any_size_alarms_falsely_about_as_often_as_is_stated(n, m, p):
    """Added up over every pair of samples, without a simulation."""
    chances = binom.pmf(np.arange(n + 1), n, p), binom.pmf(np.arange(m + 1), m, p)
    before, after = (
        {int(k): proportion(int(k), size) for k in np.flatnonzero(chance > 1e-5)}
        for chance, size in zip(chances, (n, m), strict=True)
    )
    total = sum(
        chances[0][k] * chances[1][j] * _shift(WatchedNumber("M-001", "p", first), second, FALSE_ALARMS).alarm
        for k, first in before.items()
        for j, second in after.items()
    )
    assert total == pytest.approx(FALSE_ALARMS, abs=0.012)


def test_a_number_that_has_moved_alarms_and_one_that_has_not_does_not():
    release = record_of("p", proportion(900, 1000))
    (row,) = shifts(release, record_of("p", proportion(850, 1000))).rows
    assert row.alarm
    assert row.p_value == pytest.approx(0.0007, abs=0.0003)
    (row,) = shifts(release, record_of("p", proportion(895, 1000))).rows
    assert not row.alarm


def test_a_number_that_was_not_measured_again_alarms():
    release = record_of("p", proportion(900, 1000))
    gone = Unmeasured(metric="accuracy", code="too_few_samples", reason="There are 3 rows.")
    for fresh in (record_of("p", gone), record_of("other", proportion(900, 1000)), record_of("p")):
        (row,) = shifts(release, fresh).rows
        assert (row.alarm, row.now, row.p_value) == (True, None, None)
        assert row.why


def test_the_rate_is_shared_among_the_numbers_that_are_watched():
    numbers = [proportion(900, 1000, of_class=name) for name in "abcd"]
    found = shifts(record_of("p", *numbers), record_of("p", *numbers), rate=0.08)
    assert (found.each, found.together, len(found.rows)) == (0.02, 0.08, 4)


def test_numbers_relative_to_something_else_or_without_an_interval_are_not_watched():
    plain = proportion(900, 1000)
    numbers = (
        plain,
        proportion(900, 1000, reference="baseline", of_class="x"),
        proportion(900, 1000, slice={"sex": "f"}),
        plain.model_copy(update={"interval": None, "of_class": "y"}),
    )
    (one,) = watched(record_of("p", *numbers), groups=True)
    assert (one.id, one.evaluation, one.m) == ("M-001", "p", plain)
