"""How `Leakage` is set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class LeakageOptions(Options):
    """The parameters of `Leakage`, explained there, as a value that its modules hand on."""

    loss: str | None = None
    log_prob: str | None = None
    token_log_probs: str | None = None
    text: str | None = None
    reference_loss: Sequence[str] = ()
    shadow_in: Sequence[str] = ()
    shadow_out: Sequence[str] = ()
    inputs: Sequence[str] | None = None
    false_positive_rates: Sequence[float] = (0.01, 0.001)
    min_denominator: int = 100
    folds: int = 5
    rows: int = 20_000
    level: float = 0.95


__all__ = ["LeakageOptions"]
