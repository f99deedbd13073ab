"""Gaps between groups: against fairlearn, and against published figures; what enters a gap, and what is left out by name."""

from __future__ import annotations

import math

import fairlearn.metrics as fl
import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from tests.evaluators.fairness.support import TWO, assess, by_rate, counted, decisions, one, random_rows, rows_of
from tests.support import memory_predictions, memory_table

from cardwright.record.measurement import Measured, Unmeasured


@pytest.mark.parametrize("seed", range(15))
def test_gaps_are_fairlearns_wherever_fairlearns_are_defined(seed):
    """Differences and ratios over all groups of random tables, with no minimum but one case below the line."""
    _, data = random_rows(seed)
    source = memory_predictions(data, prediction="d", classes=("0", "1"), sensitive=["g"])
    evaluation = assess(source, min_denominator=1)
    y, d, g = data["y"], data["d"], data["g"]
    peers = {
        "demographic_parity_difference": fl.demographic_parity_difference,
        "demographic_parity_ratio": fl.demographic_parity_ratio,
        "equal_opportunity_difference": fl.equal_opportunity_difference,
        "equal_opportunity_ratio": fl.equal_opportunity_ratio,
        "equalized_odds_difference": fl.equalized_odds_difference,
        "equalized_odds_ratio": fl.equalized_odds_ratio,
    }
    both = all({0, 1} <= set(y[g == group]) for group in set(g))
    positives = all(1 in y[g == group] for group in set(g))
    compared = 0
    for metric, peer in peers.items():
        ours = one(evaluation, metric, across=["g"])
        if not (both if "odds" in metric else positives if "opportunity" in metric else True):
            continue  # fairlearn sets the missing rate to 0
        theirs = peer(y, d, sensitive_features=g)
        if isinstance(ours, Unmeasured):
            assert ours.code == "undefined" and (math.isnan(theirs) or "0/0" in ours.reason)
            continue
        compared += 1
        assert ours.value == pytest.approx(theirs, abs=1e-12)
        assert ours.interval.lower <= ours.value <= ours.interval.upper
    assert compared


def test_where_nobody_is_selected_the_ratio_is_undefined_and_the_difference_is_0():
    """0/0 is no ratio."""
    evaluation = assess(decisions({("a", 1, 0): 30, ("a", 0, 0): 30, ("b", 1, 0): 30, ("b", 0, 0): 30}))
    ratio = one(evaluation, "demographic_parity_ratio", across=["g"])
    assert (ratio.status, ratio.code) == ("unmeasured", "undefined") and "0/0" in ratio.reason
    difference = one(evaluation, "demographic_parity_difference", across=["g"])
    assert difference.value == 0 and difference.interval.upper > 0.05
    assert one(evaluation, "positive_predictive_value").status == "unmeasured"


def test_a_group_of_one_is_listed_and_left_out_of_the_gap_with_its_count():
    """It is shown with its wide interval, excluded, and the gap is over 2 of 3 groups."""
    evaluation = assess(decisions({**TWO, ("c", 1, 0): 1}))
    alone = one(evaluation, "selection_rate", slice={"g": "c"})
    assert (alone.value, alone.denominator) == (0, 1) and alone.interval.upper > 0.7
    gap = one(evaluation, "demographic_parity_difference", across=["g"])
    assert (gap.groups.compared, gap.groups.expected) == (2, 3)
    assert gap.groups.excluded[0].reason == "1 rows, fewer than 20"
    finding = next(f for f in evaluation.findings if f.key == "groups_left_out")
    assert finding.severity == "medium" and "2 of 3 groups" in finding.explanation


def test_only_groups_too_small_leave_the_gap_unmeasured():
    """With fewer than two groups of enough cases there is no gap, and the reason has the counts."""
    evaluation = assess(decisions({("a", 1, 1): 30, ("b", 0, 0): 5}))
    gap = one(evaluation, "demographic_parity_difference", across=["g"])
    assert (gap.status, gap.code) == ("unmeasured", "too_few_samples")
    assert "1 of 2 groups of g" in gap.reason and (gap.groups.compared, gap.groups.expected) == (1, 2)


def test_the_denominator_that_matters_decides():
    """A group with many rows and few positives enters the selection rate's gap, not that of true positive rates."""
    evaluation = assess(decisions({**TWO, **by_rate("c", 12, 200, 6, 20)}))
    parity = one(evaluation, "demographic_parity_difference", across=["g"])
    opportunity = one(evaluation, "equal_opportunity_difference", across=["g"])
    assert (parity.groups.compared, opportunity.groups.compared) == (3, 2)
    assert opportunity.groups.excluded[0].reason == "12 rows with the favourable outcome, fewer than 20"


def test_declared_groups_without_rows_are_excluded_and_named():
    """The plan's groups are expected, whatever the data hold."""
    evaluation = assess(decisions(TWO, sensitive={"g": ("a", "b", "z")}))
    gap = one(evaluation, "demographic_parity_difference", across=["g"])
    assert (gap.groups.compared, gap.groups.expected) == (2, 3)
    assert (gap.groups.excluded[0].slice, gap.groups.excluded[0].reason) == ({"g": "z"}, "no rows")
    assert one(evaluation, "selection_rate", slice={"g": "z"}).code == "undefined"


def test_an_empty_intersection_is_listed():
    """A combination that nobody has is excluded with its reason; it is not expected, for some cannot occur."""
    data = {"y": [1, 0] * 60, "d": [1, 1, 0, 0] * 30, "g": ["a"] * 60 + ["b"] * 60, "h": ["x", "z"] * 30 + ["x"] * 60}
    evaluation = assess(memory_predictions(data, prediction="d", sensitive=["g", "h"]))
    gap = one(evaluation, "demographic_parity_difference", across=["g", "h"])
    assert (gap.groups.compared, gap.groups.expected) == (3, 3)
    assert (gap.groups.excluded[0].slice, gap.groups.excluded[0].reason) == ({"g": "b", "h": "z"}, "no rows")
    assert one(evaluation, "selection_rate", slice={"g": "b", "h": "z"}).code == "undefined"


@pytest.mark.parametrize("missing", [None, "unknown", float("nan")], ids=str)
def test_unknown_membership_is_disclosed_and_never_best_or_worst(missing):
    """Rows of unknown membership are counted and shown, and no gap is taken to them, however extreme."""
    data = rows_of(TWO)
    groups = [*data["g"], *([None if missing != missing else missing] * 40)]
    if missing != missing:
        groups = pa.array([{"a": 1.0, "b": 2.0}.get(g, math.nan) for g in groups])
    source = memory_predictions(
        {"y": [*data["y"], *[1] * 40], "d": [*data["d"], *[0] * 40], "g": groups},
        prediction="d",
        sensitive=["g"],
        unknown=["unknown"],
    )
    evaluation = assess(source)
    shown = one(evaluation, "selection_rate", slice={"g": None})
    assert (shown.value, shown.denominator) == (0, 40)
    gap = one(evaluation, "demographic_parity_difference", across=["g"])
    assert (gap.groups.unknown, gap.groups.rows, gap.groups.compared) == (40, 260, 2)
    assert gap.value == pytest.approx(55 / 100 - 39 / 120)
    assert None not in (*gap.groups.highest.values(), *gap.groups.lowest.values())
    finding = next(f for f in evaluation.findings if f.key == "unknown_membership")
    assert (finding.count, finding.severity) == (40, "medium")


def test_a_sensitive_column_that_is_all_missing_has_no_gap():
    """Undefined, with the count; and the rows are shown as unknown."""
    data = {"y": [1, 0] * 30, "d": [1, 1, 0] * 20, "g": pa.array([None] * 60, pa.string())}
    evaluation = assess(memory_predictions(data, prediction="d", sensitive=["g"]))
    gap = one(evaluation, "demographic_parity_difference", across=["g"])
    assert (gap.status, gap.code) == ("unmeasured", "undefined")
    assert gap.reason == "g is unknown in all 60 rows, so there are no groups to compare."
    assert one(evaluation, "selection_rate", slice={"g": None}).denominator == 60


def test_the_significance_of_false_positive_rates_is_tested_among_label_negatives():
    """Another library tests it among predicted positives. Equal FPR among negatives with unequal precision is no finding."""
    cells = {**by_rate("a", 900, 200, 800, 20), **by_rate("b", 100, 200, 80, 20)}
    evaluation = assess(decisions(cells))
    equal = one(evaluation, "false_positive_rate_difference", across=["g"])
    assert (equal.value, equal.test.p_value) == (0, 1)
    precision = one(evaluation, "predictive_parity_difference", across=["g"])
    assert precision.test.p_value < 1e-4
    table = [[820 - 20, 20], [100 - 20, 20]]
    assert precision.test.p_value == pytest.approx(stats.fisher_exact(table).pvalue, rel=0.2)


def test_equal_groups_are_seldom_called_different():
    """Over 14 equal groups of 200 the adjusted p-value is below .05, and the ratio's upper bound below .8, in at most 7 %."""
    rng = np.random.default_rng(5)
    flagged = failed = 0
    runs = 25
    for seed in range(runs):
        selected = rng.binomial(200, 0.2, 14)
        cells = {(f"g{i:02d}", 0, 1): int(k) for i, k in enumerate(selected)}
        cells |= {(f"g{i:02d}", 0, 0): int(200 - k) for i, k in enumerate(selected)}
        cells[("g00", 1, 1)] = 1  # the favourable outcome occurs
        evaluation = assess(decisions(cells), seed=seed, family=("demographic_parity",))
        ratio = one(evaluation, "demographic_parity_ratio", across=["g"])
        flagged += ratio.test.adjusted_p_value < 0.05
        failed += ratio.interval.upper < 0.8
    assert flagged <= 0.07 * runs + 2 and failed <= 0.07 * runs


def test_the_label_gap_of_the_boston_mortgage_applications():
    """Approval 0.7077922 for non-white (218 of 308) against 0.9083879 for white applicants (1,527 of 1,681)."""
    evaluation = assess(counted({"0": (218, 308), "1": (1527, 1681)}))
    assert one(evaluation, "base_rate", slice={"g": "0"}).value == pytest.approx(0.7077922, abs=5e-8)
    assert one(evaluation, "base_rate", slice={"g": "1"}).value == pytest.approx(0.9083879, abs=5e-8)
    gap = one(evaluation, "base_rate_difference", across=["g"])
    assert gap.value == pytest.approx(0.2005957, abs=5e-8)
    assert gap.value == 1527 / 1681 - 218 / 308
    assert gap.interval.lower > 0.14 and gap.test.p_value < 1e-12
    assert (gap.groups.lowest, gap.groups.highest) == ({"g": "0"}, {"g": "1"})


def test_german_credit_by_sex_and_by_two_age_groupings():
    """0.896567328205 by sex; 0.7948 and 0.8212 by age, on either side of four fifths, unrounded."""
    sex = assess(counted({"female": (201, 310), "male": (499, 690)}))
    assert one(sex, "base_rate_ratio", across=["g"]).value == pytest.approx(0.896567328205, abs=1e-12)
    ages = {
        0.7948260481712757: {"young": (110, 190), "old": (590, 810)},
        0.8212484098784929: {"young": (88, 149), "old": (612, 851)},
    }
    for ratio, groups in ages.items():
        assert one(assess(counted(groups)), "base_rate_ratio", across=["g"]).value == pytest.approx(ratio, abs=1e-15)


def test_swapping_or_renaming_groups_leaves_absolute_gaps():
    """The names of groups decide nothing."""
    renamed = {({"a": "z", "b": "c"}[g], y, d): n for (g, y, d), n in TWO.items()}
    first, second = assess(decisions(TWO)), assess(decisions(renamed))
    for before in first.measurements:
        if before.across and isinstance(before, Measured):
            after = one(second, before.metric, across=["g"], of_class=before.of_class)
            assert after.value == pytest.approx(before.value, abs=1e-15)
            if before.interval and not before.interval.method.startswith("bootstrap"):
                assert after.interval.lower == pytest.approx(before.interval.lower, abs=1e-12)


def test_classes_are_each_held_against_the_rest():
    """Selection and true positive rates of every class by group, and their gaps; accuracy once."""
    rng = np.random.default_rng(12)
    data = {"y": rng.choice(["cat", "dog", "owl"], 400), "g": rng.choice(["a", "b"], 400)}
    data["d"] = np.where(rng.random(400) < 0.7, data["y"], rng.choice(["cat", "dog", "owl"], 400))
    source = memory_predictions(data, prediction="d", task="multiclass", classes=("cat", "dog", "owl"), sensitive=["g"])
    evaluation = assess(source)
    for name in ("cat", "dog", "owl"):
        rates = [((data["d"] == name) & (data["g"] == g)).sum() / (data["g"] == g).sum() for g in "ab"]
        gap = one(evaluation, "demographic_parity_difference", across=["g"], of_class=name)
        assert gap.value == pytest.approx(max(rates) - min(rates))
        chosen = (data["g"] == "a") & (data["y"] == name)
        recall = one(evaluation, "true_positive_rate", slice={"g": "a"}, of_class=name)
        assert recall.value == pytest.approx((data["d"][chosen] == name).mean())
    assert one(evaluation, "accuracy_difference", across=["g"]).status == "measured"


def test_an_intersection_with_too_many_cells_is_said_and_not_left_out():
    """More than 500 cells: unmeasured with the count, and listed as not tested."""
    rng = np.random.default_rng(13)
    size = 4000
    data = {
        "y": rng.integers(0, 2, size),
        "d": rng.integers(0, 2, size),
        "g": rng.integers(0, 30, size),
        "h": rng.integers(0, 30, size),
    }
    evaluation = assess(memory_predictions(data, prediction="d", sensitive=["g", "h"]))
    gap = one(evaluation, "demographic_parity_ratio", across=["g", "h"])
    assert gap.code == "not_applicable" and "more than 500" in gap.reason
    assert any("g × h" in said.what for said in evaluation.coverage.not_tested)


def test_with_many_classes_only_accuracy_is_compared_and_the_rest_is_said():
    """Thirty classes of two groups: accuracy and its gap, and a line under what was not tested."""
    rng = np.random.default_rng(18)
    names = tuple(f"class {number:02d}" for number in range(30))
    data = {"y": rng.choice(names, 900), "d": rng.choice(names, 900), "g": rng.choice(["a", "b"], 900)}
    source = memory_predictions(data, prediction="d", task="multiclass", classes=names, sensitive=["g"])
    evaluation = assess(source)
    assert one(evaluation, "accuracy_difference", across=["g"]).status == "measured"
    assert not evaluation.find("true_positive_rate")
    assert any("more than 20" in said.why for said in evaluation.coverage.not_tested)
    table = memory_table(data, label="y", classes=names, sensitive=["g"])
    assert any("more than 20" in said.why for said in assess(table).coverage.not_tested)


def several_classes():
    """Three classes, two groups; the model gives group b class 2 less often."""
    rng = np.random.default_rng(3)
    groups = np.where(np.arange(900) % 2, "a", "b")
    y = rng.integers(0, 3, 900)
    said = np.where(rng.random(900) < 0.8, y, rng.integers(0, 3, 900))
    said = np.where((groups == "b") & (said == 2) & (rng.random(900) < 0.3), 0, said)
    return groups, y, said


@pytest.mark.parametrize("stem", ["demographic_parity", "equalized_odds"])
def test_over_several_classes_the_largest_gap_of_any_class_is_one_number(stem):
    groups, y, said = several_classes()
    source = memory_predictions(
        {"y": y, "d": said, "g": groups}, prediction="d", task="multiclass", classes=("0", "1", "2"), sensitive=["g"]
    )
    evaluation = assess(source)
    metric = f"{stem}_difference"
    largest = one(evaluation, metric, across=["g"])
    each = [one(evaluation, metric, across=["g"], of_class=name) for name in ("0", "1", "2")]
    assert largest.value == max(m.value for m in each)
    assert largest.interval.lower <= largest.value <= largest.interval.upper
    assert largest.interval.upper >= max(m.interval.upper for m in each if m.value == largest.value)
    shares = [np.mean(said[groups == g] == c) for c in range(3) for g in ("a", "b")]
    if stem == "demographic_parity":
        assert largest.value == pytest.approx(max(abs(shares[2 * c] - shares[2 * c + 1]) for c in range(3)))


def test_gaps_of_a_regression_are_stated_in_standard_deviations_of_the_outcome_too():
    rng = np.random.default_rng(5)
    groups, y = np.where(np.arange(600) % 2, "a", "b"), rng.normal(0, 40, 600)
    predicted = y + np.where(groups == "b", 8.0, 0.0) + rng.normal(0, 4, 600)
    found = {}
    for scale in (1.0, 1000.0):
        columns = {"y": y * scale, "p": predicted * scale, "g": groups}
        evaluation = assess(memory_predictions(columns, prediction="p", task="regression", sensitive=["g"]))
        found[scale] = one(evaluation, "standardized_mean_error_difference", across=["g"])
        plain = one(evaluation, "mean_error_difference", across=["g"])
        assert found[scale].value == pytest.approx(plain.value / (y.std() * scale))
    assert found[1.0].value == pytest.approx(found[1000.0].value)
    assert found[1.0].interval.upper == pytest.approx(found[1000.0].interval.upper)
    assert found[1.0].interval.lower < 0.2 < found[1.0].interval.upper
