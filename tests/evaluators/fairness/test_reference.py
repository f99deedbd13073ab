"""Each group against a reference group."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.evaluators.fairness.support import TWO, assess, counted, decisions, one
from tests.support import memory_predictions

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


def scored(groups, **options):
    """Scores of each group as given."""
    columns = {"g": [g for g, s in groups.items() for _ in s], "s": [x for s in groups.values() for x in s]}
    columns["y"] = [i % 2 for i in range(len(columns["g"]))]
    return memory_predictions(columns, score="s", threshold=0.5, classes=("0", "1"), sensitive=["g"], **options)


def spread(mean, rows):
    """Scores around a mean."""
    return np.linspace(mean - 0.1, mean + 0.1, rows).tolist()


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


COMPAS = {
    # (outcome, decision): rows, where 1 is "a new crime within two years" and "medium or high risk"
    "African-American": {(0, 0): 990, (0, 1): 805, (1, 0): 532, (1, 1): 1369},
    "Caucasian": {(0, 0): 1139, (0, 1): 349, (1, 0): 461, (1, 1): 505},
}
"""Larson, Mattu, Kirchner and Angwin (ProPublica, 2016), How We Analyzed the COMPAS Recidivism Algorithm: the two tables."""


def compas(**options):
    cells = {(g, y, d): n for g, table in COMPAS.items() for (y, d), n in table.items()}
    return assess(decisions(cells, favourable="0", **options), reference={"g": "Caucasian"})


@pytest.mark.parametrize(
    ("metric", "published", "rates"),
    [
        # The good outcome is favourable here, so what the audit calls a false positive is a false negative.
        ("false_negative_rate", 1.91, (0.4485, 0.2345)),
        ("false_positive_rate", 0.59, (0.2799, 0.4772)),
        ("false_omission_rate", 0.91, (0.3703, 0.4087)),
        ("false_discovery_rate", 1.21, (0.3495, 0.2881)),
    ],
)
def test_the_ratios_of_error_rates_of_a_published_audit_against_its_reference(metric, published, rates):
    """Black to white: wrongly feared 1.91 times as often, wrongly trusted 0.59 times as often."""
    found = one(compas(), f"{metric}_ratio_to_reference", slice={"g": "African-American"})
    assert found.value == pytest.approx(published, abs=0.006)
    assert found.reference == "Caucasian"
    assert found.interval.lower < found.value < found.interval.upper
    assert (found.value > 1) == (found.interval.lower > 1), "chance does not explain it"
    apart = one(compas(), f"{metric}_difference_from_reference", slice={"g": "African-American"})
    assert apart.value == pytest.approx(rates[0] - rates[1], abs=2e-4)
    assert apart.interval.method == "newcombe_bonferroni"


def test_without_a_named_reference_no_rate_is_set_beside_one():
    evaluation = assess(decisions(TWO))
    assert not [m.metric for m in evaluation.measurements if "reference" in m.metric]


def test_every_rate_and_error_has_a_difference_and_the_shares_have_a_ratio():
    evaluation = assess(decisions(TWO), reference={"g": "a"})
    made = {m.metric for m in evaluation.measurements if m.slice == {"g": "b"}}
    rates = ("selection_rate", "true_positive_rate", "false_positive_rate", "positive_predictive_value", "accuracy")
    assert {f"{rate}_{kind}" for rate in rates for kind in ("difference_from_reference", "ratio_to_reference")} <= made
    assert "f1_difference_from_reference" in made
    assert "f1_ratio_to_reference" not in made, "F1 is no share of cases"


def test_the_mean_errors_of_a_regression_are_set_beside_the_reference_group():
    rng = np.random.default_rng(4)
    y = rng.normal(size=400)
    groups = np.where(np.arange(400) % 2, "a", "b")
    predicted = y + np.where(groups == "b", 0.5, 0.0) + rng.normal(0, 0.1, 400)
    source = memory_predictions(
        {"y": y, "p": predicted, "g": groups}, prediction="p", task="regression", sensitive=["g"]
    )
    found = one(assess(source, reference={"g": "a"}), "mean_error_difference_from_reference", slice={"g": "b"})
    error = predicted - y
    assert found.value == pytest.approx(error[groups == "b"].mean() - error[groups == "a"].mean())
    assert found.interval.lower < 0.5 < found.interval.upper
