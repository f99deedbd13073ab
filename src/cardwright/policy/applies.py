"""When a requirement applies: by what the plan says of the subject's use, as far as somebody other than its author signed it."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.policy.canonical_form import PolicyValue
from cardwright.record.base import Flag, Identifier, Label
from cardwright.record.record import Record
from cardwright.record.subject import Kind


class AppliesWhen(PolicyValue):
    """When a requirement applies. What the record does not say cannot be determined, and then it applies."""

    kind: tuple[Kind, ...] = ()
    """Kinds of subject."""
    task: tuple[Identifier, ...] = ()
    """Tasks."""
    risk_tier: tuple[Identifier, ...] = ()
    """Risk tiers."""
    jurisdictions: tuple[Label, ...] = ()
    """Jurisdictions, one of which is enough."""
    production_intended: Flag | None = None
    """Whether it is meant for production."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why a requirement does not apply, in the policy's own words."""

    words: str
    certain: bool
    """Whether the evidence itself shows it: what the plan says of the use of a subject is its author's word."""


def exemption(when: AppliesWhen | None, record: Record) -> Exemption | None:
    """Why a requirement does not apply; None if it does, or if nobody can tell."""
    if when is None:
        return None
    context = record.context
    facts: tuple[tuple[str, tuple[str, ...], tuple[str, ...] | None], ...] = (
        ("kind", when.kind, (record.subject.kind,)),
        ("task", when.task, (context.task,) if context.task is not None else None),
        ("risk tier", when.risk_tier, (context.risk_tier,) if context.risk_tier is not None else None),
        ("jurisdictions", when.jurisdictions, context.jurisdictions),
    )
    for name, asked, stated in facts:
        if asked and stated is not None and not set(asked) & set(stated):
            words = f"asked where {name} is {' or '.join(asked)}; it is {', '.join(stated) or 'none'}"
            return Exemption(words, certain=name == "kind")
    wanted, intended = when.production_intended, context.production_intended
    if wanted is not None and intended is not None and wanted != intended:
        words = f"asked where production_intended is {str(wanted).lower()}; it is {str(intended).lower()}"
        return Exemption(words, certain=False)
    return None
