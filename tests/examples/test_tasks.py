"""A regression, several classes by LightGBM and a ranking: each ends in the verdict that its README states, on numbers of others."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("skops", reason="the examples need the tabular extra")
pytest.importorskip("shap", reason="the examples need the tabular extra")
pytest.importorskip("presidio_analyzer", reason="the examples need the text extra")
pytest.importorskip("lightgbm", reason="the examples need the lightgbm extra")

import pandas as pd
from sklearn import metrics as sk
from tests.examples.test_runs import committed

from cardwright import handoff
from cardwright.dossier.contents import policy_of
from cardwright.plan.assessment import load
from cardwright.policy.gate import decide

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = "2026-11-29T12:00:00Z"
OPEN = {
    "diabetes": {
        "demographic-parity-ratio": "inconclusive",
        "equalized-odds": "inconclusive",
        "personal-data": "failed",
        "approval": "missing",
    },
    "wine": {"cardwright.no_persons": "missing", "fairness": "missing"},
    "lookup": {
        "cardwright.no_persons": "missing",
        "demographic-parity-ratio": "missing",
        "equalized-odds": "missing",
        "approval": "missing",
    },
}


@pytest.fixture(scope="module")
def case_of(tmp_path_factory):
    """The case of an example, evaluated once from a clean commit."""
    cases = {}

    def case(name):
        if name not in cases:
            folder = committed(tmp_path_factory.mktemp(name), name)
            assessment = load(folder / "assessment.yaml")
            cases[name] = handoff.gather(assessment, policy_of(assessment.file.policy), now=NOW, workers=1)
        return cases[name]

    return case


def measured(case, evaluator, metric, **key):
    (evaluation,) = [e for e in case.record.evaluations if e.evaluator == evaluator]
    wanted = {"slice": {}, "across": (), "of_class": None} | key
    (found,) = [m for m in evaluation.find(metric) if all(getattr(m, name) == value for name, value in wanted.items())]
    return found.value


@pytest.mark.parametrize("name", OPEN)
def test_an_example_of_each_task_ends_in_the_verdict_of_its_readme(case_of, name):
    case = case_of(name)
    policy = policy_of(load(EXAMPLES / name / "assessment.yaml").file.policy)
    verdict = decide(case, policy, NOW)
    assert {o.requirement: o.status for o in verdict.blocking} == OPEN[name]
    task = {"diabetes": "regression", "wine": "multiclass", "lookup": "ranking"}[name]
    assert {d.task for d in case.record.provenance.datasets if d.kind == "predictions"} == {task}
    assert not case.record.not_evaluated
    assert f"`{policy.name}`" in (EXAMPLES / name / "README.md").read_text(encoding="utf-8")


def test_the_regression_has_the_numbers_that_scikit_learn_gives(case_of):
    rows = pd.read_csv(EXAMPLES / "diabetes" / "data" / "test.csv")
    case, y = case_of("diabetes"), rows["progression"]
    assert measured(case, "performance", "r_squared") == pytest.approx(sk.r2_score(y, rows["predicted"]))
    assert measured(case, "performance", "quantile_coverage", at={"quantile": 0.9}) == (y <= rows["high"]).mean()


def test_the_classes_have_the_numbers_that_scikit_learn_gives(case_of):
    rows = pd.read_csv(EXAMPLES / "wine" / "data" / "test.csv")
    case, names = case_of("wine"), sorted(rows["cultivar"].unique())
    said = rows[[f"p_{name}" for name in names]].to_numpy()
    assert measured(case, "performance", "log_loss") == pytest.approx(sk.log_loss(rows["cultivar"], said, labels=names))
    for place, name in enumerate(names):
        brier = sk.brier_score_loss(rows["cultivar"] == name, said[:, place])
        assert measured(case, "performance", "brier_score", of_class=name) == pytest.approx(brier)


def test_the_ranking_has_the_numbers_that_scikit_learn_gives_and_beats_likeness_alone(case_of):
    rows = pd.read_csv(EXAMPLES / "lookup" / "data" / "test.csv")
    shape = (-1, 20)
    gains = np.exp2(rows["relevance"].to_numpy(float)).reshape(shape) - 1
    case, scores = case_of("lookup"), rows["score"].to_numpy().reshape(shape)
    assert measured(case, "ranking", "ndcg") == pytest.approx(sk.ndcg_score(gains, scores, k=10), abs=2e-3)
    assert measured(case, "ranking", "ndcg_above_chance") > 0.3
    assert measured(case, "ranking", "ndcg_change") > 0


@pytest.mark.parametrize("name", OPEN)
def test_the_script_makes_the_data_again(name, tmp_path):
    spec = importlib.util.spec_from_file_location(f"{name}_prepare", EXAMPLES / name / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(["--out", str(tmp_path)])
    for kept in sorted((EXAMPLES / name / "data").iterdir()):
        made = pd.read_csv(tmp_path / "data" / kept.name)
        # What a library computes may differ in its last digits from machine to machine.
        pd.testing.assert_frame_equal(made, pd.read_csv(kept), rtol=1e-4, atol=1e-4)


def test_the_card_of_a_ranking_prints_its_numbers_by_query(cli, tmp_path):
    folder = committed(tmp_path, "lookup")
    plan = (folder / "assessment.yaml").read_text(encoding="utf-8").split("  - robustness")[0]
    (folder / "assessment.yaml").write_text(plan + "policy: research\n", encoding="utf-8")
    ran = cli("run", folder / "assessment.yaml", "-o", tmp_path / "out", "--quiet")
    assert ran.code == 1, ran
    card = (tmp_path / "out" / "model_card.md").read_text(encoding="utf-8")
    assert "ndcg" in card.lower()
    record = json.loads((tmp_path / "out" / "record.json").read_bytes())
    assert [e["evaluator"] for e in record["evaluations"]] == ["ranking"]
