"""A share is a number with its interval, or a reason; a part keeps what it was found by."""

import pytest

from cardwright.evaluators.leakage.part import LeakagePart, interval, share
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.statistics.intervals import wilson


def test_a_share_has_wilsons_interval_and_both_of_its_numbers():
    found = share("rate", 3, 10, level=0.9, what="texts", slice={"texts": "control"}, unit="text")
    assert isinstance(found, Measured)
    bounds = wilson(3, 10, 0.9)
    assert bounds is not None
    assert found.interval == interval(bounds)
    assert (found.value, found.numerator, found.denominator, found.direction) == (0.3, 3, 10, "lower_is_better")
    assert (found.slice, found.sampling.unit) == ({"texts": "control"}, "text")


@pytest.mark.parametrize(("of", "least", "code"), [(0, 1, "undefined"), (0, 0, "undefined"), (4, 5, "too_few_samples")])
def test_too_few_cases_are_a_reason_and_no_0(of, least, code):
    found = share("rate", 0, of, level=0.95, what="texts long enough", least=least)
    assert isinstance(found, Unmeasured)
    assert (found.code, found.denominator) == (code, of)
    assert found.reason == f"There are {of} texts long enough; {max(least, 1)} are needed."


def test_a_part_that_measured_nothing_holds_nothing():
    part = LeakagePart(method="It was asked.")
    assert (part.measurements, part.findings, part.tables, part.sampled) == ((), (), (), False)
