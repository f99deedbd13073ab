"""The study of digits: two tools tracked the same runs, and the claim waits for two people alone."""

import json

import pytest

pytest.importorskip("sklearn", reason="examples need the extras")
pytest.importorskip("skops", reason="a model file needs the tabular extra")

from pathlib import Path

from tests.conftest import command
from tests.sources.runs.support import runs

EXAMPLE = Path(__file__).parents[2] / "examples" / "research"


def test_mlflow_and_wandb_kept_the_same_study():
    first = {name: run for name, run in runs(EXAMPLE / "mlflow").items() if run.status == "finished"}
    second = runs(EXAMPLE / "wandb")
    assert first.keys() == second.keys()
    assert len(first) == 30
    for name, run in first.items():
        other = second[name]
        assert (run.seed, run.purpose, run.commit, run.data) == (other.seed, other.purpose, other.commit, other.data)
        assert {key: one.value for key, one in run.metrics.items()} == {
            key: one.value for key, one in other.metrics.items()
        }
        assert {key: str(value) for key, value in other.config.items()} == run.config


@pytest.fixture(scope="module")
def dossier(tmp_path_factory):
    out = tmp_path_factory.mktemp("research") / "out"
    ran = command("run", EXAMPLE, "-o", out, "--quiet")
    assert ran.code == 1, ran
    return out


def test_the_claim_waits_for_two_people_and_for_nothing_else(dossier):
    outcomes = json.loads((dossier / "verdict.json").read_text())["outcomes"]
    blocking = {
        one["requirement"]: one["status"] for one in outcomes if one["status"] not in ("passed", "not_applicable")
    }
    assert blocking == {"cardwright.no_persons": "missing", "research-lead": "missing"}


def test_the_numbers_are_those_of_its_readme(dossier):
    record = json.loads((dossier / "record.json").read_text())
    found = {one["evaluator"]: one for one in record["evaluations"]}

    def number(evaluator, metric, **slice_):
        (one,) = [m for m in found[evaluator]["measurements"] if m["metric"] == metric and m.get("slice", {}) == slice_]
        return one

    gain = number("runs", "improvement")
    assert [round(one, 3) for one in (gain["value"], gain["interval"]["lower"], gain["interval"]["upper"])] == [
        0.03,
        0.027,
        0.032,
    ]
    rows = number("replacement", "accuracy_change")
    assert [round(one, 3) for one in (rows["value"], rows["interval"]["lower"], rows["interval"]["upper"])] == [
        0.026,
        0.016,
        0.04,
    ]
    assert number("replacement", "negative_flip_rate")["numerator"] == 1
    assert number("replacement", "positive_flip_rate")["numerator"] == 22
    assert round(number("runs", "ablation_effect", setting="kernel", value="linear")["value"], 3) == 0.015
    assert number("runs", "ablations_supporting")["value"] == 2
    assert number("runs", "training_run_resolved")["value"] == 1
    assert number("runs", "runs_tried")["value"] == 31
