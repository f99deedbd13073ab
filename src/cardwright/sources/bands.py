"""Groups that a plan makes of a column of numbers, such as ages: a column of its own beside those of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cardwright.errors import SourceError
from cardwright.sources.interface import Rows
from cardwright.sources.refusals import called, require_number
from cardwright.sources.shape import PLACE, coded_batches, require_columns
from cardwright.sources.spec import RowsOptions, SensitiveSpec, band_names

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class BandedRows:
    """See `cardwright.sources.interface.Rows`: the rows of another, with a column of words for each banded attribute.

    A number belongs to the band that begins at or below it. A missing number belongs to none, which is unknown membership.
    """

    rows: Rows
    """The rows as the file has them."""
    bands: Mapping[str, SensitiveSpec]
    """What each further column is made of."""

    @property
    def schema(self) -> pyarrow.Schema:
        """See `Rows.schema`; the bands come last."""
        import pyarrow as pa

        found = self.rows.schema
        for name in self.bands:
            found = found.append(pa.field(name, pa.string()))
        return found

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pyarrow.RecordBatch]:
        """See `Rows.batches`."""
        wanted = list(self.schema.names if columns is None else columns)
        return self._with_bands(self.rows.batches(self._needed(wanted)), wanted)

    def coded(self, columns: Sequence[str], categories: Sequence[str]) -> Iterator[pyarrow.RecordBatch]:
        """See `cardwright.sources.shape.coded_batches`."""
        wanted = list(columns)
        kept = [name for name in categories if name not in self.bands and name not in self._made_of]
        return self._with_bands(coded_batches(self.rows, self._needed(wanted), kept), wanted)

    def through(self, work: Callable[[Any], Any], columns: Sequence[str]) -> tuple[Callable[[Any], Any], Sequence[str]]:
        """See `cardwright.sources.shape.carried`: the bands are made where the rows lie."""
        return partial(_of_banded, work, dict(self.bands), list(columns)), self._needed(list(columns))

    @property
    def _made_of(self) -> set[str]:
        return {str(said.column) for said in self.bands.values()}

    def _needed(self, wanted: list[str]) -> list[str]:
        return list(dict.fromkeys(str(self.bands[name].column) if name in self.bands else name for name in wanted))

    def _with_bands(self, batches: Iterator[Any], wanted: list[str]) -> Iterator[Any]:
        return (_with_bands(batch, self.bands, wanted) for batch in batches)


def _with_bands(batch: Any, bands: Mapping[str, SensitiveSpec], wanted: Sequence[str]) -> Any:
    import pyarrow as pa

    if not wanted:
        return batch
    made = {
        name: _cut(batch.column(str(said.column)), said.bands or ()) for name, said in bands.items() if name in wanted
    }
    arrays = [made[name] if name in made else batch.column(name) for name in wanted]
    return pa.RecordBatch.from_arrays(arrays, names=list(wanted))


def _of_banded(
    work: Callable[[Any], Any], bands: Mapping[str, SensitiveSpec], wanted: Sequence[str], batch: Any
) -> Any:
    beside = [PLACE] if PLACE in batch.schema.names else []
    return work(_with_bands(batch, bands, [*wanted, *beside]))


def _cut(column: Any, edges: Sequence[float]) -> Any:
    """The band of each number; missing if it has none."""
    import numpy as np
    import pyarrow as pa

    numbers = np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    codes = np.searchsorted(np.asarray(edges, np.float64), numbers, side="right").astype(np.int32)
    places = pa.array(codes, mask=np.isnan(numbers))
    return pa.DictionaryArray.from_arrays(places, pa.array(band_names(edges))).cast(pa.string())


def banded(spec: RowsOptions, rows: Rows, where: str) -> Rows:
    """The rows with the bands that the plan makes; the same rows if it makes none.

    Raises
    ------
    SourceError
        If a column is missing, holds no numbers, or already has the name that the plan gives to bands.
    """
    bands = {name: said for name, said in spec.sensitive.items() if said.bands}
    if not bands:
        return rows
    names = rows.schema.names
    for name, said in bands.items():
        assert said.column is not None
        require_columns(names, [said.column], where)
        require_number(rows, said.column, f"bands of {name}", where)
        if name in names:
            raise SourceError(
                f"the plan gives its bands the name of a column: {called(name)}",
                where=where,
                do=f"Give the bands a name of their own, such as {name}_band.",
            )
    return BandedRows(rows, bands)


__all__ = ["BandedRows", "banded"]
