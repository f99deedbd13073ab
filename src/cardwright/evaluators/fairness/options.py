"""How `Fairness` is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class FairnessOptions(Options):
    """The parameters of `Fairness`, explained there, as a value that its modules hand on."""

    min_denominator: int = 20
    depth: int = 2
    level: float = 0.95
    alpha: float = 0.05
    family: Sequence[str] = ("demographic_parity", "equal_opportunity", "equalized_odds", "predictive_parity")
    limits: Mapping[str, float] | None = None
    reference: Mapping[str, str] | None = None


__all__ = ["FairnessOptions"]
