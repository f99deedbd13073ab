"""An MLflow that the plug-in was not tested with is refused before a server starts."""

import pytest

from cardwright.errors import UsageError
from cardwright.integrations.mlflow import registry


@pytest.mark.parametrize("version", ["3.17.0", "3.17.2"])
def test_releases_between_those_that_were_tested_are_known(version):
    registry.require_supported(version)


@pytest.mark.parametrize("version", ["2.22.5", "3.16.1", "3.18.0", "4.0.0"])
def test_an_older_and_a_newer_mlflow_are_refused_with_those_that_are_known(version):
    with pytest.raises(UsageError, match=f"this is {version}, and the registry plug-in knows >=3.17"):
        registry.require_supported(version)


def test_settings_that_are_not_valid_stop_the_server_with_one_sentence(tmp_path):
    exceptions = pytest.importorskip(
        "mlflow.exceptions", reason="MLflow has an environment of its own: .ci/run integrations"
    )
    (tmp_path / "registry.yaml").write_text("schema: cardwright/model-registry/1\nstore: sqlite:///mlflow.db\n")
    with pytest.raises(exceptions.MlflowException, match=r"Cardwright's model registry does not open.*trust"):
        registry.open_registry(f"cardwright:{tmp_path}/registry.yaml")
