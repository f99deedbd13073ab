"""How `Ranking` is set."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class RankingOptions(Options):
    """The parameters of `Ranking`, explained there, as a value that its modules hand on."""

    query: str | None = None
    relevance: str | None = None
    score: str | None = None
    rank: str | None = None
    k: int = 10
    relevant_from: float = 1.0
    min_queries: int = 20
    level: float = 0.95


__all__ = ["RankingOptions"]
