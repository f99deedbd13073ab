"""Findings are as severe as what they rest on."""

from __future__ import annotations

import pytest
from tests.evaluators.fairness.support import assess, decisions, one
from tests.support import memory_predictions


def test_a_threshold_chosen_on_the_rows_evaluated_is_a_high_finding():
    """It makes every number too good; one chosen elsewhere is none."""
    data = {"y": [1, 0] * 30, "s": [0.2, 0.5, 0.9] * 20, "g": ["a", "b"] * 30}
    for chosen, expected in (("test", ["high"]), ("validation", [])):
        source = memory_predictions(data, score="s", threshold=0.5, sensitive=["g"], threshold_selected_on=chosen)
        found = [f.severity for f in assess(source).findings if f.key == "threshold_selected_on_test"]
        assert found == expected


@pytest.mark.parametrize(("scale", "severity"), [(1, "low"), (20, "medium")])
def test_a_ratio_below_four_fifths_is_a_finding_as_strong_as_its_significance(scale, severity):
    """The point alone is no evidence; with significance it is a medium finding that calls itself a rule of thumb."""
    cells = {("a", 1, 1): 12 * scale, ("a", 0, 0): 13 * scale, ("b", 1, 1): 9 * scale, ("b", 0, 0): 16 * scale}
    evaluation = assess(decisions(cells))
    (finding,) = [f for f in evaluation.findings if f.key == "four_fifths"]
    assert finding.severity == severity
    assert "rule of thumb" in finding.explanation and "29 CFR 1607.4(D)" in finding.explanation


@pytest.mark.parametrize("chosen", [{"alpha": 0.001}, {"alpha": 0.001, "level": 0.999999999}])
def test_attack_a_plan_that_asks_for_more_significance_takes_nothing_off_a_finding(chosen):
    # A p-value of a few thousandths: significant at 0.05 and not at 0.001.
    cells = {("a", 1, 1): 73, ("a", 0, 0): 77, ("b", 1, 1): 46, ("b", 0, 0): 104}
    for family in ({}, {"family": ("equal_opportunity",)}):
        evaluation = assess(decisions(cells), **chosen, **family)
        (finding,) = [f for f in evaluation.findings if f.key == "four_fifths"]
        assert finding.severity == "medium"


@pytest.mark.parametrize("scale", [1, 20, 400])
def test_a_ratio_below_four_fifths_says_whether_its_interval_includes_them(scale):
    """The p-value tests equal rates: it can be small where four fifths are not ruled out."""
    cells = {("a", 1, 1): 12 * scale, ("a", 0, 0): 13 * scale, ("b", 1, 1): 9 * scale, ("b", 0, 0): 16 * scale}
    evaluation = assess(decisions(cells))
    (finding,) = [f for f in evaluation.findings if f.key == "four_fifths"]
    ratio = one(evaluation, "demographic_parity_ratio", across=["g"])
    assert ratio.value == 0.75
    included = ratio.interval.upper >= 0.8
    assert ("below four fifths, though the interval reaches beyond it;" in finding.explanation) == included
    assert included == (scale < 400)
