"""How `DataProfile` is set."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class DataProfileOptions(Options):
    """The parameters of `DataProfile`, explained there, as a value that its modules hand on."""

    quasi_identifiers: tuple[str, ...] | list[str] | None = None
    not_quasi_identifiers: dict[str, str] | None = None
    population: dict[str, dict[str, float]] | None = None
    annotators: tuple[str, ...] | list[str] | None = None
    smallest_count: int = 5
    depth: int = 2
    level: float = 0.95


__all__ = ["DataProfileOptions"]
