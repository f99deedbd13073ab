"""How `Safety` is set."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class SafetyOptions(Options):
    """The parameters of `Safety`, explained there, as a value that its modules hand on."""

    level: float = 0.95
    tries: int = 1
    min_prompts: int = 30
    max_examples: int = 5


__all__ = ["SafetyOptions"]
