"""From the counts of a cell to a number with its interval: rates of the literature as a table, one function for all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.tally import Cell, RowTally
from cardwright.record.measurement import Direction, Interval, Measured, Sampling, Unmeasured
from cardwright.sources.interface import Predictions, Table
from cardwright.statistics.intervals import Bounds, cluster_proportion, weighted_proportion, wilson

Mask = NDArray[np.bool_]

HIGHER: Direction = "higher_is_better"
LOWER: Direction = "lower_is_better"
NEITHER: Direction = "neither"


@dataclass(frozen=True)
class Metric:
    """What a metric is, whatever it is computed from."""

    name: str
    """Its name in the literature."""
    title: str
    """Its heading in a table."""
    unit: str
    direction: Direction


@dataclass(frozen=True)
class Rate:
    """A proportion of rows by outcome and decision."""

    metric: Metric
    numerator: frozenset[str]
    """Of `tp`, `fp`, `fn`, `tn`."""
    denominator: frozenset[str]
    of: str
    """What stands below the line, in words."""
    fold: int = 1
    """2 where the metric is 2q / (1 + q) of this proportion q (F1 of the Jaccard index)."""


def _rate(
    name: str, title: str, numerator: str, denominator: str, of: str, direction: Direction, fold: int = 1
) -> Rate:
    return Rate(
        Metric(name, title, "proportion", direction),
        frozenset(numerator.split()),
        frozenset(denominator.split()),
        of,
        fold,
    )


_ALL = "tp fp fn tn"

RATES: Mapping[str, Rate] = {
    rate.metric.name: rate
    for rate in (
        _rate("base_rate", "Base rate", "tp fn", _ALL, "rows", NEITHER),
        _rate("selection_rate", "Selection rate", "tp fp", _ALL, "rows", NEITHER),
        _rate("true_positive_rate", "True positive rate", "tp", "tp fn", "rows with the favourable outcome", HIGHER),
        _rate(
            "false_positive_rate", "False positive rate", "fp", "fp tn", "rows without the favourable outcome", LOWER
        ),
        _rate("true_negative_rate", "True negative rate", "tn", "fp tn", "rows without the favourable outcome", HIGHER),
        _rate("false_negative_rate", "False negative rate", "fn", "tp fn", "rows with the favourable outcome", LOWER),
        _rate("positive_predictive_value", "Positive predictive value", "tp", "tp fp", "favourable decisions", HIGHER),
        _rate(
            "negative_predictive_value", "Negative predictive value", "tn", "fn tn", "unfavourable decisions", HIGHER
        ),
        _rate("false_discovery_rate", "False discovery rate", "fp", "tp fp", "favourable decisions", LOWER),
        _rate("false_omission_rate", "False omission rate", "fn", "fn tn", "unfavourable decisions", LOWER),
        _rate("accuracy", "Accuracy", "tp tn", _ALL, "rows", HIGHER),
        _rate("f1", "F1", "tp", "tp fp fn", "rows with the favourable outcome or decision", HIGHER, fold=2),
    )
}
"""Rates of a two by two table. Names: Fawcett (2006), Pattern Recognition Letters 27:861."""


@lru_cache(maxsize=4096)
def part(shape: tuple[int, int], names: frozenset[str], positive: int = 1) -> Mask:
    """Where in a table of outcome × decision the named parts stand, one class against the rest."""
    actual = np.arange(shape[0])[:, None] == positive
    decided = (np.arange(shape[1])[None, :] == positive) if shape[1] > 1 else np.zeros((1, 1), bool)
    parts = {
        "tp": actual & decided,
        "fn": actual & ~decided,
        "fp": ~actual & decided,
        "tn": ~actual & ~decided,
    }
    return np.asarray(np.logical_or.reduce([np.broadcast_to(parts[name], shape) for name in sorted(names)]), bool)


@dataclass(frozen=True)
class Estimate:
    """A number, or why there is none, with everything an inference needs."""

    value: float | None
    rows: int
    """Rows below the line."""
    of: str
    """What these rows are, in words."""
    numerator: float | None = None
    denominator: float | None = None
    bounds: Bounds | None = None
    standard_error: float | None = None
    units: int | None = None
    """Persons below the line, where rows are clustered."""
    effective_n: float | None = None
    """So many independent rows of equal weight would be as informative; `None` where the rows are that."""
    reason: str | None = None
    """Why there is no number, where it is not that there are no rows."""

    @property
    def judged(self) -> float:
        """The number of cases that decides whether there are enough."""
        return min(float(n) for n in (self.rows, self.units, self.effective_n) if n is not None)

    @property
    def trials(self) -> float:
        """Independent rows of equal weight."""
        return self.effective_n if self.effective_n is not None else float(self.rows)

    @property
    def successes(self) -> float:
        """The rate's share of `trials`; exactly the count where rows are independent and unweighted."""
        assert self.value is not None
        if self.effective_n is None and self.numerator is not None:
            return self.numerator
        return self.value * self.trials


def proportion(cell: Cell, numerator: Mask, denominator: Mask, of: str, level: float) -> Estimate:
    """A rate of a cell: Wilson's interval, at the effective size of weighted rows, cluster-robust where persons have several.

    Undefined where nothing stands below the line.
    """
    rows = int(cell.counts[denominator].sum())
    both = numerator & denominator
    if cell.clusters is not None:
        return _clustered(cell, both, denominator, rows, of, level)
    if cell.weights is not None and cell.squared_weights is not None:
        weight, above = float(cell.weights[denominator].sum()), float(cell.weights[both].sum())
        if weight <= 0:
            return Estimate(None, rows, of, denominator=weight)
        above = min(above, weight)
        squares = cell.squared_weights
        found = weighted_proportion(above, weight, float(squares[both].sum()), float(squares[denominator].sum()), level)
        assert found is not None
        return Estimate(
            found.estimate, rows, of, above, weight, found.bounds, found.standard_error, effective_n=found.effective_n
        )
    if rows == 0:
        return Estimate(None, 0, of, denominator=0.0)
    count = int(cell.counts[both].sum())
    value = count / rows
    error = math.sqrt(value * (1 - value) / rows) if 0 < count < rows else None
    return Estimate(value, rows, of, float(count), float(rows), wilson(count, rows, level), error)


def _clustered(cell: Cell, both: Mask, denominator: Mask, rows: int, of: str, level: float) -> Estimate:
    assert cell.clusters is not None
    by_rows, by_weight = cell.clusters()
    m = by_weight[:, denominator].sum(axis=1)
    y = np.minimum(by_weight[:, both].sum(axis=1), m)
    units = int((by_rows[:, denominator].sum(axis=1) > 0).sum())
    exact = cell.weights if cell.weights is not None else cell.counts
    total, above = float(exact[denominator].sum()), float(exact[both].sum())
    if total <= 0:
        return Estimate(None, rows, of, denominator=total, units=units)
    value = min(above, total) / total
    found = cluster_proportion(y, m, level, weighted=cell.weights is not None)
    if found is None:
        return Estimate(value, rows, of, above, total, units=units, effective_n=float(units))
    return Estimate(value, rows, of, above, total, found.bounds, found.standard_error, units, found.effective_n)


def _kish(weights: FloatArray) -> float:
    return float(weights.sum() ** 2 / (weights**2).sum())


def alike(cell: Cell, denominator: Mask) -> float | None:
    """The effective size of a part of a cell if all rows of a person were alike, the most cautious; `None` for plain rows."""
    if cell.clusters is not None:
        _, by_weight = cell.clusters()
        m = by_weight[:, denominator].sum(axis=1)
        return _kish(m) if m.sum() > 0 else 0.0
    if cell.weights is not None and cell.squared_weights is not None:
        weight, squared = float(cell.weights[denominator].sum()), float(cell.squared_weights[denominator].sum())
        return weight**2 / squared if squared > 0 else 0.0
    return None


def persons(cell: Cell, denominator: Mask) -> int | None:
    """How many persons a part of a cell has; `None` where rows are not clustered."""
    if cell.clusters is None:
        return None
    by_rows, _ = cell.clusters()
    return int((by_rows[:, denominator].sum(axis=1) > 0).sum())


def rate_of(rate: Rate, cell: Cell, level: float, positive: int = 1) -> Estimate:
    """A rate of a cell, of one class against the rest."""
    shape = (cell.counts.shape[0], cell.counts.shape[1])
    above, below = part(shape, rate.numerator, positive), part(shape, rate.denominator, positive)
    found = proportion(cell, above, below, rate.of, level)
    return found if rate.fold == 1 else _folded(found)


def _folded(found: Estimate) -> Estimate:
    """F1 = 2q / (1 + q) where q = TP / (TP + FP + FN): it rises with q, so that q's interval is carried over."""
    if found.value is None or found.numerator is None or found.denominator is None:
        return found
    bounds = None
    if found.bounds is not None:
        lower, upper = (2 * q / (1 + q) for q in (found.bounds.lower, found.bounds.upper))
        bounds = Bounds(lower, upper, found.bounds.level, f"{found.bounds.method}_jaccard")
    return Estimate(
        2 * found.numerator / (found.numerator + found.denominator),
        found.rows,
        found.of,
        2 * found.numerator,
        found.numerator + found.denominator,
        bounds,
        None,
        found.units,
        found.effective_n,
    )


def accuracy_of(cell: Cell, level: float) -> Estimate:
    """The share of right decisions, for any number of classes."""
    shape = (cell.counts.shape[0], cell.counts.shape[1])
    return proportion(cell, np.eye(*shape, dtype=bool), np.ones(shape, bool), "rows", level)


def how_sure(tally: RowTally, level: float) -> str:
    """What weights and persons do to intervals, with the design effect; empty where rows are independent and unweighted.

    The design effect is Kish's word for the factor by which a variance is larger, or smaller, than that of as many independent
    rows of one weight. Each rate has its own; told is that of the share of right decisions, or of the outcomes where nothing
    is decided.
    """
    layout, whole = tally.layout, tally.view(())
    said = []
    if layout.weight is not None:
        said.append(
            "Rows are weighted; the interval of a rate rests on its linearised (Taylor) variance, that of a ranking, a loss or a "
            "mean on Kish's effective number of rows."
        )
    if layout.person is not None:
        said.append(
            f'Rows with one value of "{layout.person}" are one independent case: intervals of rates use the spread between '
            "cases (jackknife), those of ranking and losses the most cautious effective number of rows."
        )
    if said and len(whole) and layout.kind != "regression":
        cell = whole.cell(0)
        decided = cell.counts.shape[1] > 1
        found = accuracy_of(cell, level) if decided else rate_of(RATES["base_rate"], cell, level)
        if found.value is not None and found.effective_n:
            said.append(
                f"Of the {'accuracy' if decided else 'base rate'}, {found.rows:,} rows are as informative as "
                f"{found.effective_n:,.0f} independent ones of one weight: a design effect of "
                f"{found.rows / found.effective_n:.3g}."
            )
    return " ".join(said)


# --- to the record ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class About:
    """What the measurements of one evaluation have in common."""

    unit: str
    person: str | None
    design: str
    at: dict[str, float] | None
    """The threshold, where decisions are made here."""

    @classmethod
    def of(cls, source: Predictions | Table, derived: bool) -> About:
        """What a source says of its rows; of a ranking the query is one case."""
        if isinstance(source, Predictions) and source.query is not None:
            return cls(source.query, source.query, source.design, None)
        threshold = source.threshold if isinstance(source, Predictions) and derived else None
        return cls(source.unit, source.person, source.design, None if threshold is None else {"threshold": threshold})

    def sampling(self, rows: int, units: int | None = None, effective_n: float | None = None) -> Sampling:
        """What was counted."""
        return Sampling(
            unit=self.unit,
            units=rows if units is None else units,
            observations=rows,
            cluster=self.person,
            effective_n=effective_n,
            design=self.design,
        )


def interval_of(bounds: Bounds | None, value: float) -> Interval | None:
    """An interval for the record; a bound that rounding put on the wrong side of the estimate is the estimate."""
    if bounds is None:
        return None
    return Interval(
        level=bounds.level, lower=min(bounds.lower, value), upper=max(bounds.upper, value), method=bounds.method
    )


def measure(
    metric: Metric,
    estimate: Estimate,
    about: About,
    slice: Mapping[str, str | None] | None = None,
    *,
    of_class: str | None = None,
    decided: bool = True,
    reference: str | None = None,
) -> Measured | Unmeasured:
    """An estimate as a record states it: a number with interval and denominator, or the reason why there is none."""
    sampling = about.sampling(estimate.rows, estimate.units, estimate.effective_n)
    at = about.at if decided else None
    if estimate.value is None:
        return Unmeasured(
            metric=metric.name,
            slice=dict(slice or {}),
            of_class=of_class,
            at=at,
            code="undefined",
            reason=estimate.reason or f"There are no {estimate.of}: the denominator is 0.",
            denominator=estimate.denominator,
            sampling=sampling,
        )
    return Measured(
        metric=metric.name,
        slice=dict(slice or {}),
        of_class=of_class,
        at=at,
        value=estimate.value,
        unit=metric.unit,
        direction=metric.direction,
        interval=interval_of(estimate.bounds, estimate.value),
        sampling=sampling,
        numerator=estimate.numerator,
        denominator=estimate.denominator,
        reference=reference,
    )
