"""Models in Python's memory: estimators and functions."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tests.sources.models.test_skops_files import BATCH, FRAME, Y, fitted

from cardwright.errors import SourceError, UsageError
from cardwright.sources.models import model_from_callable, model_from_estimator


def test_an_estimator_in_python():
    """A fitted estimator is a model as it is, with the digest of its pickle."""
    native = fitted(LogisticRegression())
    model = model_from_estimator(native, favourable=1)
    np.testing.assert_array_equal(model.predict(BATCH), native.predict_proba(FRAME)[:, 1])
    assert model.ref.sha256 == model_from_estimator(native).ref.sha256
    assert model.ref.sha256 != model_from_estimator(fitted(LogisticRegression(C=9))).ref.sha256
    native.hook = lambda: None
    with pytest.raises(UsageError, match="Pass `sha256`"):
        model_from_estimator(native)
    assert model_from_estimator(native, sha256="0" * 64).ref.sha256 == "0" * 64


def test_a_callable_in_python():
    """Any function of a frame or a matrix is a model; its shape and its range are checked."""
    model = model_from_callable(lambda frame: frame["age"] / 100, ["age", "income"])
    np.testing.assert_array_equal(model.predict(BATCH), FRAME["age"] / 100)
    matrix = model_from_callable(lambda x: x[:, 1], ["age", "income"], task="regression", takes="matrix")
    np.testing.assert_array_equal(matrix.predict(BATCH), FRAME["income"])
    several = model_from_callable(lambda x: np.eye(2)[Y], ["age"], task="multiclass", classes=[0, 1], takes="matrix")
    assert several.predict(BATCH).shape == (8, 2)
    assert several.classes == ("0", "1")
    with pytest.raises(SourceError, match="outside \\[0, 1\\]"):
        model_from_callable(lambda frame: frame["age"], ["age"]).predict(BATCH)
    with pytest.raises(SourceError, match=r"gives shape \(3,\) where \(8,\) is expected"):
        model_from_callable(lambda frame: [0.1, 0.2, 0.3], ["age"]).predict(BATCH)
    with pytest.raises(UsageError, match="Pass `features`"):
        model_from_callable(lambda frame: frame, [])
    with pytest.raises(UsageError, match="needs `classes`"):
        model_from_callable(lambda frame: frame, ["age"], task="multiclass")
