"""Runs that stand in files of their own: joined to the rows of the first by key, or by place where both have the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cardwright.errors import SourceError
from cardwright.evaluators.rows.exact_sums import IntArray
from cardwright.evaluators.rows.paired import keys_of
from cardwright.record.base import label
from cardwright.record.evaluation import NotTested, Scanned
from cardwright.sources.interface import Predictions

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class JoinedRuns:
    """The rows that all runs have, with a column for each run of another file."""

    table: pyarrow.Table
    runs: tuple[str, ...]
    """Names of the further columns, in the order of the sources."""
    rows: int
    """Rows of the first source."""
    alone: tuple[tuple[str, int], ...]
    """Of each other source, how many of its rows have no partner in the first."""
    by_key: bool

    def scanned(self) -> tuple[Scanned, ...]:
        """How many rows matched; nothing where there are no other files."""
        if not self.runs:
            return ()
        how = "joined by key" if self.by_key else "matched by place"
        return (Scanned(what=f"rows that all runs have, {how}", scanned=self.table.num_rows, total=self.rows),)

    def not_tested(self) -> tuple[NotTested, ...]:
        """The rows that some run does not have."""
        found = []
        if self.table.num_rows < self.rows:
            why = "a run does not have them, and a run is compared on the rows that all have"
            found.append(NotTested(what=f"{self.rows - self.table.num_rows} rows of the first run", why=why))
        found += [
            NotTested(what=f"{count} rows of {name}", why="the first run does not have them")
            for name, count in self.alone
            if count
        ]
        return tuple(found)


def join_runs(source: Predictions, table: pyarrow.Table, others: Sequence[Predictions], where: str) -> JoinedRuns:
    """The rows of a source, read as a table with its key, beside what other runs said of them.

    Raises
    ------
    SourceError
        If a run is of another task, has another outcome for a row, holds no scores where the first does, or cannot be matched.
    """
    kept = np.ones(table.num_rows, bool)
    columns: list[tuple[str, Any, IntArray]] = []
    alone = []
    by_key = source.key is not None and all(other.key is not None for other in others)
    for other in others:
        place, held = _places(source, table, other, by_key, where)
        _same_outcomes(table, source, held, other, place)
        name = label(other.ref.name)
        while name in table.column_names or name in [one for one, _, _ in columns]:
            name = f"{name}_run"
        own = other.score or other.prediction
        columns.append((name, held.column(own), place))
        kept &= place >= 0
        alone.append((label(other.ref.name), held.num_rows - int((place >= 0).sum())))
    if not kept.any() and others:
        raise SourceError(
            "no row is in all runs", where=where, do="Name as `key:` the columns of the same identifiers."
        )
    import pyarrow as pa

    joined = table.filter(pa.array(kept))
    for name, values, place in columns:
        joined = joined.append_column(name, values.take(pa.array(place[kept])))
    return JoinedRuns(joined, tuple(name for name, _, _ in columns), table.num_rows, tuple(alone), by_key)


def _places(
    source: Predictions, table: pyarrow.Table, other: Predictions, by_key: bool, where: str
) -> tuple[IntArray, pyarrow.Table]:
    """For each row of the first run the place of its partner, -1 without one; and the other run's columns."""
    import pyarrow as pa

    there = other.ref.path or other.ref.name
    own, has = other.score or other.prediction, source.score or source.prediction
    if other.task != source.task or other.favourable != source.favourable or own is None:
        raise SourceError(
            f'it predicts another outcome than "{source.ref.name}"',
            where=there,
            do="Name runs of one training: the same task, label and favourable outcome.",
        )
    if (other.score is None) != (source.score is None) or has is None:
        raise SourceError("one run has scores, and another decisions", where=there, do="Name the same of all runs.")
    wanted = [other.label, own, *([other.key] if by_key and other.key is not None else [])]
    held = pa.Table.from_batches(list(other.rows.batches(list(dict.fromkeys(wanted))))).combine_chunks()
    missing = held.column(own).null_count
    if missing:
        raise SourceError(
            f"{missing} rows have no value in {label(own)}", where=there, do="Fill it, or leave the run out."
        )
    if by_key:
        assert source.key is not None and other.key is not None
        partners = {key: place for place, key in enumerate(keys_of(held.column(other.key).to_pylist(), there))}
        mine = keys_of(table.column(source.key).to_pylist(), where)
        return np.asarray([partners.get(key, -1) for key in mine], np.int64), held
    if held.num_rows != table.num_rows:
        raise SourceError(
            f'it has {held.num_rows} rows, and "{source.ref.name}" has {table.num_rows}',
            where=there,
            do="Let all runs predict the same rows in the same order, or name the column that joins them as `key:` of each.",
        )
    return np.arange(held.num_rows, dtype=np.int64), held


def _same_outcomes(
    table: pyarrow.Table, source: Predictions, held: pyarrow.Table, other: Predictions, place: IntArray
) -> None:
    """Refuse rows that are matched and have another outcome: they are not the same rows."""
    mine, theirs = table.column(source.label).to_pylist(), held.column(other.label).to_pylist()
    differ = sum(
        at >= 0 and None not in (mine[row], theirs[at]) and label(mine[row]) != label(theirs[at])
        for row, at in enumerate(place.tolist())
    )
    if differ:
        raise SourceError(
            f'{differ} rows have another outcome than in "{source.ref.name}"',
            where=other.ref.path or other.ref.name,
            do="Let all runs predict the same rows in the same order, or name the column that joins them as `key:` of each.",
        )


__all__ = ["JoinedRuns", "join_runs"]
