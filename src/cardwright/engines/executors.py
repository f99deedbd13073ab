"""What runs in an executor: the tally of this package over the Arrow batches of one partition, and nothing else.

An executor imports this module, so it has to have the package; `identity` says which one it has, and the driver adds up nothing
that another one has counted.
"""

from __future__ import annotations

import pickle
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cardwright.errors import CardwrightError
from cardwright.files import distributions
from cardwright.sources import network
from cardwright.sources.digests import sha256_of
from cardwright.sources.shape import PLACE, as_plain, bounded
from cardwright.sources.sorted_files import SortedFiles, readable, row_keys

if TYPE_CHECKING:
    import pyarrow

RESULT = "kind string, body binary, rows long, part int, identity string, refused string"
"""The columns of what comes back from a partition, as Spark writes a schema."""

LIBRARIES = ("google-re2", "numpy", "presidio-analyzer", "pyarrow", "scipy")
"""Libraries that a tally goes through."""


@cache
def identity() -> str:
    """The digest of this package's code, and the versions of what counts with it: equal where the same numbers come out."""
    found = [("python", ".".join(platform.python_version_tuple()[:2]))]
    for name in LIBRARIES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, "absent"))
    return " ".join((distributions.sha256_of(None, "cardwright"), *(f"{name}={version}" for name, version in found)))


def differences(mine: str, theirs: str) -> tuple[str, ...]:
    """How the package of an executor differs from that of this process, in words.

    >>> differences("aa python=3.11 numpy=2.3.0", "bb python=3.11 numpy=2.2.0")
    ('other code of Cardwright', 'numpy 2.2.0 and not 2.3.0')
    """
    code, *here = mine.split()
    other, *there = theirs.split()
    pairs = zip((word.partition("=") for word in here), (word.partition("=") for word in there), strict=True)
    found = [f"{name} {theirs_} and not {mine_}" for (name, _, mine_), (_, _, theirs_) in pairs if mine_ != theirs_]
    return (*(("other code of Cardwright",) if code != other else ()), *found)


@dataclass(frozen=True)
class Count:
    """The sum of `work` over the batches of a partition. Called by Spark's `mapInArrow`."""

    work: Callable[[pyarrow.RecordBatch], Any]
    schema: pyarrow.Schema
    """The columns as the source has them on every engine."""
    columns: tuple[str, ...]
    """In the order in which `work` gets them; one may stand twice."""
    offsets: Mapping[str, int] | None = None
    """How many rows come before those of each file, where rows are asked for their places; the last two columns of a batch are
    then its file and its row in it."""

    def __call__(self, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        total: Any = None
        rows = 0
        with network.guard() as guard:
            try:
                for batch in batches:
                    for piece in bounded(self._plain(batch)):
                        found = self.work(piece)
                        total = found if total is None else total + found
                        rows += piece.num_rows
            except CardwrightError as exc:
                yield _result("refused", pickle.dumps((type(exc), exc.what, exc.where, exc.do)), rows, guard.refused)
                return
            except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as exc:
                # A fault of the code is the same however often Spark tries again. Its message may hold a value of the data.
                yield _result("failed", pickle.dumps((type(exc).__name__, _where(exc))), rows, guard.refused)
                return
        if rows:
            yield _result("counted", pickle.dumps(total), rows, guard.refused)

    def _plain(self, batch: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
        import pyarrow as pa

        plain = as_plain(batch, self.schema)
        arrays = [plain.column(name) for name in self.columns]
        names = list(self.columns)
        if self.offsets is not None:
            arrays.append(_places(batch, self.offsets))
            names.append(PLACE)
        return pa.RecordBatch.from_arrays(arrays, names=names) if arrays else plain


def _places(batch: pyarrow.RecordBatch, offsets: Mapping[str, int]) -> Any:
    import numpy as np
    import pyarrow as pa

    file, row = batch.column(batch.num_columns - 2).dictionary_encode(), batch.column(batch.num_columns - 1)
    starts = np.array([offsets[path_of(name)] for name in file.dictionary.to_pylist()], np.int64)
    at = file.indices.to_numpy(zero_copy_only=False)
    return pa.array(starts[at] + row.to_numpy(zero_copy_only=False))


def path_of(name: str) -> str:
    """The path of a file in what Spark calls it.

    >>> path_of("file:///data/a%20b.parquet")
    '/data/a b.parquet'
    """
    return "/" + unquote(name).removeprefix("file:").lstrip("/")


@dataclass(frozen=True)
class Keyed:
    """The rows of a partition in the types that are read, each with its key. Called by Spark's `mapInArrow`."""

    key: str
    """What the last column is called, which holds the keys."""
    where: str

    def __call__(self, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        import pyarrow as pa

        for batch in batches:
            rows = readable(batch, self.where)
            yield pa.RecordBatch.from_arrays([*rows.columns, row_keys(rows)], names=[*rows.schema.names, self.key])


@dataclass(frozen=True)
class Written:
    """The rows of a partition, sorted by their keys, as files. Called by `mapInArrow`; the last column holds the keys."""

    schema: pyarrow.Schema
    """The columns in the types that are read."""
    folder: str
    parts: int
    """Into how many equal parts all keys were divided, each of them whole in one partition."""

    def __call__(self, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        files = SortedFiles(Path(self.folder), self.schema, self.parts)
        for batch in batches:
            rows = as_plain(batch, self.schema)
            for file in files.write(rows, batch.column(batch.num_columns - 1)):
                yield _result("counted", pickle.dumps(file), file.digest.rows, ())
        for file in files.close():
            yield _result("counted", pickle.dumps(file), file.digest.rows, ())


def add(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    """One result of many, so that the driver adds up a few. Called by Spark's `mapInArrow`; a refusal goes through as it is."""
    total: Any = None
    rows = 0
    refused: set[str] = set()
    for batch in batches:
        for one in batch.to_pylist():
            if one["kind"] != "counted" or one["identity"] != identity():
                yield _batch(one)
                continue
            found = pickle.loads(one["body"])  # noqa: S301  this program counted it, in another executor
            total = found if total is None else total + found
            rows += one["rows"]
            refused |= {*filter(None, one["refused"].split("\n"))}
    if rows:
        yield _result("counted", pickle.dumps(total), rows, sorted(refused))


def _result(kind: str, body: bytes, rows: int, refused: Sequence[str]) -> pyarrow.RecordBatch:
    spark = sys.modules.get("pyspark")  # an executor has imported it; without one there is one partition
    task = spark.TaskContext.get() if spark is not None else None
    part = task.partitionId() if task is not None else 0
    return _batch(
        {"kind": kind, "body": body, "rows": rows, "part": part, "identity": identity(), "refused": "\n".join(refused)}
    )


def _batch(one: Mapping[str, Any]) -> pyarrow.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays(
        [
            pa.array([one["kind"]], pa.string()),
            pa.array([one["body"]], pa.binary()),
            pa.array([one["rows"]], pa.int64()),
            pa.array([one["part"]], pa.int32()),
            pa.array([one["identity"]], pa.string()),
            pa.array([one["refused"]], pa.string()),
        ],
        names=["kind", "body", "rows", "part", "identity", "refused"],
    )


def _where(exc: BaseException) -> str:
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return (
        "an unknown place"
        if trace is None
        else f"{Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}"
    )


def digest_of(path: str) -> tuple[str, str]:
    """The digest of a file as this executor sees it, and who it is; an empty digest if it cannot read it."""
    try:
        return sha256_of(Path(path)), identity()
    except OSError:
        return "", identity()
