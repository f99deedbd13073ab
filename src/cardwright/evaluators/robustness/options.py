"""How `Robustness` is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class RobustnessOptions(Options):
    """The parameters of `Robustness`, explained there, as a value that its modules hand on."""

    noise: Sequence[float] | float = (0.1, 0.5)
    missing: Sequence[float] | float = (0.1,)
    units: Mapping[str, Sequence[float] | float] | None = None
    shuffled: Sequence[float] | float = (0.1,)
    unseen: Sequence[float] | float = (0.1,)
    metric: str | None = None
    columns: Sequence[str] | None = None
    edges: Mapping[str, Sequence[float]] | None = None
    quantiles: int = 4
    min_denominator: int = 30
    level: float = 0.95
    rows: int = 20_000


__all__ = ["RobustnessOptions"]
