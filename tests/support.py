"""Stand-ins that obey the interfaces: sources in memory, given as they are, so that evaluators meet what loading would refuse."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from cardwright.evaluators.interface import Inputs
from cardwright.record.base import label as as_label
from cardwright.record.provenance import Column, DatasetRef
from cardwright.sources.interface import Attribute, Predictions, Source, Table


@dataclass(frozen=True)
class ListRows:
    """Rows in a list of batches, read in the order and the pieces that they are given in."""

    parts: tuple[pa.RecordBatch, ...]

    @property
    def schema(self) -> pa.Schema:
        """Of all batches."""
        return self.parts[0].schema

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """See `Rows.batches`."""
        for part in self.parts:
            yield part if columns is None else part.select(list(columns))


def list_rows(data: Mapping[str, Any] | pa.Table, cuts: Sequence[int] = ()) -> ListRows:
    """Rows of columns, cut into batches at these row numbers."""
    table = data if isinstance(data, pa.Table) else pa.table(dict(data))
    table = table.combine_chunks()
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < table.num_rows}), table.num_rows]
    parts = [
        batch for start, end in itertools.pairwise(edges) for batch in table.slice(start, end - start).to_batches()
    ]
    return ListRows(tuple(parts) or (pa.RecordBatch.from_pylist([], schema=table.schema),))


def memory_ref(rows: ListRows, kind: str, name: str) -> DatasetRef:
    """What a record says of such a source."""
    digest = hashlib.sha256()
    for part in pa.Table.from_batches(rows.parts).combine_chunks().to_batches():
        digest.update(part.serialize())
    return DatasetRef(
        name=name,
        role=name,
        kind=kind,
        format="memory",
        sha256=digest.hexdigest(),
        rows=sum(part.num_rows for part in rows.parts),
        columns=tuple(Column(name=field.name, type=str(field.type)) for field in rows.schema),
    )


def found_groups(rows: ListRows, column: str, unknown: Sequence[str] = ()) -> tuple[str, ...]:
    """The groups of a column, as loading a source finds them."""
    values = {as_label(v) for part in rows.parts for v in part.column(column).to_pylist() if v is not None and v == v}
    return tuple(sorted(values - {*unknown}))


def attributes(
    rows: ListRows, sensitive: Sequence[str] | Mapping[str, Sequence[str]], unknown: Sequence[str] = ()
) -> tuple[Attribute, ...]:
    """Sensitive attributes, with their groups declared or found."""
    declared = sensitive if isinstance(sensitive, Mapping) else {}
    return tuple(
        Attribute(
            name,
            tuple(sorted(declared[name])) if name in declared else found_groups(rows, name, unknown),
            tuple(unknown),
        )
        for name in sensitive
    )


def memory_predictions(
    data: Mapping[str, Any] | pa.Table,
    *,
    label: str = "y",
    prediction: str | None = None,
    score: str | None = None,
    threshold: float | None = None,
    favourable: str | None = "1",
    task: str = "binary",
    classes: Sequence[str] = (),
    sensitive: Sequence[str] | Mapping[str, Sequence[str]] = (),
    unknown: Sequence[str] = (),
    name: str = "test",
    cuts: Sequence[int] = (),
    **others: Any,
) -> Predictions:
    """Predictions over columns in memory, unchecked."""
    rows = list_rows(data, cuts)
    return Predictions(
        ref=memory_ref(rows, "predictions", name),
        rows=rows,
        task=task,
        label=label,
        prediction=prediction,
        score=score,
        threshold=threshold,
        favourable=favourable if task == "binary" else None,
        classes=tuple(classes),
        sensitive=attributes(rows, sensitive, unknown),
        **others,
    )


def memory_table(
    data: Mapping[str, Any] | pa.Table,
    *,
    label: str | None = None,
    favourable: str | None = None,
    classes: Sequence[str] = (),
    sensitive: Sequence[str] | Mapping[str, Sequence[str]] = (),
    unknown: Sequence[str] = (),
    name: str = "table",
    cuts: Sequence[int] = (),
    **others: Any,
) -> Table:
    """A table over columns in memory, unchecked."""
    rows = list_rows(data, cuts)
    return Table(
        ref=memory_ref(rows, "table", name),
        rows=rows,
        label=label,
        favourable=favourable,
        classes=tuple(classes),
        sensitive=attributes(rows, sensitive, unknown),
        **others,
    )


def inputs_of(source: Source, *, id: str = "test", seed: int = 0, workers: int = 1, **more: Source) -> Inputs:
    """The inputs of an evaluation whose need is `source`."""
    return Inputs(id, {"source": source, **more}, seed=seed, workers=workers)
