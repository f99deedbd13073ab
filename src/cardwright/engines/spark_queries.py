"""What a query gives, as rows: executors run it once and write its rows, in the order of their keys, into Parquet files.

A query is text in a file ending in `.sql`, beside the plan. It reads whatever the session may read: tables of its catalogs,
views, paths. It may read and nothing else: what would write, or run code of its own, is refused before it runs.
"""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cardwright.engines.executors import RESULT, Keyed, Written, path_of
from cardwright.errors import SourceError, UnsafeError
from cardwright.sources.digests import stamps
from cardwright.sources.files import FileRows, open_rows
from cardwright.sources.interface import RowsOrigin
from cardwright.sources.query_files import query_text
from cardwright.sources.rows_copy import FORMAT
from cardwright.sources.rows_digest import RowsDigest
from cardwright.sources.shape import plain_schema
from cardwright.sources.sorted_files import SortedFile, chosen_files, readable

if TYPE_CHECKING:
    import pyarrow
    from pyspark.sql import DataFrame, SparkSession

PART_BYTES = 64 * 1024 * 1024
"""About so much is sorted and written by one task."""

_RUNS_CODE = re.compile(r"\b(?:try_)?(?:reflect|java_method)\s*\(|\bScriptTransformation\b", re.I)
"""Functions and operators of Spark that run a method of Java or a program; in the words of a query or of its analysed plan."""


@contextmanager
def arrow_alone() -> Iterator[None]:
    """Without PySpark's warning of versions of pandas, of which nothing is used here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        yield


class QueryingCluster(Protocol):
    """What a query needs of a cluster."""

    session: SparkSession

    def watched(self, job: Callable[[], Any], seen: Callable[[float], None] = ..., where: str = ...) -> Any:
        """See `cardwright.engines.spark.Cluster.watched`."""

    def require_identity(self, theirs: str) -> None:
        """See `cardwright.engines.spark.Cluster.require_identity`."""


def frame_of(session: SparkSession, text: str, where: str) -> DataFrame:
    """The frame of a query that reads and does nothing else.

    Raises
    ------
    UnsafeError
        If it would run a program or a method of Java.
    SourceError
        If it is no query, or names what is not there.
    """
    from pyspark.errors import PySparkException

    # In brackets it can be nothing but a query: Spark runs commands (DROP, INSERT, SET) as it reads them.
    statement = f"SELECT * FROM (\n{text.rstrip().removesuffix(';')}\n)"  # noqa: S608  whoever writes the plan writes the query
    try:
        frame = session.sql(statement)
        plan = str(frame._jdf.queryExecution().analyzed().toString())
    except PySparkException as exc:
        raise _why(exc, where) from None
    if _RUNS_CODE.search(plan) or _RUNS_CODE.search(_without_strings(text)):
        raise UnsafeError(
            "the query would run a program or a method of Java",
            where=where,
            do="Leave out `reflect`, `java_method` and `TRANSFORM … USING`; write what they give to a table first.",
        )
    return frame


def _without_strings(text: str) -> str:
    return re.sub(r"'(?:[^'\\]|\\.)*'|`[^`]*`|\"(?:[^\"\\]|\\.)*\"", " ", text)


_SAYS = (
    ("PARSE_SYNTAX_ERROR", "Spark does not read it as a query", "Write one SELECT; nothing that writes is run."),
    ("TABLE_OR_VIEW_NOT_FOUND", "it names a table or view that is not there", "See `SHOW TABLES` of the same session."),
    ("PATH_NOT_FOUND", "it names a path that is not there", "Write one that every machine of the cluster sees."),
    ("UNRESOLVED_COLUMN", "it names a column that is not there", "See `DESCRIBE` of the table."),
    ("UNRESOLVED_ROUTINE", "it calls a function that is not there", "Check its name."),
    ("ARROW_CONVERSION", "it gives a column of a type that only Spark has", "Cast it to text or to a number."),
    ("PERMISSION", "it reads what this user may not read", "Ask whoever owns the data."),
)


def _why(exc: Exception, where: str) -> SourceError:
    condition = str(getattr(exc, "getCondition", lambda: None)() or type(exc).__name__)
    for word, what, do in _SAYS:
        if word in condition:
            return SourceError(what, where=where, do=do)
    return SourceError(f"Spark refuses the query ({condition[:80]})", where=where, do="Try it in `spark-sql` first.")


@arrow_alone()
def rows_of(cluster: QueryingCluster, path: Path, folder: Path, where: str) -> FileRows:
    """The rows of a query, run once by executors and written below a folder that they see.

    Raises
    ------
    SourceError
        If it is no query, a table changes while it runs, or executors do not see the folder.
    UnsafeError
        If it would run code.
    EngineError
        If the cluster fails.
    """
    import pyarrow as pa
    from pyspark.errors import PySparkException
    from pyspark.sql import functions
    from pyspark.sql.pandas.types import from_arrow_schema

    text = query_text(path, where)
    frame = frame_of(cluster.session, text, where)
    try:
        given = frame.limit(0).toArrow().schema
        before, parts = _read_by(frame), _parts(frame)  # Spark computes what is constant as it plans
    except PySparkException as exc:
        raise _why(exc, where) from None
    plain_schema(given, where)  # two columns of one name
    schema = readable(_no_rows(given), where).schema  # a type that is not read is refused before a row is
    key = next(name for number in range(len(schema) + 1) if (name := f"_{number}") not in schema.names)
    held = from_arrow_schema(schema.append(pa.field(key, pa.binary())), prefer_timestamp_ntz=True)
    part = f"conv(hex(substring(`{key}`, 1, 1)), 16, 10) * {parts} div 256"
    written = (
        frame.mapInArrow(Keyed(key, where), held)
        .repartition(parts, functions.expr(part))
        .sortWithinPartitions(key)
        .mapInArrow(Written(schema, str(folder), parts), RESULT)
    )
    found: list[SortedFile] = []
    for one in cluster.watched(written.collect, where=where):
        cluster.require_identity(one.identity)
        found.append(pickle.loads(bytes(one.body)))  # noqa: S301  executors run what this process sends them
    if _read_by(frame_of(cluster.session, text, where)) != before:
        raise SourceError(
            "a table changed while the query ran", where=where, do="Run again while nothing writes to its tables."
        )
    if not found:
        raise SourceError("there are no rows, only columns", where=where, do="Ask for what holds rows.")
    digest = sum((file.digest for file in found), RowsDigest.of_none())
    copy = open_rows(chosen_files(folder, found, where), where=where)
    if copy.num_rows != digest.rows:
        raise SourceError("its files do not hold the rows that were written", where=where, do="Run again.")
    return replace(copy, format=FORMAT, sha256=digest.sha256(schema.names), origin=RowsOrigin(statement=text))


def _parts(frame: DataFrame) -> int:
    """Into how many parts the rows are sorted and written: by Spark's own estimate of their size, which may be far off."""
    size = int(str(frame._jdf.queryExecution().optimizedPlan().stats().sizeInBytes()))
    return min(256, 1 << (size // PART_BYTES).bit_length())


def _no_rows(schema: pyarrow.Schema) -> Any:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _read_by(frame: DataFrame) -> Sequence[Any]:
    """The files that a frame reads, with size, time and inode of those that this machine sees."""
    names = sorted(frame.inputFiles())
    return names, stamps([Path(path_of(name)) for name in names if name.startswith("file:")])


__all__ = ["arrow_alone", "frame_of", "rows_of"]
