"""Several runs give mean, spread and range; one run is flagged."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics
from tests.evaluators.seeds.support import RUNS, look, one, table
from tests.support import memory_predictions

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.seeds import Seeds
from cardwright.testing import check_evaluator


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


def test_a_run_with_missing_values_and_one_that_is_not_there_are_refused():
    rows = table()
    with pytest.raises(SourceError, match="1 rows have no value in p1"):
        look({**rows, "p1": [None, *rows["p1"][1:]]}, runs=RUNS)
    with pytest.raises(UsageError, match='no column is called "p9"'):
        look(rows, runs=["p9"])


def test_it_keeps_an_evaluators_promises():
    source = memory_predictions(table(), label="y", score="p", threshold=0.5, favourable="1", sensitive=["sex"])
    check_evaluator(Seeds, Inputs(id="seeds", sources={"source": source}))
