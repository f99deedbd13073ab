"""Perturbations: what is done to which columns, and the same for the same seed."""

import pandas as pd
import pyarrow as pa
import pytest
from tests.evaluators.robustness.support import FEATURES, N, columns, rule, run, source, under

from cardwright.evaluators.robustness.perturb import UNSEEN, planned
from cardwright.record.measurement import Measured


def test_a_change_of_unit_is_what_it_says_row_by_row():
    """The drop, the flips and McNemar's counts are those of predicting with the column multiplied."""
    data = columns()
    evaluation = run(source(data), units={"a": [1000, 0.01]})
    before = rule(pd.DataFrame({k: data[k] for k in FEATURES})) >= 0.5
    after = rule(pd.DataFrame({**{k: data[k] for k in FEATURES}, "a": data["a"] * 1000})) >= 0.5
    drop = under(evaluation, "accuracy_drop", "a x 1000")
    assert drop.value == pytest.approx((before == data["y"]).mean() - (after == data["y"]).mean(), abs=1e-15)
    assert drop.interval.method == "tango" and drop.interval.lower > 0
    flips = under(evaluation, "decision_flip_rate", "a x 1000")
    assert (flips.numerator, flips.denominator) == ((before != after).sum(), N)
    group = data["g"] == "x"
    assert under(evaluation, "accuracy_drop", "a x 1000", g="x").value == pytest.approx(
        (before == data["y"])[group].mean() - (after == data["y"])[group].mean(), abs=1e-15
    )
    from sklearn.metrics import balanced_accuracy_score as balanced

    assert under(evaluation, "balanced_accuracy_drop", "a x 1000").value == pytest.approx(
        balanced(data["y"], before) - balanced(data["y"], after), abs=1e-12
    )


def test_the_same_seed_gives_the_same_bytes_whatever_else_is_perturbed_and_another_seed_does_not():
    data = columns()
    alone, more = run(source(data), noise=[0.5]), run(source(data, cuts=[300]), noise=[0.1, 0.5, 1], missing=[])
    name = "noise 0.5"
    assert under(alone, "roc_auc_drop", name) == under(more, "roc_auc_drop", name)
    other = run(source(data), noise=[0.5], seed=4)
    assert under(alone, "roc_auc_drop", name).value != under(other, "roc_auc_drop", name).value


def test_perturbations_touch_only_what_they_say():
    """Noise leaves flags and categories alone; unseen categories change strings alone; nothing changes the rows given."""
    data = columns()
    batch = pa.table({name: data[name] for name in FEATURES}).combine_chunks().to_batches()[0]
    changes, _ = planned(
        batch=batch,
        features=FEATURES,
        noise=[1],
        missing=[0.3],
        units={"b": [10]},
        shuffled=[0.5],
        unseen=[0.2],
        where="here",
    )
    by_name = {change.name: change.apply(batch, 3) for change in changes}
    assert sorted(by_name) == ["b x 10", "missing 0.3", "noise 1", "shuffled 0.5", "unseen 0.2"]
    noise = by_name["noise 1"]
    assert noise.column("flag").equals(batch.column("flag")) and noise.column("kind").equals(batch.column("kind"))
    moved = noise.column("a").to_numpy() - data["a"]
    assert moved.std() == pytest.approx(data["a"].std(), rel=0.1)
    for name in FEATURES:
        assert by_name["missing 0.3"].column(name).null_count / N == pytest.approx(0.3, abs=0.06)
    shuffled = by_name["shuffled 0.5"].column("kind")
    assert sorted(shuffled.to_pylist()) == sorted(data["kind"]) and not shuffled.equals(batch.column("kind"))
    assert by_name["unseen 0.2"].column("kind").to_pylist().count(UNSEEN) / N == pytest.approx(0.2, abs=0.05)
    assert batch.column("a").to_numpy().tolist() == data["a"].tolist()


def test_numbers_too_large_to_square_are_perturbed_all_the_same():
    data = columns()
    data["b"] = data["b"] * 1e305
    evaluation = run(source(data), units={"b": [1e10]})
    assert isinstance(under(evaluation, "accuracy_drop", "noise 0.5"), Measured)
    assert isinstance(under(evaluation, "accuracy_drop", "b x 1e+10"), Measured)
