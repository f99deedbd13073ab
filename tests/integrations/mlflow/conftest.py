"""A real MLflow server whose registry asks for a release, and a real model that people assess, sign and release."""

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.attest.desks import at_desk, refused_once
from tests.attest.support import PEOPLE, POLICY, enrol, release, signed_by_all, withdraws
from tests.conftest import command
from tests.servers import free_port, postgresql, running
from tests.small_plan import PLAN, write_plan

__all__ = ["refused_once"]
SETTINGS = """\
schema: cardwright/model-registry/1
store_variable: REGISTRY_DATABASE
trust: trust.yaml
releases: {folder: governance, policies: [governance/pilot.yaml]}
free_aliases: [challenger]
"""
NO_WAIVER = re.sub(r"  - \{id: ranking,.*?\}\}\n", "", POLICY, flags=re.S)
"""The policy without the requirement that this model misses."""


@dataclass(frozen=True)
class Server:
    """A server and what is behind it."""

    uri: str
    place: Path
    """Settings, trust file, `governance` and `artifacts` are here."""
    database: str

    @property
    def client(self):
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)


def environment(**more):
    """What a server and its clients see: nothing is told to MLflow's makers, and nothing is left of the server of another test,
    which MLflow's client keeps in variables of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return {**kept, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", **more}


def start(place, database, *, settings=SETTINGS, **more):
    """A server over a database, in a folder of its own."""
    place.mkdir(exist_ok=True)
    (place / "governance").mkdir(exist_ok=True)
    (place / "governance" / "pilot.yaml").write_text(NO_WAIVER)
    (place / "model_registry.yaml").write_text(settings)
    port = free_port()
    words = ["--port", str(port), "--workers", "1", "--backend-store-uri", database, "--registry-store-uri",
             f"cardwright:{place / 'model_registry.yaml'}", "--artifacts-destination", str(place / "artifacts")]  # fmt: skip
    hooks = {"MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
             "MLFLOW_WEBHOOK_CACHE_TTL": "1"}  # fmt: skip
    said = environment(REGISTRY_DATABASE=database, **hooks, **more)
    ready = f"http://127.0.0.1:{port}/health"
    started = running(
        [sys.executable, "-m", "mlflow", "server", *words], ready=ready, log=place / "log", env=said, cwd=place
    )
    return f"http://127.0.0.1:{port}", started


def pytest_generate_tests(metafunc):
    """Everything over SQLite, and over PostgreSQL what asks the database."""
    if "server" in metafunc.fixturenames:
        twice = metafunc.definition.get_closest_marker("usefixtures") is not None
        databases = ["sqlite", "postgresql"] if twice else ["sqlite"]
        metafunc.parametrize("server", databases, indirect=True, scope="session")


@pytest.fixture(scope="session")
def every_database():
    """A test that uses it runs over SQLite and over PostgreSQL."""


@pytest.fixture(scope="session")
def server(request, tmp_path_factory, people):
    place = tmp_path_factory.mktemp(request.param)
    shutil.copy(people / "trust.yaml", place / "trust.yaml")
    if request.param == "sqlite":
        database = f"sqlite:///{place}/mlflow.db"
        uri, started = start(place, database)
        with started:
            yield Server(uri, place, database)
        return
    port = free_port()
    with postgresql("mlflow", port):
        database = f"postgresql://mlflow@127.0.0.1:{port}/postgres"
        uri, started = start(place, database)
        with started:
            yield Server(uri, place, database)


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """Three people with keys, a policy, and the trust file of whoever owns the registry."""
    folder = tmp_path_factory.mktemp("people")
    (folder / "pilot.yaml").write_text(NO_WAIVER)
    with at_desk(folder):
        for name, roles in PEOPLE.items():
            enrol(command, folder, name, roles)
        withdraws(folder, "risk_head")
        assert command("keys", "accept", folder / "pilot.yaml", "--trust", folder / "trust.yaml").code == 0
    return folder


@pytest.fixture(scope="session")
def champion(server, people, tmp_path_factory):
    """A released version of the model `loans`, with the alias `champion`: its number, and whose desk released it."""
    from mlflow.exceptions import RestException

    version = log_model(server, "loans")
    with pytest.raises(RestException, match="there is no release of these files"):
        server.client.set_registered_model_alias("loans", "champion", version)
    desk = released(server, people, tmp_path_factory.mktemp("champion"), "loans", version)
    server.client.set_registered_model_alias("loans", "champion", version)
    return version, desk


def log_model(server, name, penalty=1.0):
    """A fitted model, logged and registered by MLflow's own client: its version."""
    import mlflow
    from sklearn.linear_model import LogisticRegression

    mlflow.set_tracking_uri(server.uri)
    mlflow.set_registry_uri(server.uri)
    fitted = LogisticRegression(C=penalty).fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    with mlflow.start_run():
        # With requirements given, MLflow starts no process that finds them out.
        logged = mlflow.sklearn.log_model(
            fitted, name="model", registered_model_name=name, pip_requirements=["scikit-learn"]
        )
    return str(logged.registered_model_version)


def released(server, people, tmp_path, name, version, subject="loans"):
    """Assess the files of a version, sign and release them, and put the dossier where the registry looks."""
    import mlflow

    desk = tmp_path / f"desk-{name}-{version}"
    shutil.copytree(people, desk)
    (desk / "files").mkdir()
    plan = PLAN.replace("policy: research", "policy: pilot.yaml").replace("name: loans", f"name: {subject}")
    write_plan(desk / "files", plan.replace("[{path: model.bin, role: weights}]", "[{path: model, role: mlflow}]"))
    shutil.copy(people / "pilot.yaml", desk / "files" / "pilot.yaml")
    mlflow.set_tracking_uri(server.uri)
    mlflow.artifacts.download_artifacts(f"models:/{name}/{version}", dst_path=str(desk / "files" / "model"))
    with at_desk(desk):
        command("run", desk / "files", "-o", desk / "out")
        signed_by_all(command, desk)
        done = release(command, desk)
        assert done.code == 0, done
    shutil.copytree(desk / "out", server.place / "governance" / f"{name}-{version}")
    return desk
