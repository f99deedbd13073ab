"""The words by which headings of columns speak of people, in eight languages, read from `heading_words.yaml` beside this module.

The file is part of the package's code, like a module, so it is read through the package's loader and not as a path on the disk.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import yaml

from cardwright.record.evaluation import Severity

HeadingClass = Literal["direct_identifier", "quasi_identifier", "special_category", "secret"]
"""What a column is, as its heading says: it names one person, helps to tell people apart, is of the special categories of Art. 9
(or convictions, Art. 10), or opens something."""

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
    "pt": "Portuguese",
    "pl": "Polish",
}


@dataclass(frozen=True)
class Concept:
    """One thing that a heading can speak of."""

    name: str
    title: str
    """In words, as it stands in a sentence."""
    kind: HeadingClass
    severity: Severity
    words: Mapping[str, tuple[str, ...]]
    """Language to terms."""
    quasi: bool = False
    """Whether it counts towards k-anonymity though its class is another: what others can see or know of somebody."""
    not_after: frozenset[str] = field(default_factory=frozenset)
    """A term says something else after one of these words (`ip address`)."""


@cache
def concepts() -> tuple[Concept, ...]:
    """Every concept, in the order of the file."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = pkgutil.get_data(__package__, "heading_words.yaml") or b""
    table: Mapping[str, Mapping[str, Any]] = yaml.load(text, Loader=loader)  # noqa: S506  both loaders are the safe ones
    return tuple(
        Concept(
            name=name,
            title=keys["title"],
            kind=keys["kind"],
            severity=keys["severity"],
            words={language: tuple(words.split(", ")) for language, words in keys["words"].items()},
            quasi=keys.get("quasi", False),
            not_after=frozenset(keys.get("not_after", "").split()),
        )
        for name, keys in table.items()
    )
