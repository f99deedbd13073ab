"""How `Safety` is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class SafetyOptions(Options):
    """The parameters of `Safety`, explained there, as a value that its modules hand on."""

    level: float = 0.95
    tries: int = 1
    min_prompts: int = 30
    max_examples: int = 5
    constraints: Sequence[Mapping[str, JsonValue]] = ()


__all__ = ["SafetyOptions"]
