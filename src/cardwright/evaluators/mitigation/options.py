"""How `Mitigation` is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cardwright.evaluators.interface import Options

Method = Literal["threshold_optimizer", "exponentiated_gradient", "reweighing"]
Constraint = Literal["demographic_parity", "equal_opportunity", "false_positive_rate", "equalized_odds"]
Learner = Literal["logistic_regression", "gradient_boosting"]


@dataclass(frozen=True, kw_only=True)
class MitigationOptions(Options):
    """The parameters of `Mitigation`, explained there, as a value that its modules hand on."""

    method: Method = "threshold_optimizer"
    constraint: Constraint = "equalized_odds"
    attribute: str | None = None
    learner: Learner = "logistic_regression"
    min_denominator: int = 20
    level: float = 0.95

    @property
    def gap(self) -> str:
        """The gap that the constraint is about, under its name in the record."""
        return f"{self.constraint}_difference"

    @property
    def refits(self) -> bool:
        """Whether a model is trained again, and not only its decisions are taken otherwise."""
        return self.method != "threshold_optimizer"


__all__ = ["MitigationOptions"]
