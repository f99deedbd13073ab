"""Every estimator of scikit-learn is saved, read again, predicts alike and is explained, or says why not."""

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import ClassifierMixin, is_classifier
from sklearn.utils import all_estimators

from cardwright.errors import CardwrightError, SourceError, UsageError
from cardwright.evaluators.attributions.explain import explain
from cardwright.sources.models import load_model, save_model
from cardwright.sources.models.registry import READERS

RNG = np.random.default_rng(3)
FRAME = pd.DataFrame(RNG.random((60, 3)) + 0.1, columns=["a", "b c", "d"])
Y = (FRAME["a"] + 0.2 * RNG.random(60) > 0.65).astype(int).to_numpy()
BATCH = pa.RecordBatch.from_pandas(FRAME, preserve_index=False)
PREDICTING = [pair for kind in ("classifier", "regressor") for pair in all_estimators(kind)]

SEVERAL = {"ClassifierChain", "RegressorChain", "MultiOutputClassifier", "MultiOutputRegressor"}
"""They predict several outcomes at once by what they are."""
SEVERAL |= {"MultiTaskElasticNet", "MultiTaskElasticNetCV", "MultiTaskLasso", "MultiTaskLassoCV"}


def made(kind):
    """An instance with small settings, as quick as it can be."""
    from sklearn.linear_model import LogisticRegression, Ridge

    inner = LogisticRegression() if issubclass(kind, ClassifierMixin) else Ridge()
    small = {
        "n_estimators": 3,
        "max_iter": 50,
        "cv": 2,
        "n_jobs": None,
        "random_state": 0,
        "alphas": 3,
        "n_restarts_optimizer": 0,
    }
    said = {}
    known = kind.__init__.__code__.co_varnames if hasattr(kind.__init__, "__code__") else ()
    for name, value in small.items():
        if name in known and not (name == "alphas" and "Ridge" in kind.__name__):
            said[name] = value
    if "estimators" in known:
        said["estimators"] = [("one", inner), ("two", inner)]
    elif "estimator" in known:
        said["estimator"] = inner
    if "Passive" in kind.__name__ or kind.__name__ == "RANSACRegressor":
        said.pop("estimator", None)
    if kind.__name__ == "OrthogonalMatchingPursuitCV":
        said.pop("max_iter")  # no more than features
    if "n_components" in known and kind.__module__.startswith("sklearn.cross_decomposition"):
        said["n_components"] = 1
    if "param_grid" in known:
        said["param_grid"] = {"fit_intercept": [True, False]}
    if "param_distributions" in known:
        said |= {"param_distributions": {"fit_intercept": [True, False]}, "n_iter": 2}
    return kind(**said)


@pytest.mark.parametrize(("name", "kind"), PREDICTING, ids=[name for name, _ in PREDICTING])
def test_every_estimator_is_saved_read_again_and_explained_or_says_why_not(name, kind, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # estimators that scikit-learn is about to drop
        native = made(kind)
    columns = ["a"] if name == "IsotonicRegression" else ["a", "b c", "d"]
    rows = FRAME[columns]
    outcome = Y if is_classifier(native) else FRAME["a"].to_numpy() * 2 + 1
    if name in SEVERAL:
        outcome = np.column_stack([outcome, outcome[::-1]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sixty rows and fifty steps scikit-learn says what is expected
        native.fit(rows, outcome)
        saved = save_model(native)
        (tmp_path / saved.name).write_bytes(saved.data)
        if name in SEVERAL:
            with pytest.raises(SourceError, match=r"several (outcomes|numbers) at once"):
                load_model(tmp_path / saved.name, trusted=saved.trusted).predict(BATCH)
            return
        model = load_model(tmp_path / saved.name, trusted=saved.trusted, features=columns)
        assert model.features == tuple(columns)
        found = model.predict(BATCH)
        if not is_classifier(native):
            np.testing.assert_allclose(found, np.ravel(native.predict(rows)), rtol=1e-7)
        elif hasattr(native, "predict_proba"):
            np.testing.assert_allclose(found, native.predict_proba(rows)[:, 1], rtol=1e-7)
        else:
            np.testing.assert_array_equal(found, native.predict(rows) == 1)
        batch = BATCH.select(columns)
        column = 1 if is_classifier(native) else None
        explained = explain(model, batch[:6], batch[10:16], method="auto", column=column, steps=8, seed=0)
    assert explained.values.shape == (6, len(columns))
    spread = max(float(np.ptp(explained.outputs)), 1e-3)
    assert explained.residuals.max() <= 0.01 * spread, (explained.method, explained.output)


OTHERS = [pair for kind in ("transformer", "cluster") for pair in all_estimators(kind) if pair not in PREDICTING]


@pytest.mark.parametrize(("name", "kind"), OTHERS, ids=[name for name, _ in OTHERS])
def test_an_estimator_that_predicts_no_outcome_says_so(name, kind, tmp_path):
    from sklearn.linear_model import LogisticRegression

    known = kind.__init__.__code__.co_varnames if hasattr(kind.__init__, "__code__") else ()
    said = {"estimator": LogisticRegression()} if "estimator" in known else {}
    if "transformers" in known:
        said = {"transformers": [("keep", "passthrough", ["a"])]}
    elif "transformer_list" in known:
        said = {"transformer_list": [("keep", "passthrough")]}
    elif "dictionary" in known:
        said = {"dictionary": np.eye(3)}
    try:
        saved = save_model(kind(**said))
    except UsageError as exc:
        assert name == "Birch"  # skops does not know the nodes of its tree
        assert "cannot be saved as a file that runs no code" in str(exc)
        return
    (tmp_path / saved.name).write_bytes(saved.data)
    with pytest.raises(CardwrightError) as caught:
        load_model(tmp_path / saved.name, ["a", "b c", "d"], trusted=saved.trusted)
    assert any(words in str(caught.value) for words in ("cannot predict", "predicts no outcome", "not fitted")), (
        caught.value
    )


def test_the_one_reader_that_claims_a_path_is_the_one_for_its_ending(tmp_path):
    endings = {
        ".skops": "skops",
        ".JSON": "xgboost",
        ".txt": "lightgbm",
        ".cbm": "catboost",
        ".onnx": "onnx",
        ".pt2": "torch",
    }
    for ending, format in endings.items():
        assert [reader.format for reader in READERS if reader.claims(tmp_path / f"model{ending}")] == [format]
    assert [reader.format for reader in READERS if reader.claims(tmp_path)] == ["transformers"]


def test_an_unknown_ending_lists_what_is_read(tmp_path):
    (tmp_path / "model.xyz").write_bytes(b"x")
    with pytest.raises(
        SourceError, match=r'the ending "\.xyz".*XGBoost.*LightGBM.*CatBoost.*ONNX.*torch.*scikit-learn'
    ):
        load_model(tmp_path / "model.xyz")


def test_what_is_no_model_is_not_saved():
    with pytest.raises(UsageError, match="a list is not a fitted model"):
        save_model([1])
