"""A model that knows its training data by heart is refused for each thing that it gives away; the mended one is not."""

import csv
import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="the example needs the tabular extra")
pytest.importorskip("skops", reason="the example needs the tabular extra")

from tests.examples.test_runs import committed, statuses

HERE = Path(__file__).parents[2] / "examples" / "leakage"


@pytest.fixture(scope="module")
def prepare():
    spec = importlib.util.spec_from_file_location("leakage_prepare", HERE / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("plan", "code", "open_ones"),
    [
        ("assessment.yaml", 1, {"membership": "failed", "canaries": "failed", "extraction": "failed"}),
        ("assessment.mended.yaml", 0, {}),
    ],
)
def test_each_version_ends_as_the_readme_says(cli, tmp_path, plan, code, open_ones):
    folder = committed(tmp_path, "leakage")
    ran = cli("run", folder / plan, "-o", tmp_path / "out", "--quiet")
    assert ran.code == code, ran
    assert statuses((tmp_path / "out" / "verdict.json").read_bytes()) == open_ones
    card = (tmp_path / "out" / "model_card.md").read_text(encoding="utf-8")
    assert "largest membership inference AUC" in card
    blind = {
        m["metric"]: m
        for e in json.loads((tmp_path / "out" / "record.json").read_bytes())["evaluations"]
        for m in e["measurements"]
    }["blind_baseline_auc"]
    assert blind["interval"]["lower"] < 0.5


def test_the_committed_tables_are_those_that_the_script_makes(prepare, tmp_path):
    prepare.main(["--out", str(tmp_path)])
    for name in ("memorising", "mended"):
        for side in ("corpus", "unseen"):
            file = f"data/{side}_{name}.csv"
            assert (tmp_path / file).read_bytes() == (HERE / file).read_bytes()
        file = f"data/canaries_{name}.csv"
        made, kept = (
            list(csv.DictReader((folder / file).read_text(encoding="utf-8").splitlines()))
            for folder in (tmp_path, HERE)
        )
        assert [row["insertions"] for row in made] == [row["insertions"] for row in kept]
        assert [float(row["nll"]) for row in made] == pytest.approx([float(row["nll"]) for row in kept])


def test_canaries_are_planted_as_often_as_the_table_says(prepare):
    references, canaries = prepare.codes(5)
    assert len(references) == prepare.CODES
    assert len({*references, *(text for text, _ in canaries)}) == len(references) + len(canaries)
    assert {n: sum(times == n for _, times in canaries) for n in prepare.PLANTED} == prepare.PLANTED
