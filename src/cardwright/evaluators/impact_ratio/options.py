"""How `ImpactRatio` is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class ImpactRatioOptions(Options):
    """The parameters of `ImpactRatio`, explained there, as a value that its modules hand on."""

    attributes: Sequence[str] | None = None
    rates: str | None = None
    median_of: str = "full_sample"
    exclude: str | Sequence[Mapping[str, str]] | None = None
    justification: str | None = None
    level: float = 0.95


__all__ = ["ImpactRatioOptions"]
