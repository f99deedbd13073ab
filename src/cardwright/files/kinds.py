"""Kinds of documents as folders: those that are packaged, and a house's own beside them. The one registry of kinds.

    card_templates/kinds/NAME/          a house's own: DIR/NAME/
        kind.yaml                           what it asks, refers to, evaluates, and the least it must show
        template.html.j2, template.md.j2    its documents, where the general template does not do
        words.LANGUAGE.yaml                 its words in other languages
        example/                            a filled-in plan
        checklist.yaml, policy.yaml         a house's own; those of packaged kinds are checklists/NAME.yaml and policies/NAME.yaml

A folder is data: it is read, and nothing in it is run but its templates, by a sandbox (`documents/environment.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cardwright.errors import PlanError, UsageError, did_you_mean
from cardwright.files import disk, packaged, yamltext
from cardwright.record import canonical
from cardwright.record.base import Sha256
from cardwright.record.display import Shown
from cardwright.record.kind import DocumentKind, KindDefinition, KindName

_NAME = re.compile(r"[a-z][a-z0-9_]{1,59}")
_FILES = re.compile(r"template\.(?:html|md)\.j2|words\.[a-z]{2}\.yaml")
_MOST = 256 * 1024
"""Bytes of a file of a kind: what people write by hand has less."""
EXAMPLE = "example"
"""The folder of its filled-in example, inside that of the kind."""
RESERVED = (
    "list", "model", "dataset", "system", "work", "model_card", "dataset_card", "audit_report", "evaluation_summary",
    "responsible_ai_report", "handoff_package", "bias_audit_summary",
)  # fmt: skip
"""What subjects and the documents of every record are called: a kind of that name could be taken for one of them."""


class KindFile(KindDefinition):
    """`kind.yaml`: the definition that travels in records, and what only the registry reads."""

    supersedes: tuple[Sha256, ...] = ()
    """Digests of earlier versions of the definition, whose records are still of this kind."""


@dataclass(frozen=True)
class KindFolder(Shown):
    """A kind as its folder has it."""

    path: Path
    """The folder."""
    definition: KindDefinition
    """What travels in records."""
    former: tuple[str, ...]
    """Digests of the definitions that it took the place of."""
    packaged: bool
    """Whether it comes with Cardwright, and not from a house's own folder."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Templates and words, by name."""

    @property
    def document(self) -> DocumentKind:
        """The kind as a record holds it."""
        return DocumentKind(
            sha256=self.definition.sha256,
            definition=self.definition,
            templates={name: canonical.digest(data) for name, data in sorted(self.files.items())},
        )

    @property
    def own_policy(self) -> Path | None:
        """The policy of a house's own kind, where its folder has one; that of a packaged kind goes by its name."""
        own = self.path / "policy.yaml"
        return own if not self.packaged and own.is_file() else None


def _packaged_place() -> Path:
    return packaged.folder("card_templates") / "kinds"


def names(own: Path | None = None) -> tuple[str, ...]:
    """The names of all kinds, sorted: the packaged ones, and those of a house's own folder.

    Raises
    ------
    UsageError
        If the house's folder is not there.
    """
    return tuple(sorted({*_in(_packaged_place()), *(_in(_house(own)) if own is not None else ())}))


def _in(place: Path) -> tuple[str, ...]:
    if not place.is_dir():
        return ()
    return tuple(one.name for one in place.iterdir() if _NAME.fullmatch(one.name) and (one / "kind.yaml").is_file())


def _house(own: Path) -> Path:
    if not own.is_dir():
        raise UsageError("there is no such folder of kinds", where=str(own), do="Check the path after --kinds.")
    return own


def find(name: str, own: Path | None = None) -> KindFolder:
    """A kind by name.

    Raises
    ------
    UsageError
        If there is none; names the nearest.
    PlanError
        If its folder is not a kind: with file and line.
    """
    known = names(own)
    # The name becomes a path below: what is no name of a kind never gets there.
    if _NAME.fullmatch(name) is None or name not in known:
        raise UsageError(f'no kind of document is called "{name}"', do=did_you_mean(name, known))
    ours = name in _in(_packaged_place())
    if ours and own is not None and name in _in(own):
        raise PlanError(
            f'"{name}" is a kind that comes with Cardwright, and a house\'s own cannot take its place',
            where=str(own / name),
            do="Give the folder and its `kind:` another name.",
        )
    return _packaged_kind(name) if ours else read(_house(own) / name)  # type: ignore[arg-type]


@cache
def _packaged_kind(name: str) -> KindFolder:
    return read(_packaged_place() / name, ours=True)


def accepted(name: str) -> tuple[str, ...] | None:
    """Digests of the definitions that go by the name of a packaged kind; None if no packaged kind has that name."""
    if _NAME.fullmatch(name) is None or name not in _in(_packaged_place()):
        return () if name in RESERVED else None
    found = _packaged_kind(name)
    return (found.definition.sha256, *found.former)


def read(folder: Path, *, ours: bool = False) -> KindFolder:
    """The kind in a folder.

    Raises
    ------
    PlanError
        If its definition is not valid, is not named as the folder, or states no responsible-AI minimum; with file and line.
    """
    place = folder.resolve()
    path = folder / "kind.yaml"
    document = yamltext.parse(_bytes(path, place), where=str(path))
    if isinstance(document.data, dict) and not document.data.get("minimum"):
        raise PlanError(
            "it states no responsible-AI minimum, and every kind has one",
            where=document.place(("kind",)),
            do="Add `minimum: {fields: [people_concerned], why: …}`: what a document of this kind cannot leave out.",
        )
    file = yamltext.to_model(KindFile, document)
    if file.kind != folder.name:
        raise PlanError(
            f'it is called "{file.kind}", and its folder "{folder.name}"',
            where=document.place(("kind",)),
            do="Give both the same name.",
        )
    if file.kind in RESERVED:
        raise PlanError(
            f'"{file.kind}" is the name of something else in every dossier',
            where=document.place(("kind",)),
            do="Give it another name.",
        )
    written = {name: getattr(file, name) for name in KindDefinition.model_fields}
    found = sorted(one.name for one in folder.iterdir() if _FILES.fullmatch(one.name))
    return KindFolder(
        path=folder,
        definition=KindDefinition.model_validate(written),
        former=file.supersedes,
        packaged=ours,
        files={name: _bytes(folder / name, place) for name in found},
    )


def example(kind: KindFolder) -> dict[str, bytes]:
    """The files of its filled-in example by name; none if it has none.

    Raises
    ------
    PlanError
        If one of them leads out of the folder.
    """
    folder = kind.path / EXAMPLE
    if not folder.is_dir():
        return {}
    return {one.name: _bytes(one, kind.path.resolve()) for one in sorted(folder.iterdir()) if one.is_file()}


def _bytes(path: Path, place: Path) -> bytes:
    """The bytes of a file of the folder; a link that leads out of it is refused, so that no folder can quote another file."""
    if not path.resolve().is_relative_to(place):
        raise PlanError("it leads out of the folder of its kind", where=str(path), do="Put the file itself there.")
    return disk.read_file(path, what="file of a kind of document", limit=_MOST)


__all__ = ["EXAMPLE", "KindFile", "KindFolder", "KindName", "accepted", "example", "find", "names", "read"]
