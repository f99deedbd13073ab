"""Fairness: against fairlearn and scikit-learn where they define a value, and where they invent one, that ours does not."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats
from sklearn import metrics as sk
from tests.support import inputs_of, memory_predictions, memory_table

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.rows.gaps import detectable
from cardwright.record import canonical
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.load import load
from cardwright.sources.spec import PredictionsSpec
from cardwright.statistics.gaps import detectable_gap
from cardwright.statistics.multiplicity import benjamini_hochberg, holm


def assess(source, *, seed=0, id="fair", **parameters) -> Evaluation:
    return Fairness(**parameters).evaluate(inputs_of(source, id=id, seed=seed))


def one(evaluation, metric, *, slice=None, across=(), given=(), of_class=None):
    """The one measurement with this key."""
    found = [
        m
        for m in evaluation.find(metric, slice=slice or {}, across=tuple(across), given=tuple(given))
        if m.of_class == of_class
    ]
    (measurement,) = found
    return measurement


def rows_of(cells, columns=("g", "y", "d")):
    """Columns of rows from counts: {(group, outcome, decision): rows}."""
    parts = [[] for _ in columns]
    for key, times in cells.items():
        for part, value in zip(parts, key, strict=True):
            part.extend([value] * times)
    return dict(zip(columns, parts, strict=True))


def decisions(cells, **options):
    columns = ("g", "y", "d")
    return memory_predictions(
        rows_of(cells, columns), prediction="d", classes=("0", "1"), **{"sensitive": ["g"], **options}
    )


def by_rate(group, positives, negatives, tpr, fpr):
    """Counts of one group from its positives, negatives and the selected of each."""
    return {
        (group, 1, 1): tpr,
        (group, 1, 0): positives - tpr,
        (group, 0, 1): fpr,
        (group, 0, 0): negatives - fpr,
    }


TWO = {**by_rate("a", 60, 40, 45, 10), **by_rate("b", 50, 70, 25, 14)}

PEERS = {
    "selection_rate": fl.selection_rate,
    "true_positive_rate": fl.true_positive_rate,
    "false_positive_rate": fl.false_positive_rate,
    "true_negative_rate": fl.true_negative_rate,
    "false_negative_rate": fl.false_negative_rate,
    "accuracy": sk.accuracy_score,
}
NEEDS = {
    "true_positive_rate": lambda y: (y == 1).any(),
    "false_negative_rate": lambda y: (y == 1).any(),
    "false_positive_rate": lambda y: (y == 0).any(),
    "true_negative_rate": lambda y: (y == 0).any(),
}


def random_rows(seed, size=None):
    rng = np.random.default_rng(seed)
    size = size or int(rng.integers(8, 120))
    groups = list("abcde")[: int(rng.integers(2, 6))]
    g = rng.choice(groups, size)
    y = (rng.random(size) < rng.random()).astype(int)
    d = (rng.random(size) < np.where(y == 1, rng.random(), rng.random())).astype(int)
    y[0] = 1
    return rng, {"g": g, "h": rng.choice(["x", "z"], size), "y": y, "d": d, "s": np.round(rng.random(size), 2)}


@pytest.mark.parametrize("seed", range(6))
def test_rates_are_fairlearns_wherever_fairlearns_are_defined(seed):
    """Every rate of every group and intersection of random tables; where nothing stands below the line ours is undefined."""
    _, data = random_rows(seed)
    evaluation = assess(memory_predictions(data, prediction="d", classes=("0", "1"), sensitive=["g", "h"]))
    frame = pd.DataFrame(data)
    for columns in (["g"], ["h"], ["g", "h"]):
        for name, rows in frame.groupby(columns):
            slice_ = dict(zip(columns, name, strict=True))
            for metric, peer in PEERS.items():
                ours = one(evaluation, metric, slice=slice_)
                if NEEDS.get(metric, lambda y: True)(rows["y"]):
                    assert ours.value == pytest.approx(peer(rows["y"], rows["d"]), abs=1e-12)
                    assert ours.interval.lower <= ours.value <= ours.interval.upper
                else:
                    assert (ours.status, ours.code, ours.denominator) == ("unmeasured", "undefined", 0)
            for metric, peer in (("positive_predictive_value", sk.precision_score), ("f1", sk.f1_score)):
                ours = one(evaluation, metric, slice=slice_)
                if isinstance(ours, Measured):
                    assert ours.value == pytest.approx(peer(rows["y"], rows["d"], zero_division=0), abs=1e-12)
                elif metric == "f1":
                    assert not rows["y"].any() and not rows["d"].any()
                else:
                    assert not rows["d"].any()


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


@pytest.mark.parametrize("seed", range(6))
def test_scores_by_group_are_scikit_learns(seed):
    """ROC AUC and Brier score of every group."""
    _, data = random_rows(seed, 400)
    evaluation = assess(memory_predictions(data, score="s", threshold=0.5, sensitive=["g"]))
    for group in set(data["g"]):
        chosen = data["g"] == group
        y, s = data["y"][chosen], data["s"][chosen]
        assert one(evaluation, "brier_score", slice={"g": group}).value == pytest.approx(
            sk.brier_score_loss(y, s), abs=1e-12
        )
        auc = one(evaluation, "roc_auc", slice={"g": group})
        if 2 <= y.sum() <= len(y) - 2:
            assert auc.value == pytest.approx(sk.roc_auc_score(y, s), abs=1e-12)
        else:
            assert auc.status == "unmeasured"
        decided = one(evaluation, "selection_rate", slice={"g": group})
        assert decided.value == pytest.approx((s >= 0.5).mean()) and decided.at == {"threshold": 0.5}


# --- the acceptance list ----------------------------------------------------------------------------------------------


def test_a_group_without_positives_has_no_true_positive_rate():
    """fairlearn reports TPR 0 and FNR 0 for it; ours is undefined, equalized odds excludes it and says so."""
    cells = {**TWO, **by_rate("c", 0, 40, 0, 20)}
    evaluation = assess(decisions(cells))
    rows = rows_of({key: n for key, n in cells.items() if key[0] == "c"})
    assert fl.true_positive_rate(rows["y"], rows["d"]) == fl.false_negative_rate(rows["y"], rows["d"]) == 0
    for metric in ("true_positive_rate", "false_negative_rate"):
        found = one(evaluation, metric, slice={"g": "c"})
        assert (found.status, found.code, found.denominator) == ("unmeasured", "undefined", 0)
    odds = one(evaluation, "equalized_odds_difference", across=["g"])
    assert (odds.groups.compared, odds.groups.expected) == (2, 3)
    assert [(e.slice, e.reason) for e in odds.groups.excluded] == [({"g": "c"}, "no rows with the favourable outcome")]
    parity = one(evaluation, "demographic_parity_difference", across=["g"])
    assert (parity.groups.compared, parity.groups.expected) == (3, 3)


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


def test_a_threshold_of_0_is_honoured():
    """score >= 0 selects everybody; a false threshold would select nobody."""
    data = {"y": [1, 0] * 30, "s": [0.0, 0.5, 1.0] * 20, "g": ["a", "b"] * 30}
    evaluation = assess(memory_predictions(data, score="s", threshold=0.0, sensitive=["g"]))
    overall = one(evaluation, "selection_rate")
    assert (overall.value, overall.at) == (1, {"threshold": 0.0})


def test_a_score_at_the_threshold_is_favourable():
    """favourable if score >= threshold."""
    data = {"y": [1, 0, 1], "s": [0.3, 0.5, 0.7], "g": ["a", "b", "a"]}
    assert (
        one(assess(memory_predictions(data, score="s", threshold=0.5, sensitive=["g"])), "selection_rate").numerator
        == 2
    )


def test_a_numeric_sensitive_attribute_is_refused_instead_of_vanishing():
    """Ages in years are no groups: an error that says what to do, not a page that disappears."""
    rng = np.random.default_rng(0)
    data = {"y": rng.integers(0, 2, 2000), "d": rng.integers(0, 2, 2000), "age": rng.normal(40, 10, 2000)}
    with pytest.raises(SourceError, match="Put them into groups first"):
        assess(memory_predictions(data, prediction="d", sensitive=["age"]))


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


# --- golden numbers ---------------------------------------------------------------------------------------------------


def counted(groups, n="n", k="selected"):
    """A table of labels from published counts."""
    cells = {}
    for group, (selected, total) in groups.items():
        cells[(group, 1)] = selected
        cells[(group, 0)] = total - selected
    return memory_table(rows_of(cells, ("g", "y")), label="y", favourable="1", classes=("0", "1"), sensitive=["g"])


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


LL144_SEX = {"Male": (667, 1390), "Female": (555, 1181)}
LL144_RACE = {
    "Hispanic or Latino": (204, 408),
    "White": (412, 797),
    "Black or African American": (170, 390),
    "Native Hawaiian or Pacific Islander": (52, 119),
    "Asian": (302, 616),
    "Native American or Alaska Native": (18, 41),
    "Two or More Races": (96, 213),
}
LL144_RATIOS = {
    "Female": 0.9793367499146278,
    "Hispanic or Latino": 0.9672330097087377,
    "Black or African American": 0.843228777694797,
    "Native Hawaiian or Pacific Islander": 0.8453128124345272,
    "Asian": 0.9483908082209053,
    "Native American or Alaska Native": 0.8492777646223063,
    "Two or More Races": 0.8717920087515383,
}


@pytest.mark.parametrize("groups", [LL144_SEX, LL144_RACE], ids=["sex", "race"])
def test_impact_ratios_of_the_local_law_144_example(groups):
    """Every published impact ratio (6 RCNY 5-300, example of selection), each against the group with the highest rate."""
    evaluation = assess(counted(groups))
    highest = max(groups, key=lambda g: groups[g][0] / groups[g][1])
    for group, (selected, total) in groups.items():
        if group == highest:
            continue
        found = one(evaluation, "adverse_impact_ratio", slice={"g": group})
        expected = (selected / total) / (groups[highest][0] / groups[highest][1])
        assert found.value == pytest.approx(expected, abs=1e-15)
        assert found.value == pytest.approx(LL144_RATIOS[group], abs=1e-4)
        assert found.reference == highest
        assert found.interval.lower < found.value < found.interval.upper
    assert not evaluation.find("adverse_impact_ratio", slice={"g": highest})


# --- inference --------------------------------------------------------------------------------------------------------


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


def test_weights_of_1_equal_no_weights():
    """The same values and the same bounds; nothing is shuffled, and the record says so."""
    data = rows_of(TWO)
    plain = assess(memory_predictions(data, prediction="d", sensitive=["g"]))
    weighted = assess(
        memory_predictions({**data, "w": [1.0] * len(data["y"])}, prediction="d", sensitive=["g"], weight="w")
    )
    for metric in (
        "selection_rate",
        "true_positive_rate",
        "demographic_parity_difference",
        "equalized_odds_ratio",
        "f1",
    ):
        for before in plain.find(metric):
            (after,) = [m for m in weighted.find(metric) if m.key == before.key]
            assert after.value == pytest.approx(before.value, abs=1e-15)
            assert after.interval.lower == pytest.approx(before.interval.lower, abs=1e-12)
            assert after.interval.upper == pytest.approx(before.interval.upper, abs=1e-12)
    assert one(plain, "demographic_parity_difference", across=["g"]).test is not None
    assert all(
        m.test is None or m.test.method != "permutation" for m in weighted.measurements if isinstance(m, Measured)
    )


def test_weights_give_weighted_rates_and_an_effective_number_of_rows():
    """fairlearn's weighted selection rate, with Kish's effective size behind the interval."""
    rng = np.random.default_rng(6)
    data = {
        "y": rng.integers(0, 2, 300),
        "d": rng.integers(0, 2, 300),
        "g": rng.choice(["a", "b"], 300),
        "w": rng.exponential(1, 300),
    }
    found = assess(memory_predictions(data, prediction="d", sensitive=["g"], weight="w"))
    for group in "ab":
        chosen = data["g"] == group
        w = data["w"][chosen]
        ours = one(found, "selection_rate", slice={"g": group})
        theirs = fl.selection_rate(data["y"][chosen], data["d"][chosen], sample_weight=w)
        assert ours.value == pytest.approx(theirs, abs=1e-12)
        assert ours.sampling.effective_n == pytest.approx(w.sum() ** 2 / (w**2).sum(), rel=1e-9)


def test_rows_of_one_person_are_one_case():
    """Tripling every row under the same person changes no value and narrows no interval."""
    data = rows_of(TWO)
    size = len(data["y"])
    tripled = {name: np.repeat(values, 3) for name, values in data.items()}
    plain = assess(memory_predictions(data, prediction="d", sensitive=["g"]))
    once = assess(
        memory_predictions({**tripled, "p": np.repeat(np.arange(size), 3)}, prediction="d", sensitive=["g"], person="p")
    )
    naive = assess(memory_predictions(tripled, prediction="d", sensitive=["g"]))

    def width(evaluation, metric, **key):
        found = one(evaluation, metric, **key)
        return found.interval.upper - found.interval.lower

    for metric, key in (
        ("selection_rate", {"slice": {"g": "a"}}),
        ("demographic_parity_difference", {"across": ["g"]}),
    ):
        assert width(once, metric, **key) == pytest.approx(width(plain, metric, **key), rel=0.05)
        assert width(naive, metric, **key) < 0.7 * width(once, metric, **key)
    rate = one(once, "selection_rate", slice={"g": "a"})
    assert (rate.sampling.units, rate.sampling.observations, rate.sampling.cluster) == (100, 300, "p")
    assert one(once, "demographic_parity_difference", across=["g"]).test is None


def test_persons_decide_whether_a_group_has_enough_cases():
    """Forty rows of five persons are five cases."""
    data = {
        "y": [1, 0] * 60,
        "d": [1, 1, 0] * 40,
        "g": ["a"] * 80 + ["b"] * 40,
        "p": [*range(80), *(100 + i % 5 for i in range(40))],
    }
    gap = one(
        assess(memory_predictions(data, prediction="d", sensitive=["g"], person="p")),
        "demographic_parity_difference",
        across=["g"],
    )
    assert gap.code == "too_few_samples" and "of 5 persons" in gap.groups.excluded[0].reason


def test_p_values_are_adjusted_within_the_declared_family_and_screened_outside():
    """Holm over the family, planned tests that could not be made counting as 1; Benjamini and Hochberg over all others."""
    _, data = random_rows(7, 300)
    source = memory_predictions(data, prediction="d", classes=("0", "1"), sensitive=["g", "h"])
    family = ("demographic_parity", "equal_opportunity")
    evaluation = assess(source, family=family)
    gaps = [
        m for m in evaluation.measurements if isinstance(m, Measured) and m.test and m.metric.endswith("_difference")
    ]
    inside = [m for m in gaps if m.metric.removesuffix("_difference") in family]
    outside = [m for m in gaps if m not in inside]
    planned = 2 * 3
    padded = [m.test.p_value for m in inside] + [1.0] * (planned - len(inside))
    assert [m.test.adjusted_p_value for m in inside] == pytest.approx(holm(padded)[: len(inside)].tolist())
    assert [m.test.adjusted_p_value for m in outside] == pytest.approx(
        benjamini_hochberg([m.test.p_value for m in outside]).tolist()
    )
    assert {m.test.family for m in inside} == {"gaps"} and {m.test.family for m in outside} == {"screening"}


def test_a_rate_and_its_complement_have_one_p_value():
    """True positive and false negative rates differ by the same amount for the same reason."""
    evaluation = assess(decisions({**TWO, **by_rate("c", 80, 90, 41, 33)}))
    first, second = (
        one(evaluation, f"{stem}_difference", across=["g"]) for stem in ("equal_opportunity", "false_negative_rate")
    )
    assert first.value == pytest.approx(second.value) and first.test.p_value == second.test.p_value


def test_the_smallest_gap_the_data_could_have_shown_is_that_of_statistics():
    """The search on a grid finds what bisection finds."""
    rng = np.random.default_rng(8)
    for _ in range(15):
        n = [float(x) for x in rng.integers(5, 3000, rng.integers(2, 9))]
        rate = float(rng.random())
        found, expected = detectable(rate, n, 0.95), detectable_gap(rate, n, 0.95)
        assert (found is None) == (expected is None)
        assert found is None or found == pytest.approx(expected, abs=1e-5)


def test_resolution_says_what_could_have_been_shown_and_how_many_rows_would_settle_it():
    """An inconclusive ratio comes with the rows that a larger sample of the same shape would take."""
    evaluation = assess(decisions({("a", 1, 1): 50, ("a", 0, 0): 50, ("b", 1, 1): 45, ("b", 0, 0): 55}))
    ratio = one(evaluation, "demographic_parity_ratio", across=["g"])
    assert ratio.interval.lower < 0.8 < ratio.interval.upper
    assert 0.1 < ratio.resolution.detectable < 0.4 and ratio.resolution.needed > 200
    larger = -(-ratio.resolution.needed // 200)
    again = assess(
        decisions(
            {("a", 1, 1): 50 * larger, ("a", 0, 0): 50 * larger, ("b", 1, 1): 45 * larger, ("b", 0, 0): 55 * larger}
        )
    )
    assert one(again, "demographic_parity_ratio", across=["g"]).interval.lower > 0.8


def test_given_strata_a_difference_between_strata_is_not_one_between_groups():
    """Simpson's paradox: equal rates within each stratum, unequal overall."""
    cells = {}
    for stratum, rate, sizes in (("easy", 0.8, {"a": 400, "b": 100}), ("hard", 0.2, {"a": 100, "b": 400})):
        for group, size in sizes.items():
            cells[(group, stratum, 1, 1)] = round(size * rate)
            cells[(group, stratum, 1, 0)] = size - round(size * rate)
    data = rows_of(cells, ("g", "z", "y", "d"))
    evaluation = assess(memory_predictions(data, prediction="d", sensitive=["g"], strata=("z",)))
    crude = one(evaluation, "demographic_parity_difference", across=["g"])
    within = one(evaluation, "demographic_parity_difference", across=["g"], given=["z"])
    assert crude.value == pytest.approx(0.36) and crude.test.p_value < 1e-10
    assert within.value == pytest.approx(0, abs=1e-12) and within.interval.lower == 0
    assert (within.test.method, within.interval.method) == ("cochran_mantel_haenszel", "mantel_haenszel_sato")
    assert within.test.p_value == pytest.approx(1)
    odds = one(evaluation, "conditional_odds_ratio", across=["g"], given=["z"])
    assert odds.value == pytest.approx(1) and odds.interval.lower < 1 < odds.interval.upper
    assert one(evaluation, "breslow_day", across=["g"], given=["z"]).value == pytest.approx(0, abs=1e-9)


def test_conditional_numbers_are_statsmodels():
    """Mantel-Haenszel's odds ratio, the CMH and Breslow-Day-Tarone tests of a random stratified table."""
    from statsmodels.stats.contingency_tables import StratifiedTable

    rng = np.random.default_rng(9)
    size = 600
    data = {
        "g": rng.choice(["a", "b"], size),
        "z": rng.choice(["p", "q", "r"], size),
        "y": rng.integers(0, 2, size),
        "d": rng.integers(0, 2, size),
    }
    evaluation = assess(memory_predictions(data, prediction="d", sensitive=["g"], strata=("z",)))
    tables = [
        [[int(((data["g"] == g) & (data["z"] == z) & (data["d"] == d)).sum()) for d in (1, 0)] for g in "ab"]
        for z in "pqr"
    ]
    peer = StratifiedTable([np.array(t) for t in tables])
    key = {"across": ["g"], "given": ["z"]}
    assert one(evaluation, "conditional_odds_ratio", **key).value == pytest.approx(peer.oddsratio_pooled)
    assert one(evaluation, "demographic_parity_difference", **key).test.p_value == pytest.approx(
        peer.test_null_odds(correction=False).pvalue
    )
    assert one(evaluation, "breslow_day", **key).test.p_value == pytest.approx(peer.test_equal_odds(adjust=True).pvalue)


# --- against a reference, inequality, regression, multiclass ------------------------------------------------------------


def test_a_named_reference_is_used_and_a_ratio_may_then_exceed_1():
    """The plan's reference, with intervals widened for the number of groups compared with it."""
    evaluation = assess(decisions(TWO), reference={"g": "b"})
    found = one(evaluation, "adverse_impact_ratio", slice={"g": "a"})
    assert found.value == pytest.approx((55 / 100) / (39 / 120)) and found.reference == "b"
    assert found.interval.method == "log_ratio_bonferroni"
    odds = one(evaluation, "odds_ratio", slice={"g": "a"})
    assert odds.value == pytest.approx((55 / 45) / (39 / 81))
    shortfall = one(evaluation, "shortfall", slice={"g": "a"})
    assert shortfall.value == pytest.approx((39 / 120 - 55 / 100) * 100)


def test_the_reference_is_chosen_among_groups_with_enough_cases():
    """A tiny group with the highest rate is shown, and is not what others are compared with."""
    evaluation = assess(decisions({**TWO, ("tiny", 1, 1): 3}))
    assert {m.reference for m in evaluation.find("adverse_impact_ratio")} == {"a"}
    tiny = one(evaluation, "adverse_impact_ratio", slice={"g": "tiny"})
    assert tiny.value == pytest.approx(1 / 0.55) and tiny.interval.upper > tiny.value


def test_the_standardized_mean_difference_is_cohens_d():
    """Of scores, against the reference, over the pooled standard deviation."""
    rng = np.random.default_rng(10)
    s = np.concatenate([rng.beta(4, 3, 80), rng.beta(3, 4, 90)])
    data = {"y": rng.integers(0, 2, 170), "s": s, "g": ["a"] * 80 + ["b"] * 90}
    evaluation = assess(memory_predictions(data, score="s", threshold=0.5, sensitive=["g"]))
    found = one(evaluation, "standardized_mean_difference", slice={"g": "b"})
    a, b = s[:80], s[80:]
    pooled = math.sqrt((79 * a.var(ddof=1) + 89 * b.var(ddof=1)) / 168)
    assert found.value == pytest.approx((b.mean() - a.mean()) / pooled, rel=1e-9)


def test_inequality_is_the_formula_of_speicher():
    """Generalized entropy and Theil's index of benefits b = decision - outcome + 1."""
    evaluation = assess(decisions(TWO))
    data = rows_of(TWO)
    b = np.array(data["d"]) - np.array(data["y"]) + 1
    ratio = b / b.mean()
    assert one(evaluation, "generalized_entropy_index").value == pytest.approx(((ratio**2).mean() - 1) / 2)
    positive = ratio[ratio > 0]
    theil = one(evaluation, "theil_index")
    assert theil.value == pytest.approx((positive * np.log(positive)).sum() / len(b))
    assert theil.interval.lower < theil.value < theil.interval.upper


def test_treatment_equality_is_false_negatives_per_false_positive():
    """With its log interval, and undefined without false positives."""
    evaluation = assess(decisions({**TWO, **by_rate("c", 60, 60, 30, 0)}))
    assert one(evaluation, "treatment_equality", slice={"g": "a"}).value == pytest.approx(15 / 10)
    assert one(evaluation, "treatment_equality", slice={"g": "c"}).code == "undefined"
    gap = one(evaluation, "treatment_equality_difference", across=["g"])
    assert gap.value == pytest.approx(25 / 14 - 15 / 10) and gap.groups.compared == 2


def test_errors_of_a_regression_by_group_are_scikit_learns():
    """Mean error and mean absolute error per group, and their gaps with intervals."""
    rng = np.random.default_rng(11)
    y = rng.normal(50, 10, 300)
    data = {"y": y, "f": y + rng.normal(1, 3, 300), "g": rng.choice(["a", "b", "c"], 300)}
    evaluation = assess(memory_predictions(data, prediction="f", task="regression", sensitive=["g"]))
    errors = []
    for group in "abc":
        chosen = data["g"] == group
        found = one(evaluation, "mean_absolute_error", slice={"g": group})
        assert found.value == pytest.approx(sk.mean_absolute_error(y[chosen], data["f"][chosen]))
        error = one(evaluation, "mean_error", slice={"g": group})
        errors_here = data["f"][chosen] - y[chosen]
        low, high = stats.t.interval(0.95, len(errors_here) - 1, errors_here.mean(), stats.sem(errors_here))
        assert (error.interval.lower, error.interval.upper) == pytest.approx((low, high))
        errors.append(found.value)
    gap = one(evaluation, "mean_absolute_error_difference", across=["g"])
    assert gap.value == pytest.approx(max(errors) - min(errors))
    assert gap.interval.lower <= gap.value <= gap.interval.upper and gap.test.p_value > 0


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


# --- findings, words, misuse ------------------------------------------------------------------------------------------


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


def test_depth_1_takes_no_intersections_and_says_so():
    """What is not asked for is listed as not tested."""
    _, data = random_rows(14)
    evaluation = assess(memory_predictions(data, prediction="d", classes=("0", "1"), sensitive=["g", "h"]), depth=1)
    assert not evaluation.find("demographic_parity_ratio", across=("g", "h"))
    assert any("Intersections" in said.what for said in evaluation.coverage.not_tested)


def test_without_decisions_and_threshold_only_scores_and_base_rates_are_measured():
    """Nothing is decided, so there is no selection rate; the reason is under what was not tested."""
    data = {"y": [1, 0] * 30, "s": [0.2, 0.5, 0.9] * 20, "g": ["a", "b"] * 30}
    evaluation = assess(memory_predictions(data, score="s", sensitive=["g"]))
    assert not evaluation.find("selection_rate") and evaluation.find("roc_auc") and evaluation.find("base_rate")
    assert any("Decisions" in said.what for said in evaluation.coverage.not_tested)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"min_denominator": 0}, "`min_denominator` is a whole number"),
        ({"depth": "two"}, "`depth` is a whole number"),
        ({"level": 95}, "`level` lies between 0 and 1"),
        ({"alpha": 0}, "`alpha` lies between 0 and 1"),
        ({"family": ("demographic_party",)}, 'Did you mean "demographic_parity"?'),
        ({"limits": {"demographic_parity": 0.1}}, 'Did you mean "demographic_parity_'),
        ({"limits": {"demographic_parity_ratio": 80}}, "lies between 0 and 1"),
        ({"reference": {"race": "a"}}, "no sensitive attribute"),
        ({"reference": {"g": "z"}}, "a group that"),
    ],
)
def test_parameters_that_make_no_sense_are_refused_with_what_to_do(parameters, said):
    """Before any row is read."""
    with pytest.raises(UsageError) as caught:
        assess(decisions(TWO), **parameters)
    assert said in str(caught.value)


def test_a_source_without_sensitive_attributes_is_refused():
    """There is nothing to compare, and an empty evaluation would look like a clean one."""
    with pytest.raises(UsageError, match="names no sensitive attribute"):
        assess(decisions(TWO, sensitive=[]))


def test_a_table_without_labels_shows_how_many_rows_each_group_has():
    """Shares of groups are measured; label rates are listed as not tested."""
    evaluation = assess(memory_table({"g": ["a"] * 30 + ["b"] * 10 + [None] * 10}, sensitive=["g"]))
    assert one(evaluation, "group_share", slice={"g": "a"}).value == 0.6
    assert one(evaluation, "group_share", slice={"g": None}).numerator == 10
    assert any("Label rates" in said.what for said in evaluation.coverage.not_tested)


def test_the_same_input_and_seed_give_the_same_bytes_and_an_evaluation_that_reads_back():
    """Full precision survives JSON, and nothing but the seed decides about chance."""
    _, data = random_rows(15, 500)
    source = memory_predictions(data, score="s", threshold=0.5, sensitive=["g", "h"])
    first, second = assess(source), assess(source)
    text = first.model_dump_json()
    assert text == second.model_dump_json()
    assert Evaluation.model_validate_json(text) == first
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} in a record"))


def test_tables_and_curves_are_bounded_and_complete():
    """One table per attribute and intersection with every group, unknown too; curves of at most 50 points."""
    rng = np.random.default_rng(16)
    size = 3000
    data = {
        "y": rng.integers(0, 2, size),
        "s": rng.random(size),
        "g": rng.choice(np.array(["a", "b", None]), size),
        "h": rng.choice(["x", "z"], size),
    }
    evaluation = assess(memory_predictions(data, score="s", threshold=0.5, sensitive=["g", "h"]))
    tables = {table.id: table for table in evaluation.tables}
    assert list(tables) == ["groups_1", "groups_2", "groups_1_2", "gaps", "changes"]
    # Print cuts a table after its first rows: the declared family stands first, over every attribute.
    assert [row[:2] for row in tables["gaps"].rows[:6]] == [
        (f"demographic parity {kind}", across) for across in ("g", "h", "g × h") for kind in ("difference", "ratio")
    ]
    assert [row[0] for row in tables["groups_1"].rows] == ["a", "b", "unknown"]
    assert all(len(curve.points) <= 50 for curve in evaluation.series)
    assert {curve.id.split("_")[0] for curve in evaluation.series} == {"roc", "calibration"}


def test_words_that_would_promise_too_much_are_not_used():
    """Neither in texts of an evaluation nor in its findings."""
    text = assess(decisions(TWO)).model_dump_json().lower()
    for word in ("unbiased", "debias", "compliant", "simply", "obviously"):
        assert word not in text


# --- beside the labels and beside a baseline ---------------------------------------------------------------------------


def test_bias_amplification_is_0_where_decisions_keep_the_labels_rates_and_grows_as_they_widen_them():
    """Wang and Russakovsky's directional measure, by hand for two groups."""
    kept = {("a", 1, 1): 60, ("a", 0, 0): 40, ("b", 1, 1): 30, ("b", 0, 0): 70}
    found = one(assess(decisions(kept)), "bias_amplification", across=["g"])
    assert found.value == pytest.approx(0, abs=1e-12)
    widened = {("a", 1, 1): 60, ("a", 0, 1): 15, ("a", 0, 0): 25, ("b", 1, 1): 20, ("b", 1, 0): 10, ("b", 0, 0): 70}
    found = one(assess(decisions(widened)), "bias_amplification", across=["g"])
    assert found.value == pytest.approx(((0.75 - 0.6) - (0.2 - 0.3)) / 2)
    assert found.interval.lower > 0


def test_changes_of_gaps_against_a_baseline_are_differences_of_fairlearns_gaps():
    """On the same rows, with an interval from joint counts; a model against itself changes nothing."""
    rng = np.random.default_rng(17)
    g, y = rng.choice(["a", "b", "c"], 600), rng.integers(0, 2, 600)
    data = {"g": g, "y": y, "d": (rng.random(600) < 0.2 + 0.4 * y + 0.1 * (g == "a")).astype(int)}
    old = (rng.random(600) < 0.5).astype(int)
    common = {"classes": ("0", "1"), "prediction": "d"}
    source = memory_predictions(data, sensitive=["g"], **common)
    baseline = memory_predictions({**data, "d": old}, name="old", cuts=[50], **common)

    def changes(other):
        evaluator = Fairness()
        return evaluator.evaluate(inputs_of(source, id="fair", baseline=other))

    evaluation = changes(baseline)
    for metric in ("demographic_parity_difference", "equal_opportunity_difference", "equalized_odds_difference"):
        peer = getattr(fl, metric)
        expected = peer(data["y"], data["d"], sensitive_features=data["g"]) - peer(
            data["y"], old, sensitive_features=data["g"]
        )
        found = one(evaluation, f"{metric}_change", across=["g"])
        assert found.value == pytest.approx(expected, abs=1e-12) and found.reference == "old"
        assert found.interval.lower <= found.value <= found.interval.upper
    same = one(changes(source), "demographic_parity_difference_change", across=["g"])
    assert (same.value, same.interval.lower, same.interval.upper) == (0, 0, 0)


# --- scores without a threshold -----------------------------------------------------------------------------------------

LL144_SCORING = {
    "sex": {"Male": (50, 92), "Female": (34, 76)},
    "race": {
        "Hispanic or Latino": (18, 28),
        "White": (15, 40),
        "Black": (16, 32),
        "NHPI": (5, 8),
        "Asian": (10, 24),
        "AIAN": (10, 16),
        "Two+": (10, 20),
    },
}
LL144_SCORING_RATIOS = {
    "Female": 0.8231578947368422,
    "White": 0.5833333333333333,
    "Black": 0.7777777777777777,
    "NHPI": 0.9722222222222221,
    "Asian": 0.6481481481481481,
    "AIAN": 0.9722222222222221,
    "Two+": 0.7777777777777777,
}


@pytest.mark.parametrize("attribute", LL144_SCORING)
def test_scoring_rates_of_the_local_law_144_example(attribute):
    """Every published scoring rate and impact ratio, against the median of the full sample."""
    groups = LL144_SCORING[attribute]
    cells = {}
    for group, (above, total) in groups.items():
        cells[(group, 1, 0.75)] = above
        cells[(group, 0, 0.25)] = total - above
    source = memory_predictions(rows_of(cells, ("g", "y", "s")), score="s", sensitive=["g"])
    evaluation = assess(source, min_denominator=5)
    highest = max(groups, key=lambda g: groups[g][0] / groups[g][1])
    for group, (above, total) in groups.items():
        rate = one(evaluation, "scoring_rate", slice={"g": group})
        assert (rate.value, rate.numerator, rate.denominator) == (above / total, above, total)
        if group != highest:
            ratio = one(evaluation, "adverse_impact_ratio", slice={"g": group})
            assert ratio.value == pytest.approx(LL144_SCORING_RATIOS[group], abs=1e-12)
            assert ratio.reference == highest
    assert not [f for f in evaluation.findings if f.key == "four_fifths"]


@pytest.mark.parametrize("distinct", [50, 3000, 10_000])
@pytest.mark.parametrize("size", [9_999, 10_000])
def test_a_score_at_the_median_is_not_above_it(distinct, size):
    """Strictly above, with the exact median of all rows, unknown membership included, binned scores or not."""
    rng = np.random.default_rng(distinct + size)
    s = rng.integers(0, distinct, size) / distinct
    g = rng.choice(np.array(["a", "b", None]), size)
    y = rng.integers(0, 2, size)
    evaluation = assess(memory_predictions({"y": y, "s": s, "g": g}, score="s", sensitive=["g"], cuts=[3000]))
    for group in ("a", "b", None):
        chosen = np.array([value == group for value in g])
        found = one(evaluation, "scoring_rate", slice={"g": group})
        assert found.numerator == (s[chosen] > np.median(s)).sum()


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


# --- codes --------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Strings:
    """Rows that hand out strings only."""

    rows: Any

    @property
    def schema(self):
        return self.rows.schema

    def batches(self, columns=None):
        return self.rows.batches(columns)


def test_categories_that_come_as_codes_change_no_byte(tmp_path):
    """A Parquet file keeps repeated strings as codes; counted as codes or as strings, the evaluation is the same."""
    rng = np.random.default_rng(5)
    size = 3_000
    pq.write_table(
        pa.table(
            {
                "g": pa.array([["a", "b", "c", None, "unknown"][i] for i in rng.integers(0, 5, size)]),
                "h": pa.array([["x", "y"][i] for i in rng.integers(0, 2, size)]),
                "y": pa.array([["no", "yes"][i] for i in rng.integers(0, 2, size)]),
                "d": pa.array([["no", "yes"][i] for i in rng.integers(0, 2, size)]),
                "s": pa.array([["p", "q", None][i] for i in rng.integers(0, 3, size)]),
            }
        ),
        tmp_path / "rows.parquet",
        row_group_size=1_000,
    )
    spec = PredictionsSpec(
        predictions="rows.parquet",
        label="y",
        prediction="d",
        favourable="yes",
        sensitive=["g", "h"],
        strata=["s"],
        unit="row",
    )
    source = load(spec, "test", tmp_path)
    strings = dataclasses.replace(source, rows=Strings(source.rows))
    made = {
        canonical.dumps(Fairness().evaluate(inputs_of(rows, workers=workers)))
        for rows in (source, strings)
        for workers in (1, 2, 3)
    }
    assert len(made) == 1
    assert {str(b.column("g").type) for b in source.rows.coded(["g"], ["g"])} != {"string"}


# --- the largest shift of scores ----------------------------------------------------------------------------------------


def scored(groups, **options):
    """Scores of each group as given."""
    columns = {"g": [g for g, s in groups.items() for _ in s], "s": [x for s in groups.values() for x in s]}
    columns["y"] = [i % 2 for i in range(len(columns["g"]))]
    return memory_predictions(columns, score="s", threshold=0.5, classes=("0", "1"), sensitive=["g"], **options)


def spread(mean, rows):
    """Scores around a mean."""
    return np.linspace(mean - 0.1, mean + 0.1, rows).tolist()


def test_the_largest_mean_difference_is_that_of_the_group_furthest_from_the_reference():
    found = assess(scored({"a": spread(0.7, 60), "b": spread(0.68, 50), "c": spread(0.6, 40)}), reference={"g": "a"})
    single = {m.slice["g"]: m for m in found.find("standardized_mean_difference")}
    largest = one(found, "largest_standardized_mean_difference", across=["g"])
    assert single["c"].value < single["b"].value < 0
    assert largest.value == -single["c"].value
    assert largest.interval.upper == -single["c"].interval.lower
    assert largest.interval.lower == pytest.approx(-single["c"].interval.upper)
    assert (largest.groups.lowest, largest.groups.highest, largest.reference) == ({"g": "c"}, {"g": "a"}, "a")
    assert largest.direction == "lower_is_better"


def test_a_shift_that_could_be_none_has_a_lower_bound_of_0():
    found = assess(scored({"a": spread(0.7, 60), "b": spread(0.699, 60)}), reference={"g": "a"})
    largest = one(found, "largest_standardized_mean_difference", across=["g"])
    assert largest.interval.lower == 0 < largest.value < largest.interval.upper


def test_the_largest_mean_difference_leaves_small_groups_out_and_says_so():
    found = assess(scored({"a": spread(0.7, 60), "b": spread(0.69, 60), "c": spread(0.2, 5)}), reference={"g": "a"})
    largest = one(found, "largest_standardized_mean_difference", across=["g"])
    assert (largest.groups.compared, largest.groups.expected) == (2, 3)
    assert largest.value < 0.5
    alone = assess(scored({"a": spread(0.7, 60), "c": spread(0.2, 5)}), reference={"g": "a"})
    assert one(alone, "largest_standardized_mean_difference", across=["g"]).code == "too_few_samples"
