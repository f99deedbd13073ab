"""What documents print of impact ratios: no pass mark, unknown categories, what was left out."""

from __future__ import annotations

import pytest
from tests.evaluators.impact_ratio.support import assess, decided, rate


def test_no_category_is_left_out_unless_the_auditor_says_so():
    """Even the smallest sets the reference; a finding says that it is small."""
    found = assess(decided({("a", 1): 40, ("a", 0): 60, ("b", 1): 400, ("b", 0): 500, ("c", 1): 5}, attributes=("g",)))
    assert rate(found, {"g": "a"}, "impact_ratio").value == pytest.approx(0.4)
    assert rate(found, {"g": "a"}, "impact_ratio").reference == "c"
    assert [finding.key for finding in found.findings] == ["small_reference"]


def test_unknown_categories_are_counted_and_enter_no_rate():
    counts = {("m", "x", 1): 30, ("m", "y", 0): 30, ("f", None, 1): 7, (None, "x", 1): 5, (None, None, 0): 3}
    found = assess(decided(counts))
    stated = {m.across: m.value for m in found.find("unknown_category_count")}
    assert stated == {("sex",): 8, ("race",): 10, ("sex", "race"): 15}
    assert rate(found, {"sex": "m"}).denominator == 60
    assert rate(found, {}).denominator == 75
    assert [m for m in found.measurements if None in m.slice.values()] == []
    (unknown,) = [table for table in found.tables if table.id == "unknown"]
    assert unknown.rows == (("sex", 67.0, 8.0), ("race", 65.0, 10.0), ("sex × race", 60.0, 15.0))


def test_there_is_no_pass_mark():
    """No finding, no limit, no verdict on a ratio, however low: the rule has none."""
    found = assess(decided({("a", 1): 1, ("a", 0): 99, ("b", 1): 90, ("b", 0): 10}, attributes=("g",)))
    assert rate(found, {"g": "a"}, "impact_ratio").value == pytest.approx(1 / 90)
    assert found.findings == ()
    assert any("names no ratio that must be reached" in limit for limit in found.limits)
