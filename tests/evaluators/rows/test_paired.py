"""Two models on the same rows: counted as pairs, and refused if the rows are others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk
from tests.evaluators.performance.support import one
from tests.support import memory_predictions

from cardwright.evaluators.performance import Performance


def two_models(seed, size=400):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, size)
    common = rng.normal(0, 1, size)
    squash = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    good, poor = (squash(k * (2 * y - 1) + common + rng.normal(0, 0.5, size)) for k in (1.2, 0.7))
    return y, good, poor


def against(first, second, **others):
    from cardwright.evaluators.interface import Inputs

    return Performance().evaluate(Inputs("perf", {"source": first, "baseline": second}, **others))


def test_changes_against_a_baseline_are_paired():
    """Differences of scikit-learn's values, McNemar's exact counts, DeLong's and Student's paired tests."""
    from statsmodels.stats.contingency_tables import mcnemar

    y, good, poor = two_models(21)
    first = memory_predictions({"y": y, "s": good}, score="s", threshold=0.5, cuts=[100, 101])
    second = memory_predictions({"y": y, "s": poor}, score="s", threshold=0.5, name="old", cuts=[37, 300])
    evaluation = against(first, second)
    a, b = (good >= 0.5).astype(int), (poor >= 0.5).astype(int)
    peers = {
        "accuracy_change": sk.accuracy_score(y, a) - sk.accuracy_score(y, b),
        "recall_change": sk.recall_score(y, a) - sk.recall_score(y, b),
        "specificity_change": sk.recall_score(y, a, pos_label=0) - sk.recall_score(y, b, pos_label=0),
        "selection_rate_change": a.mean() - b.mean(),
        "roc_auc_change": sk.roc_auc_score(y, good) - sk.roc_auc_score(y, poor),
        "brier_score_change": sk.brier_score_loss(y, good) - sk.brier_score_loss(y, poor),
    }
    for metric, value in peers.items():
        found = one(evaluation, metric)
        assert found.value == pytest.approx(value, abs=1e-12) and found.reference == "old"
        assert found.interval.lower <= found.value <= found.interval.upper
    right = a == y, b == y
    table = [[(right[0] & right[1]).sum(), (right[0] & ~right[1]).sum()], [(~right[0] & right[1]).sum(), 0]]
    exact = min(table[0][1] + table[1][0], 25) < 25
    test = one(evaluation, "accuracy_change").test
    assert test.p_value == pytest.approx(mcnemar(table, exact=exact, correction=False).pvalue)
    losses = (good - y) ** 2 - (poor - y) ** 2
    interval = one(evaluation, "brier_score_change").interval
    assert (interval.lower, interval.upper) == pytest.approx(
        stats.t.interval(0.95, len(y) - 1, losses.mean(), stats.sem(losses))
    )


def test_a_model_against_itself_does_not_change():
    """Exactly 0, with p = 1."""
    y, good, _ = two_models(22)
    source = memory_predictions({"y": y, "s": good}, score="s", threshold=0.5)
    for found in against(source, source).measurements:
        if found.metric.endswith("_change"):
            assert found.value == 0 and (found.test is None or found.test.p_value == 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda y: y[:-1], "rows, and"),
        (lambda y: np.concatenate([1 - y[:3], y[3:]]), "3 of 400 rows have another outcome"),
    ],
)
def test_a_baseline_on_other_rows_is_refused(change, said):
    """As many rows, and the same outcome in each: checked, not believed."""
    from cardwright.errors import SourceError

    y, good, poor = two_models(23)
    other = change(y)
    first = memory_predictions({"y": y, "s": good}, score="s", threshold=0.5)
    second = memory_predictions({"y": other, "s": poor[: len(other)]}, score="s", threshold=0.5, name="old")
    with pytest.raises(SourceError, match=said):
        against(first, second)


def test_errors_of_two_regressions_are_compared_row_by_row():
    """Mean absolute and squared error, with Student's paired interval."""
    rng = np.random.default_rng(24)
    y = rng.normal(0, 1, 200)
    f, g = y + rng.normal(0, 0.5, 200), y + rng.normal(0, 0.8, 200)
    options = {"prediction": "f", "task": "regression"}
    evaluation = against(
        memory_predictions({"y": y, "f": f}, **options), memory_predictions({"y": y, "f": g}, name="old", **options)
    )
    differences = np.abs(f - y) - np.abs(g - y)
    found = one(evaluation, "mean_absolute_error_change")
    assert found.value == pytest.approx(differences.mean())
    assert found.interval.lower == pytest.approx(
        stats.t.interval(0.95, 199, differences.mean(), stats.sem(differences))[0]
    )


def shuffled(seed, y, scores, keys, **others):
    order = np.random.default_rng(seed).permutation(len(y))
    rows = {"y": y[order], "s": scores[order], "k": [keys[at] for at in order]}
    return memory_predictions(rows, score="s", threshold=0.5, key="k", **others)


def test_a_baseline_of_other_rows_in_another_order_is_joined_by_key_and_says_how_many_matched():
    y, good, poor = two_models(24)
    first = memory_predictions(
        {"y": y[:300], "s": good[:300], "k": list(range(300))}, score="s", threshold=0.5, key="k", cuts=[7, 211]
    )
    second = shuffled(5, y[100:], poor[100:], [str(at) for at in range(100, 400)], name="old", cuts=[50])
    evaluation = against(first, second)
    same = against(
        memory_predictions({"y": y[100:300], "s": good[100:300]}, score="s", threshold=0.5),
        memory_predictions({"y": y[100:300], "s": poor[100:300]}, score="s", threshold=0.5, name="old"),
    )
    for metric in ("accuracy_change", "recall_change", "roc_auc_change", "brier_score_change"):
        assert one(evaluation, metric).value == pytest.approx(one(same, metric).value, abs=1e-12)
        assert one(evaluation, metric).interval == one(same, metric).interval
    (joined,) = [s for s in evaluation.coverage.scanned if "joined by k" in s.what]
    assert (joined.scanned, joined.total) == (200, 300)
    assert any(gap.what == "100 rows of the model and 100 of the baseline" for gap in evaluation.coverage.not_tested)


def test_a_joined_row_with_another_outcome_is_refused():
    from cardwright.errors import SourceError

    y, good, poor = two_models(25)
    keys = [f"k{at}" for at in range(len(y))]
    other = np.concatenate([1 - y[:2], y[2:]])
    with pytest.raises(SourceError, match="2 of 400 rows have another outcome"):
        against(shuffled(1, y, good, keys), shuffled(2, other, poor, keys, name="old"))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["a"] * 400, "399 have one that an earlier row has"),
        ([None, *range(399)], "1 rows have no key"),
        (range(1000, 1400), "no row has the key of a row"),
    ],
)
def test_keys_that_name_no_row_once_are_refused(keys, said):
    from cardwright.errors import SourceError

    y, good, poor = two_models(26)
    first = memory_predictions({"y": y, "s": good, "k": list(range(400))}, score="s", threshold=0.5, key="k")
    second = memory_predictions({"y": y, "s": poor, "k": list(keys)}, score="s", threshold=0.5, key="k", name="old")
    with pytest.raises(SourceError, match=said):
        against(first, second)
