"""Robustness: drops of the same rows, of a model that refuses, by group, by slice and on a drifted sample."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.support import memory_predictions

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.robustness import Robustness
from cardwright.evaluators.robustness.perturb import UNSEEN, planned
from cardwright.record import canonical
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.models import model_from_callable, model_from_estimator
from cardwright.testing import check_evaluator

N = 900
FEATURES = ("a", "b", "flag", "kind")


def columns(seed=1, n=N):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(50, 10, n), rng.normal(size=n)
    flag, kind = rng.integers(0, 2, n), rng.choice(["p", "q", "r"], n)
    pull = (a - 50) / 10 + b + 0.5 * flag + (kind == "p") + rng.normal(size=n)
    return {
        "a": a,
        "b": b,
        "flag": flag,
        "kind": kind,
        "g": rng.choice(["x", "z"], n),
        "who": np.arange(n) // 2,
        "w": rng.uniform(0.5, 2, n),
        "y": (pull > 0.6).astype(int),
    }


def rule(frame):
    """A model whose answer can be worked out by hand; missing values count as 0, unseen kinds as none."""
    a, b = frame["a"].fillna(0).to_numpy(float), frame["b"].fillna(0).to_numpy(float)
    pull = (a - 50) / 10 + b + 0.5 * frame["flag"].fillna(0).to_numpy(float) + (frame["kind"] == "p").to_numpy(float)
    return 1 / (1 + np.exp(-np.clip(pull - 0.6, -700, 700)))


def refusing(frame):
    """A model that raises where a value is missing, with the value's neighbour in its words."""
    if frame.isna().any().any():
        raise ValueError(f"bad row near {frame['a'].iloc[0]}")
    if not frame["kind"].isin(["p", "q", "r"]).all():
        raise KeyError(frame["kind"].iloc[0])
    return rule(frame)


def model(function=rule, **options):
    return model_from_callable(function, features=FEATURES, sha256="0" * 64, **{"task": "binary", **options})


def source(data=None, function=rule, **options):
    data = dict(data or columns())
    if "p" not in data:
        data["p"] = function(pd.DataFrame({name: data[name] for name in FEATURES}))
    options.setdefault("sensitive", ["g"])
    options.setdefault("score", "p")
    options.setdefault("threshold", 0.5)
    options.setdefault("classes", ("0", "1"))
    return memory_predictions(data, **options)


def run(predictions=None, made=None, drifted=None, seed=0, **parameters):
    sources = {"source": predictions or source(), "model": made or model()}
    if drifted is not None:
        sources["drifted"] = drifted
    return check_evaluator(Robustness, Inputs(id="robustness", sources=sources, parameters=parameters, seed=seed))


def one(evaluation, metric, across=(), **slice):
    (found,) = [m for m in evaluation.measurements if (m.metric, m.slice, m.across) == (metric, slice, across)]
    return found


def under(evaluation, metric, name, **slice):
    return one(evaluation, metric, perturbation=name, **slice)


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


def test_a_model_that_refuses_missing_values_says_so_and_repeats_no_value():
    """The refusal is a finding; the numbers are unmeasured with the reason; no word of the model's error is printed."""
    data = columns()
    evaluation = run(source(data), model(refusing), noise=[0.1])
    for metric in ("accuracy_drop", "balanced_accuracy_drop", "roc_auc_drop", "decision_flip_rate"):
        refused = under(evaluation, metric, "missing 0.1")
        assert isinstance(refused, Unmeasured) and refused.code == "undefined"
        assert refused.reason.startswith("The model refuses missing values") and "ValueError" in refused.reason
    assert {"refuses_missing", "refuses_unseen"} <= {finding.key for finding in evaluation.findings}
    assert str(data["a"][0])[:6].encode() not in canonical.dumps(evaluation)
    largest = one(evaluation, "largest_accuracy_drop")
    assert (largest.groups.compared, largest.groups.expected) == (2, 4)


def test_scikit_learns_own_refusal_is_caught_too():
    from sklearn.linear_model import LogisticRegression

    data = columns()
    names = ["a", "b", "flag"]
    frame = pd.DataFrame({name: data[name] for name in names})
    fitted = LogisticRegression().fit(frame, data["y"])
    made = model_from_estimator(fitted, favourable=1)
    data["p"] = fitted.predict_proba(frame)[:, 1]
    evaluation = run(source(data), made)
    assert isinstance(under(evaluation, "accuracy_drop", "missing 0.1"), Unmeasured)
    assert isinstance(under(evaluation, "accuracy_drop", "noise 0.1"), Measured)
    assert any("unseen" in n.what and "strings" in n.why for n in evaluation.coverage.not_tested)


def test_a_model_that_answers_with_nothing_finite_is_refused_for_that_perturbation_alone():
    def overflowing(frame):
        found = rule(frame)
        return np.where(frame["a"].to_numpy(float) > 10_000, np.nan, found)

    evaluation = run(source(), model(overflowing), units={"a": [1000]}, missing=[])
    refused = under(evaluation, "accuracy_drop", "a x 1000")
    assert isinstance(refused, Unmeasured) and "not finite" in refused.reason


def test_slices_are_held_against_the_rest():
    data = columns()
    evaluation = run(source(data), columns=["kind"], noise=[])
    right = (rule(pd.DataFrame({k: data[k] for k in FEATURES})) >= 0.5) == data["y"]
    inside = data["kind"] == "p"
    assert one(evaluation, "accuracy_drop", kind="p").value == pytest.approx(
        right[~inside].mean() - right[inside].mean(), abs=1e-15
    )


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


def test_a_drifted_file_without_features_is_judged_by_its_own_predictions():
    later = columns(seed=8, n=700)
    scores = rule(pd.DataFrame({k: later[k] for k in FEATURES}))
    with_all = run(drifted=source({**later, "p": scores}, name="later"))
    without = run(drifted=source({"y": later["y"], "p": scores, "g": later["g"]}, sensitive=[], name="later"))
    assert one(with_all, "accuracy_drop", sample="later").value == one(without, "accuracy_drop", sample="later").value


def test_the_same_seed_gives_the_same_bytes_whatever_else_is_perturbed_and_another_seed_does_not():
    data = columns()
    alone, more = run(source(data), noise=[0.5]), run(source(data, cuts=[300]), noise=[0.1, 0.5, 1], missing=[])
    name = "noise 0.5"
    assert under(alone, "roc_auc_drop", name) == under(more, "roc_auc_drop", name)
    other = run(source(data), noise=[0.5], seed=4)
    assert under(alone, "roc_auc_drop", name).value != under(other, "roc_auc_drop", name).value


def test_a_model_that_did_not_make_the_predictions_is_a_finding():
    data = columns()
    data["p"] = 1 - rule(pd.DataFrame({k: data[k] for k in FEATURES}))
    evaluation = run(source(data))
    (finding,) = [f for f in evaluation.findings if f.key == "model_differs_from_file"]
    assert finding.count == N and finding.severity == "medium"


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


@pytest.mark.parametrize(
    "parameters",
    [
        {"noise": [0]},
        {"noise": ["much"]},
        {"missing": [1.5]},
        {"units": {"nowhere": [10]}},
        {"units": {"kind": [10]}},
        {"units": ["a"]},
        {"metric": "f1"},
        {"level": 2.0},
        {"rows": 0},
        {"columns": ["nowhere"]},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(parameters):
    with pytest.raises(UsageError):
        Robustness(**parameters).evaluate(Inputs(id="r", sources={"source": source(), "model": model()}))


def test_a_source_without_a_feature_is_refused_by_name():
    data = columns()
    scores = rule(pd.DataFrame({k: data[k] for k in FEATURES}))
    del data["b"]
    with pytest.raises(UsageError, match='no column "b"'):
        run(source({**data, "p": scores}))


def test_a_model_that_cannot_predict_the_rows_as_they_are_is_an_error_without_values():
    def broken(frame):
        raise RuntimeError(f"row {frame['a'].iloc[0]}")

    with pytest.raises(SourceError, match=r"as they are \(RuntimeError\)") as caught:
        Robustness().evaluate(Inputs(id="r", sources={"source": source(), "model": model(broken)}))
    assert str(columns()["a"][0])[:6] not in str(caught.value)


def test_a_column_named_as_the_record_names_perturbations_is_refused():
    data = {**columns(), "perturbation": np.full(N, "noise 0.1")}
    with pytest.raises(UsageError, match="Rename the column"):
        run(source(data), columns=["perturbation"])


def test_numbers_too_large_to_square_are_perturbed_all_the_same():
    data = columns()
    data["b"] = data["b"] * 1e305
    evaluation = run(source(data), units={"b": [1e10]})
    assert isinstance(under(evaluation, "accuracy_drop", "noise 0.5"), Measured)
    assert isinstance(under(evaluation, "accuracy_drop", "b x 1e+10"), Measured)


def test_nothing_asked_for_is_said_to_be_not_tested():
    evaluation = run(noise=[], missing=[], shuffled=[], unseen=[])
    assert one(evaluation, "largest_accuracy_drop").code == "not_applicable"
    assert {"the perturbation noise", "the perturbation missing", "changes of units", "drift"} <= {
        n.what for n in evaluation.coverage.not_tested
    }


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
