"""How much worse, pair by pair and between two samples."""

import numpy as np
import pandas as pd
import pytest
from tests.evaluators.robustness.support import FEATURES, N, columns, model, one, rule, run, source, under
from tests.support import memory_predictions

from cardwright.errors import SourceError
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.models import model_from_callable


def test_a_drifted_sample_is_compared_as_other_rows():
    data, later = columns(), columns(seed=8, n=700)
    later["y"] = np.where(np.random.default_rng(0).random(700) < 0.4, 1 - later["y"], later["y"])
    drifted = source({**later, "p": rule(pd.DataFrame({k: later[k] for k in FEATURES}))}, name="later")
    evaluation = run(source(data), drifted=drifted)

    def right(rows):
        return ((rule(pd.DataFrame({k: rows[k] for k in FEATURES})) >= 0.5) == rows["y"]).mean()

    drop = one(evaluation, "accuracy_drop", sample="later")
    assert drop.value == pytest.approx(right(data) - right(later), abs=1e-15)
    assert drop.interval.method == "newcombe" and drop.interval.lower > 0
    assert drop.denominator == 700
    from sklearn.metrics import roc_auc_score

    area = one(evaluation, "roc_auc_drop", sample="later")
    scores = [rule(pd.DataFrame({k: rows[k] for k in FEATURES})) for rows in (data, later)]
    assert area.value == pytest.approx(
        roc_auc_score(data["y"], scores[0]) - roc_auc_score(later["y"], scores[1]), abs=1e-12
    )


def test_a_regression_is_measured_by_the_increase_of_its_absolute_error():
    data = columns()
    data["y"] = data["a"] + data["b"]
    data["d"] = data["a"].copy()
    made = model(lambda frame: frame["a"].fillna(50).to_numpy(float), task="regression")
    predictions = source(data, prediction="d", score=None, threshold=None, task="regression", classes=())
    evaluation = run(predictions, made, units={"a": [2]}, drifted=predictions)
    increase = under(evaluation, "mean_absolute_error_increase", "a x 2")
    errors = np.abs(2 * data["a"] - data["y"]) - np.abs(data["a"] - data["y"])
    assert increase.value == pytest.approx(errors.mean(), rel=1e-12)
    assert increase.interval.method == "student_t_paired"
    moved = under(evaluation, "mean_absolute_prediction_change", "a x 2")
    assert moved.value == pytest.approx(np.abs(data["a"]).mean(), rel=1e-12)
    assert one(evaluation, "mean_absolute_error_increase", sample="test").value == pytest.approx(0, abs=1e-12)
    assert any("same file" in n.why for n in evaluation.coverage.not_tested)


def test_several_classes_have_accuracy():
    data = columns()
    data["y"] = np.where(data["a"] > 55, "u", np.where(data["a"] > 45, "v", "w"))
    data["d"] = data["y"]

    def three(frame):
        a = frame["a"].fillna(50).to_numpy(float)
        codes = np.where(a > 55, 0, np.where(a > 45, 1, 2))
        return np.eye(3)[codes]

    made = model(three, task="multiclass", classes=("u", "v", "w"))
    predictions = source(
        data, prediction="d", score=None, threshold=None, task="multiclass", favourable=None, classes=("u", "v", "w")
    )
    evaluation = run(predictions, made, noise=[1])
    assert one(evaluation, "accuracy").value == 1
    assert under(evaluation, "accuracy_drop", "noise 1").value > 0.2
    assert not evaluation.find("roc_auc_drop")


def test_one_class_only_leaves_ranking_undefined_with_its_counts():
    data = columns()
    data["y"] = np.ones(N, int)
    evaluation = run(source(data), noise=[0.5])
    for metric, word in (("roc_auc_drop", "900 and 0"), ("balanced_accuracy_drop", "0 of 900")):
        found = under(evaluation, metric, "noise 0.5")
        assert isinstance(found, Unmeasured) and found.code == "undefined" and word in found.reason
    assert isinstance(under(evaluation, "accuracy_drop", "noise 0.5"), Measured)


def test_clustered_and_weighted_rows_have_linearised_intervals_and_say_what_they_have_not():
    for options in ({"weight": "w"}, {"person": "who"}):
        evaluation = run(source(**options), noise=[1])
        assert under(evaluation, "accuracy_drop", "noise 1").interval.method == "linearised"
        assert under(evaluation, "roc_auc_drop", "noise 1").code == "not_applicable"


def regression(scale):
    """A regression whose prediction is its feature, in another unit of the outcome."""
    rng = np.random.default_rng(5)
    a = rng.normal(size=N)
    y = a + rng.normal(0, 0.3, N)
    made = model_from_callable(
        lambda frame: frame["a"].fillna(0).to_numpy(float) * scale,
        features=("a",),
        sha256="0" * 64,
        task="regression",
    )
    data = {"a": a, "y": y * scale, "p": a * scale, "g": rng.choice(["x", "z"], N)}
    return memory_predictions(data, prediction="p", task="regression", sensitive=["g"]), made, y


def test_the_increase_of_the_error_in_standard_deviations_does_not_depend_on_the_unit():
    found = []
    for scale in (1.0, 1e5):
        predictions, made, y = regression(scale)
        evaluation = run(predictions, made, noise=[0.5], metric="standardized_mean_absolute_error", missing=[])
        found.append(one(evaluation, "largest_standardized_mean_absolute_error_increase"))
        plain = one(evaluation, "mean_absolute_error_increase", perturbation="noise 0.5")
        assert found[-1].value == pytest.approx(plain.value / (y.std() * scale))
        assert found[-1].unit == "standard_deviations"
    assert found[0].value == pytest.approx(found[1].value)
    assert found[0].interval.upper == pytest.approx(found[1].interval.upper)


def test_balanced_accuracy_of_several_classes_drops_by_the_mean_over_the_classes():
    """Noise so large that only chance is left: each class is still named, a third of the time or so."""
    rng = np.random.default_rng(6)
    y = rng.choice(3, N, p=[0.8, 0.1, 0.1])
    a = y + rng.normal(0, 0.1, N)

    def shares(frame):
        near = -np.abs(frame["a"].fillna(0).to_numpy(float)[:, None] - np.arange(3))
        return np.exp(near) / np.exp(near).sum(axis=1, keepdims=True)

    names = ("0", "1", "2")
    made = model_from_callable(shares, features=("a",), sha256="0" * 64, task="multiclass", classes=names)
    said = shares(pd.DataFrame({"a": a})).argmax(axis=1)
    predictions = memory_predictions(
        {"a": a, "y": y, "d": said}, prediction="d", task="multiclass", classes=names, sensitive=[]
    )
    evaluation = run(predictions, made, noise=[3.0], metric="balanced_accuracy", missing=[])
    largest = one(evaluation, "largest_balanced_accuracy_drop")
    accuracy = one(evaluation, "accuracy_drop", perturbation="noise 3")
    assert largest.interval.lower < largest.value < largest.interval.upper
    assert largest.value != pytest.approx(accuracy.value, abs=0.02), "rare classes weigh as much as the common one"
    assert 0.2 < largest.value < 0.8


def ranking(seed=1, n=1200):
    data = columns(seed, n)
    data["rel"] = np.clip(np.round((data["a"] - 50) / 10 + data["b"] + 2), 0, 4)
    data["q"] = [f"q{row // 10}" for row in range(n)]
    return data


def of_ranking(data, **parameters):
    told = source(
        data,
        function=_pull,
        task="ranking",
        label="rel",
        prediction="p",
        score=None,
        threshold=None,
        query="q",
        classes=(),
    )
    return run(told, model(_pull, task="regression"), **parameters)


def _pull(frame):
    return ((frame["a"] - 50) / 10 + frame["b"]).to_numpy(float)


def test_a_ranking_is_measured_by_the_ndcg_of_its_queries_before_and_after():
    from cardwright.evaluators.rows.ranked import ndcg_by_query

    data = ranking()
    evaluation = of_ranking(data, noise=[0.5], missing=[])
    rows = np.asarray([int(name[1:]) for name in data["q"]])
    ndcg = ndcg_by_query(rows, _pull(pd.DataFrame(data)), np.asarray(data["rel"], float))
    of_queries = ndcg[::10]
    found = one(evaluation, "ndcg")
    assert found.value == pytest.approx(np.nanmean(of_queries))
    assert (found.sampling.units, found.sampling.cluster) == (int(np.isfinite(of_queries).sum()), "q")
    changed = [m.value for m in evaluation.measurements if m.metric == "first_candidate_change_rate"]
    assert max(changed) > 0
    assert all(0 <= share <= 1 for share in changed)
    assert one(evaluation, "largest_ndcg_drop").value > 0


def test_a_ranking_that_reads_nothing_that_was_perturbed_drops_nothing():
    evaluation = of_ranking(ranking(), noise=[], missing=[], shuffled=[0.5], unseen=[0.5])
    assert one(evaluation, "largest_ndcg_drop").value == 0


def test_a_ranking_without_a_relevant_candidate_is_refused_in_words():
    data = ranking(n=100)
    data["rel"] = np.zeros(100)
    with pytest.raises(SourceError, match="no query has a relevant candidate"):
        of_ranking(data)
