"""The plan: a model may be described where it is used, and a type of a model saved by skops may be trusted in three places."""

import pytest

pytest.importorskip("sklearn", reason="models need the tabular extra")
pytest.importorskip("skops", reason="models need the tabular extra")

import numpy as np
import pandas as pd
import skops.io
from sklearn.ensemble import RandomForestClassifier
from tests import small_plan
from tests.small_plan import write_plan

from cardwright.dossier.contents import policy_of
from cardwright.errors import PlanError, UnsafeError
from cardwright.plan.assessment import load, trusting
from cardwright.run.prepare import prepare
from cardwright.sources.spec import NerModelSpec

TREE = "sklearn.tree._tree.Tree"
PLAN = """\
schema: cardwright/assessment/1
subject: {{kind: model, name: forest, version: 1.0.0, files: [forest.skops]}}
sources:
  test: {{predictions: test.csv, label: y, score: score, favourable: 1, sensitive: [sex]}}
evaluate:
  - attributions: {{source: test, model: {model}}}
policy: research
"""


@pytest.fixture(scope="module")
def forest(tmp_path_factory):
    """A forest that was fitted, its file and its predictions, beside a plan whose model is what the test says."""
    folder = tmp_path_factory.mktemp("forest")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=80), "b c": rng.normal(size=80)})
    y = (frame["a"] + rng.normal(size=80) > 0).astype(int)
    native = RandomForestClassifier(3, random_state=0).fit(frame, y)
    skops.io.dump(native, folder / "forest.skops")
    frame.assign(y=y, score=native.predict_proba(frame)[:, 1], sex=np.arange(80) % 2).to_csv(
        folder / "test.csv", index=False
    )

    def planned(model):
        (folder / "assessment.yaml").write_text(PLAN.format(model=model))
        return load(folder)

    return planned


def test_a_forest_named_by_its_path_is_refused_with_every_way_to_trust_its_type(forest):
    with pytest.raises(UnsafeError) as caught:
        prepare(forest("forest.skops"), policy_of("research"))
    assert f"model: {{model: forest.skops, trusted: [{TREE}" in str(caught.value)
    assert f"--trust-type {TREE}" in str(caught.value)


def test_a_model_described_where_it_is_used_is_a_source_of_the_plan_that_is_locked(forest):
    prepared = prepare(forest(f"{{model: forest.skops, trusted: [{TREE}]}}"), policy_of("research"))
    assert prepared.bindings["test"].kind == "recomputed"
    assert prepared.lock.sources["forest.skops"]["trusted"] == [TREE]


@pytest.mark.parametrize("model", ["forest.skops", "{model: forest.skops}"])
def test_types_trusted_on_the_command_line_stand_in_the_locked_plan(forest, model):
    prepared = prepare(trusting(forest(model), [TREE]), policy_of("research"))
    assert prepared.bindings["test"].kind == "recomputed"
    assert prepared.lock.sources["forest.skops"]["trusted"] == [TREE]


def test_without_types_the_plan_stays_as_it_is(forest):
    plan = forest("forest.skops")
    assert trusting(plan, []) is plan


def test_a_description_that_is_wrong_says_where_and_what(forest):
    with pytest.raises(PlanError, match=r"line 6, column 5: `model` describes no model: trustd"):
        forest("{model: forest.skops, trustd: [x]}")
    with pytest.raises(PlanError, match="`model` describes no model: model"):
        forest("{trusted: [x]}")
    twice = (
        f"{{model: forest.skops}}}}\n  - robustness: {{source: test, model: {{model: forest.skops, trusted: [{TREE}]}}"
    )
    with pytest.raises(PlanError, match=r"two descriptions of the model forest\.skops differ"):
        forest(twice)


@pytest.mark.parametrize(
    ("said", "models"),
    [
        ("models/names", ("models/names",)),
        ("[models/names, fr_core_news_sm]", ("models/names", "fr_core_news_sm")),
        ("{ner_model: models/names, entities: {PROD: null}}", ("models/names",)),
    ],
)
def test_models_of_names_can_be_named_where_they_are_used(tmp_path, said, models):
    plan = read_with(tmp_path, f"- pii: {{source: notes, ner_model: {said}}}")
    (step,) = plan.steps
    spec = plan.file.sources[step.inputs["ner_model"]]
    assert isinstance(spec, NerModelSpec)
    assert spec.ner_model == models
    assert "ner_model" not in step.options


def test_models_of_names_that_are_no_models_are_refused_with_their_line(tmp_path):
    with pytest.raises(PlanError, match=r"names no models: .*line \d+|line \d+.*names no models"):
        read_with(tmp_path, "- pii: {source: notes, ner_model: {entities: {A: b}}}")
    described = (
        "- pii: {id: a, source: notes, ner_model: {ner_model: m, language: en}}\n"
        "- pii: {id: b, source: notes, ner_model: {ner_model: m, language: de}}"
    )
    with pytest.raises(PlanError, match="two descriptions of the models m differ"):
        read_with(tmp_path, described)


def read_with(tmp_path, steps):
    (tmp_path / "notes.csv").write_text("note\na\n")
    (tmp_path / "assessment.yaml").write_text(
        "schema: cardwright/assessment/1\nauthor: A. Person\npolicy: dataset\n"
        "subject: {kind: dataset, name: notes, version: 1.0.0, files: [notes.csv]}\n"
        "sources:\n  notes: {texts: notes.csv}\nevaluate:\n" + steps + "\n"
    )
    return load(tmp_path / "assessment.yaml")


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("s3://loans/?X-Amz-Signature=AKIASECRET", "a query"),
        ("https://me:AKIASECRET@example.org/loans/", "credentials"),
        ("ftp://example.org/loans/", "one of: s3"),
        ("loans/", "one of: s3"),
        ("s3://loans/../others/", "leads out of itself"),
    ],
)
def test_where_a_source_lies_is_a_place_without_credentials(tmp_path, at, why):
    folder = write_plan(
        tmp_path, small_plan.PLAN.replace("predictions: data.csv", f"predictions: data.csv\n    at: '{at}'")
    )
    with pytest.raises(PlanError) as refused:
        load(folder)
    assert why in str(refused.value)
    assert "AKIASECRET" not in str(refused.value)


@pytest.mark.parametrize("word", ["example.org", "*:443", "https://example.org:443"])
def test_the_network_is_opened_by_host_and_port_alone(tmp_path, word):
    folder = write_plan(tmp_path, small_plan.PLAN + f"network: {{allow: ['{word}']}}\n")
    with pytest.raises(PlanError, match="host:port"):
        load(folder)
