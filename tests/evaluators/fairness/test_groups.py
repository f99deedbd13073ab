"""Numbers of groups: against fairlearn and scikit-learn where they define a value; where they invent one, ours does not."""

from __future__ import annotations

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as sk
from tests.evaluators.fairness.support import TWO, assess, by_rate, decisions, one, random_rows, rows_of
from tests.support import memory_predictions, memory_table

from cardwright.record.measurement import Measured

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


def test_without_decisions_and_threshold_only_scores_and_base_rates_are_measured():
    """Nothing is decided, so there is no selection rate; the reason is under what was not tested."""
    data = {"y": [1, 0] * 30, "s": [0.2, 0.5, 0.9] * 20, "g": ["a", "b"] * 30}
    evaluation = assess(memory_predictions(data, score="s", sensitive=["g"]))
    assert not evaluation.find("selection_rate") and evaluation.find("roc_auc") and evaluation.find("base_rate")
    assert any("Decisions" in said.what for said in evaluation.coverage.not_tested)


def test_a_table_without_labels_shows_how_many_rows_each_group_has():
    """Shares of groups are measured; label rates are listed as not tested."""
    evaluation = assess(memory_table({"g": ["a"] * 30 + ["b"] * 10 + [None] * 10}, sensitive=["g"]))
    assert one(evaluation, "group_share", slice={"g": "a"}).value == 0.6
    assert one(evaluation, "group_share", slice={"g": None}).numerator == 10
    assert any("Label rates" in said.what for said in evaluation.coverage.not_tested)
