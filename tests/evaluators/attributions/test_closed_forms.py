"""Sums of coefficients and trees are explained exactly, in the space they add up in or as a probability; else the reason is said."""

import itertools
import math

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("shap", reason="attributions need the tabular extra")

from cardwright.evaluators.attributions.closed_forms import MARGIN, Way, booster_trees, known_columns, linear, trees
from cardwright.evaluators.attributions.explain import explain
from cardwright.sources.models import load_model, model_from_estimator, save_model

RNG = np.random.default_rng(0)
NAMES = ("a", "b", "c")
TRAINING = RNG.normal(size=(300, 3))
CHANCES = 1 / (1 + np.exp(-(1.5 * TRAINING[:, 0] - TRAINING[:, 1])))
LABELS = (RNG.random(300) < CHANCES).astype(int)
ROWS = pa.record_batch(dict(zip(NAMES, RNG.normal(size=(3, 12)), strict=True)))
BEHIND = pa.record_batch(dict(zip(NAMES, RNG.normal(size=(3, 8)), strict=True)))


def shapley(of, rows=ROWS, behind=BEHIND):
    """Shapley's values by their definition: over every set of features, the mean output with the others from the background."""
    width = rows.num_columns
    matrix, back = (np.column_stack([batch.column(i).to_numpy() for i in range(width)]) for batch in (rows, behind))

    def worth(inside):
        found = np.zeros(len(matrix))
        for one in back:
            mixed = np.where(np.isin(np.arange(width), inside), matrix, one)
            found += of(pa.RecordBatch.from_arrays([pa.array(c) for c in mixed.T], names=rows.schema.names))
        return found / len(back)

    values = np.zeros((len(matrix), width))
    for feature in range(width):
        others = [other for other in range(width) if other != feature]
        for size in range(width):
            weight = math.factorial(size) * math.factorial(width - size - 1) / math.factorial(width)
            for inside in itertools.combinations(others, size):
                values[:, feature] += weight * (worth([*inside, feature]) - worth(list(inside)))
    return values


def logistic():
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def forest():
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=5, max_depth=3, random_state=0)


def boosting():
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(n_estimators=5, max_depth=2, random_state=0)


def log_odds(model, column):
    """Of the class in `column`, of any rows; a callable's probability is that of the favourable class, here the second."""

    def of(batch):
        chance = np.asarray(model.predict(batch))
        found = np.log(chance / (1 - chance))
        return found if column == 1 else -found

    return of


def probability(model, column):
    return lambda batch: model.predict(batch) if column == 1 else 1 - model.predict(batch)


@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize(
    ("make", "as_probability", "method", "output", "of"),
    [
        (logistic, False, "linear", "log_odds", log_odds),
        (logistic, True, "exact", "probability", probability),
        (forest, False, "tree", "probability", probability),
        (forest, True, "tree", "probability", probability),
        (boosting, False, "tree", "margin", log_odds),
        (boosting, True, "exact", "probability", probability),
    ],
    ids=[
        "linear-auto",
        "linear-probability",
        "forest-auto",
        "forest-probability",
        "boosting-auto",
        "boosting-probability",
    ],
)
def test_values_are_those_of_shapleys_definition_for_either_class(make, as_probability, method, output, of, column):
    model = model_from_estimator(make().fit(TRAINING, LABELS), NAMES, favourable=1)
    classes = {"column": column} if method != "exact" else {"column": 1}
    found = explain(model, ROWS, BEHIND, method="auto", steps=8, seed=0, probability=as_probability, **classes)
    assert (found.method, found.output) == (method, output)
    np.testing.assert_allclose(found.values, shapley(of(model, classes["column"])), atol=1e-6)
    assert found.residuals.max() < 1e-6


@pytest.mark.parametrize("method", ["exact", "permutation"])
def test_what_is_known_by_predictions_alone_has_the_same_values_for_three_features(method):
    """Ten permutations of three features, forth and back, come near every order; the exact values need no order."""
    model = model_from_estimator(forest().fit(TRAINING, LABELS), NAMES, favourable=1)
    found = explain(model, ROWS, BEHIND, method=method, column=1, steps=8, seed=0)
    assert (found.method, found.output) == (method, "probability")
    np.testing.assert_allclose(found.values, shapley(model.predict), atol=1e-9 if method == "exact" else 0.02)
    assert found.residuals.max() < 1e-9


def test_a_regression_is_explained_in_its_own_unit():
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import LinearRegression

    target = 1000 * TRAINING[:, 0] - 500 * TRAINING[:, 1]
    for estimator, method in ((LinearRegression(), "linear"), (RandomForestRegressor(5, max_depth=3), "tree")):
        model = model_from_estimator(estimator.fit(TRAINING, target), NAMES)
        found = explain(model, ROWS, BEHIND, method="auto", column=None, steps=8, seed=0)
        assert (found.method, found.output) == (method, "value")
        np.testing.assert_allclose(found.values, shapley(model.predict), atol=1e-6)


def xgboost_file(**said):
    xgboost = pytest.importorskip("xgboost", reason="XGBoost models need the xgboost extra")
    return xgboost.XGBClassifier(n_estimators=5, max_depth=2, n_jobs=1, **said)


def lightgbm_file(**said):
    lightgbm = pytest.importorskip("lightgbm", reason="LightGBM models need the lightgbm extra")
    return lightgbm.LGBMClassifier(n_estimators=5, max_depth=2, n_jobs=1, verbose=-1, **said)


def catboost_file(**said):
    catboost = pytest.importorskip("catboost", reason="CatBoost models need the catboost extra")
    return catboost.CatBoostClassifier(
        iterations=5, depth=2, verbose=0, thread_count=1, allow_writing_files=False, **said
    )


def booster(estimator, labels=LABELS, **said):
    import pandas as pd

    saved = save_model(estimator.fit(pd.DataFrame(TRAINING, columns=NAMES), labels))
    from pathlib import Path

    return load_model(
        Path(saved.name), saved.features, raw=saved.data, classes=saved.classes, output=saved.output, **said
    )


@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize("make", [xgboost_file, lightgbm_file, catboost_file])
def test_a_booster_from_a_file_is_explained_by_its_trees_in_log_odds(make, column):
    model = booster(make(), favourable="1")
    found = explain(model, ROWS, BEHIND, method="auto", column=column, steps=8, seed=0)
    assert (found.method, found.output) == ("tree", "log_odds"), found.passed_over
    np.testing.assert_allclose(found.values, shapley(log_odds(model, column)), atol=1e-4)


def test_a_boosters_probability_is_explained_by_its_predictions():
    model = booster(xgboost_file(), favourable="1")
    found = explain(model, ROWS, BEHIND, method="auto", column=1, steps=8, seed=0, probability=True)
    assert (found.method, found.output) == ("exact", "probability")
    assert found.passed_over == (f"tree: {MARGIN}",)
    np.testing.assert_allclose(found.values, shapley(model.predict), atol=1e-6)


def test_margins_of_several_classes_are_no_probabilities():
    labels = np.digitize(TRAINING[:, 0], [-0.5, 0.5])
    model = booster(xgboost_file(), labels)
    found = booster_trees(model, ROWS, BEHIND, 2)
    assert isinstance(found, Way)
    assert found.output == "margin"
    values, base = found.attribute(0, 12)
    np.testing.assert_allclose(base + values.sum(axis=1), found.of(ROWS), atol=1e-4)
    inside = model_from_estimator(xgboost_file().fit(TRAINING, labels), NAMES)
    said = explain(inside, ROWS, BEHIND, method="auto", column=2, steps=8, seed=0)
    assert (said.method, said.output) == ("exact", "probability")
    assert "do not add up to what it puts out" in said.passed_over[-1]


def test_columns_that_a_pipeline_makes_of_words_are_added_up_for_trees_too():
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    words = RNG.choice(["red", "blue", "green"], 300)
    steps = make_column_transformer((OneHotEncoder(), ["word"]), remainder="passthrough", sparse_threshold=0)
    frame = pd.DataFrame({"word": words, "a": TRAINING[:, 0]})
    model = model_from_estimator(make_pipeline(steps, forest()).fit(frame, (words == "red").astype(int)), favourable=1)
    rows = pa.RecordBatch.from_pandas(frame.iloc[:10], preserve_index=False)
    found = explain(model, rows, rows, method="auto", column=1, steps=8, seed=0)
    assert (found.method, found.values.shape) == ("tree", (10, 2))
    assert np.abs(found.values[:, 0]).mean() > 5 * np.abs(found.values[:, 1]).mean()


def test_each_way_says_why_it_does_not_fit():
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    several = np.digitize(TRAINING[:, 0], [-0.5, 0.5])
    columns = known_columns(model_from_estimator(LogisticRegression().fit(TRAINING, several), NAMES), ROWS, BEHIND)
    assert "each of several classes" in linear(columns, 0)
    neighbours = known_columns(model_from_estimator(KNeighborsClassifier().fit(TRAINING, LABELS), NAMES), ROWS, BEHIND)
    assert linear(neighbours, 1) == "it has no coefficients"
    assert trees(neighbours, 1).startswith("SHAP's TreeExplainer does not read it")
