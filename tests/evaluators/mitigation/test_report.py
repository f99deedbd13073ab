"""Who is decided worse is said by name; that a gap shrinks only by that, too."""

import numpy as np
from tests.evaluators.mitigation.support import look, rows

from cardwright.evaluators.mitigation.candidate import MitigatedDecisions
from cardwright.evaluators.mitigation.options import MitigationOptions
from cardwright.evaluators.mitigation.report import harm_findings, whole_findings
from cardwright.record.measurement import Interval, Measured


def keys(evaluation):
    return {finding.key for finding in evaluation.findings}


def test_thresholds_by_group_say_that_they_need_the_group_and_chance():
    found = {finding.key: finding for finding in look().findings}
    assert "12 CFR 1002.4" in found["uses_attribute"].explanation
    assert found["decided_by_chance"].count > 0
    assert "uses_attribute" not in keys(look(method="reweighing"))


def test_a_group_that_loses_is_named_with_the_bounds():
    losing = [finding for finding in look().findings if finding.key.startswith("group_loses")]
    assert {finding.where for finding in losing} == {"sex: m"}
    assert {finding.severity for finding in losing} == {"high"}


def change(metric, value, lower, upper, **slice_):
    return Measured(
        metric=metric, slice=slice_, value=value, unit="difference", direction="higher_is_better",
        interval=Interval(level=0.975, lower=lower, upper=upper, method="tango"),
    )  # fmt: skip


def test_levelling_down_is_when_groups_lose_and_none_gains():
    down = [
        change("true_positive_rate_change", -0.1, -0.15, -0.05, sex="m"),
        change("true_positive_rate_change", 0.01, -0.02, 0.04, sex="f"),
    ]
    assert "levelling_down" in {finding.key for finding in harm_findings("sex", down)}
    up = [down[0], change("true_positive_rate_change", 0.1, 0.05, 0.15, sex="f")]
    assert "levelling_down" not in {finding.key for finding in harm_findings("sex", up)}


def test_a_gap_that_grows_is_no_small_matter():
    made = MitigatedDecisions(np.zeros(1, int), 0, None, False, "x")
    grown = change("equalized_odds_difference_change", 0.1, 0.05, 0.15)
    (finding,) = whole_findings(MitigationOptions(), made, 10, [grown])
    assert (finding.key, finding.severity) == ("gap_grows", "medium")


def test_the_tables_hold_the_model_as_it_is_trained_again_and_mitigated():
    gaps, groups = look(rows(600), rows(600, seed=4), method="reweighing").tables
    assert [column.name for column in gaps.columns] == ["number", "original", "refitted", "mitigated"]
    assert [row[0] for row in groups.rows] == ["f", "m"]
    assert all(row[3] <= row[2] and row[5] <= row[4] for row in groups.rows)
