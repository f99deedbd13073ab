"""XGBoost: JSON and UBJSON predict as the fitted model does, and what does not fit says why."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

xgboost = pytest.importorskip("xgboost", reason="XGBoost models need the xgboost extra")

from cardwright.errors import SourceError
from cardwright.sources.models import load_model, save_model

RNG = np.random.default_rng(7)
FRAME = pd.DataFrame(
    {
        "annual income": RNG.normal(size=200),
        "job": RNG.choice(["a", "b", "c"], 200),
        "years": RNG.integers(0, 9, 200),
        "employed": RNG.random(200) < 0.5,
    }
)
Y = (FRAME["annual income"] + (FRAME["job"] == "a") + RNG.normal(size=200) > 0.3).astype(int).to_numpy()
FITTED = FRAME.astype({"job": "category"})
BATCH = pa.RecordBatch.from_pandas(FRAME.assign(y=Y), preserve_index=False)
FEW = {"n_estimators": 5, "enable_categorical": True}


@pytest.fixture
def saved(tmp_path):
    def save(native, **said):
        file = save_model(native, **said)
        (tmp_path / file.name).write_bytes(file.data)
        return tmp_path / file.name

    return save


@pytest.mark.parametrize("ending", ["json", "ubj"])
def test_both_formats_predict_from_arrow_as_the_fitted_model_does(tmp_path, ending):
    native = xgboost.XGBClassifier(**FEW).fit(FITTED, Y)
    native.save_model(tmp_path / f"model.{ending}")
    model = load_model(tmp_path / f"model.{ending}", task="binary", favourable="1")
    assert (model.framework, model.features, model.classes) == ("xgboost", tuple(FRAME.columns), ("0", "1"))
    np.testing.assert_array_equal(model.predict(BATCH), native.predict_proba(FITTED)[:, 1].astype(float))


def test_the_score_is_that_of_the_favourable_class_under_the_labels_of_the_plan(saved):
    native = xgboost.XGBClassifier(**FEW).fit(FITTED, Y)
    path = saved(native)
    model = load_model(path, classes=["good", "poor"], favourable="good")
    np.testing.assert_allclose(model.predict(BATCH), native.predict_proba(FITTED)[:, 0], atol=1e-7)
    with pytest.raises(
        SourceError, match=r"not among the classes of the model\. Write `classes: \[first, second, …\]`"
    ):
        load_model(path, favourable="good")
    with pytest.raises(SourceError, match="tells 2 classes apart, and `classes:` names 3"):
        load_model(path, classes=["a", "b", "c"])


def test_several_classes_and_numbers(saved):
    three = xgboost.XGBClassifier(**FEW).fit(FITTED, np.arange(200) % 3)
    model = load_model(saved(three), task="multiclass")
    assert model.classes == ("0", "1", "2")
    np.testing.assert_allclose(model.predict(BATCH), three.predict_proba(FITTED), atol=1e-6)
    hard = xgboost.XGBClassifier(**FEW, objective="multi:softmax").fit(FITTED, np.arange(200) % 3)
    np.testing.assert_array_equal(load_model(saved(hard)).predict(BATCH).argmax(axis=1), hard.predict(FITTED))
    value = xgboost.XGBRegressor(**FEW).fit(FITTED, FRAME["years"])
    np.testing.assert_allclose(load_model(saved(value)).predict(BATCH), value.predict(FITTED), rtol=1e-6)


@pytest.mark.parametrize("objective", ["binary:logitraw", "binary:logistic"])
def test_margins_become_probabilities(saved, objective):
    native = xgboost.XGBClassifier(**FEW, objective=objective).fit(FITTED, Y)
    margin = native.get_booster().predict(xgboost.DMatrix(FITTED, enable_categorical=True), output_margin=True)
    found = load_model(saved(native), favourable="1").predict(BATCH)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-margin.astype(float))), rtol=1e-6)


def test_a_model_fitted_on_an_array_reads_the_features_that_the_plan_names(saved):
    native = xgboost.XGBClassifier(n_estimators=3).fit(FRAME[["years", "annual income"]].to_numpy(), Y)
    path = saved(native)
    model = load_model(path, ["years", "annual income"])
    expected = native.predict_proba(FRAME[["years", "annual income"]].to_numpy())[:, 1]
    np.testing.assert_allclose(model.predict(BATCH), expected, atol=1e-7)
    with pytest.raises(SourceError, match="reads 2 features, and 1 are named"):
        load_model(path, ["years"])


def test_codes_as_categories_and_a_missing_category(saved):
    codes = FRAME.assign(job=pd.Categorical(np.where(FRAME["job"] == "a", 7, 3)))
    native = xgboost.XGBClassifier(**FEW).fit(codes, Y)
    batch = pa.RecordBatch.from_pandas(codes.astype({"job": "Int64"}), preserve_index=False)
    model = load_model(saved(native))
    np.testing.assert_allclose(model.predict(batch), native.predict_proba(codes)[:, 1], atol=1e-7)
    gaps = codes.assign(job=codes["job"].where(np.arange(200) % 4 > 0))
    batch = pa.RecordBatch.from_pandas(gaps.astype({"job": "Int64"}), preserve_index=False)
    np.testing.assert_allclose(model.predict(batch), native.predict_proba(gaps)[:, 1], atol=1e-7)


def test_missing_numbers_stay_missing(saved):
    native = xgboost.XGBClassifier(**FEW).fit(FITTED, Y)
    gaps = FRAME.astype({"years": "Int64"}).assign(years=[None, *FRAME["years"][1:]])
    gaps["annual income"] = [None if i % 7 == 0 else v for i, v in enumerate(FRAME["annual income"])]
    batch = pa.RecordBatch.from_pandas(gaps, preserve_index=False)
    expected = native.predict_proba(gaps.astype({"job": "category", "years": float, "annual income": float}))[:, 1]
    np.testing.assert_allclose(load_model(saved(native)).predict(batch), expected, atol=1e-7)


def test_a_category_that_was_not_trained_and_a_word_for_a_number_are_refused_without_quoting_it(saved):
    model = load_model(saved(xgboost.XGBClassifier(**FEW).fit(FITTED, Y)))
    for word in ("Jane Roe", "aa", "z"):  # xgboost itself refuses "z" alone, and takes the others for "a"
        strange = pa.RecordBatch.from_pandas(FRAME.assign(job=word), preserve_index=False)
        with pytest.raises(
            SourceError, match=r'"job" holds, in 200 rows, a category that the model was not trained'
        ) as caught:
            model.predict(strange)
        assert "Jane" not in str(caught.value)
    words = pa.RecordBatch.from_pandas(FRAME.assign(years="many"), preserve_index=False)
    with pytest.raises(SourceError, match=r'feature "years" holds (large_)?string'):
        model.predict(words)


def test_a_file_that_is_cut_off_or_no_model_is_refused(tmp_path, saved):
    path = saved(xgboost.XGBClassifier(**FEW).fit(FITTED, Y))
    for content in (path.read_bytes()[:500], b'{"a": 1}', b"x", b'{"learner": {}, "version": [99, 0, 0]}'):
        for name in ("model.json", "model.ubj"):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(SourceError, match="cannot load the file"):
                load_model(tmp_path / name)


def test_an_unfitted_model_is_not_saved():
    from cardwright.errors import UsageError

    with pytest.raises(UsageError, match="Fit it first"):
        save_model(xgboost.XGBClassifier())
