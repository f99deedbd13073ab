"""How `Seeds` is set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class SeedsOptions(Options):
    """The parameters of `Seeds`, explained there, as a value that its modules hand on."""

    runs: Sequence[str] = ()
    min_denominator: int = 20
    level: float = 0.95


__all__ = ["SeedsOptions"]
