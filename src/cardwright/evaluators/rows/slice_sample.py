"""Rows held in memory, as slices and perturbations need them: coded outcomes, losses, and masks of declared slices."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.rows.counting import Coded, code, of_positive_weight
from cardwright.evaluators.rows.encoding import encode, numbers
from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.group_names import confusable_groups
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.ranked import AT, ndcg_by_query
from cardwright.evaluators.rows.rates import LOWER, Metric
from cardwright.evaluators.rows.sampling import choose
from cardwright.evaluators.rows.tally import decode
from cardwright.evaluators.rows.weights import findings_of
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import Finding
from cardwright.sources.interface import Predictions
from cardwright.statistics.contrast import Losses

if TYPE_CHECKING:
    import pyarrow

BoolArray = NDArray[np.bool_]

MAX_VALUES = 50
"""The largest number of different values of a column that makes slices: more are names or numbers."""

FEW_NUMBERS = 10
"""Numbers with at most so many different values are categories."""

ERROR_RATE = Metric("error_rate", "Error rate", "proportion", LOWER)
MEAN_ABSOLUTE_ERROR = Metric("mean_absolute_error", "Mean absolute error", "outcome", LOWER)
NDCG_LOSS = Metric("ndcg_loss", f"1 − NDCG at {AT}", "proportion", LOWER)

MOST_CANDIDATES = 1_000_000
"""The largest ranking that is held in memory: of some candidates alone the order is another."""


@dataclass(frozen=True)
class Sample:
    """Rows of a source, coded."""

    source: Predictions
    layout: Layout
    batch: pyarrow.RecordBatch
    total: int
    """Rows that the source has."""
    coded: Coded
    """Of the rows that have a weight above 0, as `batch` has them."""
    weightless: int = 0
    """Rows of weight 0, which are left out."""
    weight_findings: tuple[Finding, ...] = ()
    query: NDArray[np.int64] | None = None
    """The query of each row, as whole numbers from 0 on, if the source is a ranking. A row weighs one over its query's rows."""

    @property
    def whole(self) -> bool:
        """Whether every row that counts is here."""
        return len(self.coded.cells) + self.weightless == self.total

    def findings(self, parts: Sequence[SlicePart] = ()) -> tuple[Finding, ...]:
        """What a person should look at in weights, groups and declared slices, whatever is computed of them."""
        names: dict[str, list[str]] = {a.name: list(a.groups) for a in self.layout.attributes}
        for part in parts:
            if part.value is not None:
                names.setdefault(as_label(part.column), []).append(part.value)
        return (*self.weight_findings, *confusable_groups(names))

    @property
    def metric(self) -> Metric:
        """What a loss is averaged to."""
        if self.query is not None:
            return NDCG_LOSS
        return MEAN_ABSOLUTE_ERROR if self.source.task == "regression" else ERROR_RATE

    def losses(self) -> Losses | None:
        """What was lost in each row: 1 for a wrong decision, the absolute error, or 1 - NDCG of its query; `None` if there are no
        decisions."""
        coded = self.coded
        if self.query is not None:
            assert coded.actual is not None and coded.predicted is not None
            loss, binary = 1 - ndcg_by_query(self.query, coded.predicted, coded.actual), False
        elif coded.actual is not None and coded.predicted is not None:
            loss, binary = np.abs(coded.predicted - coded.actual), False
        elif self.layout.decides:
            loss, binary = (coded.outcome != coded.decision).astype(np.float64), True
        else:
            return None
        return Losses(loss, binary, coded.weight, self.clusters())

    def clusters(self) -> NDArray[np.int64] | None:
        """The case that each row belongs to, as whole numbers; `None` where each is its own."""
        if self.query is not None:
            return self.query
        if self.coded.person is None:
            return None
        return np.asarray(np.unique(self.coded.person, return_inverse=True)[1], np.int64).reshape(-1)

    def group_codes(self) -> list[NDArray[np.int64]]:
        """The group of each row in each sensitive attribute; unknown membership has the last code."""
        return decode(self.coded.cells, self.layout.sizes)


def read(source: Predictions, columns: Sequence[str], most: int, seed: int) -> Sample:
    """At most so many rows of a source, with the columns asked for.

    Raises
    ------
    SourceError
        If rows have no outcome, decision or score that can be counted.
    UsageError
        If a column is not there.
    """
    where = source.ref.path or source.ref.name
    for column in columns:
        if column not in source.rows.schema.names:
            raise UsageError(
                f"there is no column {quoted(column)}",
                where=where,
                do=hint(column, source.rows.schema.names, columns=True),
            )
    if source.query is not None:
        return _of_queries(source, columns, where, seed)
    layout = Layout.of(source, seed=seed)
    batch, total = choose(source.rows, [*layout.columns, *columns], most, seed)
    coded = code(layout, batch)
    wrong = sum(count for what, count in coded.problems.items() if not what.startswith("stray"))
    if wrong:
        raise SourceError(
            f"{wrong} rows have a label, prediction, score, weight or person that is missing or cannot be counted",
            where=where,
            do="Fill them in, or leave those rows out of the file.",
        )
    kept = of_positive_weight(coded)
    weightless = len(coded.cells) - len(kept.cells)
    if weightless and coded.weight is not None:
        batch = batch.take(np.flatnonzero(coded.weight > 0))
    return Sample(source, layout, batch, total, kept, weightless, findings_of(source.weight, coded.weight))


def _of_queries(source: Predictions, columns: Sequence[str], where: str, seed: int) -> Sample:
    """All candidates of the queries that have a relevant one; the others have no NDCG, and weigh nothing."""
    assert source.query is not None
    layout = Layout.of(source, seed=seed, queries=True)
    batch, total = choose(source.rows, [*layout.columns, source.query, *columns], MOST_CANDIDATES, seed)
    if batch.num_rows < total:
        raise SourceError(
            f"there are {total} candidates, and a ranking of at most {MOST_CANDIDATES} is looked at here",
            where=where,
            do="Name a source with fewer queries, each with all its candidates.",
        )
    coded = code(layout, batch)
    if sum(count for what, count in coded.problems.items() if not what.startswith("stray")):
        raise SourceError("rows have no relevance or score", where=where, do="Fill them in, or leave those rows out.")
    assert coded.actual is not None and coded.predicted is not None
    query, relevance = _numbered(batch.column(source.query)), coded.actual
    score = -coded.predicted if source.by_rank else coded.predicted
    coded = replace(coded, predicted=score)
    judged = np.isfinite(ndcg_by_query(query, score, relevance))
    query = np.unique(query[judged], return_inverse=True)[1].reshape(-1).astype(np.int64)
    coded = of_positive_weight(replace(coded, weight=judged.astype(np.float64)))
    weight = 1 / np.bincount(query)[query] if len(query) else np.zeros(0)
    kept = batch.take(np.flatnonzero(judged))
    return Sample(source, layout, kept, total, replace(coded, weight=weight), int((~judged).sum()), (), query)


def _numbered(column: Any) -> NDArray[np.int64]:
    """The values of a column as whole numbers from 0 on."""
    return np.asarray(column.dictionary_encode().indices.to_numpy(zero_copy_only=False), np.int64)


# --- declared slices --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SlicePart:
    """A declared slice and its rows."""

    column: str
    value: str | None
    rows: BoolArray

    @property
    def slice(self) -> dict[str, str | None]:
        """As a record names it."""
        return {as_label(self.column): self.value}


@dataclass(frozen=True)
class Cuts:
    """How a column was cut."""

    column: str
    how: str
    """In words, with the edges."""


def is_number(batch: Any, column: str) -> bool:
    """Whether a column holds numbers."""
    import pyarrow as pa

    kind = batch.column(column).type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def check_edges(edges: Mapping[str, Sequence[float]] | None, where: str) -> dict[str, list[float]]:
    """Stated edges, as finite numbers that rise.

    Raises
    ------
    UsageError
    """
    if edges is None:
        return {}
    if not isinstance(edges, Mapping):
        raise UsageError(
            "`edges` names columns and their edges", where=where, do="Write `edges: {debt_ratio: [30, 36]}`."
        )
    found: dict[str, list[float]] = {}
    for column, given in edges.items():
        numeric = isinstance(given, (list, tuple)) and all(
            isinstance(edge, (int, float)) and not isinstance(edge, bool) and math.isfinite(edge) for edge in given
        )
        if not numeric or not given or any(a >= b for a, b in itertools.pairwise(given)):
            raise UsageError(
                f"the edges of {quoted(column)} are not numbers that rise", where=where, do="Write `[30, 36]`."
            )
        found[str(column)] = [float(edge) for edge in given]
    return found


def declared_columns(
    source: Predictions, columns: Sequence[str] | None, edges: Mapping[str, Sequence[float]], where: str
) -> list[str]:
    """The columns that make slices, each once.

    Raises
    ------
    UsageError
        If one is the outcome, the prediction, the score, the weight or the person.
    """
    if isinstance(columns, str) or (columns is not None and not all(isinstance(column, str) for column in columns)):
        raise UsageError("`columns` is a list of names", where=where, do="Write `columns: [region, product]`.")
    named = [*(a.name for a in source.sensitive), *source.strata] if columns is None else list(columns)
    wanted = list(dict.fromkeys([*named, *edges]))
    parts = {
        "the prediction": source.prediction,
        "the score": source.score,
        "the weight": source.weight,
        "the person": source.person,
    }
    for what, column in parts.items():
        if column is not None and column in wanted:
            raise UsageError(
                f"{quoted(column)} is {what}, which makes no slices", where=where, do="Name another column."
            )
    return wanted


def rounded(value: float, low: float, high: float) -> float:
    """A cut point with as few digits as keep it at or above `low` and below `high`, so that it is printed as it is used."""
    for digits in range(2, 17):
        short = float(f"{value:.{digits}g}")
        if low <= short < high:
            return short
    return value


def parts_of(
    sample: Sample, columns: Sequence[str], edges: Mapping[str, Sequence[float]], quantiles: int, where: str
) -> tuple[list[SlicePart], list[Cuts]]:
    """Every declared slice, in the order of the columns; rows without a value are a slice of their own.

    Raises
    ------
    UsageError
        If a column has too many different values, or edges are given for one that holds no numbers.
    """
    parts: list[SlicePart] = []
    cuts: list[Cuts] = []
    unknown = {attribute.name: {*attribute.unknown} - {*attribute.groups} for attribute in sample.source.sensitive}
    for column in columns:
        if column in edges and not is_number(sample.batch, column):
            raise UsageError(f"{quoted(column)} has edges, and holds no numbers", where=where, do="Leave them out.")
        if is_number(sample.batch, column):
            values = numbers(sample.batch.column(column), where=where, what=f"column {quoted(column)}")
            different = np.unique(values[~np.isnan(values)])
            if column in edges or (len(different) > FEW_NUMBERS and np.isfinite(different).sum() > 1):
                found, how = _bands(column, values, edges.get(column), quantiles)
                parts += found
                cuts.append(Cuts(column, how))
                continue
        parts += _categories(sample, column, unknown.get(column, set()), where)
    return parts, cuts


def _bands(
    column: str, values: FloatArray, stated: Sequence[float] | None, quantiles: int
) -> tuple[list[SlicePart], str]:
    missing = np.isnan(values)
    if stated is None:
        known = np.unique(values[np.isfinite(values)])
        inner = np.quantile(values[np.isfinite(values)], np.arange(1, quantiles) / quantiles)
        cut = sorted({_between(known, float(edge)) for edge in inner})
    else:
        cut = [float(edge) for edge in stated]
    shown = [as_label(edge) for edge in cut]
    names = [
        f"below {shown[0]}",
        *(f"{low} to below {high}" for low, high in itertools.pairwise(shown)),
        f"{shown[-1]} and above",
    ]
    place = np.digitize(values, cut)
    parts = [SlicePart(column, name, (place == index) & ~missing) for index, name in enumerate(names)]
    if missing.any():
        parts.append(SlicePart(column, None, missing))
    kept = [part for part in parts if part.rows.any() or stated is not None]
    origin = "stated in the plan" if stated is not None else f"quantiles of these rows, {quantiles} parts"
    return kept, f"{column} at {', '.join(shown)} ({origin})"


def _between(known: FloatArray, edge: float) -> float:
    """A cut point near an edge that parts the same rows: above all values below the edge, and not above the next one."""
    place = int(np.searchsorted(known, edge, side="left"))
    if place == 0 or place == len(known):
        return edge
    least, most = float(known[place - 1]), float(known[place])
    short = rounded(edge, np.nextafter(least, np.inf), np.nextafter(most, np.inf))
    return float(short)


def _categories(sample: Sample, column: str, unknown: set[str], where: str) -> list[SlicePart]:
    import pyarrow as pa

    if pa.types.is_nested(sample.batch.column(column).type):
        raise UsageError(
            f"{quoted(column)} holds {sample.batch.column(column).type}, which makes no slices",
            where=where,
            do="Name another column.",
        )
    try:
        encoded = encode(
            sample.batch.column(column), limit=MAX_VALUES + 1, blank=True, where=where, what=f'column "{column}"'
        )
    except SourceError as exc:
        raise UsageError(
            f"{quoted(column)} has more than {MAX_VALUES} different values, which are no slices",
            where=where,
            do="Put them into groups first, or name another column.",
        ) from exc
    labels: list[str | None] = [None if name in unknown else name for name in encoded.labels]
    present = sorted({labels[place] for place, count in enumerate(encoded.counts) if count} - {None}, key=str)
    parts = [SlicePart(column, name, np.array([label == name for label in labels])[encoded.codes]) for name in present]
    missing = np.array([label is None for label in labels])[encoded.codes]
    if missing.any():
        parts.append(SlicePart(column, None, missing))
    return parts
