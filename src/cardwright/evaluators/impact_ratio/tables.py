"""What one bias audit asks for, and the tables it gives: values that counting makes and the report prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.rates import NEITHER, RATES, Estimate, Metric
from cardwright.sources.interface import Predictions, Table

Slice = dict[str, str | None]

SELECTION = RATES["selection_rate"].metric
SCORING = Metric("scoring_rate", "Scoring rate", "proportion", NEITHER)
IMPACT = Metric("impact_ratio", "Impact ratio", "ratio", NEITHER)


@dataclass(frozen=True)
class CategoryLine:
    """One category of a table."""

    slice: Slice
    rate: Estimate
    ratio: Estimate | None
    """`None` where the category is left out of impact ratios."""
    share: float
    """Of the table's applicants."""
    left_out: bool

    @property
    def name(self) -> str:
        """The category in words."""
        return " × ".join(value or "unknown" for value in self.slice.values())


@dataclass(frozen=True)
class CategoryTable:
    """One table: the categories of an attribute, or of all attributes crossed, for one outcome."""

    attributes: tuple[str, ...]
    number: str
    """Its place among the source's attributes, for ids."""
    of_class: str | None
    lines: tuple[CategoryLine, ...]
    reference: CategoryLine | None
    applicants: int
    """Of known category."""
    unknown: int
    expected: int

    @property
    def name(self) -> str:
        """The attributes in words."""
        return " × ".join(self.attributes)


@dataclass(frozen=True)
class Audit:
    """What one evaluation was asked for, checked."""

    source: Predictions | Table
    layout: Layout
    rates: Literal["selection", "scoring"]
    median_of: str
    exclude: str | tuple[Mapping[str, str], ...] | None
    justification: str | None
    level: float

    @property
    def metric(self) -> Metric:
        """The rate of its tables."""
        return SELECTION if self.rates == "selection" else SCORING

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes."""
        return tuple(attribute.name for attribute in self.layout.attributes)


@dataclass(frozen=True)
class MedianScore:
    """What is known of scores before they are compared with their median."""

    median: float
    at: int
    """Applicants whose score is the median: not above it."""


__all__ = ["Audit", "CategoryLine", "CategoryTable", "MedianScore"]
