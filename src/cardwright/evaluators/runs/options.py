"""How `Runs` is set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class RunsOptions(Options):
    """The parameters of `Runs`, explained there, as a value that its modules hand on."""

    metric: str = ""
    higher_is_better: bool = True
    guardrails: Sequence[str] = ()
    claim: str = ""
    baseline: str = ""
    ignore: Sequence[str] = ()
    min_seeds: int = 3
    earlier: float | None = None
    latency: str = ""
    level: float = 0.95


__all__ = ["RunsOptions"]
