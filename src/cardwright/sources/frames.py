"""For Python users: frames (pandas, polars, Arrow, through narwhals), mappings of arrays, and plain arrays, as sources.

Rows are matched by their place, so pandas objects that are passed together must have the same index in the same order: a
shuffled index is an error, not a wrong answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from cardwright.errors import MissingExtraError, SourceError, UsageError
from cardwright.record.base import label as as_label
from cardwright.record.provenance import Column, DatasetRef, SourceKind
from cardwright.sources.interface import Interactions, Predictions, Table, Texts
from cardwright.sources.shape import (
    BATCH_ROWS,
    arrow,
    as_plain,
    bounded,
    columns_of,
    plain_schema,
    require_columns,
)
from cardwright.sources.spec import InteractionsOptions, PredictionsOptions, TableOptions, TextsOptions

if TYPE_CHECKING:
    import pyarrow


_MOST_CODES = 10_000
"""A column of more different strings is not put in codes: it holds names, not categories."""


@dataclass(frozen=True)
class MemoryRows:
    """See `cardwright.sources.interface.Rows`. Made by `rows_from`."""

    table: pyarrow.Table
    """All rows, in plain types."""
    sha256: str
    """Digest of the Arrow IPC stream of its rows."""
    codes: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """String columns whose values are few, in codes, once somebody asked for them."""

    @property
    def schema(self) -> pyarrow.Schema:
        """Names and types of all columns."""
        return self.table.schema

    @property
    def num_rows(self) -> int:
        """How many rows."""
        return int(self.table.num_rows)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The schema as a record states it."""
        return columns_of(self.schema)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pyarrow.RecordBatch]:
        """See `cardwright.sources.interface.Rows.batches`."""
        wanted = list(self.schema.names) if columns is None else list(columns)
        require_columns(self.schema.names, wanted, "the frame")
        return self._read(wanted)

    def coded(self, columns: Sequence[str], categories: Sequence[str]) -> Iterator[pyarrow.RecordBatch]:
        """See `cardwright.sources.shape.coded_batches`: strings are put in codes once, and read again and again."""
        import pyarrow as pa

        wanted = list(columns)
        require_columns(self.schema.names, wanted, "the frame")
        chosen = [self._coded(name) if name in categories else self.table.column(name) for name in wanted]
        return self._pieces(pa.Table.from_arrays(chosen, names=wanted)) if chosen else self._read(wanted)

    def _coded(self, name: str) -> Any:
        import pyarrow as pa

        column = self.table.column(name)
        if not pa.types.is_string(column.type):
            return column
        if name not in self.codes:
            found = column.combine_chunks().dictionary_encode()
            few = len(found.dictionary) <= _MOST_CODES
            self.codes[name] = pa.chunked_array([found]) if few else column
        return self.codes[name]

    def _read(self, wanted: list[str]) -> Iterator[Any]:
        return self._pieces(self.table.select(wanted))

    def _pieces(self, table: Any) -> Iterator[Any]:
        for batch in table.to_batches(max_chunksize=BATCH_ROWS):
            yield from bounded(batch)


def rows_from(data: Any, *, where: str = "the frame") -> MemoryRows:
    """Rows of a pandas or polars frame, an Arrow table or batch, or a mapping of names to arrays.

    Parameters
    ----------
    data
        The index of a pandas frame is not a column.
    where
        How errors name it.

    Raises
    ------
    UsageError
        If `data` is not one of these, or its columns are not equally long.
    SourceError
        If it has no rows or no columns.
    """
    pa = arrow(f"reading {where}")
    table = _table(data, where)
    schema = plain_schema(table.schema, where)
    if table.num_rows == 0:
        raise SourceError("there are no rows, only columns", where=where, do="Pass a frame that holds rows.")
    plain = pa.Table.from_batches([as_plain(batch, schema) for batch in table.to_batches()], schema=schema)
    plain = _nan_as_missing(plain.combine_chunks())
    return MemoryRows(plain, _digest(plain))


def _table(data: Any, where: str) -> Any:
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if isinstance(data, Mapping):
        same_index(where, **{str(name): column for name, column in data.items()})
        return _from_arrays({str(name): column for name, column in data.items()}, where)
    try:
        import narwhals
    except ImportError as exc:
        raise MissingExtraError("narwhals", "tabular", f"reading {where}") from exc
    try:
        frame = narwhals.maybe_reset_index(narwhals.from_native(data, eager_only=True))
        names = [str(name) for name in frame.columns]
        return frame.to_arrow().rename_columns(names)
    except (TypeError, pa.ArrowException) as exc:
        raise UsageError(
            f"a {type(data).__name__} cannot be read as a table",
            where=where,
            do="Pass a pandas or polars frame, an Arrow table, or a mapping of column names to arrays; "
            "a column holds values of one type.",
        ) from exc


def _from_arrays(columns: Mapping[str, Any], where: str) -> Any:
    import pyarrow as pa

    arrays: dict[str, Any] = {}
    for name, column in columns.items():
        try:
            arrays[name] = _array(column)
        except (pa.ArrowException, TypeError, ValueError) as exc:
            raise UsageError(
                f'"{as_label(name)}" is not an array of values of one type',
                where=where,
                do="Pass one-dimensional arrays.",
            ) from exc
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) > 1:
        said = ", ".join(f"{as_label(name)} {len(array)}" for name, array in arrays.items())
        raise UsageError(f"the arrays are not equally long: {said}", where=where)
    return pa.table(arrays)


def _array(column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column, (pa.Array, pa.ChunkedArray)):
        return column
    if len(getattr(column, "shape", ())) == 2 and hasattr(column, "columns"):  # a frame: its one column
        if column.shape[1] != 1:
            raise ValueError(f"a frame of {column.shape[1]} columns")
        column = column[column.columns[0]]
    if hasattr(column, "to_arrow"):  # polars
        return column.to_arrow()
    if hasattr(column, "__arrow_array__"):
        return pa.array(column)
    if type(column).__module__.startswith("pandas"):
        return pa.Array.from_pandas(column)
    if hasattr(column, "ndim") and column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    return pa.array(column, from_pandas=True)  # NaN is missing, also in a list of words


def same_index(where: str = "the arrays", /, **objects: Any) -> None:
    """Refuse pandas objects whose indices differ: they would be matched by place, and rows would meet strangers.

    Raises
    ------
    UsageError
    """
    indexed = {name: value.index for name, value in objects.items() if _is_pandas(value)}
    if len(indexed) < 2:
        return
    first, reference = next(iter(indexed.items()))
    for name, index in indexed.items():
        if len(index) != len(reference) or not index.equals(reference):
            shuffled = len(index) == len(reference) and set(index) == set(reference)
            how = "the same rows in another order" if shuffled else "other rows"
            raise UsageError(
                f"the index of {as_label(name)} has {how} than that of {as_label(first)}",
                where=where,
                do=f"Align them first, e.g. {as_label(name)}.loc[{as_label(first)}.index], or pass one frame.",
            )


def _is_pandas(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "index")


def _nan_as_missing(table: Any) -> Any:
    """NaN of a frame is a missing value, as pandas means it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for number, target in enumerate(table.schema):
        if pa.types.is_floating(target.type):
            column = table.column(number)
            if pc.any(pc.is_nan(column)).as_py():
                table = table.set_column(number, target, pc.if_else(pc.is_nan(column), None, column))
    return table


def _digest(table: Any) -> str:
    """SHA-256 of the Arrow IPC stream of the rows, in batches of 65,536, where equal rows give equal bytes.

    What lies under a missing value is not defined in Arrow, so a column with missing values goes in as two: with the missing
    ones filled with nothing (0, "", false), and whether each is there.
    """
    import pyarrow as pa

    parts = [
        part for name, column in zip(table.schema.names, table.columns, strict=True) for part in _defined(name, column)
    ]
    canonical = pa.table([array for _, array in parts], names=[name for name, _ in parts]).combine_chunks()
    sink = _Hash()
    with pa.PythonFile(sink, mode="w") as out, pa.ipc.new_stream(out, canonical.schema) as writer:
        writer.write_table(canonical, max_chunksize=65_536)
    return sink.digest.hexdigest()


def _defined(name: str, column: Any) -> Iterator[tuple[str, Any]]:
    """A column as one or two, in which every byte is defined."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    values = column
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        values = pa.array([json.dumps(value, default=repr, sort_keys=True) for value in column.to_pylist()])
    elif column.null_count:
        yield f"{name}\0present", pc.is_valid(column).cast(pa.uint8())
        values = pc.fill_null(column, _nothing(kind))
    yield f"{name}\0{kind}", values.cast(pa.uint8()) if pa.types.is_boolean(kind) else values


def _nothing(kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_string(kind):
        return ""
    return (
        pa.scalar(0, pa.int64())
        .cast(pa.int32() if pa.types.is_date32(kind) or pa.types.is_time32(kind) else pa.int64())
        .cast(kind)
    )


class _Hash:
    """A file that keeps nothing but the digest of what is written to it."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.closed = False

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits to be written."""

    def close(self) -> None:
        self.closed = True


def _ref(rows: MemoryRows, kind: SourceKind, name: str, options: Mapping[str, Any]) -> DatasetRef:
    return DatasetRef(
        name=name,
        role=options.get("role") or name,
        split=options.get("split"),
        kind=kind,
        format="memory",
        sha256=rows.sha256,
        rows=rows.num_rows,
        columns=rows.columns,
        filter=options.get("filter"),
        subject_version=options.get("subject_version"),
        released=options.get("released"),
    )


def _options(model: Any, options: Mapping[str, Any]) -> Any:
    from pydantic import ValidationError

    try:
        return model(**options)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        said = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(f"`{place}`: {said}" if place else said) from exc


def predictions_from(data: Any, *, name: str = "test", **options: Any) -> Predictions:
    """Predictions in a frame.

    Parameters
    ----------
    data
        See `rows_from`.
    name
        How the record names it.
    **options
        As in a plan: `label`, `score`, `prediction`, `threshold`, `favourable`, `sensitive`, `task`, `features`, `weight`,
        `person`, `unit`, `strata`, `role`, `split`, `design`, `filter`.

    Raises
    ------
    UsageError
        If an option is wrong.
    SourceError
        If the data do not fit the options.

    Examples
    --------
    >>> source = predictions_from({"y": [1, 0, 1], "p": [0.9, 0.2, 0.4]}, label="y", score="p", threshold=0.5, favourable=1)
    >>> source.task, source.classes, source.ref.rows
    ('binary', ('0', '1'), 3)
    """
    from cardwright.sources.load import predictions_of

    spec = _options(PredictionsOptions, options)
    rows = rows_from(data, where=name)
    return predictions_of(spec, rows, _ref(rows, "predictions", name, options))


def predictions_from_arrays(
    y_true: Any,
    y_pred: Any = None,
    *,
    y_score: Any = None,
    sensitive_features: Any = None,
    sample_weight: Any = None,
    person: Any = None,
    strata: Any = None,
    name: str = "test",
    **options: Any,
) -> Predictions:
    """Predictions in arrays, with the signature of scikit-learn and fairlearn.

    Parameters
    ----------
    y_true
        True outcomes, shape (n,).
    y_pred
        Decisions or predicted values, shape (n,).
    y_score
        Probabilities of the favourable outcome, shape (n,).
    sensitive_features
        A frame or mapping of columns, or one array (named after its pandas or polars name, else `sensitive`).
    sample_weight
        Weights, shape (n,).
    person
        Who each row is about, shape (n,).
    strata
        What is conditioned on: a frame or mapping of columns, or one array (named after its own name, else `stratum`).
    name, **options
        See `predictions_from`; the columns are `y_true`, `y_pred`, `y_score`, `sample_weight` and `person`.

    Raises
    ------
    UsageError
        If arrays are not equally long, or pandas objects have different indices.
    """
    given = {
        "y_true": y_true, "y_pred": y_pred, "y_score": y_score, "sample_weight": sample_weight, "person": person,
    }  # fmt: skip
    arrays = {part: value for part, value in given.items() if value is not None}
    groups, within = _groups(sensitive_features, "sensitive"), _groups(strata, "stratum")
    clash = sorted(((set(groups) | set(within)) & set(arrays)) | (set(groups) & set(within)))
    if clash:
        raise UsageError(f'a sensitive feature or stratum may not be called "{clash[0]}"', where=name, do="Rename it.")
    columns = {**arrays, **groups, **within}
    same_index(name, **columns)
    return predictions_from(
        _from_arrays(columns, name),
        name=name,
        label="y_true",
        prediction="y_pred" if y_pred is not None else None,
        score="y_score" if y_score is not None else None,
        weight="sample_weight" if sample_weight is not None else None,
        person="person" if person is not None else None,
        strata=tuple(within),
        **({"sensitive": list(groups)} if groups and "sensitive" not in options else {}),
        **options,
    )


def _groups(features: Any, called: str) -> dict[str, Any]:
    if features is None:
        return {}
    if isinstance(features, Mapping):
        return {str(name): column for name, column in features.items()}
    if hasattr(features, "column_names"):  # an Arrow table
        return {name: features.column(name) for name in features.column_names}
    if hasattr(features, "columns") and hasattr(features, "__getitem__"):
        return {str(name): features[name] for name in features.columns}
    if getattr(features, "ndim", 1) == 2 and features.shape[1] > 1:
        return {f"{called}_{number}": features[:, number] for number in range(features.shape[1])}
    return {str(getattr(features, "name", None) or called): features}


def table_from(data: Any, *, name: str = "table", **options: Any) -> Table:
    """A table in a frame; options as in a plan: `label`, `favourable`, `sensitive`, `weight`, `person`, `role` …

    Raises
    ------
    UsageError, SourceError
        See `predictions_from`.
    """
    from cardwright.sources.load import table_of

    spec = _options(TableOptions, options)
    rows = rows_from(data, where=name)
    return table_of(spec, rows, _ref(rows, "table", name, options))


def texts_from(data: Any, *, name: str = "texts", **options: Any) -> Texts:
    """Texts in a frame, or a list of strings; options as in a plan: `columns`, `person`, `role` …

    Raises
    ------
    UsageError, SourceError
        See `predictions_from`.
    """
    from cardwright.sources.load import texts_of

    if isinstance(data, (list, tuple)):
        data = {"text": list(data)}
    spec = _options(TextsOptions, options)
    rows = rows_from(data, where=name)
    return texts_of(spec, rows, _ref(rows, "texts", name, options))


def interactions_from(
    records: Sequence[Mapping[str, Any]],
    *,
    name: str = "interactions",
    intent: Literal["attack", "benign", "observed"] | None = None,
    **options: Any,
) -> Interactions:
    """Interactions in a list of mappings, shaped like the lines of a file of interactions.

    Its digest is that of the records as JSON Lines with sorted keys.

    Raises
    ------
    UsageError, SourceError
        See `predictions_from`; a malformed record is named by its number.
    """
    from cardwright.sources.interactions import interactions_from_records

    spec = _options(InteractionsOptions, {**options, **({"intent": intent} if intent else {})})
    if not records:
        raise SourceError("there are no interactions", where=name)
    digest = hashlib.sha256()
    for record in records:
        digest.update(json.dumps(record, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    ref = DatasetRef(
        name=name,
        role=options.get("role") or name,
        split=options.get("split"),
        kind="interactions",
        format="memory",
        sha256=digest.hexdigest(),
        rows=len(records),
        filter=options.get("filter"),
        subject_version=options.get("subject_version"),
        released=options.get("released"),
    )
    return interactions_from_records(spec, partial(_numbered, tuple(records), name), ref)


def _numbered(records: Sequence[Mapping[str, Any]], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, record in enumerate(records, 1):
        yield f"{name}, record {number}", record
