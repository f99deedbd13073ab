"""Whether a policy tightens what it extends: each requirement, and how far requirements can be waived."""

from __future__ import annotations

from cardwright.policy.requirement import Requirement
from cardwright.policy.waivers import WaiverRules


def loosens(new: Requirement, old: Requirement) -> str | None:
    """What makes a requirement less strict than the one it replaces, in words; None if nothing does."""
    if new.kind != old.kind:
        return f"it asks for {new.kind} in place of {old.kind}"
    if old.level == "block" and new.level == "advise":
        return "block became advise"
    if new.waivable and not old.waivable:
        return "it became waivable"
    if new.applies_when is not None and new.applies_when != old.applies_when:
        return "applies_when changed"
    return new.rule.loosens(old.rule)


def waivers_loosen(new: WaiverRules, old: WaiverRules | None) -> bool:
    """Whether more can be waived than before."""
    return old is None or not (
        new.max_days <= old.max_days
        and new.max_active <= old.max_active
        and set(new.approver_roles) <= set(old.approver_roles)
    )
