"""Which column plays which part in a ranking, and its candidates as they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.ranking.options import RankingOptions
from cardwright.evaluators.rows.encoding import encode, finite_numbers
from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label
from cardwright.sources.interface import Attribute, Predictions, Table

MAX_GRADE = 30.0
"""The largest relevance: its gain is a billion times that of 1."""


@dataclass(frozen=True)
class OrderColumns:
    """The columns of a ranking."""

    query: str
    relevance: str
    order: str
    by_rank: bool
    """Whether `order` holds ranks, 1 first, and not scores, the highest first."""


@dataclass(frozen=True)
class Candidates:
    """The rows as they were read."""

    query: IntArray
    """Place in `names`."""
    names: tuple[str, ...]
    """Queries, as labels, in the order in which they first occur."""
    score: FloatArray
    """The highest first."""
    relevance: FloatArray
    groups: tuple[tuple[Attribute, IntArray], ...]


def columns_of(options: RankingOptions, source: Table | Predictions, where: str) -> OrderColumns:
    """The columns that the source says if its task is a ranking, else those of the options.

    Raises
    ------
    UsageError
        If a column is not named, or the options name another than the source.
    """
    if isinstance(source, Predictions) and source.query is not None:
        assert source.prediction is not None
        said = OrderColumns(source.query, source.label, source.prediction, source.by_rank)
        order = options.rank if source.by_rank else options.score
        wrong = options.score if source.by_rank else options.rank
        pairs = ((options.query, said.query), (options.relevance, said.relevance), (order, said.order))
        if wrong is not None or any(given is not None and given != has for given, has in pairs):
            raise UsageError(
                "`query`, `relevance`, `score` or `rank` names another column than the source does",
                where=where,
                do="Leave them out: the source is a ranking and says them itself.",
            )
        return said
    if not isinstance(options.query, str):
        raise UsageError("`query` names no column", where=where, do="Write `query: query_id`, for example.")
    if (options.score is None) == (options.rank is None) or "" in (options.score, options.rank):
        raise UsageError(
            "say `score` or `rank`, one of them", where=where, do="Name the column that orders candidates."
        )
    relevance = options.relevance or source.label
    if relevance is None:
        raise UsageError("`relevance` names no column, and the source has no label", where=where, do="Name it.")
    if source.weight is not None:
        raise UsageError(
            "rows of a ranking have no weights: a query is one case", where=where, do="Name a source without `weight:`."
        )
    order = options.score or options.rank
    assert order is not None
    return OrderColumns(options.query, relevance, order, options.rank is not None)


def read_candidates(
    columns: OrderColumns, source: Table | Predictions, where: str, *, groups: bool = True
) -> Candidates:
    """All candidates of a source.

    Raises
    ------
    UsageError
        If a column is not there.
    SourceError
        If a query, relevance, score or position is missing, or is no number that can be ranked by.
    """
    attributes = source.sensitive if groups else ()
    wanted = list(
        dict.fromkeys([columns.query, columns.relevance, columns.order, *(attribute.name for attribute in attributes)])
    )
    names = list(source.rows.schema.names)
    for name in wanted:
        if name not in names:
            raise UsageError(f"no column is called {quoted(name)}", where=where, do=hint(name, names, columns=True))
    import pyarrow as pa

    table_ = pa.Table.from_batches(list(source.rows.batches(wanted)), schema=None).combine_chunks()
    missing = table_.column(columns.query).null_count
    if missing:
        raise SourceError(f"{missing} rows name no query", where=where, do="Fill them in, or leave those rows out.")
    encoded = table_.column(columns.query).combine_chunks().dictionary_encode()
    grade = _numbers(table_, columns.relevance, "the relevance", where)
    if len(grade) and float(grade.min()) < 0:
        raise SourceError("a relevance is below 0", where=where, do="Grade candidates from 0, not relevant, upwards.")
    if len(grade) and float(grade.max()) > MAX_GRADE:
        raise SourceError(
            f"a relevance is above {MAX_GRADE:g}, and the gain doubles with each grade",
            where=where,
            do="Name a column of grades, such as 0 to 4, and not of counts or prices.",
        )
    order = _numbers(table_, columns.order, "the rank" if columns.by_rank else "the score", where)
    return Candidates(
        encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64),
        tuple(label(value) for value in encoded.dictionary.to_pylist()),
        -order if columns.by_rank else order,
        grade,
        tuple((attribute, _codes(table_, attribute, where)) for attribute in attributes),
    )


def _numbers(table_: Any, column: str, what: str, where: str) -> FloatArray:
    chunk = table_.column(column).combine_chunks()
    return finite_numbers(chunk, where=where, what=what, do="Fill them in, or leave them out.")


def _codes(table_: Any, attribute: Attribute, where: str) -> IntArray:
    places = {name: place for place, name in enumerate(attribute.groups)}
    absent = {*attribute.unknown} - {*attribute.groups}
    encoded = encode(
        table_.column(attribute.name).combine_chunks(),
        limit=max(1000, len(attribute.groups)),
        beside=len(attribute.unknown) + 1,
        blank=False,
        where=where,
        what=f'column "{attribute.name}", a sensitive attribute,',
    )
    return encoded.map(lambda name: -1 if name is None or name in absent else places.get(name, -1))


def tied(rows: Candidates) -> int:
    """Candidates that share their score with another of their query."""
    order = np.lexsort((rows.score, rows.query))
    query, score = rows.query[order], rows.score[order]
    same = (query[1:] == query[:-1]) & (score[1:] == score[:-1])
    return int((np.concatenate(([False], same)) | np.concatenate((same, [False]))).sum())


__all__ = ["Candidates", "OrderColumns", "columns_of", "read_candidates", "tied"]
