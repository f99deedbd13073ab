"""How `Slices` is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class SlicesOptions(Options):
    """The parameters of `Slices`, explained there, as a value that its modules hand on."""

    columns: Sequence[str] | None = None
    edges: Mapping[str, Sequence[float]] | None = None
    quantiles: int = 4
    find: bool = True
    search: Sequence[str] | None = None
    max_depth: int = 3
    min_leaf: int = 30
    min_denominator: int = 30
    alpha: float = 0.05
    level: float = 0.95
    rows: int = 1_000_000


__all__ = ["SlicesOptions"]
