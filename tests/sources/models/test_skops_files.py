"""scikit-learn models as data: what skops does not know is named, a pickle never loads, features and classes have to fit."""

import pickle
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from cardwright.errors import SourceError, UnsafeError, UsageError
from cardwright.sources.models import load_model, save_model

FRAME = pd.DataFrame(
    {
        "age": [20, 30, 40, 50, 60, 70, 25, 35],
        "income": [1.0, 2.5, 3.0, 0.5, 4.0, 2.0, 1.5, 3.5],
        "job": ["a", "b", "a", "c", "b", "a", "c", "b"],
        "employed": [True, False, True, True, False, True, False, True],
    }
)
Y = np.array([0, 0, 1, 0, 1, 1, 0, 1])
BATCH = pa.RecordBatch.from_pandas(FRAME.assign(y=Y), preserve_index=False)


def fitted(estimator, y=Y):
    encode = ColumnTransformer([("job", OneHotEncoder(), ["job"])], remainder="passthrough")
    return make_pipeline(encode, StandardScaler(), estimator).fit(FRAME, y)


def double(values):
    """A function of this test, which skops does not know."""
    return values * 2


@pytest.fixture
def saved(tmp_path):
    def save(model, name="model.skops"):
        skops.io.dump(model, tmp_path / name)
        return tmp_path / name

    return save


def test_a_pipeline_with_words_predicts_from_arrow_as_from_pandas(saved):
    """A pipeline with an encoder of words gives the same probabilities from Arrow batches as from the frame it was fitted on."""
    native = fitted(LogisticRegression())
    model = load_model(saved(native), task="binary", favourable="1", where="models/model.skops")
    assert model.framework == "sklearn"
    assert model.features == ("age", "income", "job", "employed")
    assert model.classes == ("0", "1")
    np.testing.assert_array_equal(model.predict(BATCH), native.predict_proba(FRAME)[:, 1])
    assert (model.ref.kind, model.ref.format, model.ref.path) == ("model", "skops", "models/model.skops")
    pd.testing.assert_frame_equal(model.to_matrix(BATCH), FRAME, check_dtype=False)


def test_the_score_is_that_of_the_favourable_class(saved):
    """The score is the probability of the favourable class, whichever column it has; of the second where none is named."""
    native = fitted(LogisticRegression(), np.where(Y == 1, "good", "poor"))
    path = saved(native)
    good = load_model(path, favourable="good").predict(BATCH)
    np.testing.assert_array_equal(good, native.predict_proba(FRAME)[:, 0])
    np.testing.assert_array_equal(load_model(path).predict(BATCH), native.predict_proba(FRAME)[:, 1])
    with pytest.raises(SourceError, match=r'"god" is not among the classes of the model. Did you mean "good"'):
        load_model(path, favourable="god")


def test_several_classes_and_numbers(saved):
    """Several classes give a column each, in the model's order; a regressor gives its values."""
    native = fitted(LogisticRegression(), np.array(["c", "a", "b", "a", "b", "c", "a", "b"]))
    model = load_model(saved(native), task="multiclass")
    assert model.classes == ("a", "b", "c")
    np.testing.assert_array_equal(model.predict(BATCH), native.predict_proba(FRAME))
    regressor = fitted(LinearRegression(), FRAME["income"].to_numpy())
    np.testing.assert_allclose(load_model(saved(regressor)).predict(BATCH), FRAME["income"])


def test_a_model_without_probabilities_gives_its_decisions(saved):
    """A classifier that has no probabilities gives 1.0 for what it decides on and 0.0 for the rest."""
    native = fitted(LinearSVC())
    expected = (native.predict(FRAME) == 1).astype(float)
    np.testing.assert_array_equal(load_model(saved(native), favourable="1").predict(BATCH), expected)


def test_a_model_fitted_on_an_array_reads_the_features_in_their_order(saved):
    """A model that knows no names reads the columns that the plan names, as doubles; truth values are 0 and 1."""
    native = LogisticRegression().fit(FRAME[["age", "employed"]].to_numpy(dtype=float), Y)
    path = saved(native)
    model = load_model(path, ["age", "employed"])
    expected = native.predict_proba(FRAME[["age", "employed"]].to_numpy(dtype=float))[:, 1]
    np.testing.assert_allclose(model.predict(BATCH), expected, rtol=1e-12)
    with pytest.raises(UsageError, match="does not know the names of its features"):
        load_model(path)
    with pytest.raises(SourceError, match="the model reads 2 features, and 1 are named"):
        load_model(path, ["age"])
    with pytest.raises(SourceError, match=r'feature "job" holds (large_)?string, and the model reads numbers'):
        load_model(path, ["age", "job"]).predict(BATCH)


def test_features_have_to_be_those_of_the_training(saved):
    """Features that the model was not trained with, and missing ones, are refused; their order does not matter."""
    path = saved(fitted(LogisticRegression()))
    assert load_model(path, ["job", "employed", "income", "age"]).features == ("age", "income", "job", "employed")
    with pytest.raises(SourceError, match=r'not trained with the feature "incone". Did you mean "income"'):
        load_model(path, ["age", "incone", "job", "employed"])
    with pytest.raises(SourceError, match='was trained with "job"'):
        load_model(path, ["age", "income", "employed"])


def test_the_task_has_to_fit(saved):
    """A classifier is no regressor, and a model of three classes is not binary."""
    with pytest.raises(SourceError, match="tells 2 classes apart, and the task is regression"):
        load_model(saved(fitted(LogisticRegression())), task="regression")
    three = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    with pytest.raises(SourceError, match="tells 3 classes apart, and the task is binary"):
        load_model(saved(fitted(LogisticRegression(), three)), task="binary")
    with pytest.raises(SourceError, match="predicts a number, and the task is binary"):
        load_model(saved(fitted(LinearRegression())), task="binary")


def test_what_is_no_fitted_estimator_is_refused(saved):
    """A thing that cannot predict, and an estimator that was never fitted, are refused."""
    with pytest.raises(SourceError, match="a dict cannot predict"):
        load_model(saved({"a": 1}), ["age"])
    with pytest.raises(SourceError, match="not fitted"):
        load_model(saved(LogisticRegression()), ["age"])


def test_rows_that_a_model_refuses_are_told_by_what_stands_out_in_them(saved):
    """A missing cell and a column of text are named, never a value; an attribute that is not there speaks of another version."""
    native = LogisticRegression().fit(FRAME[["age"]], Y)
    model = load_model(saved(native))
    with pytest.raises(SourceError, match='Missing cells: "age" \\(1 of 2\\)') as stopped:
        model.predict(pa.record_batch({"age": [30.0, None]}))
    assert "30" not in str(stopped.value)
    del model.native.coef_
    with pytest.raises(SourceError, match="saved by another version of its library"):
        model.predict(pa.record_batch({"age": [30.0, 31.0]}))


def test_types_that_nobody_trusted_are_named_with_the_line_to_write(saved):
    """A model that needs a type which skops does not know loads only where a person has named that type."""
    native = make_pipeline(FunctionTransformer(double), RandomForestClassifier(2, random_state=0)).fit(
        FRAME[["age"]], Y
    )
    path = saved(native)
    kinds = skops.io.get_untrusted_types(file=path)
    assert kinds
    with pytest.raises(UnsafeError) as caught:
        load_model(path, where="model.skops")
    assert caught.value.exit_code == 3
    assert f"trusted: [{', '.join(sorted(kinds))}]" in str(caught.value)
    with pytest.raises(UnsafeError):
        load_model(path, trusted=["another.Type"])
    model = load_model(path, trusted=kinds)
    assert model.trusted_types == tuple(sorted(kinds))
    np.testing.assert_array_equal(model.predict(BATCH), native.predict_proba(FRAME[["age"]])[:, 1])


class Bomb:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (Path(self.path),))


@pytest.mark.parametrize("name", ["model.pkl", "model.pickle", "model.joblib", "model.skops"])
def test_a_pickle_never_loads(tmp_path, name):
    """A pickle is refused by its ending, and under a safe ending by its content; what it holds never runs."""
    trace = tmp_path / "trace"
    (tmp_path / name).write_bytes(pickle.dumps(Bomb(str(trace))))
    with pytest.raises(SourceError if name.endswith("skops") else UnsafeError) as caught:
        load_model(tmp_path / name)
    assert "skops.io.dump" in str(caught.value)
    assert not trace.exists()
    joblib.dump(Bomb(str(trace)), tmp_path / name)
    with pytest.raises((SourceError, UnsafeError)):
        load_model(tmp_path / name)
    assert not trace.exists()


def test_a_file_that_is_missing_cut_off_or_unknown(tmp_path, saved):
    """A model that is missing, cut off, empty or of another format is refused with what to do."""
    path = saved(fitted(LogisticRegression()))
    with pytest.raises(SourceError, match=r'no such file. Did you mean "model.skops"'):
        load_model(tmp_path / "modle.skops")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(SourceError, match="not a whole skops file"):
        load_model(path)
    path.write_bytes(b"")
    with pytest.raises(SourceError, match="the file is empty"):
        load_model(path)
    (tmp_path / "model.keras").write_bytes(b"x")
    with pytest.raises(SourceError, match=r'the ending ".keras". Export it to ONNX'):
        load_model(tmp_path / "model.keras")


def test_numbers_that_are_not_finite_are_refused(saved):
    """A model whose output is not finite is an error, not a number."""
    native = LinearRegression().fit(FRAME[["age"]], Y)
    native.coef_ = np.array([np.inf])
    with pytest.raises(SourceError, match="puts out 8 numbers that are not finite"):
        load_model(saved(native)).predict(BATCH)


def test_a_saved_forest_names_the_type_that_the_plan_has_to_trust_and_is_read_again(tmp_path):
    saved = save_model(fitted(RandomForestClassifier(3, random_state=0)))
    assert "sklearn.tree._tree.Tree" in saved.trusted
    path = tmp_path / saved.name
    path.write_bytes(saved.data)
    assert load_model(path, trusted=saved.trusted).features == tuple(FRAME.columns)


def test_a_model_that_holds_a_type_of_the_caller_is_saved_only_if_the_caller_trusts_it():
    own = make_pipeline(FunctionTransformer(double), LogisticRegression()).fit(FRAME[["age"]], Y)
    with pytest.raises(UnsafeError, match="double"):
        save_model(own)
    trusted = [f"{double.__module__}.double"]
    assert save_model(own, trusted=trusted).trusted == tuple(trusted)
