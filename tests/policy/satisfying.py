"""A case that passes a policy, put together from what the policy asks: what a test makes worse, one part at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests import kind_folders
from tests.samples import calibration_of, chain_of, known

from cardwright.files import kinds, yamltext
from cardwright.policy.policy import Policy
from cardwright.policy.rules.measurement import MeasurementRule
from cardwright.record import (
    Answer,
    Attest,
    Binding,
    Case,
    Context,
    DatasetRef,
    Details,
    Evaluation,
    ExpectedGroups,
    FileDigest,
    Groups,
    Input,
    Interval,
    Measured,
    PlanLock,
    Planned,
    Preregister,
    Provenance,
    Record,
    RunFacts,
    SignOff,
    Subject,
)
from cardwright.record.case import LinkedDossier
from cardwright.record.details import FIELDS
from cardwright.record.evaluation import Coverage, NotTested
from cardwright.record.kind import RecordLink
from cardwright.record.measurement import ScorerError

GROUPS = {"race": ("a", "b", "c"), "sex": ("f", "m")}
MODEL, MANIFEST = "a" * 64, "7" * 64
MINIMUM = {
    "model": ("fairness", "pii", "attributions", "robustness"),
    "system": ("safety", "pii"),
    "dataset": ("fairness", "pii"),
}
CALIBRATION = calibration_of(chain_of("Ann", "Bob", flagged=4_000, passed=6_000))  # as many as the rates below are over
"""Drawn by one, labelled by two, none of whom has anything to do with the plan."""
SCORER = ScorerError(
    name="refusal",
    calibration=CALIBRATION.file_sha256,
    corrected=Interval(level=0.95, lower=0.0, upper=0.01, method="rogan_gladen"),
    expires="2100-01-01",
)
CALIBRATED = ("over_refusal_rate", "partial_refusal_rate")


def number(rule: MeasurementRule, across: tuple[str, ...] = ()) -> Measured:
    """A number far inside the limit of a rule."""
    sign = 1.0 if rule.operator == "at_least" else -1.0
    value = rule.limit + sign * max(0.5 * abs(rule.limit), 0.01)
    expected = 1
    for attribute in across:
        expected *= len(GROUPS[attribute])
    return Measured(
        metric=rule.metric,
        across=across,
        value=value,
        unit="ratio",
        direction="higher_is_better" if sign > 0 else "lower_is_better",
        interval=Interval(level=0.95, lower=value - 0.001, upper=value + 0.001, method="stated"),
        denominator=10_000.0,
        groups=Groups(compared=expected, expected=expected, rows=10_000, smallest=1000.0) if across else None,
        scorer=SCORER if rule.metric in CALIBRATED else None,
    )


def _measurements(policy: Policy, evaluator: str) -> tuple[Measured, ...]:
    found: dict[object, Measured] = {}
    for requirement in policy.requirements:
        rule = requirement.rule
        if getattr(rule, "evaluator", None) != evaluator:
            continue
        if isinstance(rule, MeasurementRule):
            sets: Iterator[tuple[str, ...]] = iter([()])
            if rule.across == "every":
                depth = 2 if rule.intersections else 1
                sets = itertools.chain.from_iterable(
                    itertools.combinations(GROUPS, size) for size in range(1, depth + 1)
                )
            for across in sets:
                made = number(rule, across)
                before = found.get(made.key)
                if before is None:
                    found[made.key] = made
                else:
                    # Two limits on one number: what meets the stricter one meets both.
                    found[made.key] = max(
                        before, made, key=lambda m, r=rule: m.value if r.operator == "at_least" else -m.value
                    )
        for metric in getattr(rule, "metrics", ()):
            plain = Measured(metric=metric, value=0.5, unit="ratio", direction="neither", denominator=100.0)
            found.setdefault(plain.key, plain)
    ran = Measured(metric="rows_read", value=10_000.0, unit="count", direction="neither", denominator=10_000.0)
    return (*found.values(), ran)


def _roles(policy: Policy) -> dict[str, str]:
    """Evaluator to the role of the source that it is asked on."""
    roles: dict[str, str] = {}
    for requirement in policy.requirements:
        evaluator = getattr(requirement.rule, "evaluator", None)
        if evaluator is not None:
            role = getattr(requirement.rule, "role", None)
            if role is not None or evaluator not in roles:
                roles[evaluator] = role or roles.get(evaluator) or "test"
    for evaluator in MINIMUM[policy.kinds[0]]:
        roles.setdefault(evaluator, "training" if evaluator == "pii" else "test")
    return roles


def evaluation(evaluator: str, role: str, measurements: tuple[Measured, ...]) -> Evaluation:
    """A complete evaluation of the model at hand."""
    return Evaluation(
        id=evaluator,
        evaluator=evaluator,
        evaluator_version="1",
        inputs=(Input(need="source", name=role, role=role, sha256="0" * 64, rows=10_000),),
        parameters={},
        binding=Binding(kind="recomputed", agreed=10_000, compared=10_000, tolerance=1e-6, model_sha256=MODEL),
        question="q",
        method="m",
        limits=("l",),
        measurements=measurements,
        findings=(),
        severities={},
        coverage=Coverage(not_tested=(NotTested(what="a", why="b"),)),
        completeness="complete",
        calibrations=(CALIBRATION,) if any(m.scorer is not None for m in measurements) else (),
    )


def details(policy: Policy) -> Details:
    """Everything that it asks people to say."""
    answers = {}
    for name in policy.needed_details():
        spec, text = FIELDS[name], f"The team wrote down how it stands with {name.replace('_', ' ')}."
        said = {"entries": (dict.fromkeys(spec.columns, text),)} if spec.columns else {"text": text}
        answers[name] = Answer(**said, stated_by="A", stated_on="2026-11-20")
    return Details(answers=answers)


def linked_work(kind: str, role: str, *, about: str | None = "m", **answers: object) -> LinkedDossier:
    """A document of a packaged kind, with the answers of its example, that somebody in a role other than its author approved."""
    of = kinds.find(kind)
    example = of.path / "example" / "details.yaml"
    said = yamltext.parse(example.read_bytes(), where=kind).data
    record = kind_folders.work(of.definition, about=about, **{**said, **answers})
    return LinkedDossier(record=record, manifest_sha256=MANIFEST, claims=approved("Una", "Val", role))


def approved(author: str, approver: str, role: str) -> tuple[SignOff, ...]:
    """What two people sign over a document: who made it, and who approves it."""
    parts = (("author", author, "authorship"), (role, approver, "approval"))
    return tuple(
        SignOff(
            id=f"{100 + number:064x}", person=person, key=f"{person.encode().hex():0>64}", role=as_, at="2026-11-18T00:00:00Z",
            decision="approve", meaning=meaning, manifest_sha256=MANIFEST,
        )
        for number, (as_, person, meaning) in enumerate(parts)
    )  # fmt: skip


def link_to(one: LinkedDossier, role: str) -> RecordLink:
    """How a record refers to it."""
    subject = one.record.subject
    return RecordLink(
        role=role, kind=one.record.kind, name=subject.name, version=subject.version, record_sha256=one.record.sha256
    )


def referring(case: Case, *linked: LinkedDossier, role: str = "about") -> Case:
    """The case of a record that refers to these dossiers, too; what was signed is not."""
    links = (*case.record.links, *(link_to(one, role) for one in linked))
    made = of_record(case.record.model_copy(update={"links": links}))
    return replace(made, linked={**case.linked, **{one.record.sha256: one for one in linked}})


def satisfying(policy: Policy, *, task: str | None = "binary") -> Case:
    """A case that a policy allows, unsigned; see `signed`."""
    roles = _roles(policy)
    kind = policy.kinds[0]
    subject = Subject(kind=kind, name="m", version="1", files=(FileDigest(path="model.skops", sha256=MODEL, size=3),))
    planned = tuple(
        Planned(
            id=name,
            evaluator=name,
            inputs={"source": role},
            roles={"source": role},
            groups=tuple(ExpectedGroups(attribute=a, groups=g, declared=True) for a, g in GROUPS.items()),
            depth=2,
        )
        for name, role in roles.items()
    )
    datasets = tuple(
        DatasetRef(
            name=role,
            role=role,
            kind="table" if kind == "dataset" else "interactions" if kind == "system" else "predictions",
            format="csv",
            sha256="0" * 64,
            rows=10_000,
            task=task if kind == "model" else None,
        )
        for role in dict.fromkeys(roles.values())
    )
    record = Record(
        title="M",
        subject=subject,
        context=Context(production_intended=policy.for_production),
        provenance=Provenance(
            run_id="r",
            commit="c" * 40,
            dirty=False,
            plan_sha256="0" * 64,
            datasets=datasets,
            seed=0,
            packages={},
            tool="cardwright",
        ),
        planned=planned,
        evaluations=tuple(evaluation(name, role, _measurements(policy, name)) for name, role in roles.items()),
        details=details(policy),
    )
    documents = (r.rule for r in policy.requirements if r.kind == "refers" and r.rule.at_least)
    return referring(of_record(record), *(linked_work(rule.kind, (*rule.roles, "owner")[0]) for rule in documents))


def of_record(record: Record, **run: object) -> Case:
    """The case of a record: the plan that asked for it, and a run of it three days ago."""
    plan = PlanLock(
        title=record.title,
        subject=record.subject,
        context=record.context,
        planned=record.planned,
        sources={},
        seed=0,
        policy="p",
        author=record.provenance.author,
        links=record.links,
    )
    provenance = record.provenance.model_copy(update={"plan_sha256": plan.sha256})
    record = Record.model_validate(record.model_copy(update={"provenance": provenance}).model_dump())
    facts = {"started": "2026-11-20T00:00:00Z", "finished": "2026-11-20T00:01:00Z", **run}
    return Case(
        record=record,
        plan=plan,
        run=RunFacts(run_id="r", record_sha256=record.sha256, seconds={}, platform="p", python="3.11", **facts),
        artefacts={file.path: file.sha256 for file in record.subject.files},
    )


def signed(case: Case, policy: Policy, *, person: Callable[[str], str] = "Signer {}".format) -> Case:
    """Everything that people sign under a policy: the author, a reader of the plan, and one person for each role."""
    plan = case.record.provenance.plan_sha256
    numbers = itertools.count(1)

    def head(who: str, role: str, at: str = "2026-11-21T00:00:00Z") -> dict[str, object]:
        return {
            "id": f"{next(numbers):064x}",
            "person": who,
            "key": f"{who.encode().hex():0>64}"[-64:],
            "role": role,
            "at": at,
        }

    early = "2026-11-19T00:00:00Z"
    claims: list[object] = [
        Preregister(**head("Ada", "author", early), meaning="authorship", plan_sha256=plan),
        Preregister(**head("Ben", "responsible_ai", early), meaning="review", plan_sha256=plan),
    ]
    for requirement in policy.requirements:
        rule = requirement.rule
        if requirement.kind == "sign_off":
            said = {"decision": "approve", "meaning": rule.meaning, "manifest_sha256": MANIFEST}
            claims.append(SignOff(**head(person(rule.role), rule.role), **said))
        if requirement.kind == "preregistered":
            claims.append(Preregister(**head(person(rule.roles[0]), rule.roles[0], early), plan_sha256=plan))
        if requirement.kind == "checklist":
            role = (*rule.roles, "owner")[0]
            claims += [
                Attest(
                    **head(person(role), role),
                    checklist=rule.checklist,
                    item=item,
                    answer="met",
                    statement="Looked at.",
                    record_sha256=case.record.sha256,
                )
                for item in rule.items
            ]
    return replace(case, claims=tuple(claims), samples=known(CALIBRATION), manifest_sha256=MANIFEST)
