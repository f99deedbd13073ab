"""Rows in DuckDB: exact queries over tables larger than memory, which leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError
from cardwright.sources.scratch import scratch

if TYPE_CHECKING:
    import duckdb

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database that spills to a private folder where rows do not fit into memory.

    Raises
    ------
    MissingExtraError
        If DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError as exc:
        raise MissingExtraError("duckdb", "tabular", "Counting over a whole table") from exc
    # Without a folder of its own DuckDB spills to `.tmp` in the working directory, for everybody to read.
    with scratch() as folder, duckdb.connect(":memory:", config={"temp_directory": str(folder)}) as store:
        store.execute("set memory_limit = '2GB'")
        # In a notebook without ipywidgets there is no bar, and DuckDB refuses the very word for turning it off.
        if store.execute("select current_setting('enable_progress_bar')").fetchall() == [(True,)]:
            store.execute("set enable_progress_bar = false")
        yield store


def fill(store: duckdb.DuckDBPyConnection, table: str, rows: Any, columns: Sequence[str]) -> None:
    """Rows as a table of the database. NaN is missing, as every source means it; columns are called by `column`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def plain(array: Any) -> Any:
        return pc.if_else(pc.is_nan(array), None, array) if pa.types.is_floating(array.type) else array

    names = [_bare(c) for c in columns]
    schema = pa.schema(
        [rows.schema.field(c).with_name(n).with_nullable(True) for c, n in zip(columns, names, strict=True)]
    )
    pieces = (
        pa.RecordBatch.from_arrays([plain(array) for array in batch.columns], schema=schema)
        for batch in rows.batches(columns)
    )
    store.register("stream", pa.RecordBatchReader.from_batches(schema, pieces))
    store.execute(f"create table {table} as select * from stream")
    store.unregister("stream")


@contextmanager
def loaded(rows: Any, columns: list[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that holds one table, `rows`."""
    with database() as store:
        fill(store, "rows", rows, columns)
        yield store


def _bare(name: str) -> str:
    return "c_" + name.encode().hex()


def column(name: str) -> str:
    """A column's name in the database: its bytes in hex, since SQL takes `Age` and `age` for one, and `n` for its own alias."""
    return f'"{_bare(name)}"'


def one(store: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The one value that a query gives."""
    found = store.execute(query).fetchone()
    assert found is not None
    return found[0]


def is_number(store: duckdb.DuckDBPyConnection, table: str, name: str) -> bool:
    """Whether a column, called by `column`, holds numbers, by its type in the database."""
    return str(one(store, f"select any_value(typeof({name})) from {table}")).startswith(_NUMBERS)
