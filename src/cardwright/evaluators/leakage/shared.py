"""Rows that are members and non-members at once: an attack cannot tell them apart, so each of them makes the model look safer."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cardwright.evaluators.leakage.signals import FittedSide

MOST_SHARED = 0.01
"""The share of a side's rows that may also be on the other side before nothing is measured."""

_DIGEST = 16
"""Bytes kept of each row: two different rows of a billion agree with a chance below 1e-20."""


@dataclass(frozen=True)
class SharedRows:
    """How many rows of each side are on the other side too."""

    members: int
    of_members: int
    non_members: int
    of_non_members: int

    @property
    def share(self) -> float:
        """The larger of the two shares; 0 where a side is empty."""
        return max(
            self.members / self.of_members if self.of_members else 0.0,
            self.non_members / self.of_non_members if self.of_non_members else 0.0,
        )

    @property
    def too_many(self) -> bool:
        """Whether too many rows are shared to judge an attack."""
        return self.share > MOST_SHARED


def shared_rows(inside: FittedSide, outside: FittedSide, columns: Sequence[str]) -> SharedRows | None:
    """Rows of each side that the other has with the same values in `columns` and the same loss to six digits.

    A number is the same whether it was read as an integer, a decimal or text, since the two sides are often written by different
    programs. `None` without columns: rows that agree in their loss alone need not be the same.

    Source: Duan et al. (2024), section 4, on non-members that overlap with members.
    """
    if not columns:
        return None
    here, there = list(_digests(inside, columns)), list(_digests(outside, columns))
    members, non_members = set(here), set(there)
    return SharedRows(
        sum(one in non_members for one in here), len(here), sum(one in members for one in there), len(there)
    )


def same_source(inside: FittedSide, outside: FittedSide) -> bool:
    """Whether both sides are the same bytes, of which the same rows were taken."""
    one, other = inside.source.ref, outside.source.ref
    return one.sha256 == other.sha256 and one.filter == other.filter


def _digests(one: FittedSide, columns: Sequence[str]) -> Iterator[bytes]:
    start = 0
    for batch in one.source.rows.batches(list(columns)):
        values = [batch.column(column).to_pylist() for column in columns]
        for number in range(batch.num_rows):
            row = (*(_plain(column[number]) for column in values), f"{one.loss[start + number]:.6g}")
            yield hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()
        start += batch.num_rows


def _plain(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, int | float):
        return str(int(value)) if math.isfinite(value) and value == int(value) else repr(value)
    return str(value).strip()


__all__ = ["MOST_SHARED", "SharedRows", "same_source", "shared_rows"]
