"""How `Pii` is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class PiiOptions(Options):
    """The parameters of `Pii`, explained there, as a value that its modules hand on."""

    entities: Sequence[str] | None = None
    thresholds: Mapping[str, float] | None = None
    columns: Sequence[str] | None = None
    countries: Sequence[str] | None = None
    sample: int | None = None
    engine: str = "fast"
    ner_model: str | Sequence[str] | None = None
    planted: int = 20
    max_examples: int = 3
    level: float = 0.95


__all__ = ["PiiOptions"]
