"""Slices: planted ones are found and judged on other rows, noise has none, and what is too small says so."""

import numpy as np
import pyarrow as pa
import pytest
from tests.support import memory_predictions

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.slices import Slices
from cardwright.record import canonical
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.testing import check_evaluator


def columns(n=4000, seed=1, planted=0.45, base=0.08):
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n), rng.normal(size=n)
    group = rng.choice(["a", "b", "c"], n)
    y = rng.integers(0, 2, n)
    wrong = rng.random(n) < np.where((x > 0.5) & (group == "b"), planted, base)
    return {"x": x, "z": z, "g": group, "y": y, "d": np.where(wrong, 1 - y, y)}


def source(data=None, **options):
    options.setdefault("prediction", "d")
    options.setdefault("sensitive", ["g"])
    options.setdefault("features", ("x", "z"))
    return memory_predictions(data or columns(), **options)


def run(predictions=None, seed=0, **parameters):
    inputs = Inputs(id="slices", sources={"source": predictions or source()}, parameters=parameters, seed=seed)
    return check_evaluator(Slices, inputs)


def one(evaluation, metric, **slice):
    (found,) = [m for m in evaluation.measurements if m.metric == metric and m.slice == slice]
    return found


def found_slices(evaluation):
    return [m for m in evaluation.measurements if m.metric == "error_lift"]


def test_a_planted_slice_is_found_and_confirmed_on_the_other_half():
    """The worst rule names the planted columns and values, and its lift is near the truth."""
    evaluation = run(max_depth=2)
    best = found_slices(evaluation)[0]
    rule = best.slice["found slice"]
    assert "g is b" in rule.split(" and ") and any(part.startswith("x > 0.") for part in rule.split(" and "))
    assert best.test.adjusted_p_value < 1e-6
    assert best.test.adjustment == "benjamini_hochberg" and best.test.family == "found_slices"
    assert best.interval.lower < 0.45 / (0.08 + 0.37 * 0.3085 / 3) < best.interval.upper
    assert "found_slice" in {finding.key for finding in evaluation.findings}
    assert "exploratory" in evaluation.method.replace("ily", "y") and any("exploratory" in x for x in evaluation.limits)


def test_coverage_is_the_share_of_the_judging_halfs_errors():
    evaluation = run()
    rule = found_slices(evaluation)[0].slice["found slice"]
    covered = one(evaluation, "error_coverage", **{"found slice": rule})
    rate = one(evaluation, "error_rate", **{"found slice": rule})
    share = one(evaluation, "slice_share", **{"found slice": rule})
    lifted = one(evaluation, "error_lift", **{"found slice": rule})
    assert covered.numerator == rate.numerator
    assert covered.value == covered.numerator / covered.denominator
    assert lifted.value == pytest.approx(covered.value / share.value, rel=1e-12)
    assert share.denominator < 0.6 * 4000  # the judging half alone


def test_pure_noise_has_no_confirmed_slice_in_most_files():
    """Where errors fall by chance, at most about alpha of the files have a found or declared slice pointed out."""
    pointed = 0
    for seed in range(60):
        data = columns(n=800, seed=100 + seed, planted=0.2, base=0.2)
        inputs = Inputs(id="s", sources={"source": source(data)}, parameters={}, seed=seed)
        evaluation = Slices(columns=["g"], min_leaf=20, min_denominator=20).evaluate(inputs)
        pointed += any(finding.key == "found_slice" for finding in evaluation.findings)
    assert pointed <= 8  # P(more than 8 | 60 × 0.05) = 0.001


def test_a_declared_slice_is_held_against_the_rest():
    """The difference's numbers are those of the slice and of all other rows."""
    data = columns()
    evaluation = run(source(data), columns=["g"])
    wrong, inside = data["y"] != data["d"], data["g"] == "b"
    rate, difference = one(evaluation, "error_rate", g="b"), one(evaluation, "error_rate_difference_to_rest", g="b")
    assert (rate.numerator, rate.denominator) == (wrong[inside].sum(), inside.sum())
    assert rate.interval.method == "wilson"
    assert difference.value == wrong[inside].mean() - wrong[~inside].mean()
    assert difference.interval.method == "newcombe"
    assert difference.test.family == "declared_slices"
    assert one(evaluation, "error_rate").value == wrong.mean()
    largest = one(evaluation, "largest_slice_difference")
    assert largest.value == difference.value
    assert largest.interval.lower < difference.interval.lower  # for all slices at once
    assert (largest.groups.compared, largest.groups.expected, largest.groups.highest) == (3, 3, {"g": "b"})


def test_stated_edges_cut_where_they_say_and_quantiles_are_told():
    evaluation = run(columns=["z"], edges={"x": [-1, 1]}, find=False)
    data = columns()["x"]
    assert one(evaluation, "error_rate", x="-1 to below 1").denominator == ((data >= -1) & (data < 1)).sum()
    assert one(evaluation, "error_rate", x="1 and above").denominator == (data >= 1).sum()
    assert len([m for m in evaluation.measurements if m.metric == "error_rate" and "z" in m.slice]) == 4
    assert (
        "x at -1, 1 (stated in the plan)" in evaluation.method
        and "quantiles of these rows, 4 parts" in evaluation.method
    )


def test_a_small_slice_says_how_many_it_has_and_nothing_else():
    data = columns()
    data["g"] = np.where(np.arange(4000) < 5, "tiny", data["g"])
    evaluation = run(source(data), columns=["g"])
    for metric in ("error_rate", "error_rate_difference_to_rest"):
        small = one(evaluation, metric, g="tiny")
        assert isinstance(small, Unmeasured) and small.code == "too_few_samples" and small.denominator == 5
    largest = one(evaluation, "largest_slice_difference")
    assert (largest.groups.compared, largest.groups.expected) == (3, 4)
    assert largest.groups.excluded[0].slice == {"g": "tiny"}


def test_missing_values_are_a_slice_and_a_branch_of_their_own():
    """Errors planted where a value is missing are found there."""
    data = columns(planted=0.08)
    rng = np.random.default_rng(5)
    gone = rng.random(4000) < 0.15
    wrong = rng.random(4000) < np.where(gone, 0.5, 0.05 * (data["x"] > 0))
    data["d"] = np.where(wrong, 1 - data["y"], data["y"])
    for column, rule in (("x", "x is missing"), ("g", "g is missing")):
        changed = dict(data)
        changed[column] = pa.array(data[column], mask=gone)
        evaluation = run(source(changed, sensitive=(), features=()), columns=[column], search=[column], max_depth=1)
        assert one(evaluation, "error_rate", **{column: None}).value == pytest.approx(0.5, abs=0.06)
        assert [m.slice["found slice"] for m in found_slices(evaluation)] == [rule]


def test_categories_are_ordered_by_their_errors_whatever_their_names():
    """Two bad categories far apart in the alphabet make one rule."""
    rng = np.random.default_rng(2)
    kind = rng.choice(list("abcdefgh"), 6000)
    y = rng.integers(0, 2, 6000)
    wrong = rng.random(6000) < np.where(np.isin(kind, ["a", "h"]), 0.4, 0.05)
    data = {"k": kind, "y": y, "d": np.where(wrong, 1 - y, y)}
    evaluation = run(source(data, sensitive=(), features=()), columns=["k"], max_depth=1)
    assert found_slices(evaluation)[0].slice == {"found slice": "k is a or h"}


def test_only_declared_columns_and_features_are_looked_at():
    """A column of names, declared nowhere, comes into no text of the evaluation; declared, it is refused for its many values."""
    data = {**columns(), "name": np.array([f"Zacharias {i}" for i in range(4000)])}
    evaluation = run(source(data))
    assert b"Zacharias" not in canonical.dumps(evaluation)
    with pytest.raises(UsageError, match="more than 50 different values") as caught:
        run(source(data), columns=["name"])
    assert "Zacharias" not in str(caught.value)
    evaluation = run(source(data), search=["name", "x"])
    assert b"Zacharias" not in canonical.dumps(evaluation)
    assert any("name" in n.what and "50" in n.why for n in evaluation.coverage.not_tested)


def test_rare_categories_are_not_named_by_the_tree():
    data = columns()
    data["g"] = np.where(np.arange(4000) < 12, "rarest", data["g"])
    evaluation = run(source(data, sensitive=()), columns=["z"], search=["g", "x"])
    assert b"rarest" not in canonical.dumps(evaluation)


def test_batches_and_workers_change_nothing_and_another_seed_splits_otherwise():
    whole, cut = run(source()), run(source(cuts=[700, 1900]))
    assert canonical.dumps(whole) == canonical.dumps(cut)
    other = run(source(), seed=9)
    assert found_slices(other)[0].value != found_slices(whole)[0].value


def test_a_model_that_is_always_right_has_no_lift():
    data = columns()
    data["d"] = data["y"]
    evaluation = run(source(data))
    assert one(evaluation, "error_rate").value == 0
    assert found_slices(evaluation) == [] and evaluation.findings == ()
    assert one(evaluation, "found_slices_confirmed").value == 0


def test_one_class_only_is_counted():
    data = columns()
    data["y"] = np.ones(4000, int)
    evaluation = run(source(data), columns=["g"])
    assert isinstance(one(evaluation, "error_rate", g="a"), Measured)


def test_a_regression_is_judged_by_its_absolute_error():
    rng = np.random.default_rng(3)
    data = columns()
    spread = np.where(data["x"] > 1, 5.0, 1.0)
    data["y"] = rng.normal(size=4000)
    data["d"] = data["y"] + spread * rng.normal(size=4000)
    evaluation = run(source(data, task="regression"), columns=["g"], max_depth=1)
    error = np.abs(data["d"] - data["y"])
    assert one(evaluation, "mean_absolute_error").value == pytest.approx(error.mean(), rel=1e-12)
    assert one(evaluation, "mean_absolute_error_difference_to_rest", g="a").interval.method == "welch"
    best = found_slices(evaluation)[0]
    assert "x > " in best.slice["found slice"] and best.value > 2
    covered = one(evaluation, "error_coverage", **best.slice)
    assert covered.interval.method == "linearised"


def test_several_classes_are_right_or_wrong():
    rng = np.random.default_rng(3)
    data = columns()
    data["y"] = rng.choice(["u", "v", "w"], 4000)
    data["d"] = np.where(rng.random(4000) < np.where(data["x"] > 1, 0.6, 0.1), "u", data["y"])
    evaluation = run(source(data, task="multiclass", classes=("u", "v", "w")))
    assert one(evaluation, "error_rate").value == (data["y"] != data["d"]).mean()
    assert "x > " in found_slices(evaluation)[0].slice["found slice"]


def test_weighted_and_clustered_rows_have_linearised_intervals():
    data = {**columns(), "w": np.random.default_rng(0).uniform(0.5, 2, 4000), "who": np.arange(4000) // 2}
    for options in ({"weight": "w"}, {"person": "who"}, {"weight": "w", "person": "who"}):
        evaluation = run(source(data, **options), columns=["g"])
        rate, difference = one(evaluation, "error_rate", g="b"), one(evaluation, "error_rate_difference_to_rest", g="b")
        assert rate.interval.method == "wilson_linearised"
        assert difference.test.method == "linearised_z"
        assert rate.sampling.units == (
            len({*data["who"][data["g"] == "b"]}) if "person" in options else rate.sampling.observations
        )


def test_scores_without_decisions_are_said_to_have_no_errors():
    data = columns()
    data["p"] = np.full(4000, 0.5)
    evaluation = run(source(data, prediction=None, score="p"))
    (only,) = evaluation.measurements
    assert isinstance(only, Unmeasured) and only.code == "not_applicable"


@pytest.mark.parametrize(
    "parameters",
    [
        {"columns": ["nowhere"]},
        {"columns": "g"},
        {"columns": ["d"]},
        {"edges": {"g": [1, 2]}},
        {"edges": {"x": [2, 1]}},
        {"edges": {"x": [float("nan")]}},
        {"edges": {"x": []}},
        {"quantiles": 1},
        {"max_depth": 9},
        {"min_leaf": 0},
        {"alpha": 1.0},
        {"level": "high"},
        {"search": "x"},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(parameters):
    inputs = Inputs(id="s", sources={"source": source()}, seed=0)
    with pytest.raises(UsageError):
        Slices(**parameters).evaluate(inputs)


def test_rows_without_an_outcome_are_refused():
    data = columns()
    data["y"] = pa.array(data["y"], mask=np.arange(4000) < 3)
    with pytest.raises(SourceError, match="3 rows"):
        Slices().evaluate(Inputs(id="s", sources={"source": source(data)}))


def test_a_few_rows_have_no_slices_and_say_so():
    data = {name: values[:20] for name, values in columns().items()}
    evaluation = run(source(data))
    assert isinstance(one(evaluation, "largest_slice_difference"), Unmeasured)
    assert any("no split" in n.why for n in evaluation.coverage.not_tested)


def test_a_column_of_the_same_value_or_of_infinities_does_not_stop_the_search():
    data = columns()
    data["z"] = np.where(np.arange(4000) % 7 == 0, np.inf, 3.0)
    data["same"] = np.full(4000, 2.0)
    evaluation = run(source(data, features=("x", "z", "same")), columns=["same", "z"])
    assert found_slices(evaluation)


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 1.7e9), (1e300, 0.0), (1e-12, 0.0), (1.0, 1e15)])
def test_numbers_far_from_zero_or_far_apart_are_cut_between_their_values(scale, offset):
    """Seconds since 1970, huge and tiny numbers: the planted half is found, and the rule printed is the rule used."""
    rng = np.random.default_rng(6)
    x = np.rint(rng.uniform(0, 1000, 4000)) * scale + offset
    y = rng.integers(0, 2, 4000)
    wrong = rng.random(4000) < np.where(x >= 500 * scale + offset, 0.4, 0.02)
    data = {"x": x, "y": y, "d": np.where(wrong, 1 - y, y)}
    evaluation = run(source(data, sensitive=(), features=()), columns=["x"], max_depth=1)
    (lifted,) = found_slices(evaluation)
    name, sign, cut = lifted.slice["found slice"].split(" ")
    assert (name, sign) == ("x", ">") and abs(float(cut) - offset - 500 * scale) < 30 * scale
    share = one(evaluation, "slice_share", **lifted.slice)
    assert share.value == pytest.approx((x > float(cut)).mean(), abs=0.03)
    declared = [m for m in evaluation.measurements if m.metric == "error_rate" and "x" in m.slice]
    assert [m.denominator for m in declared] == pytest.approx([1000] * 4, abs=10)


def test_a_column_of_lists_is_refused():
    data = {**columns(), "many": [[1]] * 4000}
    with pytest.raises(UsageError, match="holds list"):
        run(source(data), columns=["many"])


def test_the_largest_difference_of_a_regression_is_stated_in_standard_deviations_too():
    rng = np.random.default_rng(8)
    n = 1200
    place, y = rng.choice(["near", "far"], n), rng.normal(0, 3, n)
    said = y + rng.normal(0, np.where(place == "far", 2.0, 0.5))
    found = []
    for scale in (1.0, 100.0):
        data = {"place": place, "y": y * scale, "d": said * scale}
        predictions = memory_predictions(data, prediction="d", task="regression")
        evaluation = run(predictions, columns=["place"], find=False)
        found.append(one(evaluation, "largest_standardized_slice_difference"))
        assert found[-1].value == pytest.approx(one(evaluation, "largest_slice_difference").value / (y.std() * scale))
    assert found[0].value == pytest.approx(found[1].value)
    assert found[0].groups.highest == {"place": "far"}
    assert found[0].interval.lower < found[0].value < found[0].interval.upper


def test_a_classification_has_no_difference_in_standard_deviations():
    assert not [m for m in run().measurements if m.metric == "largest_standardized_slice_difference"]
