"""What every reader of models offers: one format each, told by the file's ending or the folder's shape, and never by running it.

A reader is a small value with functions; `registry` lists them. To add a format, write a module that makes one and list it there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cardwright.record.base import RelativePath, Value
from cardwright.record.provenance import DatasetRef
from cardwright.sources.digests import require_file, sha256_of_path
from cardwright.sources.interface import Model, Task

Output = Literal["probability", "logit", "value"]
"""What a model's numbers are, if its file does not say."""


@dataclass(frozen=True)
class ModelRequest:
    """A model that is asked for: where it is, and what the plan says about it."""

    path: Path
    """The file or folder."""
    where: str
    """How errors name it."""
    name: str = "model"
    role: str = "model"
    features: tuple[str, ...] = ()
    """Columns it reads, as the plan names them; empty if it does not."""
    columns: tuple[str, ...] = ()
    """Columns of the rows that it will predict, if they are known: what a format has respelled is found among them."""
    trusted: tuple[str, ...] = ()
    """Types that a person trusts (skops)."""
    task: Task | None = None
    favourable: str | None = None
    classes: tuple[str, ...] = ()
    """Labels in the order of the output's columns, for a format that keeps none."""
    output: Output | None = None
    module: str | None = None
    """The class of a state dict, and below: its arguments, whether its code may run, where to import it from."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    trust: bool = False
    base: Path | None = None
    raw: bytes | None = None
    """The file's bytes, if they are in memory; `path` is then no more than a name."""

    def read(self) -> bytes:
        """The file's bytes.

        Raises
        ------
        SourceError
            If it is missing, empty or not a regular file.
        """
        if self.raw is not None:
            return self.raw
        require_file(self.path, self.where)
        return self.path.read_bytes()

    def ref(self, format: str, raw: bytes | None = None) -> DatasetRef:
        """How the record names it; the digest is that of `raw`, or of the folder if omitted."""
        digest = sha256_of_path(self.path) if raw is None else hashlib.sha256(raw).hexdigest()
        try:
            path = _Path(path=self.where).path
        except ValueError:
            path = None  # outside of the assessment's folder: known by its digest alone
        return DatasetRef(name=self.name, role=self.role, kind="model", path=path, format=format, sha256=digest)


class _Path(Value):
    path: RelativePath


@dataclass(frozen=True)
class SavedModel:
    """A model that was held in memory, as the file that it is read from again.

    What the file cannot hold is kept beside it: whatever is not empty belongs in the model's entry in the plan, under its name.
    """

    name: str
    """The file's name, e.g. `model.skops`."""
    data: bytes
    """Its bytes."""
    trusted: tuple[str, ...] = ()
    """Types in it that the plan has to list under `trusted:`."""
    features: tuple[str, ...] = ()
    """Columns it reads, for a format that keeps no names."""
    classes: tuple[str, ...] = ()
    """Class labels in the order of its output, for a format that numbers them."""
    output: Output | None = None
    """What its numbers are, for a format that does not say."""


@dataclass(frozen=True)
class ModelToSave:
    """A fitted object that is to be saved, and what its holder says about it."""

    estimator: Any
    where: str
    trusted: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    output: Output | None = None


@dataclass(frozen=True)
class ModelReader:
    """How one format is read, and how an object of its library is saved."""

    format: str
    """Its name in the record."""
    what: str
    """What it is in a list of what can be read, e.g. `.skops (scikit-learn)`."""
    claims: Callable[[Path], bool]
    """Whether a path is one of this format, by its ending or by the names in the folder."""
    load: Callable[[ModelRequest], Model]
    """The model, or an error that says what is wrong, where, and what to do. Runs no code that nobody has allowed."""
    takes: Callable[[Any], bool] = lambda estimator: False
    """Whether an object in memory is one of its library, told without importing it."""
    save: Callable[[ModelToSave], SavedModel] | None = None
    """The object as a file of this format."""


def by_ending(*endings: str) -> Callable[[Path], bool]:
    """A `claims` by the ending alone, whatever its case."""
    return lambda path: path.suffix.lower() in endings


def made_by(*packages: str) -> Callable[[Any], bool]:
    """A `takes` by the packages that an object's classes come from."""
    return lambda estimator: any(kind.__module__.partition(".")[0] in packages for kind in type(estimator).__mro__)


__all__ = ["ModelReader", "ModelRequest", "ModelToSave", "Output", "SavedModel", "by_ending", "made_by"]
