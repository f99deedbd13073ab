"""The server that everything else here is tested against is MLflow's own."""

import json
import sys
import urllib.request

import pytest
from tests.servers import free_port, running

mlflow = pytest.importorskip("mlflow", reason="MLflow has an environment of its own: .ci/run integrations")


def test_an_mlflow_server_answers_here(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--backend-store-uri", f"sqlite:///{tmp_path}/m.db",
               "--artifacts-destination", str(tmp_path / "artifacts"), "--workers", "1"]  # fmt: skip
    with running(command, ready=f"http://127.0.0.1:{port}/health", log=tmp_path / "log"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/version") as answer:
            assert answer.read().decode() == mlflow.__version__
        listed = f"http://127.0.0.1:{port}/api/2.0/mlflow/registered-models/search"
        with urllib.request.urlopen(listed) as answer:
            assert json.load(answer) == {}
