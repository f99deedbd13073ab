"""Robustness: drops of the same rows, of a model that refuses, by group, by slice and on a drifted sample."""

import numpy as np
import pandas as pd
import pytest
from tests.evaluators.robustness.support import FEATURES, N, columns, model, one, rule, run, source, under

from cardwright.errors import UsageError
from cardwright.record.measurement import Unmeasured


def test_more_noise_drops_more_and_a_feature_nobody_reads_drops_nothing():
    evaluation = run(noise=[0.01, 2])
    little, much = (under(evaluation, "roc_auc_drop", f"noise {x}") for x in ("0.01", "2"))
    assert much.value > 0.1 > little.value
    assert much.test.method == "delong_paired"
    blind = model(lambda frame: np.full(len(frame), 0.7))
    still = run(source(function=lambda frame: np.full(N, 0.7)), blind, noise=[2])
    drop, flips = (under(still, metric, "noise 2") for metric in ("accuracy_drop", "decision_flip_rate"))
    assert drop.value == flips.value == 0 and flips.interval.upper > 0


def test_the_worst_group_is_named_with_an_interval_for_all_groups_at_once():
    data = columns()
    evaluation = run(source(data), noise=[1], units={"a": [0.01]})
    worst = one(evaluation, "worst_group_accuracy_drop", across=("g",), perturbation="noise 1")
    groups = {g: under(evaluation, "accuracy_drop", "noise 1", g=g) for g in ("x", "z")}
    assert worst.value == max(m.value for m in groups.values())
    assert worst.groups.highest == {"g": max(groups, key=lambda g: groups[g].value)}
    assert worst.interval.upper > max(m.interval.upper for m in groups.values())
    largest = one(evaluation, "largest_accuracy_drop")
    each = [
        m.value for m in evaluation.measurements if m.metric == "accuracy_drop" and set(m.slice) == {"perturbation"}
    ]
    assert largest.value == max(each) and largest.groups.expected == len(each)


def test_a_small_group_is_shown_and_the_worst_is_over_the_others():
    data = columns()
    data["g"] = np.where(np.arange(N) < 8, "few", data["g"])
    evaluation = run(source(data), noise=[1])
    small = under(evaluation, "accuracy_drop", "noise 1", g="few")
    assert isinstance(small, Unmeasured) and small.denominator == 8
    worst = one(evaluation, "worst_group_accuracy_drop", across=("g",), perturbation="noise 1")
    assert (worst.groups.compared, worst.groups.expected) == (2, 3)


def test_balanced_accuracy_of_a_group_asks_for_enough_of_both_outcomes():
    data = columns()
    data["y"] = np.where((data["g"] == "x") & (np.cumsum(data["g"] == "x") > 25), 1, data["y"])
    evaluation = run(source(data), metric="balanced_accuracy", noise=[1])
    small = under(evaluation, "balanced_accuracy_drop", "noise 1", g="x")
    assert isinstance(small, Unmeasured) and "rarer outcome" in small.reason


def test_slices_are_held_against_the_rest():
    data = columns()
    evaluation = run(source(data), columns=["kind"], noise=[])
    right = (rule(pd.DataFrame({k: data[k] for k in FEATURES})) >= 0.5) == data["y"]
    inside = data["kind"] == "p"
    assert one(evaluation, "accuracy_drop", kind="p").value == pytest.approx(
        right[~inside].mean() - right[inside].mean(), abs=1e-15
    )


def test_a_drifted_file_without_features_is_judged_by_its_own_predictions():
    later = columns(seed=8, n=700)
    scores = rule(pd.DataFrame({k: later[k] for k in FEATURES}))
    with_all = run(drifted=source({**later, "p": scores}, name="later"))
    without = run(drifted=source({"y": later["y"], "p": scores, "g": later["g"]}, sensitive=[], name="later"))
    assert one(with_all, "accuracy_drop", sample="later").value == one(without, "accuracy_drop", sample="later").value


def test_a_source_without_a_feature_is_refused_by_name():
    data = columns()
    scores = rule(pd.DataFrame({k: data[k] for k in FEATURES}))
    del data["b"]
    with pytest.raises(UsageError, match='no column "b"'):
        run(source({**data, "p": scores}))


def test_a_column_named_as_the_record_names_perturbations_is_refused():
    data = {**columns(), "perturbation": np.full(N, "noise 0.1")}
    with pytest.raises(UsageError, match="Rename the column"):
        run(source(data), columns=["perturbation"])
