"""The rows that a mitigation learns from and decides on, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.rows.counting import Coded, code
from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.paired import keys_of
from cardwright.sources.interface import Attribute, Predictions

MOST_ROWS = 5_000_000
"""More rows are not held in memory at once."""


@dataclass(frozen=True)
class HeldRows:
    """Rows of a binary source with one attribute, in memory."""

    source: Predictions
    attribute: Attribute
    group: IntArray
    """Place in the attribute's groups; their number where membership is unknown."""
    outcome: IntArray
    """1 where favourable."""
    decision: IntArray
    """The model's own."""
    score: FloatArray | None
    features: Any
    """The columns that the model reads, an Arrow table; without columns if none are needed."""

    def counts(self) -> IntArray:
        """Rows by group and outcome, shape (groups, 2); unknown membership is left out."""
        size = len(self.attribute.groups)
        known = self.group < size
        flat = self.group[known] * 2 + self.outcome[known]
        return np.bincount(flat, minlength=2 * size).reshape(size, 2)

    def with_outcomes(self, least: int) -> frozenset[int]:
        """The groups that have at least so many rows of each outcome."""
        return frozenset(np.flatnonzero(self.counts().min(axis=1) >= least).tolist())

    def __len__(self) -> int:
        return len(self.outcome)


def hold(source: Predictions, attribute: Attribute, features: tuple[str, ...]) -> HeldRows:
    """Read the rows of a source into memory.

    Raises
    ------
    SourceError
        If rows cannot be used (a missing outcome, a score outside [0, 1]), a group is not declared, or there are too many.
    """
    import pyarrow as pa

    where = source.ref.path or source.ref.name
    if source.ref.rows is not None and source.ref.rows > MOST_ROWS:
        raise SourceError(
            f"{source.ref.rows} rows are more than the {MOST_ROWS} that a mitigation holds in memory",
            where=where,
            do="Name a random sample of them as a source of its own.",
        )
    layout = Layout.of(replace(source, sensitive=(attribute,), strata=()))
    coded: list[Coded] = []
    kept: list[Any] = []
    for batch in source.rows.batches(tuple(dict.fromkeys((*layout.columns, *features)))):
        one = code(layout, batch)
        if one.problems:
            raise SourceError(
                f"{sum(one.problems.values())} rows cannot be compared",
                where=where,
                do="Fill in their labels and predictions, and declare every group.",
            )
        coded.append(one)
        kept.append(batch.select(list(features)))
    table = pa.Table.from_batches(kept) if features else pa.table({})
    return HeldRows(
        source,
        attribute,
        np.concatenate([one.cells for one in coded]),
        np.concatenate([one.outcome for one in coded]),
        np.concatenate([one.decision for one in coded]),
        np.concatenate([one.score for one in coded if one.score is not None]) if layout.score else None,
        table,
    )


def attribute_of(source: Predictions, name: str | None, where: str) -> Attribute:
    """The attribute that is asked for, or the only one.

    Raises
    ------
    UsageError
        If there is none of this name, or several and none is named.
    """
    names = [attribute.name for attribute in source.sensitive]
    if name is None and len(names) == 1:
        return source.sensitive[0]
    if name in names:
        return source.sensitive[names.index(name)]
    listed = ", ".join(names) or "none"
    raise UsageError(
        f"mitigation: the source has the sensitive attributes {listed}"
        + ("" if name is None else f', and "{name}" is not one of them'),
        where=where,
        do="Write `attribute:` with one of them." if names else "Declare one under `sensitive:` of the source.",
    )


def require_apart(fit: Predictions, source: Predictions) -> None:
    """Refuse a mitigation that is judged on the rows it was fitted to: it looks better there than it is.

    Raises
    ------
    SourceError
        If the files are the same, or the keys of both have a value in common.
    """
    where = fit.ref.path or fit.ref.name
    if fit.ref.sha256 == source.ref.sha256:
        raise SourceError(
            f'"{fit.ref.name}" and "{source.ref.name}" are the same rows, and a mitigation looks better than it is on rows that '
            "it was fitted to",
            where=where,
            do="Fit on the training or validation rows: another file, predicted by the same model.",
        )
    if fit.key is None or source.key is None:
        return
    shared = set(_keys(fit)) & set(_keys(source))
    if shared:
        raise SourceError(
            f'{len(shared)} rows have the key of a row of "{source.ref.name}", on which the mitigation is judged',
            where=where,
            do="Leave them out of one of the two.",
        )


def _keys(source: Predictions) -> list[str]:
    assert source.key is not None
    values = [value for batch in source.rows.batches([source.key]) for value in batch.column(0).to_pylist()]
    return keys_of(values, source.ref.path or source.ref.name)


def joint_counts(groups: IntArray, size: int, outcome: IntArray, first: IntArray, second: IntArray) -> IntArray:
    """Rows by group, outcome, first and second decision, shape (groups + 1, 2, 2, 2); unknown membership last."""
    flat = groups * 8 + outcome * 4 + first * 2 + second
    return np.bincount(flat, minlength=8 * (size + 1)).reshape(size + 1, 2, 2, 2)


def named(attribute: Attribute, places: frozenset[int]) -> tuple[str, ...]:
    """The names of groups, in their order."""
    return tuple(attribute.groups[place] for place in sorted(places))


def slice_of(attribute: Attribute, place: int) -> Mapping[str, str | None]:
    """The slice of a group, or of unknown membership."""
    return {attribute.name: attribute.groups[place] if place < len(attribute.groups) else None}
