"""How `Runs` is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class RunsOptions(Options):
    """The parameters of `Runs`, explained there, as a value that its modules hand on."""

    metric: str = ""
    higher_is_better: bool = True
    guardrails: Mapping[str, float] | None = None
    guardrails_lower: Mapping[str, float] | None = None
    claim: str = ""
    baseline: str = ""
    ignore: Sequence[str] = ()
    min_seeds: int = 3
    earlier: float | None = None
    latency: str = ""
    level: float = 0.95
    looks: Sequence[float] = ()
    seeds_planned: int = 0
    spending: str = "obrien-fleming"
    pause: float = 60.0

    @property
    def margins(self) -> tuple[tuple[str, float, int], ...]:
        """Each guardrail with its margin, and 1 if more of it is better, else -1."""
        more, less = self.guardrails or {}, self.guardrails_lower or {}
        return tuple((name, more[name], 1) for name in more) + tuple((name, less[name], -1) for name in less)


__all__ = ["RunsOptions"]
