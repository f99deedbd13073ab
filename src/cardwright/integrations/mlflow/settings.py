"""`model_registry.yaml`: which database is behind the registry, whose releases count, and what is guarded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from cardwright.desk.client import DeskClient
from cardwright.dossier import contents
from cardwright.errors import UsageError
from cardwright.files import disk, yamltext
from cardwright.integrations.released_artefacts import ReleaseFolder, Releases, ReleasesOfDesk
from cardwright.record.base import Identifier, Label, Sha256, Value

Stage = Literal["Staging", "Production"]


class ReleaseFolderSpec(Value):
    """Dossiers in a folder."""

    folder: str
    """The folder, which the server can read; dossiers are looked for below it, too."""
    policies: tuple[str, ...] = ()
    """Policies that are not packaged, by path."""


class DeskSpec(Value):
    """A review desk."""

    origin: str
    """Its address, e.g. `https://desk.example.org`."""
    token_variable: str = "CARDWRIGHT_DESK_TOKEN"  # noqa: S105  a name
    """The environment variable that holds a token of scope `decisions`."""


class RegistryFile(Value):
    """The settings file of a guarded model registry."""

    schema_: Annotated[Literal["cardwright/model-registry/1"], Field(alias="schema")]
    """The format of this file."""
    store: str | None = None
    """The database behind it, as MLflow names it, e.g. `sqlite:////srv/mlflow/mlflow.db`. It holds no password."""
    store_variable: str | None = None
    """In place of `store`: the environment variable that holds the database's address, password included."""
    trust: str
    """Whose releases count here: a trust file that the owner of this registry keeps."""
    trust_pin: Sha256 | None = None
    """The SHA-256 that the trust file must have."""
    releases: ReleaseFolderSpec | None = None
    """Where released dossiers are."""
    desk: DeskSpec | None = None
    """In place of `releases`: the desk that is asked."""
    models: Mapping[Label, Identifier] | None = None
    """Registered models and the subjects that they stand for. If given, a version of another model is not served, and a release
    counts only for the model that stands for its subject. If omitted, every release counts for every registered model."""
    artefacts: tuple[str, ...] = ()
    """Where the artefacts of a version may be besides the server's own store: beginnings of URIs, each ending in `/`."""
    stages: tuple[Stage, ...] = ("Staging", "Production")
    """The stages that are guarded; `None` and `Archived` serve nobody."""
    free_aliases: tuple[Label, ...] = ()
    """Aliases that anybody may set because nothing is served by them, e.g. `challenger`; all others are guarded."""
    reads: Literal["checked", "free"] = "checked"
    """Whether an alias or a stage is answered only while its version is released, its artefacts hashed again for each answer."""
    prompts: Literal["guarded", "free"] = "guarded"
    """Whether aliases of prompts, which MLflow keeps beside models, are guarded, too. A prompt has no artefact, so that guarded
    ones are refused."""

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.store is None) == (self.store_variable is None):
            raise ValueError("name the database by `store` or by `store_variable`")
        if (self.releases is None) == (self.desk is None):
            raise ValueError("name where releases are found: `releases` or `desk`")
        if any(not place.endswith("/") or "://" not in place for place in self.artefacts):
            raise ValueError("each of `artefacts` is the beginning of a URI and ends in `/`")
        return self


@dataclass(frozen=True)
class RegistrySettings:
    """The settings file, read, with what it names opened."""

    file: RegistryFile
    where: str
    database: str = field(repr=False)
    """The address of the database, which can hold a password."""
    releases: Releases = field(repr=False)


def read_settings(path: str, environment: Mapping[str, str] | None = None) -> RegistrySettings:
    """The settings of a guarded registry; relative paths in it start from its folder.

    Parameters
    ----------
    path
        The settings file.
    environment
        Where variables that it names are looked up; if omitted, in the process's own.

    Raises
    ------
    UsageError
        If it is not valid, holds a password, or names a variable that is not set.
    """
    place = Path(path)
    variables = os.environ if environment is None else environment
    document = yamltext.parse(disk.read_file(place, what="settings"), where=path, error=UsageError)
    said = yamltext.to_model(RegistryFile, document, error=UsageError)
    base = place.absolute().parent
    trust = base / said.trust
    database = said.store or _of(variables, said.store_variable or "", path)
    if said.store is not None and urlsplit(said.store).password is not None:
        raise UsageError(
            "the address of the database holds a password",
            where=f"{path}, store",
            do="Put the address in an environment variable, and name that: `store_variable: MLFLOW_DATABASE`.",
        )
    if database.startswith("cardwright"):
        raise UsageError("a guarded registry is not kept in another one", where=path, do="Name the database itself.")
    if said.desk is not None:
        client = DeskClient.at(said.desk.origin, _of(variables, said.desk.token_variable, path))
        return RegistrySettings(said, path, database, ReleasesOfDesk(client, trust, said.trust_pin))
    assert said.releases is not None
    policies = [contents.policy_of(name, beside=base) for name in said.releases.policies]
    folder = ReleaseFolder(base / said.releases.folder, trust, said.trust_pin, {one.name: one for one in policies})
    return RegistrySettings(said, path, database, folder)


def _of(variables: Mapping[str, str], name: str, where: str) -> str:
    if not variables.get(name):
        raise UsageError(
            f"the environment variable {name} is not set", where=where, do="Set it where the server starts."
        )
    return variables[name]
