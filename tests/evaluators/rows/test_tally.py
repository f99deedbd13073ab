"""Counts by group add up in any order, and do not grow with the rows."""

from __future__ import annotations

import functools
import operator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluators.rows.support import tally
from tests.evaluators.rows.test_counting import SETTINGS, content, cut, predictions, tables
from tests.support import memory_predictions

from cardwright.evaluators.rows.counting import count
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.tally import decode


@settings(max_examples=30, deadline=None)
@given(tables(), cut(), st.sampled_from(SETTINGS), st.randoms(use_true_random=False))
def test_tallies_add_up_in_any_order(data, cuts, options, random):
    """Adding the tallies of batches in another order, and grouped otherwise, gives the same tally."""
    source = predictions(data, cuts=cuts, **options)
    layout = Layout.of(source, whole=True)
    parts = [count(layout, batch) for batch in source.rows.batches(layout.columns)]
    straight = functools.reduce(operator.add, parts)
    while len(parts) > 1:
        random.shuffle(parts)
        parts = [parts[0] + parts[1], *parts[2:]]
    assert content(straight) == content(parts[0])


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", "b", None, "a", ""]),
        pa.array(["a", "b", None, "a", "  "]).dictionary_encode(),
        pa.array(["a", "b", None, "a", "not known"], pa.large_string()),
    ],
)
def test_missing_blank_and_declared_unknown_membership_are_one_disclosed_group(column):
    """They are counted, under the membership `None`."""
    source = memory_predictions(
        {"y": [1, 0, 1, 0, 1], "d": [1, 1, 0, 0, 1], "g": column},
        prediction="d",
        sensitive={"g": ("a", "b")},
        unknown=["not known"],
    )
    view = tally(source).view((0,))
    assert view.slices == ({"g": "a"}, {"g": "b"}, {"g": None})
    assert view.counts.sum(axis=(1, 2)).tolist() == [2, 1, 2]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_cells_decode_to_the_codes_they_were_made_of(sizes, data):
    """Mixed radix there and back."""
    codes = [data.draw(st.integers(0, size - 1)) for size in sizes]
    cell = 0
    for size, code in zip(sizes, codes, strict=True):
        cell = cell * size + code
    assert [int(part[0]) for part in decode(np.array([cell]), sizes)] == codes


def test_counts_do_not_grow_with_rows():
    """A tally of many rows is as large as one of few, without persons."""
    rng = np.random.default_rng(3)

    def size(rows):
        data = {"y": rng.integers(0, 2, rows), "d": rng.integers(0, 2, rows), "g": rng.choice(["a", "b", "c"], rows)}
        return len(tally(memory_predictions(data, prediction="d", sensitive=["g"])).keys)

    assert size(100) == size(100_000) == 3
