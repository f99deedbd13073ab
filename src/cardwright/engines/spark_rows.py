"""Rows of files that executors count; where something reads them in their order, it reads them here, as without an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cardwright.engines.executors import Count
from cardwright.errors import EngineError, SourceError
from cardwright.record.provenance import Column
from cardwright.sources.arrow_files import rows_by_file
from cardwright.sources.files import FileRows
from cardwright.sources.interface import RowsOrigin

if TYPE_CHECKING:
    import pyarrow
    from pyspark.sql import DataFrame, SparkSession


class CountingCluster(Protocol):
    """What rows need of a cluster."""

    session: SparkSession

    def summed(self, frame: DataFrame, count: Any, seen: Callable[[float], None], where: str) -> tuple[Any, int]:
        """See `cardwright.engines.spark.Cluster.summed`."""


@dataclass(frozen=True)
class SparkRows:
    """See `cardwright.sources.interface.Rows` and `cardwright.sources.shape.Carrier`."""

    local: FileRows
    """The same rows, read here."""
    cluster: CountingCluster = field(repr=False, compare=False)
    path: str
    """The Parquet file or folder that executors read."""
    offsets: Mapping[str, int] = field(repr=False)
    """How many rows come before those of each file."""

    @property
    def schema(self) -> pyarrow.Schema:
        """See `Rows.schema`."""
        return self.local.schema

    @property
    def num_rows(self) -> int:
        """How many rows."""
        return self.local.num_rows

    @property
    def sha256(self) -> str:
        """See `FileRows.sha256`."""
        return self.local.sha256

    @property
    def format(self) -> str:
        """See `FileRows.format`."""
        return self.local.format

    @property
    def origin(self) -> RowsOrigin | None:
        """See `FileRows.origin`."""
        return self.local.origin

    @property
    def columns(self) -> tuple[Column, ...]:
        """See `FileRows.columns`."""
        return self.local.columns

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pyarrow.RecordBatch]:
        """See `Rows.batches`: in their order, on this machine."""
        return self.local.batches(columns)

    def coded(self, columns: Sequence[str], categories: Sequence[str]) -> Iterator[pyarrow.RecordBatch]:
        """See `cardwright.sources.shape.coded_batches`."""
        return self.local.coded(columns, categories)

    def carry(
        self,
        work: Callable[[pyarrow.RecordBatch], Any],
        columns: Sequence[str],
        *,
        places: bool = False,
        seen: Callable[[int], None] = lambda rows: None,
    ) -> Any:
        """See `cardwright.sources.shape.Carrier.carry`.

        Raises
        ------
        SourceError
            If a file has changed since its digest was taken, or executors count other rows than were counted then.
        EngineError
            If the cluster fails.
        """
        import pyarrow as pa

        self.local.refuse_change()
        unique = tuple(dict.fromkeys(columns)) or (self.schema.names[0],)
        wanted = pa.schema([self.schema.field(name) for name in unique])
        count = Count(work, wanted, tuple(columns), dict(self.offsets) if places else None)
        rows = self.num_rows
        total, found = self.cluster.summed(
            self._frame(unique, places), count, lambda share: seen(int(share * rows)), self.local.where
        )
        self.local.refuse_change()
        if found != rows:
            raise SourceError(
                f"executors read {found} rows where {rows} were counted",
                where=self.local.where,
                do="Write the file again from its source, and run while nothing writes to it.",
            )
        seen(rows)
        return total

    def _frame(self, columns: Sequence[str], places: bool) -> DataFrame:
        from pyspark.errors import PySparkException
        from pyspark.sql import functions

        frame = self._whole
        try:
            found = [functions.col(f"`{name.replace('`', '``')}`") for name in columns]
            if places:
                meta = functions.col("_metadata")
                names = _other_names(columns)
                found += [meta["file_path"].alias(names[0]), meta["row_index"].alias(names[1])]
            return frame.select(found)
        except PySparkException:
            raise EngineError(
                "Spark does not find a column that is in the file",
                where=self.local.where,
                do="Give it a name of letters and digits.",
            ) from None

    @cached_property
    def _whole(self) -> DataFrame:
        from pyspark.errors import PySparkException

        reader = self.cluster.session.read.option("__globPaths__", "false")
        if self.path not in self.offsets:  # a folder: its own names may say what columns are
            reader = reader.option("basePath", f"file://{self.path}")
        try:
            return reader.parquet(f"file://{self.path}")
        except PySparkException:
            raise EngineError(
                "Spark cannot read these columns: one is of a type that it does not have",
                where=self.local.where,
                do="Leave that column out of the file, or run without an engine.",
            ) from None

    def __reduce__(self) -> tuple[Any, ...]:
        # Work that goes to executors knows of the rows what they are like; the session stays here.
        return Elsewhere, (self.schema,)


def _other_names(columns: Sequence[str]) -> tuple[str, str]:
    free = (f"_{number}" for number in range(len(columns) + 2))
    first, second, *_ = (name for name in free if name not in columns)
    return first, second


def offsets_of(path: Path) -> dict[str, int]:
    """How many rows come before those of each Parquet file of a folder, or of the one file; by its path."""
    offsets: dict[str, int] = {}
    before = 0
    for file, rows in rows_by_file(path.resolve()):
        offsets[file.as_posix()] = before
        before += rows
    return offsets


@dataclass(frozen=True)
class Elsewhere:
    """See `cardwright.sources.interface.Rows`: what an executor knows of rows that it is handed batch by batch."""

    schema: pyarrow.Schema

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pyarrow.RecordBatch]:
        """Never here: an executor sees the rows of its partition alone.

        Raises
        ------
        EngineError
        """
        raise EngineError(
            "an executor was asked for all rows of a source", do="Count what is handed over, batch by batch."
        )


__all__ = ["Elsewhere", "SparkRows", "offsets_of"]
