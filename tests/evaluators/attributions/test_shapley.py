"""Shapley values from predictions alone: exact for few features, in the order of the rows however these are cut."""

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("shap", reason="attributions need the tabular extra")

from cardwright.errors import UsageError
from cardwright.evaluators.attributions.explain import explain
from cardwright.evaluators.attributions.shapley import by_permutation, exactly
from cardwright.sources.models import model_from_callable

RNG = np.random.default_rng(1)


def wide(features, rows=6):
    names = [f"f{i}" for i in range(features)]
    model = model_from_callable(lambda batch: batch.to_numpy() @ np.arange(features), names, task="regression")
    return model, pa.record_batch({name: RNG.normal(size=rows) for name in names})


def test_a_sum_is_explained_by_its_terms_whether_by_sets_or_by_permutations():
    model, rows = wide(5)
    matrix = np.column_stack([column.to_numpy() for column in rows.columns])
    expected = np.arange(5) * (matrix - matrix.mean(axis=0))
    for way in (exactly(model, rows, rows, None), by_permutation(model, rows, rows, None, 0)):
        values, base = way.attribute(0, 6)
        np.testing.assert_allclose(values, expected, atol=1e-9)
        np.testing.assert_allclose(base + values.sum(axis=1), way.of(rows), atol=1e-9)


def test_rows_in_pieces_have_the_values_of_rows_at_once():
    model = model_from_callable(lambda b: (b["a"] * b["b"] + b["b"] * b["c"]).to_numpy(), "abc", task="regression")
    rows = pa.record_batch({name: RNG.normal(size=9) for name in "abc"})
    whole = by_permutation(model, rows, rows, None, 3).attribute(0, 9)[0]
    cut = by_permutation(model, rows, rows, None, 3)
    np.testing.assert_array_equal(np.vstack([cut.attribute(0, 4)[0], cut.attribute(4, 9)[0]]), whole)


def test_exact_values_are_taken_until_they_cost_too_much():
    model, rows = wide(9, 60)
    few = explain(model, rows.slice(0, 4), rows.slice(0, 4), method="auto", column=None, steps=8, seed=0)
    assert few.method == "exact"
    model, rows = wide(14, 60)
    many = explain(model, rows, rows, method="auto", column=None, steps=8, seed=0)
    assert many.method == "permutation"
    assert "14 features take 5.9e+07 predictions" in many.passed_over[-1]


def test_more_than_sixteen_features_have_no_exact_values():
    model, rows = wide(17, 2)
    assert "at most 16" in exactly(model, rows, rows, None)
    with pytest.raises(UsageError, match="17 features"):
        explain(model, rows, rows, method="exact", column=None, steps=8, seed=0)


def test_a_feature_that_does_nothing_has_exactly_nothing():
    model = model_from_callable(lambda batch: batch["a"].to_numpy() / 3, "abc", task="regression")
    rows = pa.record_batch({name: RNG.normal(size=5) for name in "abc"})
    values, _ = exactly(model, rows, rows, None).attribute(0, 5)
    assert (values[:, 1:] == 0).all()
    assert (values[:, 0] != 0).all()


def test_a_column_of_dictionaries_is_taken_by_its_words():
    def length(batch):
        return batch["w"].astype(str).str.len().to_numpy().astype(float)

    model = model_from_callable(length, ("w", "n"), task="regression")
    rows = pa.record_batch({"w": pa.array(["a", "bbb", "a"]).dictionary_encode(), "n": [1.0, 2.0, 3.0]})
    values, _ = exactly(model, rows, rows, None).attribute(0, 3)
    np.testing.assert_allclose(values[:, 0], np.array([1, 3, 1]) - 5 / 3, atol=1e-9)
