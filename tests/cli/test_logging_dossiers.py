"""`log mlflow` refuses before anything is sent: without MLflow, with a password in the address, with a version that is none."""

import importlib.util

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.desks import refused_once

__all__ = ["refused_once"]
SERVER = "http://127.0.0.1:9"


def test_without_mlflow_the_extra_is_named(cli, refused_once):
    if importlib.util.find_spec("mlflow") is not None:
        pytest.skip("MLflow is installed here")
    ran = cli("log", "mlflow", refused_once / "out", "--run", "1", "--tracking-uri", SERVER)
    assert ran.code == 3
    assert "needs the library mlflow" in ran.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--tracking-uri", "https://me:s3cret@example.org"], "holds a password"),
        (["--tracking-uri", SERVER, "--model", "loans"], "not a registered version"),
        (["--tracking-uri", SERVER, "--allow", "example.org"], "not one host and its port"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(cli, refused_once, monkeypatch, words, why):
    found = importlib.util.find_spec("json")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: found)  # as if MLflow were installed
    ran = cli("log", "mlflow", refused_once / "out", "--run", "1", *words)
    assert ran.code == 2
    assert why in ran.err
    assert "s3cret" not in ran.err
