"""A model and its baseline on the same rows: counted together, so that the comparison has the precision of pairs.

Rows are matched by their place, or, where both sources name a `key`, by its values: the two may then hold other rows, in another
order, and how many match is said. That matched rows are the same is checked, not believed: the same outcome in each of them, and
by place as many rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np

from cardwright.errors import SourceError
from cardwright.evaluators.rows.counting import code
from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.rates import HIGHER, LOWER, NEITHER, About, Estimate, Metric, interval_of, measure
from cardwright.evaluators.rows.tally import GroupView, coarsen
from cardwright.record.base import label
from cardwright.record.evaluation import NotTested, Scanned
from cardwright.record.measurement import Direction, Measured, Test, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.statistics.intervals import mean_interval
from cardwright.statistics.paired import mcnemar, paired_difference
from cardwright.statistics.ranking import paired_delong
from cardwright.statistics.sampling import Moments

Measurement = Measured | Unmeasured

MAX_ROWS = 5_000_000
"""Ranking of two models on the same rows takes the rows themselves: up to so many are held, 17 bytes each."""


@dataclass(frozen=True)
class JoinedRows:
    """How two sources were joined."""

    key: str
    """The first source's column."""
    matched: int
    first: int
    """Rows of the first source."""
    second: int
    """Rows of the second."""

    def scanned(self) -> Scanned:
        """As an evaluation lists it."""
        return Scanned(
            what=f"rows compared with the baseline, joined by {label(self.key)}", scanned=self.matched, total=self.first
        )

    def not_tested(self) -> tuple[NotTested, ...]:
        """The rows that found no partner; none if all did."""
        alone = self.first - self.matched, self.second - self.matched
        if not any(alone):
            return ()
        why = "they have no partner of the same key, so that changes are about the others alone"
        return (NotTested(what=f"{alone[0]} rows of the model and {alone[1]} of the baseline", why=why),)


@dataclass(frozen=True)
class Pairs:
    """What two models said of the same rows."""

    layout: Layout
    """Of the first source, with its groups."""
    baseline: str
    rows: int
    decisions: dict[int, IntArray]
    """By cell: rows by outcome, first decision and second decision; of several classes by 0, right and right."""
    scores: tuple[FloatArray, FloatArray, FloatArray] | None
    """Outcomes and the two scores, row by row."""
    losses: dict[str, Moments]
    """Differences of losses, first minus second."""
    unpaired: str | None = None
    """Why decisions are not compared."""
    joined: JoinedRows | None = None
    """How many rows found a partner, if they were matched by key."""


def pair(source: Predictions, baseline: Predictions, *, seed: int, groups: bool) -> Pairs:
    """Count two sources of predictions for the same rows together.

    Raises
    ------
    SourceError
        If they have another task, another number of rows, or another outcome in a row.
    """
    first, second = Layout.of(source, seed=seed, groups=groups), Layout.of(baseline, seed=seed, groups=False)
    where = baseline.ref.path or baseline.ref.name
    if first.kind != second.kind or source.favourable != baseline.favourable:
        raise SourceError(
            f'the baseline predicts another outcome than "{source.ref.name}"',
            where=where,
            do="Name a source with the same task, label and favourable outcome.",
        )
    by_key = source.key is not None and baseline.key is not None
    if (
        not by_key
        and source.ref.rows is not None
        and baseline.ref.rows is not None
        and source.ref.rows != baseline.ref.rows
    ):
        raise SourceError(
            f'the baseline has {baseline.ref.rows} rows, and "{source.ref.name}" has {source.ref.rows}',
            where=where,
            do="Let both models predict the same rows, in the same order, or name the column that joins them as `key:` of both.",
        )
    decisions: dict[int, IntArray] = {}
    losses: dict[str, Moments] = {}
    kept: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    rows = different = 0
    join = _Join.of(source, baseline, second.columns, where) if by_key else None
    pieces = (
        join.pieces(source, first.columns)
        if join is not None
        else _aligned(source.rows.batches(first.columns), baseline.rows.batches(second.columns), where)
    )
    for one, other in pieces:
        mine, theirs = code(first, one), code(second, other)
        if mine.problems or theirs.problems:
            count = sum(theirs.problems.values()) or sum(mine.problems.values())
            raise SourceError(
                f"{count} rows cannot be compared", where=where, do="Fill in their labels and predictions."
            )
        rows += one.num_rows
        same = mine.outcome == theirs.outcome
        if mine.actual is not None and theirs.actual is not None:
            same = mine.actual == theirs.actual
        different += int((~same).sum())
        if first.decides and second.decides:
            _count_decisions(first, mine, theirs, decisions)
        for name, values in _losses(mine, theirs, first.probability and second.probability).items():
            losses[name] = losses.get(name, Moments()) + Moments.of(values)
        if mine.score is not None and theirs.score is not None and rows <= MAX_ROWS:
            kept.append((mine.outcome.astype(float), mine.score, theirs.score))
    if different:
        raise SourceError(
            f'{different} of {rows} rows have another outcome than in "{source.ref.name}"',
            where=where,
            do="Let both models predict the same rows, in the same order.",
        )
    scores = None
    if kept and rows <= MAX_ROWS:
        parts = [np.concatenate(part) for part in zip(*kept, strict=True)]
        scores = (parts[0], parts[1], parts[2])
    unpaired = None
    if source.weight is not None or source.person is not None:
        unpaired = "Paired intervals are for independent rows of equal weight, and these are weighted or clustered."
    elif first.kind != "regression" and not (first.decides and second.decides):
        unpaired = "One of the two sources has no decisions."
    joined = None if join is None else JoinedRows(str(source.key), rows, len(join.first), join.second.num_rows)
    return Pairs(first, baseline.ref.name, rows, decisions, scores, losses, unpaired, joined)


@dataclass(frozen=True)
class _Join:
    """The rows of a baseline by their keys; its columns are held, those of the model are not."""

    first: IntArray
    """For each row of the model the place of its partner; -1 where it has none."""
    second: Any
    """The baseline's columns, an Arrow table."""

    @classmethod
    def of(cls, source: Predictions, baseline: Predictions, columns: Sequence[str], where: str) -> _Join:
        """Both keys read, each of them once per row.

        Raises
        ------
        SourceError
            If a key is missing or stands twice, or no row has a partner.
        """
        import pyarrow as pa

        assert source.key is not None
        assert baseline.key is not None
        held = pa.Table.from_batches(
            list(baseline.rows.batches(list(dict.fromkeys([*columns, baseline.key])))),
        ).combine_chunks()
        theirs = keys_of(held.column(baseline.key).to_pylist(), where)
        places = {key: place for place, key in enumerate(theirs)}
        mine = keys_of(
            [v for batch in source.rows.batches([source.key]) for v in batch.column(0).to_pylist()],
            source.ref.path or source.ref.name,
        )
        first = np.asarray([places.get(key, -1) for key in mine], np.int64)
        if not (first >= 0).any():
            raise SourceError(
                f'no row has the key of a row of "{source.ref.name}"',
                where=where,
                do="Name as `key:` of both sources the columns that hold the same identifiers.",
            )
        return cls(first, held)

    def pieces(self, source: Predictions, columns: Sequence[str]) -> Iterator[tuple[Any, Any]]:
        """Rows of the model that have a partner, and their partners, batch by batch."""
        import pyarrow as pa

        start = 0
        for batch in source.rows.batches(columns):
            places = self.first[start : start + batch.num_rows]
            start += batch.num_rows
            kept = places >= 0
            if not kept.any():
                continue
            partners = self.second.take(pa.array(places[kept])).combine_chunks().to_batches()
            yield batch.filter(pa.array(kept)), partners[0]


def keys_of(values: Sequence[Any], where: str) -> list[str]:
    """Keys as labels, so that 1 and "1" are one; each once."""
    keys = [label(value) for value in values if value is not None]
    missing, repeated = len(values) - len(keys), len(keys) - len(set(keys))
    if missing or repeated:
        raise SourceError(
            f"{missing} rows have no key, and {repeated} have one that an earlier row has",
            where=where,
            do="Name as `key:` a column that names each row once.",
        )
    return keys


def _aligned(first: Iterator[Any], second: Iterator[Any], where: str) -> Iterator[tuple[Any, Any]]:
    """Batches of both in pieces of the same rows."""
    one = other = None
    while True:
        one = next(first, None) if one is None or one.num_rows == 0 else one
        other = next(second, None) if other is None or other.num_rows == 0 else other
        if one is None and other is None:
            return
        if one is None or other is None:
            raise SourceError(
                "the baseline has more rows than the model, or fewer",
                where=where,
                do="Let both models predict the same rows, in the same order.",
            )
        size = min(one.num_rows, other.num_rows)
        if size:
            yield one.slice(0, size), other.slice(0, size)
        one, other = one.slice(size), other.slice(size)


def _count_decisions(layout: Layout, mine: Any, theirs: Any, decisions: dict[int, IntArray]) -> None:
    if layout.kind == "binary":
        triple = mine.outcome * 4 + mine.decision * 2 + theirs.decision
    else:
        triple = (mine.decision == mine.outcome) * 2 + (theirs.decision == theirs.outcome)
    present, inverse = np.unique(mine.cells, return_inverse=True)
    table = np.bincount(inverse.reshape(-1) * 8 + triple, minlength=8 * len(present)).reshape(-1, 2, 2, 2)
    for cell, counts in zip(present.tolist(), table, strict=True):
        decisions[cell] = decisions.get(cell, np.zeros((2, 2, 2), np.int64)) + counts


def _losses(mine: Any, theirs: Any, probabilities: bool) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    if probabilities and mine.score is not None and theirs.score is not None:
        found["brier_score"] = (mine.score - mine.outcome) ** 2 - (theirs.score - theirs.outcome) ** 2
    if mine.actual is not None and theirs.actual is not None:
        errors = mine.predicted - mine.actual, theirs.predicted - theirs.actual
        found["mean_absolute_error"] = np.abs(errors[0]) - np.abs(errors[1])
        found["mean_squared_error"] = errors[0] ** 2 - errors[1] ** 2
    return found


@dataclass(frozen=True)
class Switched:
    """Rows by whether something holds of the first and of the second of two decisions."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @classmethod
    def of(cls, table: IntArray) -> Self:
        """From rows counted by whether it holds of the first (down) and of the second (across)."""
        return cls(int(table[1, 1]), int(table[1, 0]), int(table[0, 1]), int(table[0, 0]))

    @property
    def rows(self) -> int:
        """How many rows."""
        return self.both + self.only_first + self.only_second + self.neither

    def change(
        self,
        metric: str,
        slice_: Mapping[str, str | None],
        direction: Direction,
        about: About,
        level: float,
        reference: str,
        adjusted_p: float | None = None,
    ) -> Measured | None:
        """The share of the first minus that of the second, with Tango's interval and McNemar's test; None without rows.

        Parameters
        ----------
        adjusted_p
            The p-value adjusted for all groups by Holm's method; None where it is of all rows.
        """
        difference = paired_difference(self.both, self.only_first, self.only_second, self.neither, level)
        if difference is None:
            return None
        test = mcnemar(self.only_first, self.only_second)
        adjusted: dict[str, Any] = (
            {} if adjusted_p is None else {"family": "groups", "adjusted_p_value": adjusted_p, "adjustment": "holm"}
        )
        return Measured(
            metric=metric,
            slice=dict(slice_),
            value=difference.estimate,
            unit="difference",
            direction=direction,
            interval=interval_of(difference.bounds, difference.estimate),
            numerator=float(self.only_first - self.only_second),
            denominator=float(self.rows),
            sampling=about.sampling(self.rows),
            test=Test(p_value=test.p_value, method=test.method, **adjusted),
            reference=reference,
        )


# --- changes of the whole ---------------------------------------------------------------------------------------------

_CHANGES = {
    # which outcomes count, whether success is being right, and which way is better
    "accuracy": ((0, 1), True, HIGHER),
    "recall": ((1,), True, HIGHER),
    "specificity": ((0,), True, HIGHER),
    "selection_rate": ((0, 1), False, NEITHER),
}


def changes(pairs: Pairs, about: About, level: float) -> list[Measurement]:
    """The first model's numbers minus the baseline's, on the same rows: rates with Tango's interval and McNemar's test, ROC AUC
    with DeLong's, losses with Student's."""
    found: list[Measurement] = []
    total = sum(pairs.decisions.values(), np.zeros((2, 2, 2), np.int64))
    for name, (outcomes, being_right, direction) in _CHANGES.items():
        binary = pairs.layout.kind == "binary"
        if pairs.layout.kind == "regression" or (not binary and name != "accuracy"):
            continue
        metric = Metric(f"{name}_change", f"Change of {name}", "difference", direction)
        if pairs.unpaired is not None:
            found.append(_not_applicable(metric, pairs, about))
            continue
        table = np.zeros((2, 2), np.int64)
        for outcome in outcomes if binary else (0,):
            part = total[outcome]
            table += part[::-1, ::-1] if binary and being_right and outcome == 0 else part
        found.append(_rate_change(metric, table, pairs, about, level))
    if pairs.layout.kind == "binary":
        found.append(_auc_change(pairs, about, level))
    for name, moments in sorted(pairs.losses.items()):
        metric = Metric(f"{name}_change", f"Change of {name.replace('_', ' ')}", "difference", LOWER)
        if pairs.unpaired is not None and "weighted" in pairs.unpaired:
            found.append(_not_applicable(metric, pairs, about))
            continue
        mean = mean_interval(moments.n, moments.total.exact, moments.squares.exact, level)
        value = float(moments.total.exact / Fraction(moments.n)) if moments.n else None
        estimate = Estimate(
            value, moments.n, "rows", denominator=float(moments.n), bounds=None if mean is None else mean.bounds
        )
        found.append(measure(metric, estimate, about, decided=False, reference=pairs.baseline))
    return found


def _not_applicable(metric: Metric, pairs: Pairs, about: About) -> Unmeasured:
    assert pairs.unpaired is not None
    return Unmeasured(
        metric=metric.name,
        at=about.at,
        code="not_applicable",
        reason=pairs.unpaired,
        sampling=about.sampling(pairs.rows),
    )


def _rate_change(metric: Metric, table: IntArray, pairs: Pairs, about: About, level: float) -> Measurement:
    counts = Switched.of(table)
    difference = paired_difference(counts.both, counts.only_first, counts.only_second, counts.neither, level)
    estimate = Estimate(
        None if difference is None else difference.estimate,
        counts.rows,
        "rows",
        float(counts.only_first - counts.only_second),
        float(counts.rows),
        None if difference is None else difference.bounds,
    )
    found = measure(metric, estimate, about, reference=pairs.baseline)
    if isinstance(found, Measured):
        test = mcnemar(counts.only_first, counts.only_second)
        return found.model_copy(update={"test": Test(p_value=test.p_value, method=test.method)})
    return found


def _auc_change(pairs: Pairs, about: About, level: float) -> Measurement:
    metric = Metric("roc_auc_change", "Change of ROC AUC", "difference", HIGHER)
    if pairs.unpaired is not None and "weighted" in pairs.unpaired:
        return _not_applicable(metric, pairs, about).model_copy(update={"at": None})
    if pairs.scores is None:
        many = pairs.rows > MAX_ROWS and pairs.layout.score is not None
        reason = f"{pairs.rows} rows are more than {MAX_ROWS}." if many else "One of the two sources has no scores."
        return Unmeasured(metric=metric.name, code="not_applicable", reason=reason, sampling=about.sampling(pairs.rows))
    compared = paired_delong(*pairs.scores, level)
    reason = "Ranking needs two rows of each outcome."
    estimate = Estimate(
        None if compared is None else compared.difference,
        pairs.rows,
        "rows",
        denominator=float(pairs.rows),
        bounds=None if compared is None else compared.bounds,
        reason=reason,
    )
    found = measure(metric, estimate, about, decided=False, reference=pairs.baseline)
    if isinstance(found, Measured) and compared is not None:
        return found.model_copy(update={"test": Test(p_value=compared.p_value, method="delong_paired")})
    return found


def tables(pairs: Pairs, view: GroupView) -> IntArray:
    """Rows by cell of a view, outcome, first decision and second decision."""
    found = np.zeros((len(view), 2, 2, 2), np.int64)
    if not pairs.decisions:
        return found
    cells = np.array(sorted(pairs.decisions), np.int64)
    place = np.searchsorted(view.keys, coarsen(cells, pairs.layout.sizes, view.attributes))
    for cell, index in zip(cells.tolist(), place.tolist(), strict=True):
        found[index] += pairs.decisions[cell]
    return found
