"""LightGBM: the text format predicts as the fitted model does, column names with blanks included."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

lightgbm = pytest.importorskip("lightgbm", reason="LightGBM models need the lightgbm extra")

from cardwright.errors import SourceError, UsageError
from cardwright.sources.models import load_model, save_model

RNG = np.random.default_rng(8)
FRAME = pd.DataFrame(
    {
        "annual income": RNG.normal(size=300),
        "job": RNG.choice(["a", "b", "c"], 300),
        "years": RNG.integers(0, 9, 300),
    }
)
Y = np.where(FRAME["annual income"] + (FRAME["job"] == "a") + RNG.normal(size=300) > 0.3, "good", "bad")
FITTED = FRAME.astype({"job": "category"})
BATCH = pa.RecordBatch.from_pandas(FRAME.assign(y=Y), preserve_index=False)
# One job: else it counts cores, and warns where a bare root does not tell them.
FEW = {"n_estimators": 5, "verbose": -1, "n_jobs": 1}


@pytest.fixture
def saved(tmp_path):
    def save(native):
        file = save_model(native)
        (tmp_path / file.name).write_bytes(file.data)
        return tmp_path / file.name, file.classes

    return save


def test_a_column_with_a_blank_is_found_although_the_format_writes_an_underscore(saved):
    native = lightgbm.LGBMClassifier(**FEW).fit(FITTED, Y)
    path, classes = saved(native)
    assert classes == ("bad", "good")
    model = load_model(path, classes=classes, favourable="good", columns=BATCH.schema.names)
    assert model.features == ("annual income", "job", "years")
    np.testing.assert_allclose(model.predict(BATCH), native.predict_proba(FITTED)[:, 1], rtol=1e-12)
    named = load_model(path, ["job", "years", "annual income"], classes=classes, favourable="bad")
    np.testing.assert_allclose(named.predict(BATCH), native.predict_proba(FITTED)[:, 0], rtol=1e-12)


def test_two_columns_that_the_format_cannot_tell_apart_are_an_error(saved):
    path, classes = saved(lightgbm.LGBMClassifier(**FEW).fit(FITTED, Y))
    with pytest.raises(SourceError, match="are one feature to the model's format"):
        load_model(path, classes=classes, columns=["annual income", "annual\tincome", "job", "years"])


def test_several_classes_and_numbers(saved):
    native = lightgbm.LGBMClassifier(**FEW).fit(FITTED, np.arange(300) % 3)
    path, classes = saved(native)
    model = load_model(path, classes=classes, task="multiclass", columns=BATCH.schema.names)
    np.testing.assert_allclose(model.predict(BATCH), native.predict_proba(FITTED), rtol=1e-12)
    value = lightgbm.LGBMRegressor(**FEW).fit(FITTED, FRAME["years"])
    found = load_model(saved(value)[0], columns=BATCH.schema.names).predict(BATCH)
    np.testing.assert_allclose(found, value.predict(FITTED), rtol=1e-12)


def test_the_labels_are_the_numbers_where_nobody_names_them(saved):
    path, _ = saved(lightgbm.LGBMClassifier(**FEW).fit(FITTED, Y))
    assert load_model(path, columns=BATCH.schema.names).classes == ("0", "1")
    with pytest.raises(SourceError, match="Write `classes:"):
        load_model(path, favourable="good", columns=BATCH.schema.names)


def test_a_loss_of_ones_own_puts_out_margins(saved):
    def loss(predictions, data):
        chance = 1 / (1 + np.exp(-predictions))
        return chance - data.get_label(), chance * (1 - chance)

    data = lightgbm.Dataset(FRAME[["years", "annual income"]], (Y == "good").astype(int))
    native = lightgbm.train({"objective": loss, "verbose": -1}, data, 5)
    path, _ = saved(native)
    found = load_model(path, task="binary", favourable="1", columns=BATCH.schema.names).predict(BATCH)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-native.predict(FRAME[["years", "annual income"]]))), rtol=1e-12)


def test_a_model_fitted_on_an_array_reads_the_features_that_the_plan_names(saved):
    native = lightgbm.LGBMClassifier(**FEW).fit(FRAME[["years", "annual income"]].to_numpy(), Y)
    path, classes = saved(native)
    model = load_model(path, ["years", "annual income"], classes=classes)
    expected = native.booster_.predict(FRAME[["years", "annual income"]].to_numpy())
    np.testing.assert_allclose(model.predict(BATCH), expected, rtol=1e-12)
    with pytest.raises(UsageError, match="does not know the names of its features"):
        load_model(path, classes=classes)


def test_a_category_that_was_not_trained_is_missing_as_it_is_to_lightgbm(saved):
    native = lightgbm.LGBMClassifier(**FEW).fit(FITTED, Y)
    path, classes = saved(native)
    strange = pa.RecordBatch.from_pandas(FRAME.assign(job="z"), preserve_index=False)
    missing = FITTED.assign(job=pd.Categorical([None] * 300, categories=["a", "b", "c"]))
    found = load_model(path, classes=classes, columns=BATCH.schema.names).predict(strange)
    np.testing.assert_allclose(found, native.predict_proba(missing)[:, 1], rtol=1e-12)


def test_columns_that_are_categories_no_more_are_refused(saved):
    path, classes = saved(lightgbm.LGBMClassifier(**FEW).fit(FITTED.assign(land=FITTED["job"]), Y))
    numbers = pa.RecordBatch.from_pandas(FRAME.assign(job=1.0, land="a"), preserve_index=False)
    with pytest.raises(SourceError, match='"job" was trained as words, and holds the other here'):
        load_model(path, classes=classes, columns=numbers.schema.names).predict(numbers)


def test_words_for_a_column_of_numbers_are_refused(saved):
    path, classes = saved(lightgbm.LGBMClassifier(**FEW).fit(FITTED, Y))
    words = pa.RecordBatch.from_pandas(FRAME.assign(years="many"), preserve_index=False)
    with pytest.raises(SourceError, match=r'feature "years" holds (large_)?string'):
        load_model(path, classes=classes, columns=words.schema.names).predict(words)


@pytest.mark.parametrize("content", [b"x", b"tree\nversion=v4\n", b"\xff\xfe", b"tree\nend of trees\n"])
def test_a_file_that_is_cut_off_or_no_model_is_refused(tmp_path, saved, content):
    (tmp_path / "other.txt").write_bytes(content)
    with pytest.raises(SourceError, match="not a whole text file of a LightGBM model"):
        load_model(tmp_path / "other.txt")
    path, _ = saved(lightgbm.LGBMClassifier(**FEW).fit(FITTED, Y))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(SourceError, match="not a whole text file of a LightGBM model"):
        load_model(path)


def test_an_unfitted_model_is_not_saved():
    with pytest.raises(UsageError, match="Fit it first"):
        save_model(lightgbm.LGBMClassifier())
