"""The personal columns of the evidence: what each is, what it is for and on which legal basis, or that nobody has said so.

A column is personal if its heading says so to an evaluation, if the plan declares it a protected attribute, or if people say so.
Whether it is of a special category, such as data about health, is said by its heading or by people: a heading `s1` says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cardwright.documents.language import words
from cardwright.record.base import is_placeholder
from cardwright.record.record import Record

FIELD = "personal_columns"
"""The field of the details in which people say it."""

_HEADING = "heading."
"""Findings of a heading have keys such as `heading.special_category.health`."""


@dataclass(frozen=True)
class ColumnsOfAKind:
    """Columns that are the same kind of data."""

    names: tuple[str, ...]
    protected: bool
    """Whether the plan declares them as protected attributes."""
    headings: tuple[str, ...]
    """What their headings say they are, in words, where people do not say it."""
    special: bool
    """Whether a heading says that they are of a special category."""
    category: str | None
    """What people say they are; None if nobody says so."""


@dataclass(frozen=True)
class PersonalColumns:
    """Columns that are for the same purpose, on the same basis and for the same time."""

    kinds: tuple[ColumnsOfAKind, ...]
    purpose: str | None
    legal_basis: str | None
    retention: str | None


def of(record: Record) -> tuple[PersonalColumns, ...]:
    """The personal columns as the plan, the findings and people name them; those of which the same is said together."""
    protected = dict.fromkeys(group.attribute for planned in record.planned for group in planned.groups)
    headings: dict[str, list[tuple[str, str]]] = {}
    for evaluation in record.evaluations:
        for finding in evaluation.findings:
            if finding.where is not None and finding.key.startswith(_HEADING):
                kind, _, concept = finding.key.removeprefix(_HEADING).partition(".")
                headings.setdefault(finding.where, []).append((kind, concept))
    answer = record.details.answers.get(FIELD)
    entries = {entry["column"]: entry for entry in (answer.entries if answer is not None else ()) if "column" in entry}
    found: dict[tuple[str | None, ...], dict[tuple[bool, tuple[str, ...], bool, str | None], list[str]]] = {}
    for name in dict.fromkeys((*protected, *headings, *entries)):
        seen, entry = headings.get(name, []), entries.get(name, {})
        category = _said(entry, "category")
        by_heading = seen if category is None else []  # the findings say what the heading says all the same
        kind_of_data = (
            name in protected,
            tuple(dict.fromkeys(words(concept) for _, concept in by_heading)),
            any(kind == "special_category" for kind, _ in by_heading),
            category,
        )
        grounds = tuple(_said(entry, key) for key in ("purpose", "legal_basis", "retention"))
        found.setdefault(grounds, {}).setdefault(kind_of_data, []).append(name)
    return tuple(
        PersonalColumns(tuple(ColumnsOfAKind(tuple(names), *kind) for kind, names in kinds.items()), *grounds)
        for grounds, kinds in found.items()
    )


def _said(entry: Mapping[str, str], key: str) -> str | None:
    text = entry.get(key, "")
    return None if is_placeholder(text) else text


__all__ = ["FIELD", "ColumnsOfAKind", "PersonalColumns", "of"]
