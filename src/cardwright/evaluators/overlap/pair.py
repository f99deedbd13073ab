"""Test and training data in one database: which columns are compared, and the queries that count what is common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardwright.evaluators.overlap.options import OverlapOptions
from cardwright.evaluators.rows.database import column as quoted
from cardwright.evaluators.rows.database import fill, is_number, one
from cardwright.record.measurement import Measurement
from cardwright.sources.interface import Predictions, Table

if TYPE_CHECKING:
    import duckdb

ENOUGH = 20
"""Rows from which a column with a value of its own for each is taken for a number of the case."""


@dataclass(frozen=True)
class TablePair:
    """Test and training data in one database, and what of them is compared."""

    options: OverlapOptions
    store: duckdb.DuckDBPyConnection
    test: Predictions | Table
    training: Predictions | Table
    chosen: tuple[str, ...]
    """Columns that make two rows the same."""
    numbering: tuple[str, ...]
    """Columns left out of them because their values number the rows."""
    label: str | None
    """The column of outcomes, where both tables have it."""
    entity: str | None
    rows: int
    """Of the test data."""
    trained: int
    """Rows of the training data."""


@dataclass(frozen=True)
class LabelAssociation:
    """How well one column alone tells the label in the training data."""

    column: str
    measurement: Measurement
    told: float | None = None
    """The share of labelled rows whose label it tells; `None` where that was not measured."""


def loaded_pair(
    options: OverlapOptions,
    store: duckdb.DuckDBPyConnection,
    test: Predictions | Table,
    training: Predictions | Table,
    chosen: Sequence[str],
    entity: str | None,
) -> TablePair:
    """Both tables in an empty database, as `test` and `training`."""
    label = test.label if test.label is not None and test.label in training.rows.schema.names else None
    more = [c for c in (label, entity, options.time) if c is not None and c not in chosen]
    for table, source in (("test", test), ("training", training)):
        fill(store, table, source.rows, [*chosen, *more])
    rows, trained = (int(one(store, f"select count(*) from {table}")) for table in ("test", "training"))
    sizes = {"test": rows, "training": trained}
    numbering = tuple(c for c in chosen if _numbers_rows(store, c, sizes)) if options.columns is None else ()
    kept = tuple(c for c in chosen if c not in numbering) or tuple(chosen)
    return TablePair(options, store, test, training, kept, numbering, label, entity, rows, trained)


def _numbers_rows(store: duckdb.DuckDBPyConnection, column: str, sizes: Mapping[str, int]) -> bool:
    """Whether a column gives each row of both tables a value of its own, as a number of the case does."""
    name = quoted(column)
    for table, rows in sizes.items():
        kind, different = store.execute(
            f"select any_value(typeof({name})), count(distinct {name}) from {table}"
        ).fetchone() or ("", 0)
        if rows < ENOUGH or different < rows or str(kind) in ("FLOAT", "DOUBLE"):
            return False
    return True


def both_numbers(pair: TablePair, column: str) -> bool:
    return all(is_number(pair.store, table, quoted(column)) for table in ("test", "training"))


def exact_key(pair: TablePair, column: str) -> str:
    return f"cast({quoted(column)} as double)" if both_numbers(pair, column) else text_key(pair, column)


def text_key(pair: TablePair, column: str) -> str:
    if both_numbers(pair, column):
        return f"cast({quoted(column)} as double)"
    return f"cast({quoted(column)} as varchar)"


def near_key(pair: TablePair, column: str) -> str:
    name = quoted(column)
    if both_numbers(pair, column):
        x = f"cast({name} as double)"
        places = f"cast({pair.options.digits - 1} - floor(log10(abs({x}))) as integer)"
        return f"case when {x} = 0 then 0.0 when isinf({x}) then {x} else round({x}, {places}) end"
    return f"trim(regexp_replace(lower(cast({name} as varchar)), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'))"


def matching_rows(pair: TablePair, keys: list[str]) -> int | None:
    """How many test rows agree with some training row in all keys; None without rows on a side."""
    if not pair.rows or not pair.trained:
        return None
    named = ", ".join(f"{key} as k{i}" for i, key in enumerate(keys))
    names = ", ".join(f"k{i}" for i in range(len(keys)))
    agree = " and ".join(f"a.k{i} is not distinct from b.k{i}" for i in range(len(keys)))
    return int(
        one(
            pair.store,
            f"select coalesce(sum(a.n), 0) from (select {named}, count(*) as n from test group by {names}) a "
            f"semi join (select distinct {named} from training) b on {agree}",
        )
    )


def repeated_rows(pair: TablePair, table: str, keys: list[str]) -> int | None:
    """How many rows equal another row of their own table."""
    if not int(one(pair.store, f"select count(*) from {table}")):
        return None
    every = ", ".join(keys)
    return int(
        one(
            pair.store,
            f"select coalesce(sum(n), 0) from (select count(*) as n from {table} group by {every}) where n > 1",
        )
    )
