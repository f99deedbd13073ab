"""The plain functions: fairlearn's signature and values, with what is left out said."""

from __future__ import annotations

import inspect

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from cardwright import metrics
from cardwright.errors import SourceError, UsageError
from cardwright.record.measurement import Measured


def arrays(seed, size=200):
    rng = np.random.default_rng(seed)
    g = rng.choice(["a", "b", "c"], size)
    y = rng.integers(0, 2, size)
    d = (rng.random(size) < 0.3 + 0.4 * y + 0.1 * (g == "a")).astype(int)
    return y, d, g


SHARED = [name for name in metrics.__all__ if hasattr(fl, name)]


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("seed", range(3))
def test_the_value_is_fairlearns(name, seed):
    """Of every function that both libraries have."""
    y, d, g = arrays(seed)
    found = getattr(metrics, name)(y, d, sensitive_features=g, min_denominator=1)
    assert found.value == pytest.approx(getattr(fl, name)(y, d, sensitive_features=g), abs=1e-12)
    assert found.interval.lower <= found.value <= found.interval.upper
    assert (found.metric, found.groups.compared, found.groups.expected) == (name, 3, 3)


def test_most_names_are_fairlearns():
    """A user of fairlearn finds the words again."""
    assert len(SHARED) >= 6


@pytest.mark.parametrize(
    "make",
    [
        list,
        np.asarray,
        pd.Series,
        lambda v: pl.Series(values=v),
        pa.array,
        lambda v: np.asarray(v).astype(bool) if set(v) <= {0, 1} else v,
        lambda v: [bool(x) for x in v] if set(v) <= {0, 1} else v,
        lambda v: pd.Series(v).astype("category"),
    ],
    ids=["list", "numpy", "pandas", "polars", "arrow", "numpy bool", "list of bool", "categories"],
)
def test_any_kind_of_array_gives_the_same_measurement(make):
    """Lists, numpy, pandas, polars, Arrow, truth values."""
    y, d, g = (values.tolist() for values in arrays(1))
    expected = metrics.equalized_odds_difference(y, d, sensitive_features=g)
    features = make(g)
    found = metrics.equalized_odds_difference(make(y), make(d), sensitive_features=features)
    assert found.model_copy(update={"across": expected.across}) == expected


def test_frames_of_several_columns_are_crossed():
    """The gap is taken over the intersections, as fairlearn does."""
    y, d, g = arrays(2)
    h = np.random.default_rng(3).choice(["x", "z"], len(y))
    frame = pd.DataFrame({"g": g, "h": h})
    found = metrics.demographic_parity_difference(y, d, sensitive_features=frame, min_denominator=1)
    assert found.value == pytest.approx(fl.demographic_parity_difference(y, d, sensitive_features=frame))
    assert found.across == ("g", "h") and found.groups.expected == 6


def test_a_shuffled_index_is_an_error():
    """Rows would be matched by place, and meet strangers."""
    y, d, g = (pd.Series(values) for values in arrays(4))
    with pytest.raises(UsageError, match="the same rows in another order"):
        metrics.demographic_parity_difference(y, d.sample(frac=1, random_state=0), sensitive_features=g)
    with pytest.raises(UsageError, match="index"):
        metrics.demographic_parity_difference(y, d, sensitive_features=g.sample(frac=1, random_state=0))


def test_unequal_lengths_are_an_error_with_the_lengths():
    """Not an array cut to the shorter."""
    with pytest.raises(UsageError, match="y_true 3, y_pred 2"):
        metrics.accuracy_difference([1, 0, 1], [1, 0], sensitive_features=["a", "b", "a"])


def test_missing_membership_is_disclosed_and_enters_no_gap():
    """fairlearn fails on it; ours counts it."""
    y, d, g = arrays(5)
    groups = [None if number % 4 == 0 else group for number, group in enumerate(g)]
    found = metrics.demographic_parity_ratio(y, d, sensitive_features=groups)
    assert found.groups.unknown == 50 and found.groups.rows == 200 and found.groups.compared == 3


def test_small_groups_are_excluded_by_name():
    """With the count that decided."""
    found = metrics.demographic_parity_difference(
        [1, 0] * 40 + [1], [1, 1, 0, 0] * 20 + [1], sensitive_features=["a", "b"] * 40 + ["c"]
    )
    assert [(e.slice, e.reason) for e in found.groups.excluded] == [({"sensitive": "c"}, "1 rows, fewer than 20")]


def test_weights_take_the_test_away():
    """A shuffle of weighted rows has no meaning that anybody agrees on."""
    y, d, g = arrays(6)
    w = np.random.default_rng(7).exponential(1, len(y))
    found = metrics.demographic_parity_difference(y, d, sensitive_features=g, sample_weight=w)
    theirs = fl.demographic_parity_difference(y, d, sensitive_features=g, sample_weight=w)
    assert found.value == pytest.approx(theirs, abs=1e-12) and found.test is None


def test_an_outcome_that_is_not_there_is_an_error():
    """Not a rate of 0."""
    with pytest.raises(SourceError, match="favourable outcome"):
        metrics.demographic_parity_difference(
            ["no", "no"], ["no", "no"], sensitive_features=["a", "b"], pos_label="yes"
        )


def test_words_as_labels_take_a_positive_label():
    """pos_label is the favourable outcome."""
    y, d, g = arrays(8)
    words = np.array(["refused", "granted"])
    found = metrics.equal_opportunity_difference(words[y], words[d], sensitive_features=g, pos_label="granted")
    assert found.value == metrics.equal_opportunity_difference(y, d, sensitive_features=g).value


def test_group_metrics_has_every_group_and_every_gap():
    """The fairness evaluation's measurements, from arrays."""
    y, d, g = arrays(9)
    found = metrics.group_metrics(y, d, sensitive_features=g)
    single = metrics.demographic_parity_difference(y, d, sensitive_features=g)
    (gap,) = [m for m in found if m.metric == "demographic_parity_difference"]
    assert (gap.value, gap.interval, gap.test.p_value) == (
        single.value,
        single.interval,
        pytest.approx(single.test.p_value, abs=0.02),
    )
    rates = {m.slice["sensitive"]: m.value for m in found if m.metric == "selection_rate" and m.slice}
    assert rates == pytest.approx({group: d[g == group].mean() for group in "abc"})
    scores = metrics.group_metrics(y, y_score=np.clip(0.3 * y + 0.5 * d, 0, 1), threshold=0.5, sensitive_features=g)
    assert {"roc_auc", "brier_score"} <= {m.metric for m in scores}
    assert all(isinstance(m, Measured) or m.reason for m in scores)


def test_every_function_says_in_one_sentence_what_it_is():
    """And has scikit-learn's signature."""
    for name in metrics.__all__:
        function = getattr(metrics, name)
        if name == "GapMetric":
            continue
        assert function.__name__ == name and inspect.getdoc(function).split("\n")[0].endswith(".")
        if name.startswith("check_"):  # these take a table that somebody published
            continue
        assert list(inspect.signature(function).parameters)[:2] == ["y_true", "y_pred"]


def test_a_list_of_words_with_nan_has_an_unknown_group_and_not_a_strange_one():
    y, d, g = arrays(1)
    found = metrics.demographic_parity_difference(y, d, sensitive_features=[float("nan"), *g[1:]])
    assert found.groups.unknown == 1


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_a_frame_of_one_column_is_that_column(frame):
    y, d, g = arrays(2)
    plain = metrics.equal_opportunity_difference(y, d, sensitive_features=g)
    assert metrics.equal_opportunity_difference(frame({"y": y}), frame({"d": d}), sensitive_features=g) == plain


def test_a_frame_of_two_columns_is_no_array_and_says_so():
    y, d, g = arrays(2)
    with pytest.raises(UsageError, match="y_pred"):
        metrics.accuracy_ratio(y, pd.DataFrame({"a": d, "b": d}), sensitive_features=g)


def test_rows_of_one_person_are_one_case_so_that_doubling_every_row_does_not_narrow_the_interval():
    y, d, g = arrays(3)
    who = np.arange(len(y))
    once = metrics.demographic_parity_difference(y, d, sensitive_features=g, person=who)
    twice = metrics.demographic_parity_difference(
        np.tile(y, 2), np.tile(d, 2), sensitive_features=np.tile(g, 2), person=np.tile(who, 2)
    )
    naive = metrics.demographic_parity_difference(np.tile(y, 2), np.tile(d, 2), sensitive_features=np.tile(g, 2))
    assert twice.value == pytest.approx(once.value)
    width = twice.interval.upper - twice.interval.lower
    assert width == pytest.approx(once.interval.upper - once.interval.lower, rel=0.1)
    assert width > 1.2 * (naive.interval.upper - naive.interval.lower)
    assert twice.test is None


def test_a_gap_that_strata_explain_vanishes_within_them():
    rng = np.random.default_rng(5)
    stratum = rng.integers(0, 2, 4000)
    g = np.where(rng.random(4000) < 0.2 + 0.6 * stratum, "a", "b")
    d = (rng.random(4000) < 0.2 + 0.6 * stratum).astype(int)
    plain = metrics.demographic_parity_difference(d, d, sensitive_features=g)
    within = metrics.demographic_parity_difference(d, d, sensitive_features=g, strata=stratum)
    assert plain.interval.lower > 0.2
    assert within.value < 0.05
    assert within.given == ("stratum",)


@pytest.mark.parametrize("name", ["demographic_parity_ratio", "equalized_odds_difference"])
def test_what_has_no_estimate_within_strata_is_refused_in_words(name):
    y, d, g = arrays(6)
    with pytest.raises(UsageError, match="within strata"):
        getattr(metrics, name)(y, d, sensitive_features=g, strata=y)


def test_group_metrics_take_weights_persons_and_strata():
    y, d, g = arrays(7)
    half = np.arange(200) % 2
    found = metrics.group_metrics(y, d, sensitive_features=g, strata=pd.DataFrame({"half": half}))
    assert any(m.given == ("half",) for m in found)
    weighted = metrics.group_metrics(y, d, sensitive_features=g, sample_weight=np.ones(200), person=np.arange(200) // 2)
    assert all(m.test is None for m in weighted if m.status == "measured")
