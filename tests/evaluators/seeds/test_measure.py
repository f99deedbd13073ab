"""Several runs give mean, spread and range; one run is flagged."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics
from tests.support import memory_predictions

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.seeds import Seeds
from cardwright.record import Measured, Unmeasured
from cardwright.testing import check_evaluator

RUNS = ["p1", "p2", "p3"]


def table(n=300, seed=1):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    base = np.clip(0.5 + 0.3 * (y - 0.5) + rng.normal(0, 0.2, n), 0, 1)
    rows = {"y": y.tolist(), "p": base.tolist(), "sex": [["f", "m", None][i % 3] for i in range(n)]}
    for i, name in enumerate(RUNS):
        rows[name] = np.clip(base + np.random.default_rng(i).normal(0, 0.05, n), 0, 1).tolist()
    return rows


def look(rows, *, task="binary", **parameters):
    known = {"label": "y", "score": "p", "threshold": 0.5, "favourable": "1", "sensitive": ["sex"]}
    if task != "binary":
        known = {"label": "y", "prediction": "p", "task": task}
    source = memory_predictions(rows, **known)
    return Seeds(**parameters).evaluate(Inputs(id="seeds", sources={"source": source}, parameters=parameters))


def one(evaluation, metric, across=()):
    (found,) = evaluation.find(metric, across=across)
    return found


def test_mean_spread_and_interval_are_those_of_the_runs():
    rows = table()
    seen = look(rows, runs=RUNS)
    each = [metrics.roc_auc_score(rows["y"], rows[run]) for run in ["p", *RUNS]]
    mean, sd, gap = (one(seen, f"roc_auc_seed_{part}") for part in ("mean", "sd", "range"))
    assert mean.value == pytest.approx(np.mean(each), abs=1e-12)
    assert sd.value == pytest.approx(np.std(each, ddof=1), abs=1e-12)
    assert gap.value == pytest.approx(max(each) - min(each), abs=1e-12)
    low, high = stats.t.interval(0.95, 3, np.mean(each), stats.sem(each))
    assert (mean.interval.lower, mean.interval.upper) == pytest.approx((low, high))
    assert mean.sampling.units == 4


def test_churn_is_the_share_of_rows_on_which_any_two_runs_decide_differently():
    rows = {
        "y": [1, 0, 1, 0],
        "p": [0.9, 0.1, 0.6, 0.4],
        "p1": [0.9, 0.1, 0.4, 0.4],
        "p2": [0.8, 0.6, 0.6, 0.4],
        "sex": list("fmfm"),
    }
    found = one(look(rows, runs=["p1", "p2"]), "prediction_churn")
    assert (found.numerator, found.denominator) == (2, 4)


def test_the_gap_of_each_run_leaves_out_unknown_and_small_groups():
    rows = table()
    seen = one(look(rows, runs=RUNS), "demographic_parity_difference_seed_mean", ("sex",))
    sex, each = np.array(rows["sex"], dtype=object), []
    for run in ["p", *RUNS]:
        chosen = np.array(rows[run]) >= 0.5
        each.append(abs(chosen[sex == "f"].mean() - chosen[sex == "m"].mean()))
    assert seen.value == pytest.approx(np.mean(each), abs=1e-12)
    small = look(rows, runs=RUNS, min_denominator=1000)
    assert isinstance(one(small, "demographic_parity_difference_seed_sd", ("sex",)), Unmeasured)


def test_a_single_run_is_flagged_and_has_no_spread():
    seen = look(table())
    assert [f.key for f in seen.findings] == ["single_seed"]
    assert one(seen, "accuracy_seed_sd").code == "too_few_samples"
    assert isinstance(one(seen, "accuracy_seed_mean"), Measured)
    assert one(seen, "accuracy_seed_mean").interval is None


def test_regression_and_classes_are_compared_too():
    rng = np.random.default_rng(0)
    y = rng.normal(size=50)
    seen = look({"y": y.tolist(), "p": (y + 1).tolist(), "p1": (y - 2).tolist()}, task="regression", runs=["p1"])
    assert one(seen, "mean_absolute_error_seed_mean").value == pytest.approx(1.5)
    kinds = {"y": list("abcabc"), "p": list("abcabb"), "p1": list("abcaac")}
    classes = look(kinds, task="multiclass", runs=["p1"])
    assert one(classes, "prediction_churn").numerator == 2


def test_one_true_class_leaves_what_is_undefined_unmeasured():
    rows = table()
    seen = look({**rows, "y": [1] * len(rows["y"])}, runs=RUNS)
    assert one(seen, "roc_auc_seed_mean").code == "undefined"
    assert isinstance(one(seen, "accuracy_seed_mean"), Measured)


def test_a_run_with_missing_values_and_one_that_is_not_there_are_refused():
    rows = table()
    with pytest.raises(SourceError, match="1 rows have no value in p1"):
        look({**rows, "p1": [None, *rows["p1"][1:]]}, runs=RUNS)
    with pytest.raises(UsageError, match='no column is called "p9"'):
        look(rows, runs=["p9"])


def test_it_keeps_an_evaluators_promises():
    source = memory_predictions(table(), label="y", score="p", threshold=0.5, favourable="1", sensitive=["sex"])
    check_evaluator(Seeds, Inputs(id="seeds", sources={"source": source}))
