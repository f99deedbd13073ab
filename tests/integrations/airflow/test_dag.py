"""The Airflow example: the last task runs only if the gate allows it, and a refusal is not tried again."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("airflow", reason="Airflow has an environment of its own: .ci/run integrations")

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def airflow(tmp_path_factory):
    """Airflow over SQLite, with a copy of the example as its folder of DAGs."""
    home = tmp_path_factory.mktemp("airflow")
    shutil.copytree(ROOT / "examples" / "pipelines", home / "dags")
    here = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}  # fmt: skip

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "airflow", *words], cwd=home, env={**os.environ, **here}, capture_output=True, text=True, check=False
        )  # fmt: skip

    for words in (("db", "migrate"), ("dags", "reserialize")):
        done = run(*words)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return home / "dags", run


def started(ran):
    return re.findall(r"\[DAG TEST\] starting task_id=(\w+)", ran.stdout + ran.stderr)


def test_an_allowed_model_reaches_the_last_task(airflow):
    folder, run = airflow
    ran = run("dags", "test", "tumours")
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert started(ran) == ["train", "assess", "gate", "serve"]
    assert (folder / "served.skops").read_bytes() == (folder / "model.skops").read_bytes()


def test_a_refusal_fails_its_task_once_says_why_and_what_comes_after_it_does_not_run(airflow):
    folder, run = airflow
    (folder / "served.skops").unlink(missing_ok=True)
    head, *rows = (folder / "data.csv").read_text().splitlines()
    turned = [f"{row.rpartition(',')[0]},{place % 2}" for place, row in enumerate(rows)]
    (folder / "data.csv").write_text("\n".join([head, *turned]) + "\n")
    ran = run("dags", "test", "tumours")
    said = ran.stdout + ran.stderr
    assert started(ran) == ["train", "assess", "gate"]
    assert "It ranks samples well" in said
    assert not (folder / "served.skops").exists()
    assert json.loads((folder / "governance/tumours/verdict.json").read_text())["decision"] == "refused"
