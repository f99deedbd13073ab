"""How `Overlap` is set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class OverlapOptions(Options):
    """The parameters of `Overlap`, explained there, as a value that its modules hand on."""

    columns: Sequence[str] | None = None
    entity: str | None = None
    time: str | None = None
    digits: int = 3
    similar: float = 0.8
    similar_rows: int = 200_000
    shingle: int = 3
    level: float = 0.95


__all__ = ["OverlapOptions"]
