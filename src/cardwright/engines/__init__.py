"""Where rows are counted: on this machine, or on a Spark cluster that somebody else runs. The numbers are the same."""

from __future__ import annotations

from cardwright.engines.interface import LOCAL, Engine, RunningEngine
from cardwright.engines.naming import named

__all__ = ["LOCAL", "Engine", "RunningEngine", "named"]
