"""Policies: what must hold before a handoff, as dated data.

A policy is a list of requirements. Each asks one thing of the evidence and says why, where the requirement or its threshold
comes from, who set it and when. There is no default that passes: an empty policy, an unknown key, an unknown operator and a
requirement that asks nothing are errors.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.errors import PolicyError, did_you_mean
from cardwright.files import yamltext
from cardwright.record import canonical
from cardwright.record.base import Count, Day, Flag, FreeText, Identifier, Label, Number, Sha256, Term, Value
from cardwright.record.details import FIELDS
from cardwright.record.evaluation import SEVERITIES, Severity
from cardwright.record.subject import Kind
from cardwright.record.verdict import Standing

Completeness = Literal["complete", "sampled", "partial", "truncated"]
OURS = "cardwright."
"""How ids begin of what holds under every policy."""
BINDINGS = ("asserted", "supplied", "recomputed")


class _OnEvaluation(Value):
    evaluator: Identifier | None = None
    """Which evaluator; every evaluation of it in the plan has to meet the requirement."""
    evaluation: Identifier | None = None
    """Which evaluation, by its id in the plan, in place of `evaluator`."""
    role: Identifier | None = None
    """The role of a source it must have read, e.g. `test`."""
    accept: tuple[Completeness, ...] = ("complete",)
    """How complete it must be."""
    binding: Literal["asserted", "supplied", "recomputed"] | None = None
    """How closely, at least, its numbers must be tied to the model."""
    not_applicable: Flag = False
    """Whether the policy accepts that the question does not arise, where the evaluation shows so from its input."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.evaluator is None) == (self.evaluation is None):
            raise ValueError("say which evaluator, or which evaluation, but not both")
        return self


class MeasurementRule(_OnEvaluation):
    """A number within a limit."""

    metric: Term
    """The metric, by its name in the literature."""
    at_least: Number | None = None
    """The number must not be below this."""
    at_most: Number | None = None
    """The number must not be above this."""
    on: Literal["value", "lower", "upper", "bound"] = "bound"
    """What is held against the limit. `bound` is the side of the interval that is nearer to the limit's outside."""
    across: Literal["every"] | tuple[Label, ...] = ()
    """For a gap: the attributes it is taken over; `every` asks for each attribute of the plan."""
    intersections: Flag = False
    """With `across: every`: also over the intersections that the plan declares."""
    slices: Literal["overall", "every_group"] | tuple[dict[Label, Label | None], ...] = "overall"
    """Which rows: all, each expected group, or the slices listed; every one has to be there."""
    given: tuple[Label, ...] = ()
    """The strata it is conditional on."""
    of_class: Label | None = None
    """The class it is about."""
    min_denominator: Count = 1
    """The relevant denominator must not be smaller."""
    max_unknown_share: Annotated[Number, Field(ge=0, le=1)] = 0.0
    """For a gap: the share of rows of unknown membership that is still accepted."""
    relative_to_baseline: Flag = False
    """Whether the limit is on the difference to the same number in the baseline's record."""

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("say at_least or at_most, one of them")
        if self.intersections and self.across != "every":
            raise ValueError("intersections goes with `across: every`")
        if self.across and self.slices != "overall":
            raise ValueError("a gap is taken over all rows; say across or slices, not both")
        return self

    @property
    def limit(self) -> float:
        """The limit."""
        limit = self.at_least if self.at_least is not None else self.at_most
        assert limit is not None
        return limit

    @property
    def operator(self) -> Literal["at_least", "at_most"]:
        """Which side is inside."""
        return "at_least" if self.at_least is not None else "at_most"

    @property
    def held(self) -> Literal["value", "lower", "upper"]:
        """What is held against the limit, `bound` resolved: the bound that could lie outside."""
        if self.on == "bound":
            return "lower" if self.operator == "at_least" else "upper"
        return self.on


class EvaluatedRule(_OnEvaluation):
    """An evaluation that is there, complete and tied to the model."""

    metrics: tuple[Term, ...] = ()
    """Metrics that must be measured in it, whatever their values."""


class FindingsRule(_OnEvaluation):
    """No finding worse than a severity."""

    at_most: Severity
    """The worst severity that is accepted."""


class DetailsRule(Value):
    """Fields that a person has really filled."""

    fields: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    """Names of details fields."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name in self.fields:
            if name not in FIELDS:
                raise ValueError(f'no details field is called "{name}". {did_you_mean(name, FIELDS)}')
        return self


class ProvenanceRule(Value):
    """Every number resolves to a run, a commit, a configuration and a dataset version."""

    clean: Flag = True
    """Whether the working tree must be as committed."""


class AgeRule(Value):
    """The evidence is not older than so many days."""

    max_days: Annotated[Count, Field(ge=1)]
    """How many."""


class IdentityRule(Value):
    """The artefact at hand has the digests of the record's subject."""

    hashed: Flag = True
    """Whether a subject that is only declared by reference is refused."""


class ChecklistRule(Value):
    """Items of a checklist that a person has answered."""

    checklist: Identifier
    """Which checklist."""
    items: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    """Which items."""
    roles: tuple[Identifier, ...] = ()
    """Roles that may answer; empty is any."""


class SignOffRule(Value):
    """A person in a role has signed."""

    role: Identifier
    """The role."""
    meaning: Literal["authorship", "review", "approval", "responsibility"]
    """What the signature means."""
    not_same_as: tuple[Identifier, ...] = ()
    """Roles whose signer must be another person."""


class PreregisteredRule(Value):
    """The plan was signed before evaluation, by somebody else than the evaluator."""

    roles: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    """Roles that may sign the plan."""


class AppliesWhen(Value):
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


RULES: dict[str, type[Value]] = {
    "measurement": MeasurementRule,
    "evaluated": EvaluatedRule,
    "findings": FindingsRule,
    "details": DetailsRule,
    "provenance": ProvenanceRule,
    "age": AgeRule,
    "identity": IdentityRule,
    "checklist": ChecklistRule,
    "sign_off": SignOffRule,
    "preregistered": PreregisteredRule,
}
"""Every sort of requirement by its key in the file."""

Rule = (
    MeasurementRule
    | EvaluatedRule
    | FindingsRule
    | DetailsRule
    | ProvenanceRule
    | AgeRule
    | IdentityRule
    | ChecklistRule
    | SignOffRule
    | PreregisteredRule
)


class Requirement(Value):
    """One thing that must hold."""

    id: Identifier
    """Its name in waivers, verdicts and reports."""
    title: FreeText
    """What it asks, in a line."""
    level: Literal["block", "advise"] = "block"
    """Whether it can stop the handoff."""
    why: FreeText
    """Why it is asked."""
    origin: Literal["law", "guidance", "practice", "internal"]
    """Where the requirement or its threshold comes from."""
    citation: FreeText | None = None
    """The source."""
    standing: Annotated[Standing | None, Field(exclude_if=lambda value: value is None)] = None
    """Where the source stands in law or practice, and since when; left out of the policy's digest where it is not said."""
    set_by: Label | None = None
    """Who set it; the policy's, where it is not said."""
    set_on: Day | None = None
    """When; the policy's, where it is not said."""
    waivable: Flag = True
    """Whether it can be waived at all."""
    applies_when: AppliesWhen | None = None
    """When it applies; always, where it is not said."""
    measurement: MeasurementRule | None = None
    """A number within a limit."""
    evaluated: EvaluatedRule | None = None
    """An evaluation that is there."""
    findings: FindingsRule | None = None
    """No finding worse than a severity."""
    details: DetailsRule | None = None
    """Fields that a person has filled."""
    provenance: ProvenanceRule | None = None
    """Every number resolves."""
    age: AgeRule | None = None
    """Not older than."""
    identity: IdentityRule | None = None
    """The artefact at hand is the one."""
    checklist: ChecklistRule | None = None
    """Items answered."""
    sign_off: SignOffRule | None = None
    """Signed by a role."""
    preregistered: PreregisteredRule | None = None
    """Plan signed first."""

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        asked = [name for name in RULES if getattr(self, name) is not None]
        if len(asked) != 1:
            raise ValueError(
                f"a requirement asks exactly one of {', '.join(RULES)}; this one asks {' and '.join(asked) or 'nothing'}"
            )
        return self

    @property
    def kind(self) -> str:
        """Which sort of requirement."""
        return next(name for name in RULES if getattr(self, name) is not None)

    @property
    def rule(self) -> Rule:
        """What it asks."""
        rule: Rule = getattr(self, self.kind)
        return rule


class WaiverRules(Value):
    """How far requirements can be waived."""

    max_days: Annotated[Count, Field(ge=1)] = 90
    """The longest a waiver may hold, from its signature."""
    approver_roles: tuple[Identifier, ...] = ()
    """Roles that may approve one; empty is none, and then nothing can be waived."""
    max_active: Count = 3
    """How many may be in force at once."""


class PolicyFile(Value):
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
    for_production: Flag | None = None
    """Whether what it allows may go into production. Where it is not said: as the policy it extends, and `true` without one."""
    set_by: Label
    """Who set it."""
    set_on: Day
    """When."""
    waivers: WaiverRules | None = None
    """How far its requirements can be waived; not at all, where it is not said."""
    escalation: dict[Identifier, Identifier] = {}
    """Which role is asked when a requirement is refused: requirement id to role."""
    requirements: tuple[Requirement, ...] = ()
    """What must hold."""

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [requirement.id for requirement in self.requirements]
        if any(id.startswith(OURS) for id in ids):
            raise ValueError(f'an id that begins with "{OURS}" is Cardwright\'s own')
        twice = sorted({id for id in ids if ids.count(id) > 1})
        if twice:
            raise ValueError(f'the requirement "{twice[0]}" stands twice')
        return self


class Policy(Value):
    """A policy with everything it extends, flattened. Its digest stands in every verdict."""

    name: Identifier
    """Its name."""
    version: Label
    """Its version."""
    title: FreeText
    """What it is for."""
    kinds: tuple[Kind, ...]
    """Kinds of subject it is for."""
    for_production: Flag = True
    """Whether what it allows may go into production; where not, verdicts say so, and the responsible-AI minimum is not asked."""
    chain: tuple[Label, ...] = ()
    """The policies it extends, nearest first, each as name/version."""
    waivers: WaiverRules | None = None
    """How far its requirements can be waived."""
    escalation: dict[Identifier, Identifier] = {}
    """Which role is asked when a requirement is refused."""
    requirements: Annotated[tuple[Requirement, ...], Field(min_length=1)]
    """What must hold."""

    @cached_property
    def sha256(self) -> Sha256:
        """Digest of the canonical bytes."""
        return canonical.sha256(self)

    def needed_details(self) -> tuple[str, ...]:
        """The details fields it asks for, in the order of the documents."""
        asked = {
            name for requirement in self.requirements if requirement.details for name in requirement.details.fields
        }
        return tuple(name for name in FIELDS if name in asked)


Find = Callable[[str, str], tuple[bytes, str]]
"""Finds the policy that another extends: (name or path, where it is asked from) to (bytes, where they are)."""


def read_policy(data: bytes, *, where: str, find: Find) -> Policy:
    """A policy file with everything it extends.

    Raises
    ------
    PolicyError
        Where a key or operator is unknown, a policy extends itself, loosens what it extends, or asks for nothing.
    """
    files: list[PolicyFile] = []
    seen: list[str] = []
    while True:
        if where in seen:
            raise PolicyError(
                f"it extends itself: {' → '.join([*seen, where])}", where=where, do="Take one `extends` out."
            )
        seen.append(where)
        file = yamltext.to_model(PolicyFile, yamltext.parse(data, where=where, error=PolicyError), error=PolicyError)
        files.append(file)
        if file.extends is None:
            break
        data, where = find(file.extends, where)
    return _flatten(files, seen)


def _flatten(files: list[PolicyFile], places: list[str]) -> Policy:
    base = files[-1]
    requirements: dict[str, Requirement] = {r.id: _dated(r, base) for r in base.requirements}
    kinds, waivers, escalation = base.kinds, base.waivers, dict(base.escalation)
    for_production = base.for_production is not False
    for file, place in zip(reversed(files[:-1]), reversed(places[:-1]), strict=True):
        if not set(file.kinds) <= set(kinds):
            raise PolicyError(
                "it is for kinds that the policy it extends is not for", where=place, do="Policies only tighten."
            )
        kinds = file.kinds
        if for_production and file.for_production is False:
            raise PolicyError(
                "it is not for production, and the policy it extends is", where=place, do="Policies only tighten."
            )
        for_production = for_production or file.for_production is True
        if file.waivers is not None:
            if waivers is None or not _waivers_tighter(file.waivers, waivers):
                raise PolicyError(
                    "its waivers go further than those it extends", where=place, do="Policies only tighten."
                )
            waivers = file.waivers
        escalation.update(file.escalation)
        for requirement in file.requirements:
            before = requirements.get(requirement.id)
            if before is not None:
                problem = loosens(requirement, before)
                if problem:
                    raise PolicyError(
                        f"{requirement.id} loosens what it extends: {problem}", where=place, do="Policies only tighten."
                    )
            requirements[requirement.id] = _dated(requirement, file)
    top = files[0]
    if not requirements:
        raise PolicyError("it asks for nothing", where=places[0], do="Add at least one requirement.")
    if not any(requirement.level == "block" for requirement in requirements.values()):
        raise PolicyError(
            "none of its requirements blocks", where=places[0], do="Set `level: block` on what must hold."
        )
    signing = {r.sign_off.role for r in requirements.values() if r.sign_off is not None}
    for requirement in requirements.values():
        if requirement.sign_off is not None and not set(requirement.sign_off.not_same_as) <= signing:
            raise PolicyError(
                f"{requirement.id} wants another person than a role that does not sign",
                where=places[0],
                do="Ask for that role's sign-off too: otherwise leaving its signature out would meet the requirement.",
            )
    return Policy(
        name=top.policy,
        version=top.version,
        title=top.title,
        kinds=kinds,
        for_production=for_production,
        chain=tuple(f"{file.policy}/{file.version}" for file in files[1:]),
        waivers=waivers,
        escalation=escalation,
        requirements=tuple(requirements.values()),
    )


def _dated(requirement: Requirement, file: PolicyFile) -> Requirement:
    return requirement.model_copy(
        update={"set_by": requirement.set_by or file.set_by, "set_on": requirement.set_on or file.set_on}
    )


def _waivers_tighter(new: WaiverRules, old: WaiverRules) -> bool:
    return (
        new.max_days <= old.max_days
        and new.max_active <= old.max_active
        and set(new.approver_roles) <= set(old.approver_roles)
    )


_TIGHTER: dict[str, Callable[[object, object], bool]] = {
    # field: whether the first value is at least as strict as the second
    "at_least": lambda new, old: new is not None and old is not None and new >= old,  # type: ignore[operator]
    "at_most": lambda new, old: new is not None and old is not None and _below(new, old),
    "min_denominator": lambda new, old: new >= old,  # type: ignore[operator]
    "max_unknown_share": lambda new, old: new <= old,  # type: ignore[operator]
    "max_days": lambda new, old: new <= old,  # type: ignore[operator]
    "accept": lambda new, old: set(new) <= set(old),  # type: ignore[call-overload]
    "binding": lambda new, old: _rank(new) >= _rank(old),
    "not_applicable": lambda new, old: not new or bool(old),
    "intersections": lambda new, old: bool(new) or not old,
    "fields": lambda new, old: set(new) >= set(old),  # type: ignore[call-overload]
    "items": lambda new, old: set(new) >= set(old),  # type: ignore[call-overload]
    "metrics": lambda new, old: set(new) >= set(old),  # type: ignore[call-overload]
    "not_same_as": lambda new, old: set(new) >= set(old),  # type: ignore[call-overload]
    "clean": lambda new, old: bool(new) or not old,
    "hashed": lambda new, old: bool(new) or not old,
    "on": lambda new, old: new == old or (new == "bound" and old == "value"),
}


def _rank(binding: object) -> int:
    return -1 if binding is None else BINDINGS.index(str(binding))


def _below(new: object, old: object) -> bool:
    if isinstance(new, str):
        return [*SEVERITIES].index(new) <= [*SEVERITIES].index(str(old))  # type: ignore[arg-type]
    return bool(new <= old)  # type: ignore[operator]


def loosens(new: Requirement, old: Requirement) -> str | None:
    """What makes a requirement less strict than the one it replaces; None where nothing does."""
    if new.kind != old.kind:
        return f"it asks for {new.kind} in place of {old.kind}"
    if old.level == "block" and new.level == "advise":
        return "block became advise"
    if new.waivable and not old.waivable:
        return "it became waivable"
    if new.applies_when is not None and new.applies_when != old.applies_when:
        return "applies_when changed"
    for name in type(new.rule).model_fields:
        before, after = getattr(old.rule, name), getattr(new.rule, name)
        if before == after:
            continue
        tighter = _TIGHTER.get(name)
        if tighter is None or not tighter(after, before):
            return f"{name} changed from {before!r} to {after!r}"
    return None
