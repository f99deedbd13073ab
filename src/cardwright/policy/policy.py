"""Policies: what must hold before a handoff, as dated data.

A policy is a list of requirements. Each asks one thing of the evidence and says why, where the requirement or its threshold
comes from, who set it and when. There is no default that passes: an empty policy, an unknown key, an unknown operator and a
requirement that asks nothing are errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, create_model, model_validator

from cardwright.errors import PolicyError
from cardwright.files import yamltext
from cardwright.policy.canonical_form import PolicyValue
from cardwright.policy.requirement import AnyRequirement, Requirement, requirement_model
from cardwright.policy.rules import RULES
from cardwright.policy.rules.interface import Rule
from cardwright.policy.tightening import loosens, waivers_loosen
from cardwright.policy.waivers import WaiverRules
from cardwright.record import canonical, display
from cardwright.record.base import Day, Flag, FreeText, Identifier, Label, Sha256
from cardwright.record.details import FIELDS
from cardwright.record.subject import Kind

OURS = "cardwright."
"""How the ids of requirements begin that hold under every policy."""


class PolicyFile(PolicyValue):
    """A policy as it is written; it may extend another."""

    schema_: Annotated[Literal["cardwright/policy/1"], Field(alias="schema")]
    """The format of this file."""
    policy: Identifier
    """Its name."""
    version: Label
    """Its version."""
    title: FreeText
    """What it is for, in a line."""
    extends: Label | None = None
    """A policy that it tightens: a name, or a path beside it."""
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    """Kinds of subject it is for."""
    documents: tuple[Identifier, ...] = ()
    """Kinds of document it is for; if omitted, any, and records that are of none."""
    for_production: Flag | None = None
    """Whether what it allows may go into production. If omitted: as the policy it extends, and `true` without one."""
    set_by: Label
    """Who set it."""
    set_on: Day
    """When."""
    waivers: WaiverRules | None = None
    """How far its requirements can be waived; if omitted, not at all."""
    escalation: dict[Identifier, Identifier] = {}
    """Which role is asked when a requirement is refused: requirement id to role."""
    requirements: tuple[AnyRequirement, ...] = ()
    """What must hold."""

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [requirement.id for requirement in self.requirements]
        if any(id_.startswith(OURS) for id_ in ids):
            raise ValueError(f'an id that begins with "{OURS}" is Cardwright\'s own')
        twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
        if twice:
            raise ValueError(f'the requirement "{twice[0]}" is there twice')
        return self


class Policy(PolicyValue):
    """A policy with everything it extends, flattened. Its digest stands in every verdict."""

    name: Identifier
    """Its name."""
    version: Label
    """Its version."""
    title: FreeText
    """What it is for."""
    kinds: tuple[Kind, ...]
    """Kinds of subject it is for."""
    documents: tuple[Identifier, ...] = ()
    """Kinds of document it is for; empty is any."""
    for_production: Flag = True
    """Whether what it allows may go into production; if not, verdicts say so, and the responsible-AI minimum is not asked."""
    chain: tuple[Label, ...] = ()
    """The policies it extends, nearest first, each as name/version."""
    waivers: WaiverRules | None = None
    """How far its requirements can be waived."""
    escalation: dict[Identifier, Identifier] = {}
    """Which role is asked when a requirement is refused."""
    requirements: Annotated[tuple[AnyRequirement, ...], Field(min_length=1)]
    """What must hold."""

    @property
    def sha256(self) -> Sha256:
        """Digest of its canonical bytes, in which nothing stands that it leaves unset. Computed each time: ask once."""
        return canonical.sha256(self)

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return display.of_policy(self)

    def needed_details(self) -> tuple[str, ...]:
        """The details fields it asks for, in the order of the documents."""
        asked = {name for requirement in self.requirements for name in requirement.rule.details_fields()}
        return (*(name for name in FIELDS if name in asked), *sorted(asked - FIELDS.keys()))


Find = Callable[[str, str], tuple[bytes, str]]
"""Finds the policy that another extends: (name or path, where it is asked from) to (bytes, where they are)."""


def read_policy(data: bytes, *, where: str, find: Find, rules: Mapping[str, type[Rule]] = RULES) -> Policy:
    """A policy file with everything it extends.

    Parameters
    ----------
    rules:
        The kinds of requirement that it can ask for, by their key.

    Raises
    ------
    PolicyError
        If a key or operator is unknown, a policy extends itself, loosens what it extends, or asks for nothing.
    """
    written, flattened = _formats(rules)
    files: list[PolicyFile] = []
    seen: list[str] = []
    while True:
        if where in seen:
            raise PolicyError(
                f"it extends itself: {' → '.join([*seen, where])}", where=where, do="Take one `extends` out."
            )
        seen.append(where)
        file = yamltext.to_model(written, yamltext.parse(data, where=where, error=PolicyError), error=PolicyError)
        files.append(file)
        if file.extends is None:
            break
        data, where = find(file.extends, where)
    return _flatten(files, seen, flattened)


def _formats(rules: Mapping[str, type[Rule]]) -> tuple[type[PolicyFile], type[Policy]]:
    """What is read, and what is made of it, where requirements are of these kinds."""
    if rules is RULES:
        return PolicyFile, Policy
    requirements: Any = tuple[requirement_model(rules), ...]  # type: ignore[misc]
    written = create_model("PolicyFile", __base__=PolicyFile, requirements=(requirements, ()))
    return written, create_model("Policy", __base__=Policy, requirements=(requirements, Field(min_length=1)))


def _flatten(files: list[PolicyFile], places: list[str], model: type[Policy]) -> Policy:
    """One policy from a file and those it extends, the file first. Each may only tighten the next."""
    base, top = files[-1], files[0]
    requirements = {requirement.id: _dated(requirement, base) for requirement in base.requirements}
    kinds, asked_of, waivers, escalation = base.kinds, base.documents, base.waivers, dict(base.escalation)
    for_production = base.for_production is not False
    for file, place in zip(reversed(files[:-1]), reversed(places[:-1]), strict=True):
        if not set(file.kinds) <= set(kinds):
            raise _loosening("it is for kinds that the policy it extends is not for", place)
        if asked_of and not (file.documents and set(file.documents) <= set(asked_of)):
            raise _loosening("it is for kinds of document that the policy it extends is not for", place)
        if for_production and file.for_production is False:
            raise _loosening("it is not for production, and the policy it extends is", place)
        if file.waivers is not None and waivers_loosen(file.waivers, waivers):
            raise _loosening("its waivers go further than those it extends", place)
        for requirement in file.requirements:
            before = requirements.get(requirement.id)
            problem = loosens(requirement, before) if before is not None else None
            if problem is not None:
                raise _loosening(f"{requirement.id} loosens what it extends: {problem}", place)
        kinds, asked_of = file.kinds, file.documents or asked_of
        for_production = for_production or file.for_production is True
        waivers = file.waivers or waivers
        escalation = {**escalation, **file.escalation}
        requirements = {**requirements, **{r.id: _dated(r, file) for r in file.requirements}}
    if for_production and "work" in kinds:
        raise PolicyError(
            "it is for works, and says that what it allows may go into production",
            where=places[0],
            do="Write `for_production: false`: a document releases no model, dataset or system.",
        )
    _refuse_hollow(tuple(requirements.values()), places[0])
    return model(
        name=top.policy,
        version=top.version,
        title=top.title,
        kinds=kinds,
        documents=asked_of,
        for_production=for_production,
        chain=tuple(f"{file.policy}/{file.version}" for file in files[1:]),
        waivers=waivers,
        escalation=escalation,
        requirements=tuple(requirements.values()),
    )


def _loosening(what: str, where: str) -> PolicyError:
    return PolicyError(what, where=where, do="A policy may only tighten what it extends.")


def _refuse_hollow(requirements: tuple[Requirement, ...], where: str) -> None:
    """Refuse a policy that could be met by doing nothing, or by leaving something out."""
    if not requirements:
        raise PolicyError("it asks for nothing", where=where, do="Add at least one requirement.")
    if not any(requirement.level == "block" for requirement in requirements):
        raise PolicyError("none of its requirements blocks", where=where, do="Set `level: block` on what must hold.")
    signing = {role for requirement in requirements for role in requirement.rule.signing_roles()}
    for requirement in requirements:
        if not set(requirement.rule.other_signers()) <= signing:
            raise PolicyError(
                f"{requirement.id} asks for a person other than the signer of a role that does not sign",
                where=where,
                do="Ask for that role's sign-off too: otherwise leaving its signature out would meet the requirement.",
            )


def _dated(requirement: Requirement, file: PolicyFile) -> Requirement:
    return requirement.model_copy(
        update={"set_by": requirement.set_by or file.set_by, "set_on": requirement.set_on or file.set_on}
    )
