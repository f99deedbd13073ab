"""How `Performance` is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class PerformanceOptions(Options):
    """The parameters of `Performance`, explained there, as a value that its modules hand on."""

    level: float = 0.95
    quantiles: Mapping[float | str, str] | None = None
    horizon: str | None = None
    series: str | None = None
    naive_error: str | None = None
    probabilities: Mapping[str, str] | None = None


__all__ = ["PerformanceOptions"]
