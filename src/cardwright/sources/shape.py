"""One shape for the rows of all formats: plain types, batches of bounded size, errors that name the nearest column."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cardwright.errors import MissingExtraError, SourceError
from cardwright.privacy.showing import hint, quoted, shown
from cardwright.record.base import label as as_label
from cardwright.record.provenance import Column

if TYPE_CHECKING:
    import pyarrow

BATCH_ROWS = 131_072
"""The largest number of rows in a batch."""

BATCH_BYTES = 256 * 1024 * 1024
"""About the largest size of a batch, for rows that hold long texts."""

MAX_COLUMNS = 20_000
"""The largest number of columns; what is wider is a matrix of measurements, and its rows are better its columns."""

Places = Sequence[tuple[Path, str]]
"""Files, and how errors name each."""

Opened = tuple[Any, int, Callable[[tuple[str, ...]], Iterator[Any]]]
"""What opening a format gives: schema, number of rows, and a reader of the columns asked for."""


def arrow(purpose: str) -> Any:
    """The library pyarrow, or an error that says how to install it."""
    try:
        import pyarrow
    except ImportError as exc:
        raise MissingExtraError("pyarrow", "tabular", purpose) from exc
    return pyarrow


def require_columns(present: Sequence[str], wanted: Sequence[str], where: str) -> None:
    """Refuse a column that does not exist, naming the nearest.

    Raises
    ------
    SourceError
    """
    for name in wanted:
        if name not in present:
            raise SourceError(
                f"there is no column {quoted(name, 'of that name')}",
                where=where,
                do=hint(name, present, columns=True) or None,
            )


def columns_of(schema: pyarrow.Schema) -> tuple[Column, ...]:
    """A schema as a record states it."""
    return tuple(Column(name=as_label(f.name), type=as_label(str(f.type))) for f in schema)


def plain_type(kind: Any) -> Any:
    """The type that rows of this Arrow type are handed out as: one string type, no dictionaries,
    no extension types, no decimals."""
    import pyarrow as pa

    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return plain_type(kind.storage_type)
    if types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if types.is_large_string(kind) or types.is_string_view(kind) or types.is_null(kind):
        return pa.string()
    if types.is_large_binary(kind) or types.is_binary_view(kind):
        return pa.binary()
    if types.is_decimal(kind):
        return pa.float64()
    if types.is_float16(kind):
        return pa.float32()
    return kind


_TOLD = 8
"""At most this many repeated names are listed; a table in which more repeat has lost its header."""


def plain_schema(schema: Any, where: str) -> Any:
    """A schema in plain types, without metadata.

    Raises
    ------
    SourceError
        If two columns have the same name, or there are no columns.
    """
    import pyarrow as pa

    names = schema.names
    if not names:
        raise SourceError("there are no columns", where=where, do="Name a file that holds a table.")
    if len(names) > MAX_COLUMNS:
        raise SourceError(
            f"there are {len(names)} columns, and at most {MAX_COLUMNS} are read",
            where=where,
            do="Write the columns that are assessed to a file of their own.",
        )
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names, 1):
        places.setdefault(name, []).append(place)
    alike = {name: at for name, at in places.items() if len(at) > 1}
    if alike:
        said = [
            f"{', '.join(map(str, at[:-1]))} and {at[-1]} have one name: {shown(name, 'it is not shown')}"
            for name, at in alike.items()
        ]
        more = f"; and {len(said) - _TOLD} more names" if len(said) > _TOLD else ""
        raise SourceError(
            f"columns {'; '.join(said[:_TOLD])}{more}", where=where, do="Give each column a name of its own."
        )
    return pa.schema([pa.field(f.name, plain_type(f.type)) for f in schema])


def as_plain(batch: Any, schema: Any, coded: frozenset[str] = frozenset()) -> Any:
    """A batch with the columns and types of `schema`, which `plain_schema` made; the strings of `coded` may stay in codes."""
    import pyarrow as pa

    arrays = []
    for target in schema:
        array = batch.column(target.name)
        if isinstance(array.type, pa.BaseExtensionType):
            array = array.storage
        kept = array.type.equals(target.type) or (target.name in coded and _in_codes(array.type, target.type))
        arrays.append(array if kept else array.cast(target.type))
    return pa.RecordBatch.from_arrays(arrays, names=schema.names) if arrays else batch.select([])


def _in_codes(kind: Any, plain: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(kind) and pa.types.is_string(plain) and kind.value_type.equals(plain))


def coded_batches(rows: Any, columns: Sequence[str], categories: Sequence[str]) -> Iterator[pyarrow.RecordBatch]:
    """`Rows.batches`, in which string columns that hold few different values may come as dictionary arrays.

    Rows that can hand out codes have a method `coded(columns, categories)`; all others give strings. What is read is the same.
    """
    read = getattr(rows, "coded", None)
    found: Iterator[pyarrow.RecordBatch] = rows.batches(columns) if read is None else read(columns, categories)
    return found


PLACE = "\x00place"
"""A column that no file has: the row's number in the source, from 0, where rows that are counted elsewhere are asked for it."""


class Carrier(Protocol):
    """Rows that an engine counts where they lie: the one thing that an engine adds to `cardwright.sources.interface.Rows`."""

    def carry(
        self,
        work: Callable[[pyarrow.RecordBatch], Any],
        columns: Sequence[str],
        *,
        places: bool = False,
        seen: Callable[[int], None] = lambda rows: None,
    ) -> Any:
        """The sum of `work(batch)` over all batches of the columns, in any order; None if there is no row.

        `work` is picklable and what it returns adds up exactly in any order. With `places`, batches have the column `PLACE` too.
        """


def carrier(rows: Any) -> Carrier | None:
    """The rows of an engine below these, or None if they are read on this machine."""
    while hasattr(rows, "through"):
        rows = rows.rows
    found: Carrier | None = rows if hasattr(rows, "carry") else None
    return found


def carried(
    rows: Any,
    work: Callable[[Any], Any],
    columns: Sequence[str],
    *,
    places: bool = False,
    seen: Callable[[int], None] = lambda rows: None,
) -> Any:
    """`Carrier.carry` of rows, or of the rows below those that add a column or change one (`through`)."""
    wanted: Sequence[str] = list(columns)
    while hasattr(rows, "through"):
        work, wanted = rows.through(work, wanted)
        rows = rows.rows
    return rows.carry(work, wanted, places=places, seen=seen)


def summed(
    rows: Any,
    work: Callable[[Any], Any],
    columns: Sequence[str],
    categories: Sequence[str] = (),
    *,
    workers: int = 1,
    here: bool = False,
    seen: Callable[[int], None] = lambda rows: None,
) -> Any:
    """The sum of `work(batch)` over all batches, where the rows lie: on threads of this machine, or on an engine.

    Parameters
    ----------
    work
        A picklable function of a batch; what it returns adds up exactly, in any order.
    columns
        The columns of each batch.
    categories
        Those among them whose strings may come in codes; see `coded_batches`.
    workers
        How many threads work; a few batches are in memory at a time. An engine decides for itself.
    here
        Whether this machine does it although an engine holds the rows.
    seen
        Called with how many rows are done.

    Returns
    -------
    The sum, or None if there is no batch.
    """
    if not here and carrier(rows) is not None:
        return carried(rows, work, columns, seen=seen)
    total: Any = None
    done = 0
    for found, count in _mapped(work, coded_batches(rows, columns, categories), workers):
        total = found if total is None else total + found
        done += count
        seen(done)
    return total


def _mapped(work: Callable[[Any], Any], batches: Iterator[Any], workers: int) -> Iterator[tuple[Any, int]]:
    """`map` in order on threads, with a bounded number of batches under way; beside each result, how many rows it is of."""
    if workers <= 1:
        yield from ((work(batch), batch.num_rows) for batch in batches)
        return
    with ThreadPoolExecutor(workers) as pool:
        under_way: deque[tuple[Future[Any], int]] = deque()
        for batch in batches:
            under_way.append((pool.submit(work, batch), batch.num_rows))
            if len(under_way) > 2 * workers:
                first, count = under_way.popleft()
                yield first.result(), count
        while under_way:
            first, count = under_way.popleft()
            yield first.result(), count


def bounded(batch: Any) -> Iterator[Any]:
    """The same rows in batches of at most `BATCH_ROWS` rows and about `BATCH_BYTES` bytes."""
    if batch.num_rows == 0:
        return
    pieces = max(-(-batch.num_rows // BATCH_ROWS), -(-batch.nbytes // BATCH_BYTES), 1)
    size = max(-(-batch.num_rows // pieces), 1)
    for start in range(0, batch.num_rows, size):
        yield batch.slice(start, size) if pieces > 1 else batch
