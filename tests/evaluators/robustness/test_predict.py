"""Asking the model: what it refuses is said without a value of the rows."""

import numpy as np
import pandas as pd
import pytest
from tests.evaluators.robustness.support import columns, model, one, rule, run, source, under

from cardwright.errors import SourceError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.robustness import Robustness
from cardwright.record import canonical
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.models import model_from_estimator


def refusing(frame):
    """A model that raises where a value is missing, with the value's neighbour in its words."""
    if frame.isna().any().any():
        raise ValueError(f"bad row near {frame['a'].iloc[0]}")
    if not frame["kind"].isin(["p", "q", "r"]).all():
        raise KeyError(frame["kind"].iloc[0])
    return rule(frame)


def test_a_model_that_refuses_missing_values_says_so_and_repeats_no_value():
    """The refusal is a finding; the numbers are unmeasured with the reason; no word of the model's error is printed."""
    data = columns()
    evaluation = run(source(data), model(refusing), noise=[0.1])
    for metric in ("accuracy_drop", "balanced_accuracy_drop", "roc_auc_drop", "decision_flip_rate"):
        refused = under(evaluation, metric, "missing 0.1")
        assert isinstance(refused, Unmeasured) and refused.code == "undefined"
        assert refused.reason.startswith("The model refuses missing values") and "ValueError" in refused.reason
    assert {"refuses_missing", "refuses_unseen"} <= {finding.key for finding in evaluation.findings}
    assert str(data["a"][0])[:6].encode() not in canonical.dumps(evaluation)
    largest = one(evaluation, "largest_accuracy_drop")
    assert (largest.groups.compared, largest.groups.expected) == (2, 4)


def test_scikit_learns_own_refusal_is_caught_too():
    from sklearn.linear_model import LogisticRegression

    data = columns()
    names = ["a", "b", "flag"]
    frame = pd.DataFrame({name: data[name] for name in names})
    fitted = LogisticRegression().fit(frame, data["y"])
    made = model_from_estimator(fitted, favourable=1)
    data["p"] = fitted.predict_proba(frame)[:, 1]
    evaluation = run(source(data), made)
    assert isinstance(under(evaluation, "accuracy_drop", "missing 0.1"), Unmeasured)
    assert isinstance(under(evaluation, "accuracy_drop", "noise 0.1"), Measured)
    assert any("unseen" in n.what and "strings" in n.why for n in evaluation.coverage.not_tested)


def test_a_model_that_answers_with_nothing_finite_is_refused_for_that_perturbation_alone():
    def overflowing(frame):
        found = rule(frame)
        return np.where(frame["a"].to_numpy(float) > 10_000, np.nan, found)

    evaluation = run(source(), model(overflowing), units={"a": [1000]}, missing=[])
    refused = under(evaluation, "accuracy_drop", "a x 1000")
    assert isinstance(refused, Unmeasured) and "not finite" in refused.reason


def test_a_model_that_cannot_predict_the_rows_as_they_are_is_an_error_without_values():
    def broken(frame):
        raise RuntimeError(f"row {frame['a'].iloc[0]}")

    with pytest.raises(SourceError, match=r"as they are \(RuntimeError\)") as caught:
        Robustness().evaluate(Inputs(id="r", sources={"source": source(), "model": model(broken)}))
    assert str(columns()["a"][0])[:6] not in str(caught.value)
