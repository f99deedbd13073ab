"""The door in Python: what is derived from objects is a plan as people write it, and it runs as the command line's."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import yaml
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

from cardwright.dossier.contents import policy_of
from cardwright.errors import CardwrightError, UsageError
from cardwright.plan.assessment import load
from cardwright.plan.derive import PlanOptions, derive
from cardwright.run.prepare import prepare

RNG = np.random.default_rng(7)
N = 120
FRAME = pd.DataFrame(
    {
        "income": RNG.normal(3, 1, N),
        "debt": RNG.normal(1, 0.5, N),
        "sex": np.where(np.arange(N) % 2, "f", "m"),
    }
)
FRAME["approved"] = (FRAME["income"] - FRAME["debt"] + RNG.normal(0, 0.5, N) > 2).astype(int)
FEATURES = ["income", "debt"]
FITTED = LogisticRegression().fit(FRAME[FEATURES], FRAME["approved"])


def derived(folder, data=FRAME, model=FITTED, training=None, details=None, **asked):
    asked = {"label": "approved", "sensitive": ["sex"], "policy": "research"} | asked
    return derive(folder, PlanOptions(**asked), model=model, data=data, training=training, details=details)


def plan_of(folder):
    return yaml.safe_load((folder / "assessment.yaml").read_text())


def prepared(folder):
    return prepare(load(folder), policy_of("research"))


def test_an_estimator_and_a_frame_give_a_plan_whose_predictions_the_model_file_gives_again(tmp_path):
    found = derived(tmp_path, training=FRAME)
    assert prepared(tmp_path).bindings["test"].kind == "recomputed"
    assert found.taken == (
        "favourable: 1 (1 reads as the good outcome of approved)",
        "threshold: 0.5 (favourable where score >= 0.5)",
    )
    plan = plan_of(tmp_path)
    assert plan["subject"] == {
        "kind": "model",
        "name": "model",
        "version": "0.1.0",
        "task": "binary_classification",
        "files": ["model.skops"],
    }
    assert [next(iter(entry)) for entry in plan["evaluate"]] == [
        "performance",
        "fairness",
        "robustness",
        "attributions",
        "data_profile",
        "overlap",
        "pii",
    ]


@pytest.mark.parametrize(
    "data",
    [
        pl.from_pandas(FRAME),
        pa.Table.from_pandas(FRAME, preserve_index=False),
        {name: FRAME[name].to_numpy() for name in FRAME.columns},
    ],
    ids=["polars", "arrow", "mapping"],
)
def test_polars_arrow_and_arrays_give_the_plan_and_the_rows_that_pandas_gives(tmp_path, data):
    derived(tmp_path / "pandas")
    derived(tmp_path / "other", data=data)
    assert plan_of(tmp_path / "pandas") == plan_of(tmp_path / "other")
    assert pd.read_parquet(tmp_path / "pandas/data/test.parquet").equals(
        pd.read_parquet(tmp_path / "other/data/test.parquet")
    )


def test_a_matrix_with_its_labels_and_groups_beside_it_is_read_with_the_features_named(tmp_path):
    fitted = LogisticRegression().fit(FRAME[FEATURES].to_numpy(), FRAME["approved"])
    derived(
        tmp_path,
        data=FRAME[FEATURES].to_numpy(),
        model=fitted,
        label=FRAME["approved"].to_numpy(),
        sensitive={"sex": FRAME["sex"].to_numpy()},
        features=FEATURES,
        favourable=1,
    )
    source = plan_of(tmp_path)["sources"]["test"]
    assert (source["label"], list(source["sensitive"]), source["features"]) == ("label", ["sex"], FEATURES)
    assert prepared(tmp_path).bindings["test"].kind == "recomputed"


def test_a_label_beside_the_data_with_another_index_is_refused(tmp_path):
    with pytest.raises(UsageError, match="index of approved"):
        derived(tmp_path, data=FRAME[["income", "debt", "sex"]], label=FRAME["approved"].sample(frac=1, random_state=1))


def test_the_favourable_outcome_is_asked_for_where_the_labels_do_not_say_it(tmp_path):
    data = FRAME.rename(columns={"approved": "y"})
    with pytest.raises(UsageError, match="which outcome of y is good for the person"):
        derived(tmp_path, data=data, label="y")
    derived(tmp_path, data=data, label="y", favourable=0)
    assert plan_of(tmp_path)["sources"]["test"]["favourable"] == "0"
    assert prepared(tmp_path).bindings["test"].kind == "recomputed"
    scores = pd.read_parquet(tmp_path / "data/test.parquet")["score"]
    assert np.allclose(scores, FITTED.predict_proba(FRAME[FEATURES])[:, 0])


def test_a_label_that_reads_as_harm_turns_the_favourable_outcome_round_and_says_so(tmp_path):
    data = FRAME.rename(columns={"approved": "defaulted"})
    found = derived(tmp_path, data=data, label="defaulted", favourable=0)
    assert plan_of(tmp_path)["sources"]["test"]["favourable"] == "0"
    assert not any(note.startswith("favourable") for note in found.taken)


def test_a_forest_is_saved_with_the_types_its_file_needs_and_loads_again(tmp_path):
    forest = RandomForestClassifier(5, random_state=0).fit(FRAME[FEATURES], FRAME["approved"])
    derived(tmp_path, model=forest)
    assert plan_of(tmp_path)["sources"]["model"]["trusted"]
    assert prepared(tmp_path).bindings["test"].kind == "recomputed"


@pytest.mark.parametrize(
    ("library", "name", "file"),
    [
        ("xgboost", "XGBClassifier", "model.ubj"),
        ("lightgbm", "LGBMClassifier", "model.txt"),
        ("catboost", "CatBoostClassifier", "model.cbm"),
    ],
)
@pytest.mark.parametrize("favourable", [0, 1])
def test_a_boosted_model_is_kept_in_its_library_s_own_format_and_gives_its_predictions_again(
    tmp_path, library, name, file, favourable
):
    options = {"verbose": 0, "allow_writing_files": False} if library == "catboost" else {}
    # One thread: it would count the cores of a machine, and warns where the system does not tell them (a bare root).
    options |= {"verbose": -1, "n_jobs": 1} if library == "lightgbm" else {}
    boosted = getattr(pytest.importorskip(library), name)(n_estimators=5, **options)
    boosted.fit(FRAME[FEATURES], FRAME["approved"])
    derived(tmp_path, model=boosted, favourable=favourable)
    assert plan_of(tmp_path)["subject"]["files"] == [file]
    assert prepared(tmp_path).bindings["test"].kind == "recomputed"
    scores = pd.read_parquet(tmp_path / "data/test.parquet")["score"]
    assert np.allclose(scores, boosted.predict_proba(FRAME[FEATURES])[:, favourable], atol=1e-6)


def test_an_estimator_without_probabilities_gives_decisions(tmp_path):
    decided = LinearSVC().fit(FRAME[FEATURES], FRAME["approved"])
    derived(tmp_path, model=decided)
    assert plan_of(tmp_path)["sources"]["test"]["prediction"] == "predicted"
    assert prepared(tmp_path).bindings["test"].kind == "recomputed"


def test_a_regressor_of_a_label_with_two_values_stays_a_regressor(tmp_path):
    model = LinearRegression().fit(FRAME[FEATURES], FRAME["approved"])
    derived(tmp_path, model=model)
    assert plan_of(tmp_path)["subject"]["task"] == "regression"
    assert prepared(tmp_path).bindings["test"].kind == "recomputed"


def test_a_classifier_of_three_classes_gives_its_most_probable_class(tmp_path):
    data = FRAME.assign(grade=np.array(["a", "b", "c"])[np.arange(N) % 3])
    model = LogisticRegression().fit(data[FEATURES], data["grade"])
    derived(tmp_path, data=data, model=model, label="grade")
    assert plan_of(tmp_path)["subject"]["task"] == "multiclass_classification"
    assert prepared(tmp_path).bindings["test"].kind == "recomputed"


def test_a_torch_module_is_exported_and_gives_its_predictions_again(tmp_path):
    torch = pytest.importorskip("torch")

    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Sigmoid())
    derived(tmp_path, model=module, favourable=1)
    assert plan_of(tmp_path)["subject"]["files"] == ["model.pt2"]
    assert prepared(tmp_path).bindings["test"].kind == "recomputed"


def test_a_function_has_no_file_so_its_predictions_are_supplied_and_it_says_so(tmp_path):
    found = derived(tmp_path, model=lambda frame: 1 / (1 + np.exp(-frame["income"])))
    assert prepared(tmp_path).bindings["test"].kind == "supplied"
    assert any("nobody can recompute them" in note for note in found.taken)
    assert plan_of(tmp_path)["subject"]["reference"]["provider"] == "held in memory"


def test_predictions_without_a_model_are_read_from_the_columns_named(tmp_path):
    data = FRAME.assign(p=FITTED.predict_proba(FRAME[FEATURES])[:, 1])
    derived(tmp_path, data=data, model=None, score="p", threshold=0.4)
    source = plan_of(tmp_path)["sources"]["test"]
    assert (source["score"], source["threshold"]) == ("p", 0.4)
    assert prepared(tmp_path).bindings["test"].kind == "supplied"


def test_data_without_model_and_predictions_are_assessed_as_a_dataset(tmp_path):
    derived(tmp_path, model=None, policy="dataset_research")
    plan = plan_of(tmp_path)
    assert plan["subject"]["kind"] == "dataset"
    assert [next(iter(entry)) for entry in plan["evaluate"]] == ["data_profile", "fairness", "pii"]


def test_a_column_called_score_is_not_overwritten(tmp_path):
    derived(tmp_path, data=FRAME.assign(score=0.5))
    assert plan_of(tmp_path)["sources"]["test"]["score"] == "model_score"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"label": "aproved"}, "approved"),
        ({"sensitive": ["gender"]}, 'no column is called "gender"'),
        ({"label": None}, "the true outcome of each row is not named"),
        ({"details": {"intended_usage": "x"}}, "intended_use"),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_the_nearest(tmp_path, asked, said):
    with pytest.raises(UsageError, match=said):
        derived(tmp_path, **asked)


@pytest.mark.parametrize("model", [3, "no such file.skops", LogisticRegression()], ids=["number", "path", "not fitted"])
def test_what_is_no_fitted_model_is_refused_in_words(tmp_path, model):
    with pytest.raises(CardwrightError) as refused:
        derived(tmp_path, model=model)
    assert "Traceback" not in str(refused.value)


def test_an_estimator_that_reads_columns_the_data_do_not_have_names_one(tmp_path):
    model = DummyClassifier().fit(FRAME[["income"]].rename(columns={"income": "salary"}), FRAME["approved"])
    with pytest.raises(UsageError, match="salary"):
        derived(tmp_path, model=model)


def test_an_estimator_fitted_on_a_matrix_asks_for_its_columns_where_the_numbers_left_are_more(tmp_path):
    model = LogisticRegression().fit(FRAME[["income"]].to_numpy(), FRAME["approved"])
    with pytest.raises(UsageError, match="features"):
        derived(tmp_path, model=model)


def test_ages_become_groups_by_bands_and_the_model_reads_them_as_numbers(tmp_path):
    data = FRAME.assign(age=np.arange(N) % 60 + 20)
    bands = {"age_band": {"column": "age", "bands": [40]}}
    derived(tmp_path, data=data, training=data, sensitive=bands)
    plan = plan_of(tmp_path)
    assert plan["sources"]["test"]["sensitive"] == plan["sources"]["training"]["sensitive"] == bands
    (attribute,) = prepared(tmp_path).sources["test"].sensitive
    assert attribute.groups == ("40 and over", "under 40")
    with pytest.raises(UsageError, match='Did you mean "age"'):
        derived(tmp_path, data=data, sensitive={"age_band": {"column": "aeg", "bands": [40]}})


def test_a_ranker_gives_a_plan_whose_scores_it_gives_again(tmp_path):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300), "q": np.arange(300) // 6})
    frame["rel"] = np.clip(np.round(frame["a"] + 2), 0, 4).astype(int)
    model = LinearRegression().fit(frame[["a", "b"]], frame["rel"])
    derived(tmp_path, frame, model, label="rel", query="q", task="ranking", sensitive=())
    source = plan_of(tmp_path)["sources"]["test"]
    assert (source["task"], source["query"], source["label"], source["score"]) == ("ranking", "q", "rel", "score")
    assert [next(iter(one)) for one in plan_of(tmp_path)["evaluate"]][:2] == ["ranking", "robustness"]
    ready = prepared(tmp_path)
    assert ready.bindings["test"].kind == "recomputed"
    assert ready.sources["test"].ref.task == "ranking"


def test_a_ranking_without_its_query_asks_for_it(tmp_path):
    with pytest.raises(UsageError, match="candidates for one query"):
        derived(tmp_path, FRAME, None, label="approved", score="debt", task="ranking", sensitive=())


def test_a_classifier_is_no_ranker_and_the_error_says_how_its_order_is_measured(tmp_path):
    frame = FRAME.assign(q=np.arange(N) // 6)
    with pytest.raises(UsageError, match="tells classes apart"):
        derived(tmp_path, frame, FITTED, label="approved", query="q", sensitive=())
