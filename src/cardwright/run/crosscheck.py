"""The fairness numbers of a record, computed again by fairlearn from the record's own counts, and compared.

fairlearn (https://fairlearn.org, `MetricFrame`) is the library that most people compare with. It is given the four cells of each
group, which follow from the counts in the record: rows, rows with the favourable outcome, rows selected, and both. So a receiver
who has nothing but the record can do the same. The counting itself is not checked by it; `reproduce` does that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured
from cardwright.record.provenance import CrossCheck
from cardwright.record.record import Record

TOLERANCE = 1e-9
"""Two numbers further apart than this are not equal; both libraries divide the same counts."""

Group = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Cells:
    """How often each pair of outcome and decision occurs in a group."""

    rows: int
    favourable: int
    selected: int
    both: int

    def weights(self) -> tuple[tuple[int, int, int], ...]:
        """(outcome, decision, rows) of the four cells."""
        return (
            (1, 1, self.both),
            (1, 0, self.favourable - self.both),
            (0, 1, self.selected - self.both),
            (0, 0, self.rows - self.favourable - self.selected + self.both),
        )


def with_fairlearn(record: Record) -> tuple[CrossCheck, ...]:
    """One comparison for each fairness evaluation that has counts; none where fairlearn is not installed.

    Weighted rows have no counts, several classes no four cells, and gaps within strata no peer in fairlearn: what it has no
    number for is not compared, and `compared` says how many numbers were.
    """
    try:
        installed = version("fairlearn")
    except PackageNotFoundError:
        return ()
    checks = []
    for evaluation in record.evaluations:
        if evaluation.evaluator != "fairness":
            continue
        differences = tuple(_differences(evaluation))
        if differences:
            checks.append(
                CrossCheck(
                    evaluation=evaluation.id,
                    library="fairlearn",
                    version=installed,
                    compared=len(differences),
                    equal=sum(difference <= TOLERANCE for difference in differences),
                    largest_difference=max(differences),
                )
            )
    return tuple(checks)


def _differences(evaluation: Evaluation) -> Iterator[float]:
    """How far each number that fairlearn has too is from fairlearn's."""
    plain = [
        m
        for m in evaluation.measurements
        if isinstance(m, Measured) and not m.given and m.of_class is None and m.reference is None
    ]
    cells = _cells(plain)
    attributes = sorted({tuple(name for name, _ in group) for group in cells})
    for names in attributes:
        groups = {group: counts for group, counts in cells.items() if tuple(name for name, _ in group) == names}
        yield from _of_rates(groups, [m for m in plain if m.slice and _group(m.slice) in groups])
        if names:
            yield from _of_gaps(groups, [m for m in plain if tuple(sorted(m.across)) == names and not m.slice])


def _group(slice_: Mapping[str, str | None]) -> Group:
    return tuple(sorted((name, str(value)) for name, value in slice_.items()))


def _cells(measurements: Iterable[Measured]) -> dict[Group, _Cells]:
    """The four cells of each group whose counts are whole and agree with each other."""
    counted: dict[Group, dict[str, tuple[int, int]]] = {}
    for m in measurements:
        if m.metric in ("base_rate", "selection_rate", "true_positive_rate") and not m.across:
            top, bottom = m.numerator, m.denominator
            if top is not None and bottom is not None and top == int(top) and bottom == int(bottom):
                counted.setdefault(_group(m.slice), {})[m.metric] = (int(top), int(bottom))
    cells: dict[Group, _Cells] = {}
    for group, counts in counted.items():
        if len(counts) < 3:
            continue
        (favourable, rows), (selected, same) = counts["base_rate"], counts["selection_rate"]
        both, of = counts["true_positive_rate"]
        found = _Cells(rows, favourable, selected, both)
        if (same, of) == (rows, favourable) and all(weight >= 0 for _, _, weight in found.weights()):
            cells[group] = found
    return cells


def _frame(groups: Mapping[Group, _Cells], metrics: Mapping[str, Any]) -> Any:
    """fairlearn's frame over the groups; a cell is a row with its count as weight."""
    from fairlearn.metrics import MetricFrame

    rows = [(place, *cell) for place, counts in enumerate(groups.values()) for cell in counts.weights() if cell[2]]
    return MetricFrame(
        metrics=dict(metrics),
        y_true=[outcome for _, outcome, _, _ in rows],
        y_pred=[decision for _, _, decision, _ in rows],
        sensitive_features=[place for place, _, _, _ in rows],
        sample_params={name: {"sample_weight": [float(weight) for _, _, _, weight in rows]} for name in metrics},
    )


def _rates() -> dict[str, Any]:
    from fairlearn import metrics
    from sklearn.metrics import accuracy_score

    return {
        "selection_rate": metrics.selection_rate,
        "true_positive_rate": partial(metrics.true_positive_rate, pos_label=1),
        "false_positive_rate": partial(metrics.false_positive_rate, pos_label=1),
        "true_negative_rate": partial(metrics.true_negative_rate, pos_label=1),
        "false_negative_rate": partial(metrics.false_negative_rate, pos_label=1),
        "accuracy": accuracy_score,
    }


_GAPS: Mapping[str, tuple[str, ...]] = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "false_positive_rate": ("false_positive_rate",),
    "false_negative_rate": ("false_negative_rate",),
    "accuracy": ("accuracy",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}
"""The rates that a gap compares; of several, fairlearn takes the worst (`agg="worst_case"`)."""


def _of_rates(groups: Mapping[Group, _Cells], measurements: Sequence[Measured]) -> Iterator[float]:
    rates = _rates()
    wanted = [m for m in measurements if m.metric in rates]
    if not wanted:
        return
    frame = _frame(groups, rates).by_group
    places = {group: place for place, group in enumerate(groups)}
    for m in wanted:
        theirs = float(frame[m.metric][places[_group(m.slice)]])
        if not math.isnan(theirs):
            yield abs(m.value - theirs)


def _of_gaps(groups: Mapping[Group, _Cells], measurements: Sequence[Measured]) -> Iterator[float]:
    rates = _rates()
    frames: dict[frozenset[Group], Any] = {}  # a frame costs 20 ms, and most gaps are over the same groups
    for m in measurements:
        name, _, kind = m.metric.rpartition("_")
        if name not in _GAPS or kind not in ("difference", "ratio") or m.groups is None:
            continue
        out = {_group(one.slice) for one in m.groups.excluded}
        compared = {group: counts for group, counts in groups.items() if group not in out}
        if len(compared) != m.groups.compared:
            continue  # a group whose counts are not in the record took part
        if frozenset(compared) not in frames:
            frames[frozenset(compared)] = _frame(compared, rates)
        frame = frames[frozenset(compared)]
        gaps = (
            frame.difference(method="between_groups") if kind == "difference" else frame.ratio(method="between_groups")
        )
        values = [float(gaps[rate]) for rate in _GAPS[name]]
        theirs = max(values) if kind == "difference" else min(values)
        if not math.isnan(theirs):
            yield abs(m.value - theirs)
