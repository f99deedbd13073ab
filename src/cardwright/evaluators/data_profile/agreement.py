"""Whether those who labelled agree: Cohen's kappa of each two, Krippendorff's alpha of all."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from cardwright.errors import UsageError
from cardwright.evaluators.rows.database import column as _name
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label
from cardwright.record.evaluation import Table, TableColumn
from cardwright.record.measurement import Interval, Measured, Measurement, Unmeasured

if TYPE_CHECKING:
    import duckdb

    from cardwright.statistics.agreement import Agreement

MOST_CATEGORIES = 50
"""Columns with more values are measurements, not categories."""

MOST_PAIRS = 45
"""Kappa of each two is listed for so many pairs: ten annotators."""


def agreement(
    store: duckdb.DuckDBPyConnection,
    annotators: tuple[str, ...] | list[str] | None,
    columns: list[str],
    level: float,
    seed: int,
) -> tuple[list[Measurement], tuple[Table, ...]]:
    """Agreement of the annotators named, over the rows that at least two of them rated.

    Raises
    ------
    UsageError
        If fewer than two are named, one is no column, or what they said is no category.
    """
    if not annotators:
        return [], ()
    names = list(dict.fromkeys(annotators))
    if len(names) < 2:
        raise UsageError(
            "data_profile: annotators: agreement takes two at least", do="Name the column of each annotator."
        )
    for name in names:
        if name not in columns:
            raise UsageError(
                f"data_profile: annotators: no column is called {quoted(name)}", do=hint(name, columns, columns=True)
            )
    every = ", ".join(f"cast({_name(name)} as varchar)" for name in names)
    patterns = [
        (row[:-1], int(row[-1])) for row in store.execute(f"select {every}, count(*) from rows group by all").fetchall()
    ]
    told = [tuple(None if v is None else label(v) for v in ratings) for ratings, _ in patterns]
    times = [n for _, n in patterns]
    categories = sorted({v for ratings in told for v in ratings if v is not None})
    if len(categories) > MOST_CATEGORIES:
        raise UsageError(
            f"data_profile: annotators: they gave {len(categories)} different values, more than {MOST_CATEGORIES} categories",
            do="Name columns of categories.",
        )
    measurements = [_alpha(told, times, categories, level, seed)]
    lines: list[tuple[float | str | None, ...]] = []
    for one, other in list(itertools.combinations(range(len(names)), 2))[:MOST_PAIRS]:
        pair = f"{label(names[one])} × {label(names[other])}"
        kappa, rows = _kappa([(ratings[one], ratings[other]) for ratings in told], times, categories, level)
        measurements.append(_measurement("cohen_kappa", {"annotators": label(pair)}, kappa, rows, level))
        bounds = kappa.bounds if kappa else None
        lines.append(
            (
                label(pair),
                rows,
                kappa.observed if kappa else None,
                kappa.estimate if kappa else None,
                bounds.lower if bounds else None,
                bounds.upper if bounds else None,
            )
        )
    table = Table(
        id="agreement",
        title="Agreement of annotators, each two",
        columns=(
            TableColumn(name="pair", title="Annotators"),
            TableColumn(name="rows", title="Rows both rated", unit="count"),
            TableColumn(name="observed", title="Agreed", unit="proportion"),
            TableColumn(name="kappa", title="Cohen's kappa", unit="ratio"),
            TableColumn(name="lower", title="Lower bound", unit="ratio"),
            TableColumn(name="upper", title="Upper bound", unit="ratio"),
        ),
        rows=tuple(lines),
    )
    return measurements, (table,)


def _alpha(
    told: list[tuple[str | None, ...]], times: list[int], categories: list[str], level: float, seed: int
) -> Measurement:
    import numpy as np

    from cardwright.statistics.agreement import krippendorff_alpha

    code_of = {category: index for index, category in enumerate(categories)}
    counts = np.zeros((len(told), max(1, len(categories))))
    for row, ratings in enumerate(told):
        for value in ratings:
            if value is not None:
                counts[row, code_of[value]] += 1
    alpha = krippendorff_alpha(counts, level, times=times, seed=seed)
    rated = sum(n for ratings, n in zip(told, times, strict=True) if sum(v is not None for v in ratings) > 1)
    return _measurement("krippendorff_alpha", {}, alpha, rated, level)


def _kappa(
    pairs: list[tuple[str | None, str | None]], times: list[int], categories: list[str], level: float
) -> tuple[Agreement | None, int]:
    import numpy as np

    from cardwright.statistics.agreement import cohen_kappa

    code_of = {category: index for index, category in enumerate(categories)}
    table = np.zeros((len(categories), len(categories)))
    for (one, other), n in zip(pairs, times, strict=True):
        if one is not None and other is not None:
            table[code_of[one], code_of[other]] += n
    rows = int(table.sum())
    return (cohen_kappa(table, level) if rows else None), rows


def _measurement(
    metric: str, slice_: dict[str, str | None], estimate: Agreement | None, rows: int, level: float
) -> Measurement:
    if estimate is None:
        reason = f"Two annotators gave {rows} rows one category throughout." if rows else "No row was rated twice (0)."
        return Unmeasured(metric=metric, slice=slice_, code="undefined", reason=reason, denominator=rows)
    bounds = estimate.bounds
    return Measured(
        metric=metric,
        slice=slice_,
        value=estimate.estimate,
        unit="ratio",
        direction="higher_is_better",
        interval=Interval(level=level, lower=bounds.lower, upper=bounds.upper, method=bounds.method)
        if bounds
        else None,
        denominator=rows,
    )
