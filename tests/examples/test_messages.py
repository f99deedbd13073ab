"""A transformer that was trained by the example's script: its words are explained, and nobody's name is printed."""

import csv
import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="the example needs the transformers extra")
pytest.importorskip("captum", reason="the example needs the torch extra")
pytest.importorskip("shap", reason="the example needs the tabular extra")

from tests.examples.test_runs import committed, statuses

HERE = Path(__file__).parents[2] / "examples" / "messages"


@pytest.fixture(scope="module")
def prepare():
    spec = importlib.util.spec_from_file_location("messages_prepare", HERE / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_ends_as_the_readme_says_and_prints_no_name(cli, tmp_path, prepare):
    folder = committed(tmp_path, "messages")
    out = tmp_path / "out"
    ran = cli("run", folder / "assessment.yaml", "-o", out, "--quiet")
    assert ran.code == 0, ran
    assert statuses((out / "verdict.json").read_bytes()) == {"no-word-for-a-group": "failed"}
    record = json.loads((out / "record.json").read_bytes())
    (found,) = [e for e in record["evaluations"] if e["evaluator"] == "attributions"]
    effects = {m["slice"]["word"]: m for m in found["measurements"] if m["metric"] == "mean_attribution"}
    assert {"heating", "cellar", "kitchen", "power", "gas"} & {*effects}
    assert any(m["interval"]["lower"] > 0 for m in effects.values())
    assert any(m["interval"]["upper"] < 0 for m in effects.values())
    (proxy,) = [f for f in found["findings"] if f["key"] == "proxy_words"]
    assert "lift with wheelchair" in proxy["explanation"]
    card = (out / "model_card.md").read_text(encoding="utf-8")
    for name in (*prepare.GIVEN, *prepare.FAMILY):
        assert name.casefold() not in card.casefold().split()
        assert name not in json.dumps(found)


def test_the_script_makes_the_messages_again_and_a_model_that_says_nearly_the_same(prepare, tmp_path):
    prepare.main(["--out", str(tmp_path)])
    for name in ("train", "test"):
        made, kept = (
            list(csv.DictReader((folder / "data" / f"{name}.csv").read_text(encoding="utf-8").splitlines()))
            for folder in (tmp_path, HERE)
        )
        assert [{**row, "p_urgent": ""} for row in made] == [{**row, "p_urgent": ""} for row in kept]
        # Sums of single precision differ from machine to machine, and training adds them up.
        assert [float(row["p_urgent"]) for row in made] == pytest.approx(
            [float(row["p_urgent"]) for row in kept], abs=0.15
        )
    assert (tmp_path / "model" / "tokenizer.json").read_bytes() == (HERE / "model" / "tokenizer.json").read_bytes()


def test_the_vocabulary_holds_no_name(prepare):
    words = json.loads((HERE / "model" / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    assert "heating" in words
    assert not {name.casefold() for name in (*prepare.GIVEN, *prepare.FAMILY)} & {*words}
