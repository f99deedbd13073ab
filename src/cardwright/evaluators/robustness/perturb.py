"""Perturbations: what is done to which columns, how strongly, and how it is drawn."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cardwright.errors import UsageError
from cardwright.evaluators.rows.encoding import numbers
from cardwright.evaluators.rows.slice_sample import is_number
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import NotTested

if TYPE_CHECKING:
    import pyarrow

UNSEEN = "a category the model has not seen"
"""What stands in place of a category; a suffix is added where the data hold it already."""

Change = Callable[[Any, str, np.random.Generator], Any]
"""A column of a batch, changed: batch, name of the column, random numbers."""


@dataclass(frozen=True)
class Perturbation:
    """One way to change rows."""

    kind: str
    """`noise`, `missing`, `unit`, `shuffled` or `unseen`."""
    name: str
    """As a record and a policy name it, e.g. `noise 0.1`."""
    intensity: float
    unit: str
    """What the intensity is: `standard_deviations`, `rate` or `factor`."""
    columns: tuple[str, ...]
    change: Change

    def apply(self, batch: pyarrow.RecordBatch, seed: int) -> pyarrow.RecordBatch:
        """The rows, changed; the same for the same seed, whatever else is perturbed."""
        import pyarrow as pa

        arrays = {name: batch.column(name) for name in batch.schema.names}
        for column in self.columns:
            digest = hashlib.sha256(f"{self.name}\0{column}".encode()).digest()
            rng = np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])
            with np.errstate(over="ignore", invalid="ignore"):  # a number too large is what the model then gets
                arrays[column] = self.change(batch, column, rng)
        return pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))


def _plain(column: Any) -> Any:
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _doubles(batch: Any, column: str) -> Any:
    return numbers(batch.column(column), where="robustness", what=f"column {quoted(column)}")


def _noise(intensity: float) -> Change:
    def change(batch: Any, column: str, rng: np.random.Generator) -> Any:
        import pyarrow as pa

        values = _doubles(batch, column)
        known = values[np.isfinite(values)]
        size = float(np.abs(known).max(initial=0.0))
        # Scaled first: squares of very large numbers would overflow.
        spread = size * float((known / size).std(ddof=1)) if len(known) > 1 and size > 0 else 0.0
        return pa.array(values + intensity * spread * rng.standard_normal(len(values)), from_pandas=True)

    return change


def _missing(rate: float) -> Change:
    def change(batch: Any, column: str, rng: np.random.Generator) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        values = _plain(batch.column(column))
        return pc.if_else(pa.array(rng.random(len(values)) < rate), pa.scalar(None, values.type), values)

    return change


def _unit(factor: float) -> Change:
    def change(batch: Any, column: str, rng: np.random.Generator) -> Any:
        import pyarrow as pa

        return pa.array(_doubles(batch, column) * factor, from_pandas=True)

    return change


def _shuffled(rate: float) -> Change:
    def change(batch: Any, column: str, rng: np.random.Generator) -> Any:
        import pyarrow as pa

        values = _plain(batch.column(column))
        chosen = np.flatnonzero(rng.random(len(values)) < rate)
        place = np.arange(len(values))
        place[chosen] = chosen[rng.permutation(len(chosen))]
        return values.take(pa.array(place))

    return change


def _unseen(rate: float) -> Change:
    def change(batch: Any, column: str, rng: np.random.Generator) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        values = _plain(batch.column(column))
        known = {value for value in pc.unique(values).to_pylist() if value is not None}
        word = UNSEEN
        while word in known:
            word += "'"
        return pc.if_else(pa.array(rng.random(len(values)) < rate), pa.scalar(word, values.type), values)

    return change


def _rates(name: str, given: Any, where: str, most: float | None) -> list[float]:
    listed = list(given) if isinstance(given, (list, tuple)) else [given]
    for value in listed:
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not number or value <= 0 or (most is not None and value > most):
            limit = "above 0" if most is None else f"above 0 and at most {most:g}"
            raise UsageError(f"`{name}` holds numbers {limit}", where=where, do=f"Write `{name}: [0.1]`.")
    return list(dict.fromkeys(float(value) for value in listed))


def planned(
    *,
    batch: pyarrow.RecordBatch,
    features: Sequence[str],
    noise: Any,
    missing: Any,
    units: Mapping[str, Any] | None,
    shuffled: Any,
    unseen: Any,
    where: str,
) -> tuple[list[Perturbation], list[NotTested]]:
    """All perturbations that were asked for, and those that these features do not allow, with the reason.

    Raises
    ------
    UsageError
        Where an intensity is out of its range, or a unit is changed of what is no feature of numbers.
    """
    numeric = [name for name in features if is_number(batch, name)]
    flags = [name for name in numeric if _is_flag(batch, name)]
    spread = tuple(name for name in numeric if name not in flags)
    categories = tuple(name for name in features if name not in spread)
    texts = tuple(name for name in features if _is_text(batch, name))
    found: list[Perturbation] = []
    left: list[NotTested] = []
    kinds: tuple[tuple[str, Any, float | None, str, tuple[str, ...], Callable[[float], Change], str], ...] = (
        ("noise", noise, None, "standard_deviations", spread, _noise, "the model reads no numbers but flags"),
        ("missing", missing, 1.0, "rate", tuple(features), _missing, "the model reads nothing"),
        ("shuffled", shuffled, 1.0, "rate", categories, _shuffled, "the model reads no categories or flags"),
        ("unseen", unseen, 1.0, "rate", texts, _unseen, "the model reads no categories that are strings"),
    )
    for kind, given, most, unit, columns, make, why in kinds:
        intensities = _rates(kind, given, where, most)
        if not intensities:
            left.append(NotTested(what=f"the perturbation {kind}", why="the plan asks for none"))
        elif not columns:
            left.append(NotTested(what=f"the perturbation {kind}", why=why))
        else:
            found += [Perturbation(kind, f"{kind} {x:g}", x, unit, columns, make(x)) for x in intensities]
    if not units:
        left.append(NotTested(what="changes of units", why="the plan names no column and factor"))
    if units is not None and not isinstance(units, Mapping):
        raise UsageError("`units` names columns and factors", where=where, do="Write `units: {income: [1000]}`.")
    for column, factors in (units or {}).items():
        if column not in features:
            raise UsageError(
                f"`units` names {quoted(column)}, which is no feature",
                where=where,
                do=hint(column, features, columns=True),
            )
        if column not in numeric:
            raise UsageError(f"`units` names {quoted(column)}, which holds no numbers", where=where)
        found += [
            Perturbation("unit", as_label(f"{column} x {x:g}"), x, "factor", (column,), _unit(x))
            for x in _rates("units", factors, where, None)
        ]
    return found, left


def _is_flag(batch: Any, column: str) -> bool:
    values = _doubles(batch, column)
    return len(np.unique(values[~np.isnan(values)])) <= 2


def _is_text(batch: Any, column: str) -> bool:
    import pyarrow as pa

    kind = _plain(batch.column(column).slice(0, 0)).type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
