"""What is looked for: metrics of slices, and the parameters and columns compared with the source."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.errors import UsageError
from cardwright.evaluators.rows.rates import LOWER, NEITHER, Metric
from cardwright.evaluators.rows.slice_sample import (
    declared_columns,
)
from cardwright.evaluators.slices.options import SlicesOptions
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.interface import Predictions

Measurement = Measured | Unmeasured

FOUND = "found slice"
"""The attribute under which a rule of the tree stands in a record."""

COVERAGE = Metric("error_coverage", "Error coverage", "proportion", NEITHER)
LIFT = Metric("error_lift", "Error lift", "ratio", LOWER)
SHARE = Metric("slice_share", "Share of the rows", "proportion", NEITHER)
LARGEST = Metric("largest_slice_difference", "Largest difference of a declared slice to the rest", "difference", LOWER)

LARGEST_STANDARDIZED = Metric(
    "largest_standardized_slice_difference",
    "Largest difference of a declared slice to the rest, in standard deviations of the outcome",
    "standard_deviations",
    LOWER,
)


def difference_metric(rate: Metric) -> Metric:
    """The metric of a slice's rate minus the rest's."""
    unit = "difference" if rate.unit == "proportion" else rate.unit
    return Metric(f"{rate.name}_difference_to_rest", f"{rate.title}, difference to the rest", unit, LOWER)


@dataclass(frozen=True)
class SliceRules:
    """How slices are judged."""

    level: float
    alpha: float
    least: int


def check(options: SlicesOptions, where: str) -> None:
    """Refuse parameters that are out of their range.

    Raises
    ------
    UsageError
    """
    for name, least in (("quantiles", 2), ("max_depth", 1), ("min_leaf", 2), ("min_denominator", 1), ("rows", 1)):
        value = getattr(options, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise UsageError(f"`{name}` must be a whole number of at least {least}", where=where)
    for name in ("level", "alpha"):
        value = getattr(options, name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1:
            raise UsageError(f"`{name}` must lie between 0 and 1", where=where)
    if options.max_depth > 5:
        raise UsageError("`max_depth` is at most 5: a deeper rule is not read by anybody", where=where)


def searched_columns(options: SlicesOptions, source: Predictions, declared: list[str], where: str) -> list[str]:
    """The columns that the tree may use: never the outcome, nor what the model said."""
    if options.search is not None:
        if isinstance(options.search, str):
            raise UsageError("`search` is a list of names", where=where, do="Write `search: [region, product]`.")
        return declared_columns(source, list(options.search), {}, where)
    kept = [*declared, *source.features]
    others = {source.label, source.prediction, source.score, source.weight, source.person}
    return [column for column in dict.fromkeys(kept) if column not in others]
