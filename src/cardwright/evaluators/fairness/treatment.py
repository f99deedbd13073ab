"""The balance of the two kinds of wrong decisions."""

from __future__ import annotations

import math

from cardwright.evaluators.rows.rates import NEITHER, Estimate, Metric, part, proportion
from cardwright.evaluators.rows.tally import Cell
from cardwright.statistics.intervals import Bounds

TREATMENT_EQUALITY = Metric("treatment_equality", "False negatives per false positive", "ratio", NEITHER)


def treatment_equality(cell: Cell, level: float) -> Estimate:
    """False negatives per false positive; undefined without false positives.

    The share q of false negatives among all errors has Wilson's interval, and q / (1 - q) is the ratio.

    Source: Berk et al. (2021), Sociological Methods & Research 50:3.
    """
    shape = (cell.counts.shape[0], cell.counts.shape[1])
    missed, errors = part(shape, frozenset({"fn"})), part(shape, frozenset({"fn", "fp"}))
    found = proportion(cell, missed, errors, "wrong decisions", level)
    if found.value is None or found.numerator is None or found.denominator is None:
        return found
    below = found.denominator - found.numerator
    if below <= 0:
        return Estimate(
            None,
            found.rows,
            found.of,
            units=found.units,
            effective_n=found.effective_n,
            reason=f"There are no false positives among {found.rows} wrong decisions: the ratio has 0 below the line.",
        )
    bounds = error = None
    if found.bounds is not None and found.bounds.upper < 1:
        lower, upper = (q / (1 - q) for q in (found.bounds.lower, found.bounds.upper))
        bounds = Bounds(lower, upper, found.bounds.level, f"{found.bounds.method}_odds")
    value = found.numerator / below
    if found.effective_n is None and found.numerator > 0:
        error = value * math.sqrt(1 / found.numerator + 1 / below)
    return Estimate(value, found.rows, found.of, found.numerator, below, bounds, error, found.units, found.effective_n)
