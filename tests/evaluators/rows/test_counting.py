"""The counting core: codes, counts and sums that add up exactly, in any order, over any batches."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluators.rows.support import tally
from tests.support import inputs_of, memory_predictions

from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.performance import Performance


@st.composite
def tables(draw):
    """Columns of a small source of predictions, with missing groups, ties in scores, weights and persons."""
    size = draw(st.integers(1, 40))

    def column(values):
        return draw(st.lists(values, min_size=size, max_size=size))

    return {
        "y": column(st.sampled_from([0, 1])),
        "s": column(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1)),
        "race": column(st.sampled_from(["asian", "black", "white", None])),
        "sex": column(st.sampled_from(["f", "m", None])),
        "stratum": column(st.sampled_from(["x", "y", None])),
        "w": column(st.floats(0.01, 100)),
        "p": column(st.integers(0, 9)),
    }


@st.composite
def cut(draw):
    return draw(st.lists(st.integers(1, 39), max_size=4))


SETTINGS = (
    {},
    {"strata": ("stratum",)},
    {"weight": "w"},
    {"person": "p"},
    {"weight": "w", "person": "p"},
)


def predictions(data, **options):
    typed = {
        name: pa.array(
            values, pa.float64() if name in ("s", "w") else pa.int64() if name in ("y", "p") else pa.string()
        )
        for name, values in data.items()
    }
    sensitive = {"race": ("asian", "black", "white"), "sex": ("f", "m")}
    options = {"score": "s", "threshold": 0.5, "classes": ("0", "1"), "sensitive": sensitive, **options}
    return memory_predictions(typed, **options)


def numbers(evaluation):
    return evaluation.model_dump_json(exclude={"inputs"})


def content(tally):
    """Everything that a conclusion can be drawn from, in a form that `==` compares."""

    def exact(sums):
        return None if sums is None else [sums.exact([cell]) for cell in range(sums.limbs.shape[1])]

    def array(values):
        return None if values is None else np.asarray(values).tolist()

    return {
        "rows": tally.rows,
        "labels": dict(tally.labels),
        "strata": tally.strata,
        "keys": array(tally.keys),
        "counts": array(tally.counts),
        "weights": exact(tally.weights),
        "squared_weights": exact(tally.squared_weights),
        "persons": None if tally.persons is None else [array(part) for part in tally.persons.table],
        "scores": [
            [array(s.values), array(s.counts), exact(s.weights), array(s.rows)]
            + [exact(sums) for sums in (s.predicted, s.mass, s.fourths, s.score_squares, s.losses, s.loss_squares)]
            for s in tally.scores
        ],
    }


@settings(max_examples=30, deadline=None)
@given(tables(), cut(), st.sampled_from(SETTINGS), st.booleans())
def test_cutting_the_rows_into_batches_changes_no_count_and_no_sum(data, cuts, options, whole):
    """The same rows in other batches add up to the same tally, with weights, persons and strata."""
    one, parts = (tally(predictions(data, cuts=c, **options), whole=whole) for c in ((), cuts))
    assert content(one) == content(parts)


@settings(max_examples=30, deadline=None)
@given(tables(), st.randoms(use_true_random=False), st.sampled_from(SETTINGS))
def test_the_order_of_rows_changes_no_count_and_no_sum(data, random, options):
    """Rows in another order add up to the same tally."""
    order = list(range(len(data["y"])))
    random.shuffle(order)
    shuffled = {name: [values[i] for i in order] for name, values in data.items()}
    first, second = (tally(predictions(d, **options), whole=True) for d in (data, shuffled))
    assert content(first) == content(second)


@pytest.mark.parametrize("options", SETTINGS, ids=str)
def test_batches_and_the_order_of_rows_change_no_byte_of_an_evaluation(options):
    """Shuffled rows in other batches give the same evaluations, byte for byte."""
    rng = np.random.default_rng(4)
    size = 300
    data = {
        "y": rng.integers(0, 2, size).tolist(),
        "s": rng.random(size).tolist(),
        "race": rng.choice(np.array(["asian", "black", "white", None]), size).tolist(),
        "sex": rng.choice(np.array(["f", "m", None]), size).tolist(),
        "stratum": rng.choice(np.array(["x", "y", None]), size).tolist(),
        "w": rng.uniform(0.01, 100, size).tolist(),
        "p": rng.integers(0, 120, size).tolist(),
    }
    order = rng.permutation(size).tolist()
    shuffled = {name: [values[i] for i in order] for name, values in data.items()}
    for evaluator in (Fairness(), Performance()):
        first = evaluator.evaluate(inputs_of(predictions(data, **options)))
        second = evaluator.evaluate(inputs_of(predictions(shuffled, cuts=[50, 51, 200], **options)))
        assert numbers(first) == numbers(second)


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_regressions_add_up_in_any_order_too(data):
    """Numbers of wildly different sizes give the same means and errors, whichever batch they come in."""
    size = data.draw(st.integers(4, 30))
    values = st.floats(-1e9, 1e9).map(lambda x: x + 0.0) | st.floats(-1e-3, 1e-3)
    columns = {
        "y": data.draw(st.lists(values, min_size=size, max_size=size)),
        "f": data.draw(st.lists(values, min_size=size, max_size=size)),
        "g": data.draw(st.lists(st.sampled_from("ab"), min_size=size, max_size=size)),
        "p": data.draw(st.lists(st.integers(0, 5), min_size=size, max_size=size)),
    }
    order = data.draw(st.permutations(range(size)))
    shuffled = {name: [column[i] for i in order] for name, column in columns.items()}
    for person in (None, "p"):
        results = []
        for table, cuts in ((columns, ()), (shuffled, data.draw(cut()))):
            source = memory_predictions(
                table, prediction="f", task="regression", sensitive={"g": ("a", "b")}, person=person, cuts=cuts
            )
            results.append(
                [numbers(e.evaluate(inputs_of(source))) for e in (Fairness(min_denominator=2), Performance())]
            )
        assert results[0] == results[1]


def test_threads_give_the_same_bytes_as_one_thread():
    """Two workers give the same evaluation as one."""
    rng = np.random.default_rng(0)
    data = {"y": rng.integers(0, 2, 4000), "s": rng.random(4000), "g": rng.choice(["a", "b"], 4000)}
    source = memory_predictions(data, score="s", threshold=0.5, sensitive=["g"], cuts=range(500, 4000, 500))
    one, two = (Fairness().evaluate(inputs_of(source, workers=workers)) for workers in (1, 2))
    assert numbers(one) == numbers(two)


# --- sums -------------------------------------------------------------------------------------------------------------


# --- codes ------------------------------------------------------------------------------------------------------------


# --- what is refused --------------------------------------------------------------------------------------------------
