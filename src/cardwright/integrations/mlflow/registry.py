"""The door of the registry plug-in: `mlflow server --registry-store-uri cardwright:model_registry.yaml`.

It refuses an MLflow whose registry it does not know, before a server starts: what it does not guard would be a way around it.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from cardwright.errors import CardwrightError, UsageError

SUPPORTED = SpecifierSet(">=3.17,<3.18")
"""The release of MLflow that the integration tests run with."""
SCHEME = "cardwright:"


def open_registry(store_uri: str, tracking_uri: str | None = None) -> Any:
    """The registry that a settings file describes, for MLflow to keep its registered models in.

    Parameters
    ----------
    store_uri
        `cardwright:` and the path of the settings file, e.g. `cardwright:/srv/mlflow/model_registry.yaml`.
    tracking_uri
        Not used; MLflow names it.

    Raises
    ------
    MlflowException
        If this release of MLflow is not known, or the settings are not valid: the server does not start.
    """
    del tracking_uri
    from mlflow.exceptions import MlflowException

    try:
        require_supported(_installed())
        from cardwright.integrations.mlflow import guarded_store

        return guarded_store.opened(store_uri.removeprefix(SCHEME))
    except CardwrightError as exc:
        raise MlflowException(f"Cardwright's model registry does not open. {exc}") from exc


def require_supported(found: str) -> None:
    """Refuse a release of MLflow that the plug-in was not tested with.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> require_supported("2.22.0")
    Traceback (most recent call last):
    cardwright.errors.UsageError: MLflow: this is 2.22.0, and the registry plug-in knows >=3.17,<3.18. Install one of those.
    """
    if Version(found) not in SUPPORTED:
        known = ",".join(sorted(map(str, SUPPORTED), reverse=True))
        raise UsageError(
            f"this is {found}, and the registry plug-in knows {known}", where="MLflow", do="Install one of those."
        )


def _installed() -> str:
    for name in ("mlflow", "mlflow-skinny"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    raise UsageError("MLflow is not installed", do="pip install mlflow")
