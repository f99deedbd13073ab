"""The example of pipelines has the data that it says it has; `tests/integrations/teams` and `…/airflow` run it with the real tools."""

import json
import shutil
import subprocess
import sys

import pytest
import yaml

pytest.importorskip("sklearn", reason="the script trains a model")

from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "pipelines"


def test_the_data_are_those_that_scikit_learn_ships_byte_for_byte(tmp_path):
    shutil.copy(EXAMPLE / "train.py", tmp_path)
    subprocess.run([sys.executable, "train.py", "--data"], cwd=tmp_path, check=True)
    assert (tmp_path / "data.csv").read_bytes() == (EXAMPLE / "data.csv").read_bytes()


def test_the_three_steps_are_allowed_by_the_command_line_too(cli, tmp_path, monkeypatch):
    shutil.copytree(EXAMPLE, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    stages = yaml.safe_load((EXAMPLE / "dvc.yaml").read_text())["stages"]
    assert list(stages) == ["train", "assess", "gate"]
    subprocess.run([sys.executable, "train.py"], check=True)
    assert cli(*stages["assess"]["cmd"].partition(" || ")[0].split()[1:]).code == 0
    assert cli(*stages["gate"]["cmd"].split()[1:]).code == 0
    assert json.loads((tmp_path / "project/governance/tumours/verdict.json").read_text())["decision"] == "allowed"
