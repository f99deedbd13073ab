"""How `Replacement` is set."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class ReplacementOptions(Options):
    """The parameters of `Replacement`, explained there, as a value that its modules hand on."""

    min_denominator: int = 20
    level: float = 0.95


__all__ = ["ReplacementOptions"]
