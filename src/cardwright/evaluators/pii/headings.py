"""What the headings of a table's columns say of people: findings, counts and a table, whatever the cells hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cardwright.evaluators.pii.columns import Plan
from cardwright.evaluators.pii.entities import capitalised
from cardwright.evaluators.pii.tables import columns_shown
from cardwright.privacy.headings import CLASSES, LANGUAGES, HeadingClass, HeadingMeaning, meaning, terms
from cardwright.record.base import label
from cardwright.record.evaluation import SEVERITIES, Finding
from cardwright.record.evaluation import Table as RecordTable
from cardwright.record.measurement import Measured

_WHY: Mapping[HeadingClass, str] = {
    "direct_identifier": "It names one person, or leads to one, by itself.",
    "quasi_identifier": "Together with others it tells people apart.",
    "special_category": "Its processing is prohibited unless an exception applies.",
    "secret": "Whoever reads it can use it; it belongs in no table that is handed over.",
}
METRIC = "personal_column_count"
"""Columns whose heading is of a class."""


@dataclass(frozen=True)
class PersonalColumn:
    """A column whose heading speaks of a person."""

    shown: str
    """Its name, as the record shows it."""
    meaning: HeadingMeaning


def personal_columns(plan: Plan, names: Mapping[str, str]) -> tuple[PersonalColumn, ...]:
    """The columns of a table whose headings speak of a person, those that are not read included, in the order of the record."""
    return tuple(
        PersonalColumn(names[name], concept)
        for name in (*(name for name, _ in plan.read), *(name for name, _, _ in plan.skipped))
        if (concept := meaning(name)) is not None
    )


def heading_findings(columns: tuple[PersonalColumn, ...]) -> Iterator[Finding]:
    """One finding for each such column, the gravest first."""
    for column in sorted(columns, key=lambda c: (-SEVERITIES.index(c.meaning.concept.severity), c.shown)):
        concept = column.meaning.concept
        yield Finding(
            severity=concept.severity,
            key=f"heading.{concept.kind}.{concept.name}",
            explanation=f"{capitalised(concept.title)}, according to the heading: {_article(concept.kind)} "
            f"{CLASSES[concept.kind]}. {_WHY[concept.kind]}",
            where=column.shown,
        )


def heading_counts(columns: tuple[PersonalColumn, ...]) -> Iterator[Measured]:
    """How many columns are of each class, and in all."""
    for kind in (None, *CLASSES):
        count = sum(kind is None or column.meaning.kind == kind for column in columns)
        yield Measured(
            metric=METRIC,
            slice={} if kind is None else {"class": CLASSES[kind]},
            value=float(count),
            unit="count",
            direction="lower_is_better",
            denominator=None,
        )


def heading_table(columns: tuple[PersonalColumn, ...]) -> Iterator[RecordTable]:
    """Each such column with its class; none if there is no such column."""
    if columns:
        yield RecordTable(
            id="headings",
            title="Columns whose heading speaks of a person",
            columns=columns_shown(
                column="Column", kind="Class", what="What the heading says", severity="Severity", languages="Languages"
            ),
            rows=tuple(
                (
                    column.shown,
                    CLASSES[column.meaning.kind],
                    column.meaning.concept.title,
                    column.meaning.concept.severity,
                    label(", ".join(LANGUAGES[code] for code in column.meaning.languages)),
                )
                for column in columns
            ),
        )


def heading_method() -> str:
    """How headings were read, in a sentence."""
    return (
        f"Headings of all columns were compared with {terms():,} terms in {len(LANGUAGES)} languages "
        f"({', '.join(LANGUAGES.values())})."
    )


def _article(kind: HeadingClass) -> str:
    return "a" if kind != "special_category" else "of a"
