"""The Dagster example: the gate is a check that blocks, and says why."""

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

dg = pytest.importorskip("dagster", reason="Dagster has an environment of its own: .ci/run integrations")

from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "pipelines"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the example, whose programs are those of this environment."""
    shutil.copytree(EXAMPLE, tmp_path / "project")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    return tmp_path / "project"


def materialise(folder):
    spec = importlib.util.spec_from_file_location("dagster_assets", folder / "dagster_assets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dg.materialize(
        [module.model, module.dossier, module.gate, module.served_model],
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


def check_of(result):
    (check,) = result.get_asset_check_evaluations()
    return check


def test_an_allowed_model_is_served_and_its_card_is_the_metadata_of_its_dossier(folder):
    result = materialise(folder)
    assert result.success
    assert check_of(result).passed
    (made,) = result.asset_materializations_for_node("dossier")
    assert made.metadata["headline"].text.startswith("ALLOWED")
    assert made.metadata["card"].md_str.lstrip().startswith("# ")
    assert made.metadata["record"].text == json.loads(
        (folder / "governance/tumours/verdict.json").read_text()
    )["inputs"]["record_sha256"]  # fmt: skip
    assert (folder / "served.skops").read_bytes() == (folder / "model.skops").read_bytes()


def test_a_refusal_holds_up_what_comes_after_it_and_says_which_requirement(folder):
    head, *rows = (folder / "data.csv").read_text().splitlines()
    turned = [f"{row.rpartition(',')[0]},{place % 2}" for place, row in enumerate(rows)]
    (folder / "data.csv").write_text("\n".join([head, *turned]) + "\n")
    result = materialise(folder)
    assert not result.success
    check = check_of(result)
    assert not check.passed and check.blocking
    assert "It ranks samples well" in check.metadata["said"].text
    assert not (folder / "served.skops").exists()
    assert json.loads((folder / "governance/tumours/verdict.json").read_text())["decision"] == "refused"
