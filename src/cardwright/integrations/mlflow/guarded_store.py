"""MLflow's own registry in a database, that lets a version be served only while a release of exactly its files holds.

Three things lead a server or a client to a version: an alias, a stage, and its number. The first two are guarded, when they are
set and when they are asked for; the number is free, since a version has to be read to be assessed. Nothing that a client writes
is believed: neither tags nor descriptions, neither the run that a version names nor its status. What is compared is the bytes
that would be downloaded.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cardwright.errors import CardwrightError, SourceError, UsageError
from cardwright.integrations.mlflow.settings import RegistrySettings, read_settings
from cardwright.integrations.released_artefacts import Files, ReleaseAnswer

SUBJECT_TAG = "cardwright.subject"
"""Tag of a version that says which subject a desk is asked about. It is a hint, and is not believed."""
PROMPT_SOURCE = "prompt-template"
"""What MLflow gives as the source of a prompt, which has no files."""
GUARDED = frozenset({
    "set_registered_model_alias", "transition_model_version_stage", "rename_registered_model", "get_model_version_by_alias",
    "get_latest_versions",
})  # fmt: skip
FREE = frozenset({
    # They write what nothing is served by, or take away what something is served by.
    "create_model_version", "create_registered_model", "delete_model_version", "delete_model_version_tag",
    "delete_registered_model", "delete_registered_model_alias", "delete_registered_model_tag", "set_model_version_tag",
    "set_registered_model_tag", "update_model_version", "update_registered_model",
    # A copy has no alias and no stage until somebody gives it one.
    "copy_model_version",
    # Prompts are registered models too; their aliases go through `set_registered_model_alias`.
    "create_prompt", "create_prompt_version", "delete_prompt", "delete_prompt_alias", "delete_prompt_tag",
    "delete_prompt_version",
    "delete_prompt_version_tag", "link_prompt_version_to_model", "link_prompt_version_to_run",
    "link_prompts_to_trace",
    "set_prompt_alias", "set_prompt_tag", "set_prompt_version_tag", "get_prompt", "get_prompt_version",
    "get_prompt_version_by_alias", "search_prompts", "search_prompt_versions",
    # By its number a version is read, so that it can be assessed.
    "get_model_version", "get_model_version_download_uri", "get_registered_model", "search_model_versions",
    "search_registered_models",
    # Webhooks are told after the registry has done something; what was refused was not done.
    "create_webhook", "delete_webhook", "get_webhook", "list_webhooks", "list_webhooks_by_event", "test_webhook",
    "update_webhook",
})  # fmt: skip


MlflowRegistry: Any = object
"""Stands for MLflow's class, which is not imported before a registry is opened."""


class GuardedRegistry(MlflowRegistry):  # type: ignore[misc]  # MLflow's class, see `opened`
    """See the module. It stands before MLflow's own class (`opened`), so that this one's methods also guard what that one's call
    of each other, such as the alias of a prompt. What is not said here is as MLflow does it.
    """

    settings: RegistrySettings

    def set_registered_model_alias(self, name: str, alias: str, version: Any) -> None:
        """Set an alias if the version is released.

        Raises
        ------
        MlflowException
            PERMISSION_DENIED (HTTP 403), with the reason.
        """
        if alias not in self.settings.file.free_aliases:
            self._require(name, version, f"to set the alias {alias}")
        super().set_registered_model_alias(name, alias, version)

    def transition_model_version_stage(
        self, name: str, version: Any, stage: str, archive_existing_versions: bool
    ) -> Any:
        """Move a version to a guarded stage if it is released. See `set_registered_model_alias`."""
        if self._guards(stage):
            self._require(name, version, f"to move it to {stage}")
        return super().transition_model_version_stage(name, version, stage, archive_existing_versions)

    def rename_registered_model(self, name: str, new_name: str) -> Any:
        """Rename a model if every version that is served under its name may be served under the new one."""
        model = self.get_registered_model(name)
        served = {one.version for one in super().get_latest_versions(name) if self._guards(one.current_stage)}
        served |= {version for alias, version in model.aliases.items() if alias not in self.settings.file.free_aliases}
        for version in sorted(served, key=str):
            self._require(name, version, f"to serve it as {new_name}", as_name=new_name)
        return super().rename_registered_model(name, new_name)

    def get_model_version_by_alias(self, name: str, alias: str) -> Any:
        """The version behind an alias, while it is released: an alias outlives its release, and a database has other writers."""
        found = super().get_model_version_by_alias(name, alias)
        if self.settings.file.reads == "checked" and alias not in self.settings.file.free_aliases:
            self._require(found.name, found.version, f"to serve it as {alias}")
        return found

    def get_latest_versions(self, name: str, stages: Any = None) -> Any:
        """The latest version of each stage, while those in guarded stages are released."""
        found = super().get_latest_versions(name, stages)
        for one in found if self.settings.file.reads == "checked" else ():
            if self._guards(one.current_stage):
                self._require(one.name, one.version, f"to serve it in {one.current_stage}")
        return found

    def _guards(self, stage: str) -> bool:
        # MLflow takes "production" for Production.
        return stage.strip().lower() in {one.lower() for one in self.settings.file.stages}

    def _require(self, name: str, version: Any, purpose: str, *, as_name: str | None = None) -> None:
        answer = self.permission(name, version, as_name=as_name)
        if not answer.allowed:
            from mlflow.exceptions import MlflowException
            from mlflow.protos.databricks_pb2 import PERMISSION_DENIED

            raise MlflowException(
                f"Refused {purpose}: version {version} of {name} is not released. {answer.reason}",
                error_code=PERMISSION_DENIED,
            )

    def permission(self, name: str, version: Any, *, as_name: str | None = None) -> ReleaseAnswer:
        """Whether a version may be served: its files are downloaded, hashed and compared with releases, each time anew."""
        found = super().get_model_version(name, version)
        models, shown = self.settings.file.models, as_name or name
        tags = found.tags or {}
        if self.settings.file.prompts == "free" and found.source == PROMPT_SOURCE:
            return ReleaseAnswer(True, "a prompt, and prompts are free here")
        if models is not None and shown not in models:
            return ReleaseAnswer(False, f"no subject stands for {shown} in the settings of this registry")
        try:
            place = self._place(super().get_model_version_download_uri(name, version))
            files = digests_of(place)
        except CardwrightError as exc:
            return ReleaseAnswer(False, str(exc))
        return self.settings.releases.ask(
            files,
            name=models[shown] if models is not None else None,
            hint=tags.get(SUBJECT_TAG),
            now=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )

    def _place(self, uri: str) -> str:
        """Where the server itself finds what clients name by `uri`.

        Raises
        ------
        SourceError
            If that is a place that nobody has said this registry vouches for.
        """
        parts = urlsplit(uri)
        if ".." in unquote(unquote(parts.path)).split("/"):
            raise SourceError(
                "the place of its artefacts leads out of itself", do="Register it again by its own place."
            )
        root = os.environ.get("_MLFLOW_SERVER_ARTIFACT_DESTINATION")
        if parts.scheme == "mlflow-artifacts" and root:
            return f"{root.rstrip('/')}/{parts.path.strip('/')}"
        own = os.environ.get("_MLFLOW_SERVER_ARTIFACT_ROOT") or ""
        vouched = (*self.settings.file.artefacts, *([f"{own.rstrip('/')}/"] if own else []))
        if not any(_as_uri(uri).startswith(_as_uri(place)) for place in vouched):
            raise SourceError(
                "its artefacts are in a place that this registry does not vouch for",
                do=f"Log the model to the server's own store, or add the place to `artefacts` in {self.settings.where}.",
            )
        return uri


def _as_uri(place: str) -> str:
    """A path as a URI, so that both forms of one place compare."""
    return place if "://" in place else f"file://{place.removeprefix('file:')}"


def digests_of(place: str) -> Files:
    """SHA-256 of every file of an artefact, after a download by the same way as a server's.

    Raises
    ------
    SourceError
        If it cannot be downloaded whole.
    """
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    with tempfile.TemporaryDirectory(prefix="cardwright-mlflow-") as folder:
        try:
            got = Path(get_artifact_repository(place).download_artifacts("", dst_path=folder))
            files = {path.relative_to(got).as_posix(): _sha256(path) for path in _walk(got)}
        except Exception as exc:  # whatever a store raises: what cannot be read allows nothing
            raise SourceError(
                f"its artefacts cannot be read ({type(exc).__name__})", do="Check that the server can reach them."
            ) from exc
    if not files:
        raise SourceError("it has no files")
    return files


def _walk(folder: Path) -> Iterable[Path]:
    if folder.is_file():
        raise OSError("an artefact is a folder")
    return (path for path in sorted(folder.rglob("*")) if not path.is_dir())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def operations(store: type) -> frozenset[str]:
    """The names of what can be done with a registry."""
    return frozenset(name for name in dir(store) if not name.startswith("_") and callable(getattr(store, name)))


def require_known(found: Iterable[str]) -> None:
    """Refuse a registry that can do something of which nobody has said whether it has to be guarded.

    Raises
    ------
    UsageError
    """
    strange = sorted({*found} - GUARDED - FREE)
    if strange:
        raise UsageError(
            f"its registry can do what the plug-in does not know: {', '.join(strange)}",
            where="MLflow",
            do="Install a release of MLflow that the plug-in knows.",
        )


def opened(path: str) -> Any:
    """The registry that a settings file describes: MLflow's own, with `GuardedRegistry` before it.

    Raises
    ------
    UsageError
        If the settings are not valid, or MLflow's registry can do what nobody has looked at.
    """
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    require_known(operations(SqlAlchemyStore))
    settings = read_settings(path)
    return type("GuardedStore", (GuardedRegistry, SqlAlchemyStore), {"settings": settings})(settings.database)
