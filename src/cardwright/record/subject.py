"""What a record is about: a model, a dataset or a system, and by which bytes it is known."""

import hashlib
from functools import cached_property
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.record import canonical
from cardwright.record.base import Count, Day, Flag, FreeText, Identifier, Label, RelativePath, Sha256, Value

Kind = Literal["model", "dataset", "system", "work"]
"""What can be judged. `work` is what people write about the others (a plan, a memo); it is identified by its own text."""


class FileDigest(Value):
    """One file of the subject."""

    path: RelativePath
    """Path inside the assessment's folder."""
    sha256: Sha256
    """Digest of its bytes."""
    size: Count
    """Its size in bytes."""
    role: Annotated[Identifier | None, Field(exclude_if=lambda value: value is None)] = None
    """What it is beside the model that was evaluated: `tokenizer`, `code`, `config`; absent for what an evaluation read."""


class Reference(Value):
    """A hosted model that nobody can hash: printed as *declared, not hashed*."""

    provider: Label
    """Who hosts it."""
    model_id: Label
    """The provider's name for it."""
    revision: Label | None = None
    """The provider's version, if it gives one."""
    settings: dict[Label, str | float | int | bool | None] = {}
    """Temperature and whatever else changes its answers."""


class Component(Value):
    """A part of a system: a prompt, a tool, a retrieval corpus."""

    role: Identifier
    """What it does in the system, e.g. `prompt`, `tool`, `retrieval`."""
    name: Label
    """Its name."""
    sha256: Sha256
    """Digest of its bytes."""


class Context(Value):
    """The circumstances that decide which requirements apply; `null` is undetermined, and then they apply."""

    task: Identifier | None = None
    """e.g. `binary_classification`, `regression`, `generation`."""
    risk_tier: Identifier | None = None
    """The organisation's own tier, e.g. `high`."""
    jurisdictions: tuple[Label, ...] | None = None
    """Where it will be used, e.g. `EU`, `US-NY`."""
    production_intended: Flag | None = None
    """Whether it is meant to serve people, not only to be studied."""
    persons: Annotated[Literal["none"] | None, Field(exclude_if=lambda value: value is None)] = None
    """`none` if no row is about a person and no decision is about one; absent is undetermined."""
    persons_reason: Annotated[FreeText | None, Field(exclude_if=lambda value: value is None)] = None
    """Why no person is concerned."""

    @model_validator(mode="after")
    def _no_persons_for_a_reason(self) -> Self:
        if (self.persons is None) != (self.persons_reason is None or not self.persons_reason.strip()):
            raise ValueError("`persons: none` and `persons_reason` go together")
        return self


class Subject(Value):
    """What is judged. Its identity is the digest of this value, so a renamed file is another subject."""

    kind: Kind
    """model, dataset, system or work."""
    name: Identifier
    """Its name."""
    version: Label
    """Its version."""
    supplier: Label | None = None
    """Who supplies it."""
    licence: Label | None = None
    """Its licence, an SPDX identifier if there is one."""
    released: Day | None = None
    """Its release date."""
    summary: FreeText | None = None
    """One sentence: what it is."""
    parents: tuple[Label, ...] = ()
    """What it was made from: a base model, a source dataset."""
    files: tuple[FileDigest, ...] = ()
    """Its files, by digest."""
    reference: Reference | None = None
    """For a hosted model, instead of files."""
    components: tuple[Component, ...] = ()
    """For a system, its parts."""
    text_sha256: Annotated[Sha256 | None, Field(exclude_if=lambda value: value is None)] = None
    """For a work: digest of its answers, its kind and its links; see `record.kind.text_sha256`."""
    about: Annotated[Identifier | None, Field(exclude_if=lambda value: value is None)] = None
    """For a work: the name of the model, dataset or system that it is about."""

    @model_validator(mode="after")
    def _known_by_something(self) -> Self:
        paths = [file.path for file in self.files]
        if len(set(paths)) != len(paths):
            raise ValueError("a file is listed twice")
        if self.kind == "work":
            # Whatever could run or be trained on is assessed as what it is: a document is no cover for a model.
            if self.files or self.reference or self.components:
                raise ValueError("a work is known by its own text; it has no files, reference or components")
            if self.text_sha256 is None:
                raise ValueError("a work is known by the digest of its text; it has none")
            return self
        if self.text_sha256 is not None or self.about is not None:
            raise ValueError("text_sha256 and about are those of a work")
        if not (self.files or self.reference or self.components):
            raise ValueError("a subject is known by files, a reference or components; it has none")
        return self

    @cached_property
    def identity(self) -> str:
        """SHA-256 of the canonical content."""
        return canonical.sha256(self)

    @cached_property
    def folders(self) -> dict[str, str]:
        """The digest of each folder that its files stand in, as `sha256sum` of all of them prints it: a model of several files is
        known by that of its folder."""
        found: dict[str, str] = {}
        for folder in dict.fromkeys(folder for file in self.files for folder in PurePosixPath(file.path).parents):
            inside = sorted(
                (PurePosixPath(file.path).relative_to(folder).as_posix(), file.sha256)
                for file in self.files
                if folder in PurePosixPath(file.path).parents
            )
            lines = "".join(f"{digest}  {path}\n" for path, digest in inside)
            found[folder.as_posix()] = hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
        return found

    @cached_property
    def digests(self) -> frozenset[str]:
        """Every digest by which a part of it is known: of its files, the folders that these fill, and its components."""
        return frozenset(
            {file.sha256 for file in self.files}
            | set(self.folders.values())
            | {part.sha256 for part in self.components}
        )

    @property
    def hashed(self) -> bool:
        """Whether its bytes are known; False if it is only declared by reference."""
        return self.text_sha256 is not None or (bool(self.files or self.components) and self.reference is None)
