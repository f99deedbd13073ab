"""How `Attributions` is set."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class AttributionsOptions(Options):
    """The parameters of `Attributions`, explained there, as a value that its modules hand on."""

    rows: int = 300
    background_rows: int = 100
    seeds: int = 3
    top: int = 10
    method: str = "auto"
    steps: int = 64
    proxy_association: float = 0.3
    level: float = 0.95
    of_class: str | None = None
    explained_output: str = "auto"
    seconds: float = 300.0


__all__ = ["AttributionsOptions"]
