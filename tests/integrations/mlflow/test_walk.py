"""The page for MLflow's users is run as they would run it, block by block, against MLflow's own server."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mlflow", reason="MLflow has an environment of its own: .ci/run integrations")

from tests.conftest import ROOT
from tests.docs.blocks import blocks
from tests.integrations.mlflow.conftest import environment
from tests.servers import free_port


def test_the_page_goes_from_a_server_to_a_refused_and_then_allowed_alias(tmp_path):
    text = "\n".join(block.text for block in blocks(ROOT / "docs" / "mlflow.md") if block.language == "console")
    text = text.replace("5000", str(free_port()))
    shutil.copytree(ROOT / "examples" / "mlflow", tmp_path / "examples" / "mlflow")
    commands = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "walk.sh").write_text(
        "set -e\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + "\n".join(commands) + "\n"
    )
    ran = subprocess.Popen(
        ["bash", "walk.sh"], cwd=tmp_path, env=environment(PATH=path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", start_new_session=True,
    )  # fmt: skip
    try:
        out, _ = ran.communicate(timeout=900)
    finally:
        if ran.poll() is None:
            os.killpg(ran.pid, signal.SIGKILL)
    assert ran.returncode == 0, out
    expected = [line for line in text.splitlines() if line and not line.startswith("$ ")]
    pattern = ".*".join(".*".join(map(re.escape, line.split("..."))) for line in expected)
    assert re.search(pattern, out, flags=re.S), out
