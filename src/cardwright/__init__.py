"""Cardwright turns evidence about a model or a dataset into the documents a governance review reads.

It refuses the handoff when required evidence is missing. `cardwright.handoff` tells the whole story on one page. The public
names below are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from cardwright.dossier.contents import policy_of
    from cardwright.errors import CardwrightError
    from cardwright.evaluators.interface import Evaluator, Inputs, Need
    from cardwright.handoff import Result, assess, run
    from cardwright.integrations.hub import push_to_hub
    from cardwright.plan.assessment import Assessment, load
    from cardwright.policy.gate import decide
    from cardwright.policy.policy import Policy
    from cardwright.record import (
        Case,
        Claim,
        Details,
        Evaluation,
        Finding,
        Measured,
        Measurement,
        Outcome,
        PlanLock,
        Record,
        Subject,
        Unmeasured,
        Verdict,
    )
    from cardwright.run.require import require

_PUBLIC = {
    "Assessment": "plan.assessment",
    "CardwrightError": "errors",
    "Case": "record",
    "Claim": "record",
    "Details": "record",
    "Evaluation": "record",
    "Evaluator": "evaluators.interface",
    "Finding": "record",
    "Inputs": "evaluators.interface",
    "Measured": "record",
    "Measurement": "record",
    "Need": "evaluators.interface",
    "Outcome": "record",
    "PlanLock": "record",
    "Policy": "policy.policy",
    "Record": "record",
    "Result": "handoff",
    "Subject": "record",
    "Unmeasured": "record",
    "Verdict": "record",
    "assess": "handoff",
    "decide": "policy.gate",
    "load": "plan.assessment",
    "policy_of": "dossier.contents",
    "push_to_hub": "integrations.hub",
    "require": "run.require",
    "run": "handoff",
}

__all__ = [
    "Assessment",
    "CardwrightError",
    "Case",
    "Claim",
    "Details",
    "Evaluation",
    "Evaluator",
    "Finding",
    "Inputs",
    "Measured",
    "Measurement",
    "Need",
    "Outcome",
    "PlanLock",
    "Policy",
    "Record",
    "Result",
    "Subject",
    "Unmeasured",
    "Verdict",
    "__version__",
    "assess",
    "decide",
    "load",
    "policy_of",
    "push_to_hub",
    "require",
    "run",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"cardwright.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


class _RunRoom(ModuleType):
    """The room `run`, called as the function of that name.

    Python puts a package into its parent when it is imported, and so in the place of the function: a second `cardwright.run(…)`
    in a notebook would otherwise call a module.
    """

    def __call__(self, *words: Any, **named: Any) -> Any:
        return import_module("cardwright.handoff").run(*words, **named)


class _Face(ModuleType):
    """This package, which notices when the room arrives."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "run" and type(value) is ModuleType:
            value.__class__ = _RunRoom
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face
