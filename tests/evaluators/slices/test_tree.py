"""The tree that finds slices: what it may name, where it cuts, and what it leaves out."""

import numpy as np
import pyarrow as pa
import pytest
from tests.evaluators.slices.support import columns, found_slices, one, run, source

from cardwright.record import canonical


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


def test_rare_categories_are_not_named_by_the_tree():
    data = columns()
    data["g"] = np.where(np.arange(4000) < 12, "rarest", data["g"])
    evaluation = run(source(data, sensitive=()), columns=["z"], search=["g", "x"])
    assert b"rarest" not in canonical.dumps(evaluation)


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
