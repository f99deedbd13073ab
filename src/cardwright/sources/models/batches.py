"""From an Arrow batch to what a native model takes: names matched, numbers as numbers, words where a model reads words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError, SourceError, UsageError
from cardwright.privacy.showing import hint, quoted, shown, shown_column
from cardwright.record.base import label as as_label
from cardwright.sources.models.interface import ModelRequest

if TYPE_CHECKING:
    import pyarrow


def what_stands_out(batch: pyarrow.RecordBatch, error: Exception) -> str:
    """What may be why a model refuses rows: an error that comes of another version, cells that are missing, and text.

    >>> import pyarrow as pa
    >>> what_stands_out(pa.record_batch({"age": [1, None], "job": ["a", "b"]}), ValueError())
    'Missing cells: "age" (1 of 2). Text: "job".'
    """
    import pyarrow as pa

    if isinstance(error, (AttributeError, ModuleNotFoundError)):
        return "It may have been saved by another version of its library: save it again with the one that is installed."
    names = batch.schema.names

    def called(name: str) -> str:
        return shown_column(name, names)

    missing = [
        f"{called(name)} ({column.null_count} of {batch.num_rows})"
        for name, column in zip(names, batch.columns, strict=True)
        if column.null_count
    ]
    text = [called(name) for name, kind in zip(names, batch.schema.types, strict=True) if pa.types.is_string(kind)]
    said = [f"Missing cells: {', '.join(missing[:5])}."] if missing else []
    said += [f"Text: {', '.join(text[:8])}."] if text else []
    return " ".join(said)


def same(name: str) -> str:
    """The name as it is."""
    return name


def features_of(
    known: Sequence[str], count: int | None, request: ModelRequest, spelled: Callable[[str], str] = same
) -> tuple[str, ...]:
    """The columns that a model reads, in its own order, by the names that the rows have.

    Parameters
    ----------
    known
        The names that its file holds; empty if it holds none.
    count
        How many it reads, if that is known.
    spelled
        How the format writes a column's name: LightGBM puts `_` for a blank.

    Raises
    ------
    UsageError
        If neither the file nor the plan names them.
    SourceError
        If the plan names others, or another number of them.
    """
    where = request.where
    if not known:
        if not request.features:
            raise UsageError(
                "the model does not know the names of its features", where=where, do="Write `features: [column, …]`."
            )
        if count is not None and count != len(request.features):
            raise SourceError(f"the model reads {count} features, and {len(request.features)} are named", where=where)
        return request.features
    among = request.features or request.columns
    found = []
    for name in known:
        fits = [name] if name in among else [column for column in among if spelled(column) == name]
        if len(fits) > 1:
            raise SourceError(
                f"the columns {', '.join(shown(fit, 'one whose name is not shown') for fit in fits)} are one feature to the "
                "model's format, which writes their names alike",
                where=where,
                do="Rename one of them and train the model again.",
            )
        found.append(fits[0] if fits else name)
    if request.features:
        _require_same(found, request.features, where)
    return tuple(found)


def _require_same(known: Sequence[str], features: Sequence[str], where: str) -> None:
    for name in features:
        if name not in known:
            raise SourceError(
                f"the model was not trained with the feature {quoted(name)}",
                where=where,
                do=hint(name, known) or None,
            )
    for name in known:
        if name not in features:
            raise SourceError(
                f"the model was trained with {shown(name, 'a feature whose name is not shown')}, which is not among `features:`",
                where=where,
                do="Name all features the model reads, or leave `features:` out.",
            )


def frame(names: tuple[str, ...], where: str, batch: pyarrow.RecordBatch) -> Any:
    """A batch as a pandas frame of these columns in this order."""
    try:
        import pandas as pd
    except ImportError as exc:
        raise MissingExtraError("pandas", "tabular", f"predicting with {where}") from exc
    import numpy as np
    import pyarrow as pa

    columns = [batch.column(name) for name in names]
    if columns and all(column.type == pa.float64() and not column.null_count for column in columns):
        # What Arrow makes of doubles, too, in a third of the time: explanations ask for thousands of small frames.
        return pd.DataFrame(np.vstack([column.to_numpy() for column in columns]).T, columns=list(names))
    return batch.select(list(names)).to_pandas()


def matrix(names: tuple[str, ...], where: str, batch: pyarrow.RecordBatch) -> Any:
    """A batch as a matrix of doubles; missing values are NaN.

    Raises
    ------
    SourceError
        If a column holds anything but numbers and truth values.
    """
    import numpy as np

    columns = [_numbers(name, batch.column(name), where) for name in names]
    return np.column_stack(columns) if columns else np.empty((batch.num_rows, 0))


def _numbers(name: str, array: Any, where: str) -> Any:
    import pyarrow as pa

    kind = array.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise SourceError(
            f'feature "{as_label(name)}" holds {kind}, and the model reads numbers',
            where=where,
            do="Encode it before it is stored, or put the encoder into the model (a scikit-learn Pipeline).",
        )
    numbers = array.cast(pa.int8()) if pa.types.is_boolean(kind) else array
    return numbers.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)


def mixed_frame(
    names: tuple[str, ...],
    known: Sequence[str],
    categories: Mapping[str, Sequence[Any] | None],
    where: str,
    batch: pyarrow.RecordBatch,
) -> Any:
    """A batch as a pandas frame of doubles and categories, under the names that the model knows.

    Parameters
    ----------
    names, known
        The columns in the batch, and what the model calls them, in the same order.
    categories
        Those of `names` whose values are categories, whatever their type, with the categories that the model knows, in its order;
        None if the library itself looks after that.

    Raises
    ------
    SourceError
        If a column holds a category that the model does not know, or words where numbers are read.
    """
    try:
        import pandas as pd
    except ImportError as exc:
        raise MissingExtraError("pandas", "tabular", f"predicting with {where}") from exc
    columns = {}
    for name, own in zip(names, known, strict=True):
        array = batch.column(name)
        if name in categories:
            columns[own] = _category(name, array, categories[name], where)
        else:
            columns[own] = pd.Series(_numbers(name, array, where))
    return pd.DataFrame(columns)


def _category(name: str, array: Any, known: Sequence[Any] | None, where: str) -> Any:
    import pandas as pd

    values = array.to_pandas()
    if known is None:
        return values.astype("category")
    categories = pd.Index(list(known))
    codes = categories.get_indexer(values.astype(object))
    strange = int(((codes < 0) & values.notna()).sum())
    if strange:
        raise SourceError(
            f"feature {shown(name, 'whose name is not shown')} holds, in {strange} rows, a category that the model was not "
            "trained with",
            where=where,
            do="Leave those values out (missing), or name the model that knows them.",
        )
    return pd.Series(pd.Categorical.from_codes(codes, categories=categories))


def is_text(kind: Any) -> bool:
    """Whether a column of this Arrow type holds words."""
    import pyarrow as pa

    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))


__all__ = ["features_of", "frame", "is_text", "matrix", "mixed_frame", "same"]
