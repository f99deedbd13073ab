"""A network of images that was trained by the example's script: its pixels are explained."""

import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the example needs the torch extra")
pytest.importorskip("captum", reason="the example needs the torch extra")
pytest.importorskip("sklearn", reason="the example needs the tabular extra")

from tests.examples.test_runs import committed, statuses

HERE = Path(__file__).parents[2] / "examples" / "digits"


@pytest.fixture(scope="module")
def prepare():
    spec = importlib.util.spec_from_file_location("digits_prepare", HERE / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_ends_as_the_readme_says(cli, tmp_path):
    folder = committed(tmp_path, "digits")
    ran = cli("run", folder / "assessment.yaml", "-o", tmp_path / "out", "--quiet")
    assert ran.code == 0, ran
    assert statuses((tmp_path / "out" / "verdict.json").read_bytes()) == {}
    record = json.loads((tmp_path / "out" / "record.json").read_bytes())
    (found,) = [e for e in record["evaluations"] if e["evaluator"] == "attributions"]
    effects = {
        m["slice"]["feature"]: m["value"] for m in found["measurements"] if m["metric"] == "mean_absolute_attribution"
    }
    assert len(effects) == 64
    # A column that is dark in every image drives nothing.
    assert effects["pixel_0_0"] == 0
    assert max(effects.values()) > 0.1
    assert "The class explained is 3." in found["method"]


def test_the_script_makes_the_images_again_and_a_network_that_reads_them_alike(prepare, tmp_path):
    prepare.main(["--out", str(tmp_path)])
    import pandas as pd

    made, kept = (pd.read_csv(folder / "data" / "test.csv") for folder in (tmp_path, HERE))
    pixels = ["digit", *prepare.PIXELS]
    pd.testing.assert_frame_equal(made[pixels], kept[pixels])
    # Sums of single precision differ from machine to machine, and training adds them up.
    assert (made["predicted"] == kept["predicted"]).mean() > 0.95
