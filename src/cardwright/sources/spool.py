"""Rows of a file as Parquet, for an engine that reads Parquet alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.sources.shape import BATCH_ROWS


def spool(rows: Any, folder: Path, where: str) -> Path:
    """Write rows into a new file of a folder as they are read here; its path.

    Types and missing values are then those of the whole file, whoever reads them.

    Raises
    ------
    SourceError
        If a column is of a type that Parquet does not have.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / f"{sum(1 for _ in folder.iterdir())}.parquet"
    try:
        with pq.ParquetWriter(path, rows.schema) as writer:
            for batch in rows.batches():
                writer.write_batch(batch, row_group_size=BATCH_ROWS)
    except pa.ArrowException:
        raise SourceError(
            "it has a column of a type that Parquet does not have, so that no engine but this machine reads it",
            where=where,
            do="Leave the column out, or run without an engine.",
        ) from None
    return path


__all__ = ["spool"]
