"""A requirement: one rule, with why it is asked, where it comes from, and who set it.

In a policy file the rule stands under its kind, `measurement: {...}`, so the key is the tag of a union. Each kind is a class in
`rules/`, and the model that reads requirements is made from the table of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, cast

from pydantic import Field, create_model, model_validator

from cardwright.policy.applies import AppliesWhen
from cardwright.policy.canonical_form import PolicyValue
from cardwright.policy.rules import RULES
from cardwright.policy.rules.interface import Rule
from cardwright.record.base import Day, Flag, FreeText, Identifier, Label
from cardwright.record.verdict import Origin, Standing


class Requirement(PolicyValue):
    """One thing that must hold."""

    kinds: ClassVar[Mapping[str, type[Rule]]] = {}
    """The kinds of rule that it can hold, by their key."""

    id: Identifier
    """Its name in waivers, verdicts and reports."""
    title: FreeText
    """What it asks, in a line."""
    level: Literal["block", "advise"] = "block"
    """Whether it can stop the handoff."""
    why: FreeText
    """Why it is asked."""
    origin: Origin
    """Where the requirement or its threshold comes from."""
    citation: FreeText | None = None
    """The source."""
    standing: Standing | None = None
    """Where the source stands in law or practice, and since when."""
    set_by: Label | None = None
    """Who set it; if omitted, whoever set the policy."""
    set_on: Day | None = None
    """When; if omitted, when the policy was set."""
    waivable: Flag = True
    """Whether it can be waived at all."""
    applies_when: AppliesWhen | None = None
    """When it applies; if omitted, always."""

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        asked = [kind for kind in self.kinds if getattr(self, kind) is not None]
        if len(asked) != 1:
            raise ValueError(
                f"a requirement asks exactly one of {', '.join(self.kinds)}; "
                f"this one asks {' and '.join(asked) or 'nothing'}"
            )
        return self

    @property
    def kind(self) -> str:
        """Which kind of rule it holds."""
        return next(kind for kind in self.kinds if getattr(self, kind) is not None)

    @property
    def rule(self) -> Rule:
        """What it asks."""
        return cast(Rule, getattr(self, self.kind))


def requirement_model(rules: Mapping[str, type[Rule]]) -> type[Requirement]:
    """The model that reads requirements of these kinds: the fields of `Requirement`, and a field for each kind."""
    slots: dict[str, Any] = {
        kind: (rule | None, Field(default=None, description=(rule.__doc__ or "").split("\n")[0]))
        for kind, rule in rules.items()
    }
    model = create_model("Requirement", __base__=Requirement, __module__=__name__, __doc__=Requirement.__doc__, **slots)
    model.kinds = rules
    return model


if TYPE_CHECKING:
    AnyRequirement = Requirement
else:
    AnyRequirement = requirement_model(RULES)
