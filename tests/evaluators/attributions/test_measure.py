"""Attributions add up, belong to the features of the plan, and repeat."""

import itertools

import numpy as np
import pytest
from tests.evaluators.attributions.support import FEATURES, data, frame, inputs, linear
from tests.support import list_rows, memory_predictions

from cardwright.errors import UsageError
from cardwright.evaluators.attributions import Attributions
from cardwright.evaluators.attributions.association import association
from cardwright.evaluators.attributions.closed_forms import origins_of
from cardwright.evaluators.attributions.explain import explain
from cardwright.evaluators.attributions.measure import assess
from cardwright.evaluators.rows.sampling import choose
from cardwright.record import Measured, Unmeasured
from cardwright.sources.models import model_from_callable, model_from_estimator, model_from_module
from cardwright.testing import check_evaluator


def trees():
    from sklearn.ensemble import RandomForestClassifier

    columns = data()
    forest = RandomForestClassifier(n_estimators=10, max_depth=4, random_state=0).fit(frame(columns), columns["y"])
    return model_from_estimator(forest, favourable=1)


def network():
    import torch

    torch.manual_seed(0)
    return model_from_module(
        torch.nn.Sequential(torch.nn.Linear(3, 1)),
        FEATURES,
        task="binary",
        favourable=1,
        classes=(0, 1),
        output="logit",
    )


def value(evaluation, metric, **slice_):
    (found,) = evaluation.find(metric, slice=slice_)
    assert isinstance(found, Measured), found
    return found.value


def batches(columns, rows, background, seed=0):
    x, _ = choose(list_rows(columns), FEATURES, rows, seed)
    b, _ = choose(list_rows(columns), FEATURES, background, seed + 1)
    return x, b


def test_a_linear_model_is_explained_by_coefficient_times_distance_from_the_mean():
    model, (x, b) = linear(), batches(data(), 40, 30)
    found = explain(model, x, b, method="auto", column=1, steps=8, seed=0)
    scaler, logistic = model.native[0], model.native[-1]
    z = scaler.transform(frame({n: x.column(n).to_numpy() for n in FEATURES}))
    mean = scaler.transform(frame({n: b.column(n).to_numpy() for n in FEATURES})).mean(axis=0)
    assert found.method == "linear"
    assert found.output == "log_odds"
    np.testing.assert_allclose(found.values, logistic.coef_[0] * (z - mean), atol=1e-9)


@pytest.mark.parametrize("make", [linear, trees], ids=["linear", "trees"])
@pytest.mark.parametrize("column", [0, 1])
def test_attributions_add_up_to_the_output_of_the_class_asked_for(make, column):
    x, b = batches(data(), 25, 20)
    found = explain(make(), x, b, method="auto", column=column, steps=8, seed=0)
    assert found.residuals.max() < 1e-6


def test_the_two_classes_mirror_each_other():
    x, b = batches(data(), 10, 20)
    one, other = (explain(linear(), x, b, method="auto", column=c, steps=8, seed=0) for c in (0, 1))
    np.testing.assert_allclose(one.values, -other.values, atol=1e-9)


def test_integrated_gradients_of_a_linear_network_are_exact():
    x, b = batches(data(), 20, 20)
    model = network()
    found = explain(model, x, b, method="auto", column=1, steps=16, seed=0)
    weight = model.native[0].weight.detach().numpy()[0]
    matrix = np.column_stack([x.column(n).to_numpy() for n in FEATURES])
    mean = np.column_stack([b.column(n).to_numpy() for n in FEATURES]).astype("float32").mean(axis=0)
    assert found.method == "integrated_gradients"
    np.testing.assert_allclose(found.values, (matrix - mean) * weight, atol=1e-4)
    assert found.residuals.max() < 1e-4


@pytest.mark.parametrize(("method", "taken"), [("auto", "exact"), ("permutation", "permutation")])
def test_words_go_through_the_explainers_of_any_function(method, taken):
    columns = data(60)
    columns["c"] = np.where(columns["c"] > 0, "up", "down")

    def predict(batch):
        return 1 / (1 + np.exp(-(batch["a"].to_numpy() + np.where(batch["c"] == "up", 1.0, -1.0))))

    model = model_from_callable(predict, FEATURES, task="binary")
    x, b = batches(columns, 8, 6)
    found = explain(model, x, b, method=method, column=None, steps=8, seed=1)
    assert found.method == taken
    assert found.residuals.max() < 1e-9
    np.testing.assert_allclose(found.values[:, 1], 0, atol=1e-12)


def test_columns_that_a_pipeline_made_are_given_back_to_their_feature():
    names = ["num__a", "cat__color_red", "cat__color_blue", "a_b"]
    assert origins_of(names, ["a", "color", "a_b"]) == [0, 1, 1, 2]
    assert origins_of(["x0"], ["a"]) is None


def test_the_evaluation_says_what_drives_the_output_and_how_well_it_holds():
    evaluation = Attributions(rows=60, background_rows=40).evaluate(inputs(linear()))
    shares = {f: value(evaluation, "attribution_share", feature=f) for f in FEATURES}
    assert max(shares, key=shares.get) == "a"
    assert sum(shares.values()) == pytest.approx(1)
    assert value(evaluation, "additivity_residual_p99") < 1e-9
    assert -1 <= value(evaluation, "attribution_rank_stability") <= 1
    assert value(evaluation, "sensitive_attribution_share") == 0
    assert value(evaluation, "proxy_attribution_share") == pytest.approx(shares["a"])
    assert evaluation.completeness == "sampled"
    assert [row[:2] for row in next(t for t in evaluation.tables if t.id == "proxies").rows] == [("a", "g")]


def test_a_model_that_reads_a_sensitive_attribute_is_a_finding():
    columns = data()
    columns["g"] = (columns["a"] > 0).astype(int)
    predictions = memory_predictions(
        columns, score="p", threshold=0.5, sensitive=["g"], features=("a", "g"), classes=("0", "1")
    )
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit(frame(columns, ("a", "g")), columns["y"])
    evaluation = Attributions(rows=50).evaluate(inputs(model_from_estimator(fitted, favourable=1), predictions))
    assert "sensitive_feature_used" in {f.key for f in evaluation.findings}
    assert value(evaluation, "sensitive_attribution_share") > 0


def test_a_model_that_reads_nothing_has_no_shares():
    model = model_from_callable(lambda batch: np.full(len(batch), 0.5), FEATURES, task="binary")
    evaluation = Attributions(rows=10, background_rows=5).evaluate(inputs(model))
    found = {m.metric for m in evaluation.measurements if isinstance(m, Unmeasured)}
    assert {"attribution_share", "additivity_residual_max", "sensitive_attribution_share"} <= found


def test_the_same_rows_are_chosen_however_the_file_is_cut():
    columns = data()
    one, total = choose(list_rows(columns), FEATURES, 30, 7)
    other, _ = choose(list_rows(columns, cuts=(1, 50, 51, 200)), FEATURES, 30, 7)
    assert one.equals(other)
    assert (one.num_rows, total) == (30, 240)


def test_another_seed_chooses_other_rows():
    columns = data()
    assert not choose(list_rows(columns), FEATURES, 30, 7)[0].equals(choose(list_rows(columns), FEATURES, 30, 8)[0])


def test_association_is_one_for_a_copy_and_nearly_none_for_noise():
    batch = next(
        iter(list_rows({"a": ["x", "z"] * 50, "b": list(range(100)), "n": [1.0, 1.0, 2.0, 2.0] * 25}).batches())
    )
    assert association(batch.column("a"), batch.column("a")) == pytest.approx(1)
    assert association(batch.column("n"), batch.column("a")) == pytest.approx(0, abs=1e-9)
    assert association(batch.column("b"), batch.column("a")) < 0.1


@pytest.mark.parametrize("make", [linear, network], ids=["sklearn", "torch"])
def test_the_evaluator_keeps_its_promises(make):
    check_evaluator(Attributions, inputs(make(), rows=20, background_rows=10, steps=8))


def classes_of_three():
    columns = data()
    columns["y"] = np.digitize(columns["a"], [-0.5, 0.5])
    return columns, memory_predictions(
        columns, prediction="y", task="multiclass", classes=("0", "1", "2"), sensitive=["g"], features=FEATURES
    )


@pytest.mark.parametrize("of_class", [None, "2"])
def test_one_of_several_classes_is_explained_and_named(of_class):
    from sklearn.linear_model import LogisticRegression

    columns, predictions = classes_of_three()
    model = model_from_estimator(LogisticRegression().fit(frame(columns), columns["y"]))
    evaluation = Attributions(rows=10, background_rows=8, of_class=of_class).evaluate(inputs(model, predictions))
    assert f"The class explained is {of_class or '0'}." in evaluation.method
    assert "the other 2 classes" in {n.what for n in evaluation.coverage.not_tested}
    assert value(evaluation, "additivity_residual_max") < 1e-9


def test_a_class_that_is_not_there_is_refused():
    columns, predictions = classes_of_three()
    from sklearn.linear_model import LogisticRegression

    model = model_from_estimator(LogisticRegression().fit(frame(columns), columns["y"]))
    with pytest.raises(UsageError, match="no class"):
        Attributions(of_class="3").evaluate(inputs(model, predictions))
    with pytest.raises(UsageError, match="not several"):
        Attributions(of_class="1").evaluate(inputs(linear()))


def test_a_sum_behind_a_link_is_not_explained_as_if_it_were_the_output():
    from sklearn.linear_model import PoissonRegressor

    columns = data()
    model = model_from_estimator(PoissonRegressor().fit(frame(columns), np.exp(columns["a"])))
    found = explain(model, *batches(columns, 10, 8), method="auto", column=None, steps=8, seed=0)
    assert (found.method, found.output) == ("exact", "value")
    assert "exponential" in found.passed_over[0]
    assert found.residuals.max() < 1e-9


def test_a_category_that_is_named_like_another_feature_does_not_take_its_place():
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rng = np.random.default_rng(0)
    columns = {"a": rng.choice(["b", "c"], 80), "a_b": rng.normal(size=80)}
    steps = make_column_transformer((OneHotEncoder(), ["a"]), remainder="passthrough", sparse_threshold=0)
    target = 3.0 * (columns["a"] == "b")
    model = model_from_estimator(make_pipeline(steps, LinearRegression()).fit(pd.DataFrame(columns), target))
    x, _ = choose(list_rows(columns), ("a", "a_b"), 12, 0)
    b, _ = choose(list_rows(columns), ("a", "a_b"), 10, 1)
    found = explain(model, x, b, method="auto", column=None, steps=8, seed=0)
    importance = dict(zip(model.features, np.abs(found.values).mean(axis=0), strict=True))
    assert importance["a"] > 1
    assert importance["a_b"] == pytest.approx(0, abs=1e-9)


def test_a_pipeline_that_moves_columns_unnamed_is_not_mapped_by_position():
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    columns = data()
    turned = make_pipeline(FunctionTransformer(lambda m: np.asarray(m)[:, ::-1]), LinearRegression())
    model = model_from_estimator(turned.fit(frame(columns), 5 * columns["a"]), sha256="0" * 64)
    found = explain(model, *batches(columns, 10, 8), method="auto", column=None, steps=8, seed=0)
    importance = np.abs(found.values).mean(axis=0)
    assert importance[0] > 1
    np.testing.assert_allclose(importance[1:], 0, atol=1e-9)


def test_a_pipeline_of_words_and_numbers_keeps_its_linear_explanation():
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = data()
    columns["word"] = np.where(columns["c"] > 0, "up", "down")
    names = ("a", "b", "word")
    steps = make_column_transformer((OneHotEncoder(), ["word"]), (StandardScaler(), ["a", "b"]))
    pipeline = make_pipeline(steps, LogisticRegression()).fit(
        pd.DataFrame({n: columns[n] for n in names}), columns["y"]
    )
    x, _ = choose(list_rows(columns), names, 20, 0)
    b, _ = choose(list_rows(columns), names, 20, 1)
    found = explain(model_from_estimator(pipeline, favourable=1), x, b, method="auto", column=1, steps=8, seed=0)
    now = lambda batch: steps.transform(batch.to_pandas())  # noqa: E731
    terms = pipeline[-1].coef_[0] * (now(x) - now(b).mean(axis=0))
    of = [str(n).split("__")[1].split("_")[0] for n in steps.get_feature_names_out()]
    expected = np.column_stack([terms[:, [o == n for o in of]].sum(axis=1) for n in names])
    assert found.method == "linear"
    np.testing.assert_allclose(found.values, expected, atol=1e-9)


def test_noise_over_many_groups_is_no_proxy():
    import pyarrow as pa

    rng = np.random.default_rng(0)
    ages, noise = pa.array(rng.integers(20, 80, 300)), pa.array(rng.normal(size=300))
    towns, races = (pa.array(rng.integers(0, k, 300).astype(str)) for k in (40, 5))
    assert association(noise, ages) < 0.3
    assert association(towns, races) < 0.3


def test_missing_numbers_do_not_hide_a_proxy():
    import pyarrow as pa

    rng = np.random.default_rng(0)
    a = rng.normal(size=200)
    group = pa.array(np.where(a > 0, "x", "z"))
    a[:5] = np.nan
    assert association(pa.array(a), group) > 0.5


def test_rows_of_unknown_membership_are_no_group():
    import pyarrow as pa

    feature, group = pa.array([0.0, 1.0, 5.0] * 20), pa.array(["x", "z", "?"] * 20)
    assert association(feature, group, ("?",)) == pytest.approx(1)
    assert association(pa.array([1.0, 1.0, 5.0, 2.0, 2.0, 7.0] * 10), group, ("?",)) == 0


def test_a_budget_that_ends_leaves_a_partial_evaluation_that_counts_what_it_explained():
    """A clock that goes on by a second whenever it is read: 12 seconds are over after a few rows."""
    ticks = itertools.count()
    options = Attributions(rows=60, background_rows=20, method="permutation", seconds=12.0)
    evaluation = assess(options, inputs(linear()), lambda: float(next(ticks)))
    (scanned,) = evaluation.coverage.scanned
    assert evaluation.completeness == "partial"
    assert 1 <= scanned.scanned < 60
    left_out = [n for n in evaluation.coverage.not_tested if n.why == "the time budget was used up"]
    assert [n.what for n in left_out] == [f"{60 - scanned.scanned} of 60 rows"]
    assert f"ended after {scanned.scanned} of the 60 rows" in evaluation.method
    (sampling,) = {m.sampling.units for m in evaluation.find("mean_attribution")}
    assert sampling == scanned.scanned
    assert evaluation.find("sensitivity_max")[0].code == "error"


def test_with_time_enough_the_clock_changes_nothing():
    slow = itertools.count()
    one = assess(Attributions(rows=20, background_rows=10), inputs(linear()))
    other = assess(Attributions(rows=20, background_rows=10), inputs(linear()), lambda: next(slow) / 100)
    assert one == other


def test_the_record_says_why_a_model_was_not_explained_by_its_inside():
    from sklearn.neighbors import KNeighborsClassifier

    columns = data()
    near = model_from_estimator(KNeighborsClassifier().fit(frame(columns), columns["y"]), favourable=1)
    evaluation = Attributions(rows=10, background_rows=8).evaluate(inputs(near))
    assert "Not taken: linear: it has no coefficients; tree: SHAP's TreeExplainer does not read it" in evaluation.method
    assert "ExactExplainer" in evaluation.method


def test_the_probability_of_a_logistic_regression_is_explained_on_request():
    evaluation = Attributions(rows=10, background_rows=8, explained_output="probability").evaluate(inputs(linear()))
    assert {m.unit for m in evaluation.find("mean_attribution")} == {"probability"}
    assert value(evaluation, "additivity_residual_max") < 1e-9


def test_every_feature_goes_with_each_attribute_to_a_degree_with_an_interval():
    evaluation = Attributions(rows=100).evaluate(inputs(linear()))
    found = {m.slice["feature"]: m for m in evaluation.find("proxy_association")}
    assert {*found} == {*FEATURES}
    assert found["a"].interval.lower > 0.5 > found["c"].interval.upper
    assert all(m.slice["attribute"] == "g" and m.interval.method == "noncentral_distribution" for m in found.values())
