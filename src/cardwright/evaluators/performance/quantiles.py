"""Predicted quantiles of a regression: how often the outcome lies below each, over all rows and in each group."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from cardwright.errors import UsageError
from cardwright.evaluators.rows.encoding import encode, finite_numbers
from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.evaluators.rows.rates import LOWER, NEITHER, About, Estimate, Metric, measure
from cardwright.evaluators.rows.wording import part_of
from cardwright.privacy.showing import hint, quoted
from cardwright.record.evaluation import Finding
from cardwright.record.measurement import Groups, Interval, Measured, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.statistics.contrast import BoolArray
from cardwright.statistics.intervals import ProportionEstimate, cluster_proportion, weighted_proportion, wilson

COVERAGE = Metric("quantile_coverage", "Outcomes at or below the predicted quantile", "proportion", NEITHER)
BETWEEN = Metric("interval_coverage", "Outcomes within the predicted interval", "proportion", NEITHER)
LARGEST = Metric(
    "largest_quantile_coverage_error", "Largest distance of a quantile's coverage from its level", "proportion", LOWER
)

Measurement = Measured | Unmeasured


@dataclass(frozen=True)
class QuantileRows:
    """The rows that count: outcome, predicted quantiles by level, and how rows count."""

    outcome: FloatArray
    predicted: Mapping[float, FloatArray]
    weight: FloatArray | None
    cluster: IntArray | None
    groups: Mapping[str, tuple[tuple[str, BoolArray], ...]]

    def share(self, inside: BoolArray, rows: BoolArray, level: float) -> Estimate:
        """The share of some rows that are inside, with Wilson's interval at their effective number."""
        count = int(rows.sum())
        if count == 0:
            return Estimate(None, 0, "rows", denominator=0.0)
        here = inside[rows]
        if self.cluster is not None:
            _, place = np.unique(self.cluster[rows], return_inverse=True)
            weight = np.ones(count) if self.weight is None else self.weight[rows]
            found = cluster_proportion(
                np.bincount(place, here * weight), np.bincount(place, weight), level, weighted=self.weight is not None
            )
            value = float((here * weight).sum() / weight.sum())
            return _estimate(found, value, count, int(place.max()) + 1)
        if self.weight is not None:
            weight = self.weight[rows]
            whole, above = float(weight.sum()), float(weight[here].sum())
            squares = weight**2
            found = weighted_proportion(
                min(above, whole), whole, float(squares[here].sum()), float(squares.sum()), level
            )
            return _estimate(found, above / whole, count, None)
        above = int(here.sum())
        return Estimate(above / count, count, "rows", float(above), float(count), wilson(above, count, level))


def _estimate(found: ProportionEstimate | None, value: float, rows: int, units: int | None) -> Estimate:
    if found is None:
        return Estimate(value, rows, "rows", denominator=float(rows), units=units)
    return Estimate(
        value,
        rows,
        "rows",
        None,
        float(rows),
        found.bounds,
        found.standard_error,
        units=units,
        effective_n=found.effective_n,
    )


def check_quantiles(columns: Mapping[float | str, str] | None, source: Predictions, where: str) -> dict[float, str]:
    """Level to column, by rising level.

    Raises
    ------
    UsageError
        Where the task is no regression, a level lies outside 0 and 1, or a column is not there.
    """
    if not columns:
        return {}
    if source.task != "regression":
        raise UsageError("`quantiles` belong to a regression", where=where, do="Take `quantiles:` out.")
    found: dict[float, str] = {}
    names = list(source.rows.schema.names)
    for written, column in columns.items():
        try:
            level = float(written)
        except (TypeError, ValueError):
            level = math.nan
        if not 0 < level < 1:
            raise UsageError("a level under `quantiles` must lie between 0 and 1", where=where, do="Write `0.05: low`.")
        if column not in names:
            raise UsageError(f"no column is called {quoted(column)}", where=where, do=hint(column, names, columns=True))
        found[level] = column
    return dict(sorted(found.items()))


def read(source: Predictions, columns: Mapping[float, str], where: str) -> QuantileRows:
    """The rows of a source with a weight above 0.

    Raises
    ------
    SourceError
        Where an outcome or a quantile is missing or not finite.
    """
    import pyarrow as pa

    others = [name for name in (source.weight, source.person) if name is not None]
    attributes = [attribute.name for attribute in source.sensitive]
    wanted = list(dict.fromkeys([source.label, *columns.values(), *others, *attributes]))
    table = pa.Table.from_batches(list(source.rows.batches(wanted)))

    def finite(column: str, what: str) -> FloatArray:
        return finite_numbers(table.column(column).combine_chunks(), where=where, what=what)

    outcome = finite(source.label, "the outcome")
    weight = finite(source.weight, "the weight") if source.weight is not None else None
    kept = np.ones(len(outcome), bool) if weight is None else weight > 0
    cluster = None
    if source.person is not None:
        cluster = _codes(table.column(source.person))[kept]
    groups = {}
    for attribute in source.sensitive:
        encoded = encode(
            table.column(attribute.name).combine_chunks(),
            limit=max(1000, len(attribute.groups)),
            beside=len(attribute.unknown) + 1,
            blank=False,
            where=where,
            what=f'column "{attribute.name}", a sensitive attribute,',
        )
        places: dict[str | None, int] = {name: place for place, name in enumerate(attribute.groups)}
        codes = encoded.map(partial(_place, places))[kept]
        groups[attribute.name] = tuple((name, codes == place) for place, name in enumerate(attribute.groups))
    return QuantileRows(
        outcome[kept],
        {level: finite(column, f"the quantile {level:g}")[kept] for level, column in columns.items()},
        None if weight is None else weight[kept],
        cluster,
        groups,
    )


def _place(places: Mapping[str | None, int], name: str | None) -> int:
    return places.get(name, -1)


def _codes(column: Any) -> IntArray:
    encoded = column.combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False), np.int64)


def coverages(rows: QuantileRows, about: About, level: float) -> list[Measurement]:
    """How often the outcome lies at or below each quantile, over all rows and in each group; within pairs that leave as much out
    below as above; and the largest distance from what was predicted.

    A quantile of level 0.9 is calibrated where nine outcomes in ten lie at or below it (Gneiting, Balabdaoui and Raftery 2007,
    JRSS B 69:243).
    """
    every = np.ones(len(rows.outcome), bool)
    found: list[Measurement] = []
    for tau, predicted in rows.predicted.items():
        below, at = rows.outcome <= predicted, {"quantile": tau}
        found.append(measure(COVERAGE, rows.share(below, every, level), about).model_copy(update={"at": at}))
        found += [
            measure(COVERAGE, rows.share(below, chosen, level), about, {name: group}).model_copy(update={"at": at})
            for name, groups in rows.groups.items()
            for group, chosen in groups
        ]
    for tau, predicted in rows.predicted.items():
        upper = next((q for other, q in rows.predicted.items() if math.isclose(other, 1 - tau) and other > tau), None)
        if upper is None:
            continue
        within, at = (rows.outcome >= predicted) & (rows.outcome <= upper), {"level": round(1 - 2 * tau, 12)}
        found.append(measure(BETWEEN, rows.share(within, every, level), about).model_copy(update={"at": at}))
        found += [
            measure(BETWEEN, rows.share(within, chosen, level), about, {name: group}).model_copy(update={"at": at})
            for name, groups in rows.groups.items()
            for group, chosen in groups
        ]
    found.append(_largest(rows, every, about, level))
    return found


def _largest(rows: QuantileRows, every: BoolArray, about: About, level: float) -> Measurement:
    """The largest distance, with intervals that hold for all quantiles at once (Bonferroni)."""
    count = len(rows.predicted)
    at_once = 1 - (1 - level) / count
    errors = [(tau, rows.share(rows.outcome <= q, every, at_once)) for tau, q in rows.predicted.items()]
    known = [(tau, share, share.value) for tau, share in errors if share.value is not None]
    if len(known) < count:
        return measure(LARGEST, Estimate(None, 0, "rows", denominator=0.0), about)
    value = max(abs(there - tau) for tau, _, there in known)
    made = measure(LARGEST, Estimate(value, len(rows.outcome), "rows", denominator=float(len(rows.outcome))), about)
    bounds = [(tau, share.bounds) for tau, share, _ in known if share.bounds is not None]
    if not isinstance(made, Measured) or len(bounds) < count:
        return made
    interval = Interval(
        level=level,
        lower=min(value, max(max(0.0, b.lower - tau, tau - b.upper) for tau, b in bounds)),
        upper=max(value, *(max(abs(b.lower - tau), abs(b.upper - tau)) for tau, b in bounds)),
        method=f"{bounds[0][1].method}_bonferroni",
    )
    groups = Groups(compared=count, expected=count, rows=len(rows.outcome))
    return made.model_copy(update={"interval": interval, "groups": groups})


def crossings(rows: QuantileRows) -> tuple[Finding, ...]:
    """Rows in which a higher quantile lies below a lower one: they contradict themselves."""
    crossed = np.zeros(len(rows.outcome), bool)
    for low, high in pairwise(rows.predicted.values()):
        crossed |= low > high
    count = int(crossed.sum())
    if not count:
        return ()
    return (
        Finding(
            severity="medium" if count > 0.01 * len(crossed) else "low",
            key="quantiles_cross",
            explanation=f"In {part_of(count, len(crossed), 'row')} a higher quantile is predicted below a lower one.",
            count=count,
        ),
    )


__all__ = ["QuantileRows", "check_quantiles", "coverages", "crossings", "read"]
