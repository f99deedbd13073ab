"""What holds under every policy: the record is what the plan asked for, and the responsible-AI minimum of its kind."""

from __future__ import annotations

from collections.abc import Mapping

from cardwright.policy import incidents
from cardwright.policy.judging import kind_of_document, persons
from cardwright.policy.judging.answer import RuleAnswer, missing
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import RUN, edit_details, edit_plan
from cardwright.policy.policy import Policy
from cardwright.policy.requirement import AnyRequirement, Requirement
from cardwright.policy.rules.by_task import TaskVariant
from cardwright.policy.rules.evaluated import EvaluatedRule
from cardwright.policy.rules.on_evaluation import RUN_AGAIN, Completeness, OnEvaluation
from cardwright.record.claim import Claim, authors, makers, same_person
from cardwright.record.provenance import Task
from cardwright.record.verdict import Status


class PlanHolds(EvaluatedRule):
    """The record is the one that the plan asked for."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        record, plan = review.record, review.case.plan
        if record.redaction is not None:
            audience = record.redaction.audience
            return _other_record(f"This is an edition for {audience} readers, with parts left out, and not the record.")
        if plan is None:
            return missing("The locked plan is not beside the record.", RUN_AGAIN, RUN)
        if plan.sha256 != record.provenance.plan_sha256:
            return _other_record("The record was made from a different plan than the one beside it.")
        asked = (plan.planned, plan.subject, plan.context, plan.author, plan.document, plan.links)
        held = (record.planned, record.subject, record.context, record.provenance.author, record.document, record.links)
        if asked != held:
            return _other_record("The record does not hold what the plan asked for.")
        return RuleAnswer("passed", f"The record holds what plan {plan.sha256[:12]} asked for.")


class Recomputed(EvaluatedRule):
    """Every evaluation was made in this run, or somebody other than the plan's author answers for the run."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        run = review.case.run
        if run is None or run.record_sha256 != review.record.sha256:
            return missing("It is not known whether everything was evaluated in this run.", RUN_AGAIN, RUN)
        reused = taken_over(review)
        names = f"{', '.join(reused)} {'was' if len(reused) == 1 else 'were'}"
        runner = next((claim for claim in review.claims if _is_independent_runner(claim, review)), None)
        if runner is not None:
            return RuleAnswer(
                "passed", f"{names} taken from an earlier run; {runner.person} answers for having run it."
            )
        return missing(
            f"{names} taken from an earlier run. Whoever can write its folder can write its numbers.",
            "Run everything again, without --resume and `previous:`; or somebody other than the plan's author runs it and signs "
            "for having made it.",
            RUN,
        )


def taken_over(review: CaseUnderReview) -> tuple[str, ...]:
    """Ids of evaluations that this run did not make."""
    earlier = review.case.run.earlier if review.case.run is not None else {}
    return tuple(e.id for e in review.record.evaluations if e.reused_from is not None or e.id in earlier)


def _is_independent_runner(claim: Claim, review: CaseUnderReview) -> bool:
    """Whether somebody made this dossier who did not write the plan; where its author is unknown, nobody is somebody else."""
    plan = review.record.provenance.plan_sha256
    wrote = authors(review.claims, plan, None)
    return (
        claim in makers(review.claims, review.case.manifest_sha256)
        and bool(wrote)
        and not any(same_person(claim, one) for one in wrote)
    )


def _other_record(explanation: str) -> RuleAnswer:
    return RuleAnswer("mismatched", explanation, "Run again on the files at hand.", "command", (RUN,))


class EverythingRan(EvaluatedRule):
    """Every planned evaluation has a result."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        planned, gaps = review.record.planned, review.record.not_evaluated
        document = review.record.document
        if not planned and review.record.subject.kind == "work" and document and not document.definition.evaluates:
            return RuleAnswer(
                "passed", f"Its kind, {document.definition.kind}, evaluates nothing: it is what people wrote."
            )
        if not planned:
            return missing(
                "The plan asks for no evaluation at all.", "Add evaluations to the plan.", edit_plan("evaluate"), RUN
            )
        if not gaps:
            return RuleAnswer("passed", f"All {len(planned)} planned evaluations have a result.")
        worst = min(gaps, key=lambda gap: gap.code != "error")
        status: Status = "error" if worst.code == "error" else "missing"
        names = ", ".join(gap.id for gap in gaps)
        explanation = (
            f"{len(gaps)} of {len(planned)} planned evaluations have no result ({names}). {worst.id}: {worst.reason}"
        )
        return RuleAnswer(status, explanation, worst.remedy, "command", (RUN,))


def _ours(rule: EvaluatedRule, **head: object) -> Requirement:
    return AnyRequirement.model_validate({"set_by": "Cardwright", "set_on": "2026-11-23", "evaluated": rule, **head})


class IsItsKind(EvaluatedRule):
    """The definition in the record is of the kind whose name it bears."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        document = review.record.document
        if document is None:
            return missing("The record names no kind of document.", RUN_AGAIN, RUN)
        problem = kind_of_document.impostor(review.record)
        if problem is not None:
            return _other_record(problem)
        return RuleAnswer("passed", f"It is of the kind {document.definition.kind}, definition {document.sha256[:12]}.")


class SaysWhatItsKindAsks(EvaluatedRule):
    """What its kind requires is answered, linked and evaluated."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        record = review.record
        fields = kind_of_document.unanswered(record, review.evidenced)
        if fields:
            titles = ", ".join(record.fields[name].title.lower() for name in fields)
            return RuleAnswer(
                "missing",
                f"Its kind, {record.kind}, asks these, and nobody has answered, or not in full: {titles}.",
                f"Fill in details.yaml: {', '.join(fields)}.",
                "words",
                (edit_details(*fields), RUN),
            )
        roles = kind_of_document.unlinked(record)
        if roles:
            return RuleAnswer(
                "missing",
                f"Its kind, {record.kind}, refers to others as {', '.join(roles)}; it does not, or to one of another kind.",
                f"Name its folder in the plan: `links: {{{roles[0]}: FOLDER}}`.",
                "data",
                (edit_plan("links"), RUN),
            )
        evaluators = kind_of_document.unevaluated(record)
        if evaluators:
            return RuleAnswer(
                "missing",
                f"Its kind, {record.kind}, rests on evaluations by {', '.join(evaluators)}; none gave a result.",
                "Add them to the plan, and run again.",
                "command",
                (edit_plan("evaluate"), RUN),
            )
        return RuleAnswer("passed", f"It says what its kind, {record.kind}, asks.")


class MinimumOfKind(EvaluatedRule):
    """The responsible-AI minimum that its kind states, and that of every work."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        record = review.record
        assert record.document is not None  # asked only of a record with a kind
        definition = record.document.definition
        names = kind_of_document.minimum_fields_of(definition)
        absent = record.missing(names)
        if absent:
            titles = ", ".join(record.fields[name].title.lower() for name in absent)
            return RuleAnswer(
                "missing",
                f"Not provided: {titles}.",
                f"Fill in details.yaml: {', '.join(absent)}.",
                "words",
                (edit_details(*absent), RUN),
            )
        measured = {
            e.evaluator
            for e in record.evaluations
            if e.completeness in _ACCEPTS
            and (e.not_applicable is not None or any(m.status == "measured" for m in e.measurements))
        }
        silent = [name for name in definition.minimum.evaluators if name not in measured]
        if silent:
            return missing(
                f"Nothing was measured by {', '.join(silent)}.", "Add it to the plan.", edit_plan("evaluate"), RUN
            )
        return RuleAnswer("passed", f"All {len(names)} fields are provided: {', '.join(names)}.")


INHERENT: tuple[Requirement, ...] = (
    _ours(
        PlanHolds(evaluator="any"),
        id="cardwright.plan",
        title="The record holds what the plan asked for",
        why="A plan that could be changed after the fact would fit any result.",
        origin="internal",
        waivable=False,
    ),
    _ours(
        EverythingRan(evaluator="any"),
        id="cardwright.ran",
        title="Every planned evaluation has a result",
        why="A check that did not run is never a pass.",
        origin="internal",
        waivable=False,
    ),
)
"""What holds under every policy, whatever the subject is for."""


class ConcernsNobody(EvaluatedRule):
    """What a plan has to show that says `persons: none`."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        return persons.answer(review)


NOBODY = _ours(
    ConcernsNobody(evaluator="any"),
    id="cardwright.no_persons",
    title="No person is concerned, as the plan says",
    why="Nothing about groups is asked where no person is concerned, and the author alone does not decide that.",
    origin="internal",
    waivable=False,
)
"""What holds where the plan says `persons: none`."""

OF_A_KIND: tuple[Requirement, ...] = (
    _ours(
        IsItsKind(evaluator="any"),
        id="cardwright.kind",
        title="It is of the kind whose name it bears",
        why="A definition under another kind's name would be judged, and believed, as that kind.",
        origin="internal",
        waivable=False,
    ),
    _ours(
        SaysWhatItsKindAsks(evaluator="any"),
        id="cardwright.document",
        title="It says what its kind asks",
        why="A document that leaves out what its kind asks is no document of that kind.",
        origin="internal",
    ),
    _ours(
        MinimumOfKind(evaluator="any"),
        id="cardwright.minimum.document",
        title="It shows the responsible-AI minimum of its kind",
        why="A kind of document must be no way around the gate.",
        origin="internal",
    ),
)
"""What holds under every policy for a record that is of some kind of document."""

RECOMPUTED = _ours(
    Recomputed(evaluator="any"),
    id="cardwright.recomputed",
    title="What goes into production was evaluated in this run",
    why="Kept evaluations and earlier dossiers are files: whoever can write them can write any number into them.",
    origin="internal",
    waivable=False,
)
"""What holds for production where evaluations were taken over."""

INCIDENTS = _ours(
    incidents.IncidentsAreClosed(evaluator="any"),
    id="cardwright.incidents",
    title="Every incident that is known is closed, and all are named",
    why="What went wrong once and is not understood goes wrong again.",
    origin="practice",
    citation="ISO/IEC 42001:2023, 10.2, nonconformity and corrective action",
)
"""What holds for production where an incident or an earlier release is known. It can be waived: a release that ends an incident
goes out while it is open."""

MINIMUM: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "model": {
        "fairness": ("fairness", "A difference between groups that nobody measured is found by those it affects."),
        "privacy": ("pii", "What nobody looked for is found by whoever should not."),
        "explainability": (
            "attributions",
            "A model that is right for the wrong reason is right until the reason changes.",
        ),
        "robustness": ("robustness", "Inputs in use have gaps, other units and noise."),
    },
    "system": {
        "safety": ("safety", "Whoever can write to it can try."),
        "privacy": ("pii", "What one person told it must not reach another."),
    },
    "dataset": {
        "fairness": ("fairness", "A model learns the differences that the labels hold."),
        "privacy": ("pii", "Personal data that nobody needs must not be passed on."),
    },
    # A work runs nothing and holds no data; what it must show, its kind states, and `OF_A_KIND` asks it under every policy.
    "work": {},
}
"""The responsible-AI minimum of each kind: what to show, which evaluator shows it, and why."""

_ABOUT_PERSONS = ("fairness",)
"""Evaluators whose question does not arise if no person is concerned."""

_OF_A_RANKING: Mapping[Task, TaskVariant] = {
    "ranking": TaskVariant(
        evaluator="ranking",
        metrics=("exposure_difference",),
        title="Work meant for production shows fairness",
        why="A difference between groups that nobody measured is found by those it affects.",
        origin="practice",
    )
}
"""What shows fairness of a ranking, whose rows have no decision that could be compared."""


def _asks_as_much(rule: OnEvaluation, task: Task, variant: TaskVariant) -> bool:
    """Whether a requirement asks of a task what the minimum asks of it."""
    of_ranking = (
        task == "ranking"
        and rule.evaluator == "fairness"
        and variant.metric in ("exposure_ratio", "exposure_difference")
    )
    return not variant.not_asked and (variant.evaluator is None or (of_ranking and variant.evaluator == "ranking"))


_ACCEPTS: tuple[Completeness, ...] = ("complete", "sampled")


def minimum(review: CaseUnderReview, policy: Policy) -> tuple[Requirement, ...]:
    """What work meant for production cannot skip, whatever its policy: evidence, an evaluation that shows from its input that
    the question does not arise, or a waiver. Left out if the policy itself asks for that evaluator at least as strictly.

    It holds unless the policy says that what it allows is not for production, or the plan says so and somebody other than its
    author has signed the plan. What the plan does not say cannot be determined, and then the minimum holds. What is meant for
    production is held to it under every policy.
    """
    nobody = (NOBODY,) if persons.says_none(review) else ()
    of_a_kind = OF_A_KIND if review.record.document is not None else ()
    after_incidents = (INCIDENTS,) if _for_production(review, policy) and incidents.asked_of(review) else ()
    return (*of_a_kind, *nobody, *_not_reused(review, policy), *after_incidents, *_responsible_ai(review, policy))


def _not_reused(review: CaseUnderReview, policy: Policy) -> tuple[Requirement, ...]:
    """Asked where an evaluation was taken from an earlier run, or nobody can tell, and the work is for production."""
    run, record = review.case.run, review.record
    known = run is not None and run.record_sha256 == record.sha256
    if not _for_production(review, policy) or (known and not taken_over(review)):
        return ()
    return (RECOMPUTED,)


def _for_production(review: CaseUnderReview, policy: Policy) -> bool:
    return policy.for_production or review.record.context.production_intended is True


def _responsible_ai(review: CaseUnderReview, policy: Policy) -> tuple[Requirement, ...]:
    intended = review.record.context.production_intended
    if intended is not True and (not policy.for_production or (intended is False and review.plan_signers)):
        return ()
    asked = {
        rule.evaluator
        for requirement in policy.requirements
        if requirement.level == "block"
        and requirement.applies_when is None
        and isinstance(rule := requirement.rule, OnEvaluation)
        and set(rule.accept) <= set(_ACCEPTS)
        and all(_asks_as_much(rule, task, variant) for task, variant in rule.by_task.items())
    }
    return tuple(
        _ours(
            EvaluatedRule(
                evaluator=evaluator,
                accept=_ACCEPTS,
                not_applicable=True,
                about_persons=evaluator in _ABOUT_PERSONS,
                by_task=_OF_A_RANKING if evaluator == "fairness" else {},
            ),
            id=f"cardwright.minimum.{area}",
            title=f"Work meant for production shows {area}",
            why=why,
            origin="practice",
            citation="The checklist responsible_ai_minimum",
        )
        for area, (evaluator, why) in MINIMUM[review.record.subject.kind].items()
        if evaluator not in asked
    )
