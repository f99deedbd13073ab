"""The fields that only people can answer, read from `detail_fields.yaml` beside this module: the one list of them.

The file is part of the package's code, like a module, so it is read through the package's loader and not as a path on the disk.
"""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from cardwright.record.display import Shown

Who = Literal["model_owner", "data_owner", "product", "risk", "engineering", "legal"]
"""Who answers the shared fields; a kind of document may name other roles."""
Shape = Literal["text", "entries"]


@dataclass(frozen=True)
class FieldSpec(Shown):
    """One question that a person answers."""

    name: str
    """The key in `details.yaml` and in records."""
    section: str
    """The section of a card that it belongs to."""
    title: str
    """Its heading there."""
    question: str
    """What is asked."""
    good: str
    """What a helpful answer looks like."""
    bad: str
    """What does not help, and is common."""
    who: str
    """Which role should answer, e.g. `model_owner`, `risk`."""
    kinds: tuple[str, ...] = ("model", "system")
    """Kinds of subject it is asked about."""
    columns: tuple[str, ...] = ()
    """For a field of several entries: the keys of each; empty for prose."""
    optional: tuple[str, ...] = ()
    """Keys that an entry may leave out: asked for since a later version, so that what was judged before is judged alike."""
    common: bool = True
    """Whether a document names it as *not provided* when nobody answered it; else only a policy that needs it does."""
    choices: tuple[str, ...] = ()
    """The answers that are accepted, for prose that is a decision or a state; empty accepts any."""
    croissant: str | None = None
    """The Croissant RAI 1.0 property it fills."""

    @property
    def shape(self) -> Shape:
        """Prose, or a list of entries."""
        return "entries" if self.columns else "text"


def read_fields(text: bytes) -> dict[str, FieldSpec]:
    """Fields by name, from YAML with one key for each attribute of `FieldSpec`, in the order of the file.

    Raises
    ------
    TypeError
        If a field has a key that is not an attribute of `FieldSpec`, or lacks one that it must have.
    """
    # libyaml parses the table in 2 ms; where PyYAML was built without it, the same loader in Python takes 30.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    table: Mapping[str, Mapping[str, Any]] = yaml.load(text, Loader=loader)  # noqa: S506  both loaders are the safe ones
    fields: dict[str, FieldSpec] = {}
    for name, keys in table.items():
        attributes: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in keys.items()
        }
        fields[name] = FieldSpec(name=name, **attributes)
    return fields


FIELDS: dict[str, FieldSpec] = read_fields(pkgutil.get_data(__package__, "detail_fields.yaml") or b"")
"""Every field by name, in the order the documents use."""
