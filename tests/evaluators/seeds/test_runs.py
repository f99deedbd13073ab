"""Every metric of one run, on the rows that all runs are judged on."""

import numpy as np
import pytest
from tests.evaluators.seeds.support import RUNS, look, one, table
from tests.support import memory_predictions

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.seeds import Seeds
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


def test_a_ranking_has_the_ndcg_of_each_run_and_how_many_first_candidates_differ():
    from sklearn import metrics as sk

    rng = np.random.default_rng(3)
    relevance = rng.integers(0, 4, 300).astype(float)
    rows = {"y": relevance, "q": np.arange(300) // 6, "p": relevance + rng.normal(0, 1, 300)}
    rows |= {name: rows["p"] + rng.normal(0, 0.5, 300) for name in ("p1", "p2")}
    source = memory_predictions(rows, prediction="p", task="ranking", query="q")
    found = Seeds(runs=["p1", "p2"]).evaluate(
        Inputs(id="seeds", sources={"source": source}, parameters={"runs": ["p1", "p2"]})
    )
    each = []
    for run in ("p", "p1", "p2"):
        gains = [np.exp2(relevance[n : n + 6]) - 1 for n in range(0, 300, 6)]
        parts = [rows[run][n : n + 6] for n in range(0, 300, 6)]
        each.append(np.mean([sk.ndcg_score([g], [s], k=10) for g, s in zip(gains, parts, strict=True) if g.sum()]))
    assert one(found, "ndcg_seed_mean").value == pytest.approx(np.mean(each))
    churn = one(found, "prediction_churn")
    first = [rows[run].reshape(-1, 6).argmax(axis=1) for run in ("p", "p1", "p2")]
    differ = (first[1] != first[0]) | (first[2] != first[0])
    assert (churn.numerator, churn.denominator) == (differ.sum(), 50)
    assert churn.sampling.unit == "q"
