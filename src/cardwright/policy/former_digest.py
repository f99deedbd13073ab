"""The digest that a policy had in Cardwright 0.1.0, for trust files that accept it by that digest. See `cardwright migrate`.

It was computed over every field, those that nobody set as well. The tables say which fields there were, and do not grow: a policy
that says anything else had no digest in 0.1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardwright.policy.policy import Policy
from cardwright.policy.requirement import Requirement
from cardwright.record import canonical
from cardwright.record.base import Sha256, Value

_ON_EVALUATION = ("evaluator", "evaluation", "role", "accept", "binding", "not_applicable")
_RULES: Mapping[str, tuple[str, ...]] = {
    "measurement": (
        *_ON_EVALUATION, "metric", "at_least", "at_most", "on", "across", "intersections", "slices", "given", "of_class",
        "min_denominator", "max_unknown_share", "relative_to_baseline",
    ),
    "evaluated": (*_ON_EVALUATION, "metrics"),
    "findings": (*_ON_EVALUATION, "at_most"),
    "details": ("fields",),
    "provenance": ("clean",),
    "age": ("max_days",),
    "identity": ("hashed",),
    "checklist": ("checklist", "items", "roles"),
    "sign_off": ("role", "meaning", "not_same_as"),
    "preregistered": ("roles",),
}  # fmt: skip
_REQUIREMENT = ("id", "title", "level", "why", "origin", "citation", "set_by", "set_on", "waivable")
_APPLIES_WHEN = ("kind", "task", "risk_tier", "jurisdictions", "production_intended")
_STANDING = ("status", "as_of", "effective", "superseded", "note")
_WAIVERS = ("max_days", "approver_roles", "max_active")
_POLICY = ("name", "version", "title", "kinds", "for_production", "chain", "escalation")


def digest_before_0_2(policy: Policy) -> Sha256 | None:
    """The policy's digest as 0.1.0 computed it; None if it asks for something that 0.1.0 did not know."""
    if policy.documents:
        return None
    try:
        form = {
            **_fields(policy, _POLICY),
            "waivers": _all_of(policy.waivers, _WAIVERS),
            "requirements": [_requirement(requirement) for requirement in policy.requirements],
        }
    except _UnknownToItError:
        return None
    return canonical.sha256(form)


class _UnknownToItError(Exception):
    """A field is set that was not there."""


def _requirement(requirement: Requirement) -> dict[str, Any]:
    if requirement.kind not in _RULES:
        raise _UnknownToItError
    standing = _all_of(requirement.standing, _STANDING)
    return {
        **_fields(requirement, _REQUIREMENT),
        # The one field that was left out if nobody set it.
        **({"standing": standing} if standing is not None else {}),
        "applies_when": _all_of(requirement.applies_when, _APPLIES_WHEN),
        **dict.fromkeys(_RULES),
        requirement.kind: _all_of(requirement.rule, _RULES[requirement.kind]),
    }


def _all_of(value: Value | None, names: tuple[str, ...]) -> dict[str, Any] | None:
    if value is None:
        return None
    if value.model_dump(mode="json").keys() - names:
        raise _UnknownToItError
    return _fields(value, names)


def _fields(value: Value, names: tuple[str, ...]) -> dict[str, Any]:
    written = value.model_dump(mode="json")
    # A field at an empty default is not written any more; it was, as `null`, `false` or an empty list.
    return {name: written.get(name, _empty(getattr(value, name))) for name in names}


def _empty(value: object) -> object:
    return [] if value == () else value
