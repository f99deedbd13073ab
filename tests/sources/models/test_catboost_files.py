"""CatBoost: `.cbm` predicts as the fitted model does, under the labels and names that it keeps."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

catboost = pytest.importorskip("catboost", reason="CatBoost models need the catboost extra")

from cardwright.errors import SourceError, UsageError
from cardwright.sources.models import load_model, save_model

RNG = np.random.default_rng(9)
FRAME = pd.DataFrame(
    {
        "annual income": RNG.normal(size=200),
        "job": RNG.choice(["a", "b", "c"], 200).astype(object),
        "years": RNG.integers(0, 9, 200),
        "code": RNG.integers(0, 3, 200),
    }
)
Y = np.where(FRAME["annual income"] + (FRAME["job"] == "a") + RNG.normal(size=200) > 0.3, "good", "bad")
BATCH = pa.RecordBatch.from_pandas(FRAME.assign(y=Y), preserve_index=False)
FEW = {"iterations": 5, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
WORDS = ["job", "code"]


@pytest.fixture
def saved(tmp_path):
    def save(native):
        file = save_model(native)
        (tmp_path / file.name).write_bytes(file.data)
        return tmp_path / file.name

    return save


@pytest.mark.parametrize("favourable", ["good", "bad", None])
def test_a_classifier_keeps_its_labels_and_its_categories(saved, favourable):
    native = catboost.CatBoostClassifier(**FEW, cat_features=WORDS).fit(FRAME, Y)
    model = load_model(saved(native), favourable=favourable)
    assert (model.framework, model.features, model.classes) == ("catboost", tuple(FRAME.columns), ("bad", "good"))
    column = 0 if favourable == "bad" else 1
    np.testing.assert_allclose(model.predict(BATCH), native.predict_proba(FRAME)[:, column], rtol=1e-12)


def test_codes_that_have_become_doubles_are_the_same_categories(saved):
    native = catboost.CatBoostClassifier(**FEW, cat_features=WORDS).fit(FRAME, Y)
    doubles = pa.RecordBatch.from_pandas(FRAME.astype({"code": float}), preserve_index=False)
    np.testing.assert_allclose(
        load_model(saved(native)).predict(doubles), native.predict_proba(FRAME)[:, 1], rtol=1e-12
    )


def test_several_classes_numbers_and_counts(saved):
    native = catboost.CatBoostClassifier(**FEW, cat_features=WORDS).fit(FRAME, np.arange(200) % 3)
    np.testing.assert_allclose(load_model(saved(native)).predict(BATCH), native.predict_proba(FRAME), rtol=1e-12)
    for loss in ("RMSE", "Poisson"):
        value = catboost.CatBoostRegressor(**FEW, cat_features=WORDS, loss_function=loss).fit(FRAME, FRAME["years"])
        np.testing.assert_allclose(load_model(saved(value)).predict(BATCH), value.predict(FRAME), rtol=1e-12)


def test_a_model_fitted_on_an_array_reads_the_features_that_the_plan_names(saved):
    native = catboost.CatBoostClassifier(**FEW).fit(FRAME[["years", "annual income"]].to_numpy(), Y)
    path = saved(native)
    expected = native.predict_proba(FRAME[["years", "annual income"]].to_numpy())[:, 1]
    np.testing.assert_allclose(load_model(path, ["years", "annual income"]).predict(BATCH), expected, rtol=1e-12)
    with pytest.raises(UsageError, match="does not know the names of its features"):
        load_model(path)


def test_a_missing_category_is_a_word_of_its_own(saved):
    gaps = FRAME.assign(job=[None if i % 5 == 0 else v for i, v in enumerate(FRAME["job"])])
    native = catboost.CatBoostClassifier(**FEW, cat_features=WORDS).fit(gaps.fillna({"job": "nan"}), Y)
    batch = pa.RecordBatch.from_pandas(gaps, preserve_index=False)
    expected = native.predict_proba(gaps.fillna({"job": "nan"}))[:, 1]
    np.testing.assert_allclose(load_model(saved(native)).predict(batch), expected, rtol=1e-12)


def test_other_labels_and_several_outcomes_are_refused(saved):
    native = catboost.CatBoostClassifier(**FEW, cat_features=WORDS).fit(FRAME, Y)
    with pytest.raises(SourceError, match=r'"god" is not among the classes of the model. Did you mean "good"'):
        load_model(saved(native), favourable="god")
    both = catboost.CatBoostRegressor(**FEW, loss_function="MultiRMSE").fit(FRAME[["years"]], FRAME[["years", "code"]])
    with pytest.raises(SourceError, match="several outcomes at once"):
        load_model(saved(both))


def test_a_file_that_is_cut_off_or_no_model_is_refused(tmp_path, saved):
    path = saved(catboost.CatBoostClassifier(**FEW).fit(FRAME[["years"]], Y))
    for content in (path.read_bytes()[:300], b"x", b"CBM1"):
        path.write_bytes(content)
        with pytest.raises(SourceError, match="cannot load the file"):
            load_model(path)


def test_an_unfitted_model_is_not_saved():
    with pytest.raises(UsageError, match="not fitted"):
        save_model(catboost.CatBoostClassifier())
