"""Slices: planted ones are found and judged on other rows, noise has none, and what is too small says so."""

import numpy as np
import pyarrow as pa
import pytest
from tests.evaluators.slices.support import columns, found_slices, one, run, source
from tests.support import memory_predictions

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.slices import Slices
from cardwright.record import canonical
from cardwright.testing import check_evaluator


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


def test_pure_noise_has_no_confirmed_slice_in_most_files():
    """Where errors fall by chance, at most about alpha of the files have a found or declared slice pointed out."""
    pointed = 0
    for seed in range(60):
        data = columns(n=800, seed=100 + seed, planted=0.2, base=0.2)
        inputs = Inputs(id="s", sources={"source": source(data)}, parameters={}, seed=seed)
        evaluation = Slices(columns=["g"], min_leaf=20, min_denominator=20).evaluate(inputs)
        pointed += any(finding.key == "found_slice" for finding in evaluation.findings)
    assert pointed <= 8  # P(more than 8 | 60 × 0.05) = 0.001


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


def test_batches_and_workers_change_nothing_and_another_seed_splits_otherwise():
    whole, cut = run(source()), run(source(cuts=[700, 1900]))
    assert canonical.dumps(whole) == canonical.dumps(cut)
    other = run(source(), seed=9)
    assert found_slices(other)[0].value != found_slices(whole)[0].value


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


def test_rows_without_an_outcome_are_refused():
    data = columns()
    data["y"] = pa.array(data["y"], mask=np.arange(4000) < 3)
    with pytest.raises(SourceError, match="3 rows"):
        Slices().evaluate(Inputs(id="s", sources={"source": source(data)}))


def test_a_column_of_lists_is_refused():
    data = {**columns(), "many": [[1]] * 4000}
    with pytest.raises(UsageError, match="holds list"):
        run(source(data), columns=["many"])


def test_a_ranking_has_slices_of_queries_each_of_which_counts_once():
    from cardwright.evaluators.rows.ranked import ndcg_by_query

    rng = np.random.default_rng(5)
    sizes = rng.integers(2, 12, 400)
    query = np.repeat(np.arange(400), sizes)
    hard = query % 4 == 0
    relevance = rng.integers(0, 4, len(query)).astype(float)
    score = relevance + rng.normal(0, np.where(hard, 5.0, 0.5))
    data = {"q": query, "rel": relevance, "s": score, "kind": np.where(hard, "hard", "easy")}
    ranked = memory_predictions(data, label="rel", prediction="s", task="ranking", query="q")
    evaluation = check_evaluator(
        Slices, Inputs(id="slices", sources={"source": ranked}, parameters={"columns": ["kind"], "find": False})
    )
    loss = 1 - ndcg_by_query(query, score, relevance)
    first = np.unique(query, return_index=True)[1]
    of_hard = loss[first][hard[first]]
    found = one(evaluation, "ndcg_loss", kind="hard")
    assert found.value == pytest.approx(np.nanmean(of_hard))
    assert found.sampling.units == np.isfinite(of_hard).sum()
    largest = one(evaluation, "largest_slice_difference")
    assert largest.interval.lower > 0
