"""Every metric of one run, on the rows that all runs are judged on."""

import numpy as np
import pytest
from tests.evaluators.seeds.support import RUNS, look, one, table

from cardwright.record import Measured, Unmeasured


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
