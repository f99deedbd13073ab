"""Tables and curves of a fairness evaluation: groups, gaps between them, and curves of scores."""

from __future__ import annotations

from collections.abc import Sequence

from cardwright.evaluators.fairness.options import FairnessOptions
from cardwright.evaluators.fairness.report import Measurement
from cardwright.evaluators.rows.rates import RATES
from cardwright.evaluators.rows.score_metrics import calibration_curve, roc_curve, score_cells
from cardwright.evaluators.rows.tally import GroupView, RowTally
from cardwright.record.evaluation import Series, Table, TableColumn
from cardwright.record.measurement import Measured
from cardwright.sources.interface import Predictions
from cardwright.sources.interface import Table as TableSource

_CURVES = 12
"""Groups of an attribute that get curves."""

_COLUMNS = {
    "binary": ("selection_rate", "true_positive_rate", "false_positive_rate", "positive_predictive_value", "accuracy"),
    "labels": ("base_rate",),
    "multiclass": ("accuracy",),
    "regression": ("mean_outcome", "mean_prediction", "mean_error", "mean_absolute_error"),
    "rows": ("group_share",),
}


def tables(
    options: FairnessOptions,
    source: Predictions | TableSource,
    tally: RowTally,
    views: Sequence[GroupView],
    measurements: Sequence[Measurement],
) -> tuple[Table, ...]:
    """A table of groups per attribute and intersection, of gaps, of gaps within strata, and of changes against a baseline.

    In print a table is cut after its first rows, so gaps of the declared family stand first, over every attribute.
    """
    by_cell: dict[tuple[object, ...], Measurement] = {}
    for m in measurements:
        if not m.across:
            by_cell.setdefault((m.metric, tuple(sorted(m.slice.items())), m.of_class), m)
    made = [_groups(tally, view, by_cell, options.min_denominator) for view in views]
    gaps = [m for m in measurements if m.across]
    strata = ", ".join(tally.layout.strata)
    beside = (
        "the labels, and beside the baseline's" if any(m.metric.endswith("_change") for m in gaps) else "the labels"
    )
    titles = {
        "gaps": "Gaps between groups",
        "gaps_within_strata": f"Gaps between groups within strata of {strata}",
        "changes": f"What decisions change: gaps beside those of {beside}",
    }
    for id, title in titles.items():
        chosen = [m for m in gaps if _table_of(m) == id]
        if chosen:
            made.append(_gaps(id, title[:500], sorted(chosen, key=lambda m: _rank(m.metric, options.family))))
    return tuple(made)


def _table_of(m: Measurement) -> str:
    if m.given:
        return "gaps_within_strata"
    return "changes" if m.metric == "bias_amplification" or m.metric.endswith("_change") else "gaps"


def _rank(metric: str, family: Sequence[str]) -> int:
    """The place of a gap's stem in the declared family; all others come after."""
    stem = metric.removesuffix("_difference").removesuffix("_ratio")
    return list(family).index(stem) if stem in family else len(family)


def _groups(tally: RowTally, view: GroupView, by_cell: dict[tuple[object, ...], Measurement], minimum: int) -> Table:
    """The groups of a view. Beside the first rate, which has its interval, a rate of fewer cases than the minimum is left out."""
    kind = tally.layout.kind
    metrics: tuple[str, ...] = _COLUMNS[kind]
    if kind == "binary" and not tally.layout.decides:
        scored = any(key[0] == "scoring_rate" for key in by_cell)
        metrics = ("scoring_rate", "base_rate") if scored else ("base_rate",)
    first = metrics[0]
    title = {name: rate.metric.title for name, rate in RATES.items()}
    columns = [
        TableColumn(name="group", title=" × ".join(tally.layout.attributes[i].name for i in view.attributes)),
        TableColumn(name="rows", title="Rows", unit="count"),
    ]
    for name in metrics:
        columns.append(
            TableColumn(name=name, title=title.get(name, name.replace("_", " ").capitalize()), unit="proportion")
        )
        if name == first:
            columns += [
                TableColumn(name="lower", title="Lower bound", unit="proportion"),
                TableColumn(name="upper", title="Upper bound", unit="proportion"),
            ]
    rows: list[tuple[float | str | None, ...]] = []
    for index, slice_ in enumerate(view.slices):
        key = tuple(sorted(slice_.items()))
        cells: list[float | str | None] = [
            " × ".join("unknown" if value is None else value for value in slice_.values())[:200],
            float(view.counts[index].sum()),
        ]
        for name in metrics:
            m = by_cell.get((name, key, None))
            measured = m if isinstance(m, Measured) else None
            enough = name == first or (
                measured and measured.denominator is not None and measured.denominator >= minimum
            )
            cells.append(measured.value if measured and enough else None)
            if name == first:
                interval = measured.interval if measured else None
                cells += [interval.lower if interval else None, interval.upper if interval else None]
        rows.append(tuple(cells))
    number = "_".join(str(i + 1) for i in view.attributes)
    title_ = f"Groups of {' × '.join(tally.layout.attributes[i].name for i in view.attributes)}"
    if len(metrics) > 1:
        title_ += f"; rates of fewer than {minimum} cases are only in measurements.csv"
    return Table(id=f"groups_{number}", title=title_, columns=tuple(columns), rows=tuple(rows))


def _gaps(id: str, title: str, gaps: Sequence[Measurement]) -> Table:
    columns = (
        TableColumn(name="gap", title="Gap"),
        TableColumn(name="across", title="Across"),
        TableColumn(name="value", title="Value"),
        TableColumn(name="lower", title="Lower bound"),
        TableColumn(name="upper", title="Upper bound"),
        TableColumn(name="groups", title="Groups compared"),
        TableColumn(name="lowest", title="Lowest"),
        TableColumn(name="highest", title="Highest"),
        TableColumn(name="p", title="Adjusted p-value"),
    )
    rows = []
    for m in gaps:
        measured = m if isinstance(m, Measured) else None
        groups, test = m.groups, measured.test if measured else None
        name = m.metric.replace("_", " ")
        name += f" of {m.of_class}" if m.of_class is not None else ""
        name += f" given {', '.join(m.given)}" if m.given else ""

        def shown(group: dict[str, str | None] | None) -> str | None:
            return None if group is None else " × ".join(value or "unknown" for value in group.values())[:200]

        rows.append(
            (
                name[:200],
                " × ".join(m.across)[:200],
                measured.value if measured else None,
                measured.interval.lower if measured and measured.interval else None,
                measured.interval.upper if measured and measured.interval else None,
                f"{groups.compared} of {groups.expected}" if groups else None,
                shown(groups.lowest if groups else None),
                shown(groups.highest if groups else None),
                None if test is None else test.adjusted_p_value if test.adjusted_p_value is not None else test.p_value,
            )
        )
    return Table(id=id, title=title, columns=columns, rows=tuple(rows))


def series(tally: RowTally, views: Sequence[GroupView]) -> tuple[Series, ...]:
    """ROC and calibration curves of each group of each attribute."""
    found: list[Series] = []
    for view in views:
        if len(view.attributes) != 1 or len(view) > _CURVES:
            continue
        cells = score_cells(tally, view)
        for number, (slice_, cell) in enumerate(zip(view.slices, cells or (), strict=False)):
            name = " ".join("unknown" if value is None else value for value in slice_.values())
            roc = roc_curve(cell)
            place = f"{view.attributes[0] + 1}_{number + 1}"
            if roc is not None:
                found.append(
                    Series(
                        id=f"roc_{place}",
                        title=f"ROC curve: {name}",
                        x="False positive rate",
                        y="True positive rate",
                        slice=slice_,
                        points=roc,
                    )
                )
            if cell.n and cell.probability:
                found.append(
                    Series(
                        id=f"calibration_{place}",
                        title=f"Calibration: {name}",
                        x="Mean score",
                        y="Share with the favourable outcome",
                        slice=slice_,
                        points=calibration_curve(cell),
                    )
                )
    return tuple(found)
