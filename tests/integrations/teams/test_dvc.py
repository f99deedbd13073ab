"""The DVC example: its stages are repeated only for what has changed, and a refusal stops after its evidence is kept."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

pytest.importorskip("dvc", reason="DVC has an environment of its own: .ci/run integrations")

from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "pipelines"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the example under DVC, run once; `run` repeats it."""
    folder = tmp_path_factory.mktemp("dvc") / "project"
    shutil.copytree(EXAMPLE, folder)
    here = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder.parent),
            "DVC_NO_ANALYTICS": "1", "CI": "1"}  # fmt: skip

    def dvc(*words):
        return subprocess.run(
            [sys.executable, "-m", "dvc", *words], cwd=folder, env={**os.environ, **here}, capture_output=True, text=True, check=False
        )  # fmt: skip

    assert dvc("init", "--no-scm").returncode == 0
    first = dvc("repro")
    assert first.returncode == 0, first.stdout + first.stderr
    return folder, dvc, first


def test_training_assessment_and_gate_run_in_their_order(project):
    folder, _, first = project
    stages = [line for line in first.stdout.splitlines() if line.startswith("Running stage")]
    assert stages == [f"Running stage '{name}':" for name in ("train", "assess", "gate")]
    assert json.loads((folder / "governance/tumours/verdict.json").read_text())["decision"] == "allowed"
    assert ET.parse(folder / "gate.xml").getroot().get("failures") == "0"


def test_a_second_run_repeats_nothing(project):
    _, dvc, _ = project
    again = dvc("repro")
    assert again.returncode == 0
    assert "Running stage" not in again.stdout
    assert again.stdout.count("didn't change, skipping") == 3


def test_another_word_of_the_owner_is_assessed_anew_and_nothing_is_trained(project):
    folder, dvc, _ = project
    details = folder / "details.yaml"
    details.write_text(details.read_text().replace("One hospital", "One single hospital"))
    ran = dvc("repro")
    assert ran.returncode == 0, ran.stderr
    assert "Stage 'train' didn't change" in ran.stdout and "Running stage 'assess'" in ran.stdout
    assert "One single hospital" in (folder / "governance/tumours/model_card.md").read_text()


def test_data_that_teach_nothing_stop_at_the_gate_and_their_dossier_is_kept(project):
    folder, dvc, _ = project
    head, *rows = (folder / "data.csv").read_text().splitlines()
    turned = [f"{row.rpartition(',')[0]},{place % 2}" for place, row in enumerate(rows)]
    (folder / "data.csv").write_text("\n".join([head, *turned]) + "\n")
    ran = dvc("repro")
    assert ran.returncode != 0
    assert "failed to reproduce 'gate'" in ran.stderr
    assert json.loads((folder / "governance/tumours/verdict.json").read_text())["decision"] == "refused"
    assert ET.parse(folder / "gate.xml").getroot().get("failures") != "0"
