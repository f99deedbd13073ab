"""The candidate is fairlearn's: thresholds by group, a reduction, or a model trained again with weights."""

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, demographic_parity_difference
from fairlearn.postprocessing import ThresholdOptimizer
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.evaluators.mitigation.support import look, one, rows, source
from tests.support import memory_ref

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.mitigation import Mitigation
from cardwright.evaluators.mitigation.candidate import _draw, _independent
from cardwright.sources.interface import Model


def test_thresholds_are_those_that_fairlearn_chooses():
    held, fitted = rows(), rows(seed=4)
    optimizer = ThresholdOptimizer(
        estimator=LogisticRegression(), constraints="demographic_parity", prefit=False, predict_method="predict_proba"
    )
    # A monotone map of the scores has the same thresholds in another unit: an independent way to the same decisions.
    logits = [np.log(np.array(h["s"]) / (1 - np.array(h["s"])))[:, None] for h in (fitted, held)]
    optimizer.fit(logits[0], fitted["y"], sensitive_features=fitted["sex"])
    share = optimizer._pmf_predict(logits[1], sensitive_features=held["sex"])[:, 1]
    expected = MetricFrame(
        metrics=lambda y, p: p.mean(), y_true=held["y"], y_pred=share, sensitive_features=held["sex"]
    )
    found = look(held, fitted, constraint="demographic_parity")
    by_group = {row[0]: row for row in found.tables[1].rows}
    original = np.array(held["s"]) >= 0.5
    for name, selected in expected.by_group.items():
        chosen = np.array(held["sex"], object) == name
        mitigated = original[chosen].sum() + by_group[name][2] - by_group[name][4]
        assert mitigated / chosen.sum() == pytest.approx(selected, abs=0.02)


def test_the_gap_in_the_record_is_fairlearns_of_the_same_decisions():
    held = rows()
    seen = look(held, method="reweighing", constraint="demographic_parity")
    original = [int(score >= 0.5) for score in held["s"]]
    before = demographic_parity_difference(held["y"], original, sensitive_features=held["sex"])
    table = {row[0]: row for row in seen.tables[0].rows}
    assert table["demographic parity (the constraint)"][1] == pytest.approx(before)
    assert one(seen, "demographic_parity_difference_change").value == pytest.approx(
        one(seen, "demographic_parity_difference").value - before
    )


@pytest.mark.parametrize("method", ["threshold_optimizer", "exponentiated_gradient", "reweighing"])
def test_every_method_shrinks_the_gap_of_scores_that_lean_against_a_group(method):
    seen = look(rows(1200), rows(1200, seed=4), method=method, constraint="demographic_parity")
    change = one(seen, "demographic_parity_difference_change")
    assert change.interval.upper < 0
    assert one(seen, "demographic_parity_difference").value < 0.1


def test_a_pipeline_is_trained_again_as_it_is():
    held, fitted = rows(1200), rows(1200, seed=4)
    native = make_pipeline(StandardScaler(), LogisticRegression(C=0.5))
    native.fit(np.c_[fitted["good"], fitted["other"]], fitted["y"])

    def matrix(batch):
        return np.c_[batch.column("good").to_numpy(), batch.column("other").to_numpy()]

    test = source(held, "test")
    model = Model(
        memory_ref(test.rows, "model", "pipeline"), "sklearn", native, ("good", "other"),
        lambda batch: native.predict_proba(matrix(batch))[:, 1], matrix, ("0", "1"),
    )  # fmt: skip
    before = native[-1].coef_.copy()
    sources = {"source": test, "fit": source(fitted, "validation"), "model": model}
    seen = Mitigation(method="exponentiated_gradient", constraint="demographic_parity").evaluate(
        Inputs(id="mitigation", sources=sources)
    )
    assert "the model's own pipeline (Pipeline) trained again" in seen.method
    assert np.array_equal(native[-1].coef_, before), "the model itself stays as it is"
    assert len(seen.tables[0].columns) == 4


def test_a_model_of_another_framework_is_not_trained_again():
    test = source(rows(300), "test")
    model = Model(memory_ref(test.rows, "model", "net"), "torch", object(), ("good",), lambda batch: np.zeros(1))
    sources = {"source": test, "fit": source(rows(300, seed=4), "validation"), "model": model}
    with pytest.raises(UsageError, match="a model of torch is not trained again"):
        Mitigation(method="reweighing").evaluate(Inputs(id="mitigation", sources=sources))


def test_training_again_needs_columns_and_thresholds_need_scores():
    with pytest.raises(UsageError, match="training again needs the columns"):
        _without(features=(), method="reweighing")
    with pytest.raises(UsageError, match="thresholds are chosen on scores"):
        _without(score=None, threshold=None, prediction="y")


def _without(*, method="threshold_optimizer", **more):
    from dataclasses import replace

    sources = {
        name: replace(source(rows(400, seed), name), **more) for name, seed in (("source", 3), ("fit", 4))
    }  # fmt: skip
    return Mitigation(method=method).evaluate(Inputs(id="mitigation", sources=sources))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.integers(0, 5))
def test_only_open_probabilities_are_drawn_and_the_same_seed_draws_the_same(shares, seed):
    decided, drawn = _draw(np.array(shares), seed)
    again, _ = _draw(np.array(shares), seed)
    assert decided.tolist() == again.tolist()
    assert drawn == sum(1e-9 < share < 1 - 1e-9 for share in shares)
    assert all(one == round(share) for one, share in zip(decided, shares, strict=True) if share in (0.0, 1.0))


def test_weights_make_group_and_outcome_independent():
    rng = np.random.default_rng(2)
    group = rng.integers(0, 3, 900)
    outcome = (rng.random(900) < 0.2 + 0.2 * group).astype(int)
    weights = _independent(group, outcome)
    rates = [weights[(group == g) & (outcome == 1)].sum() / weights[group == g].sum() for g in range(3)]
    assert rates == pytest.approx([outcome.mean()] * 3)
    assert weights.sum() == pytest.approx(900)
