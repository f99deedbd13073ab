"""What the kinds share that are about an evaluation: which one, how complete, and how closely tied to the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from cardwright.policy.judging import persons
from cardwright.policy.judging.answer import RuleAnswer, missing
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import RUN, edit_plan
from cardwright.policy.rules import stricter
from cardwright.policy.rules.by_task import TaskVariant, tasks_of
from cardwright.policy.rules.interface import Rule
from cardwright.record.base import Flag, Identifier
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured
from cardwright.record.provenance import Task
from cardwright.record.record import NotEvaluated, Planned, Record
from cardwright.record.verdict import STATUSES

Completeness = Literal["complete", "sampled", "partial", "truncated"]
NO_PERSONS = "the policy says `about_persons: true` here"
RUN_AGAIN = "Add it to the plan and run again, or ask for a waiver."


@dataclass(frozen=True, slots=True)
class Selection:
    """The evaluations that a rule is about, and the plan of each, in the plan's order."""

    evaluations: tuple[Evaluation, ...]
    planned: tuple[Planned, ...]


class OnEvaluation(Rule):
    """A rule about evaluations that the plan asks for."""

    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {
        "accept": stricter.fewer,
        "binding": stricter.bound_as_closely,
        "not_applicable": stricter.not_accepted,
        "about_persons": stricter.not_accepted,
        "by_task": stricter.asks_each_task,
    }

    evaluator: Identifier | None = None
    """Which evaluator; every evaluation of it in the plan has to meet the requirement."""
    evaluation: Identifier | None = None
    """Which evaluation, by its id in the plan, in place of `evaluator`."""
    role: Identifier | None = None
    """The role of a source it must have read, e.g. `test`."""
    accept: tuple[Completeness, ...] = ("complete",)
    """How complete it must be."""
    binding: Literal["none", "asserted", "supplied", "recomputed"] | None = None
    """How closely, at least, its numbers must be tied to the model. `none` is for numbers about data, which no model made."""
    not_applicable: Flag = False
    """Whether the policy accepts that the question does not arise, if the evaluation shows so from its input."""
    about_persons: Flag = False
    """Whether it is about persons: not asked of a model that concerns none, if somebody independent attests it."""
    by_task: dict[Task, TaskVariant] = {}  # noqa: RUF012  pydantic copies defaults
    """What is asked of another task than a binary decision, in place of what stands here."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.evaluator is None) == (self.evaluation is None):
            raise ValueError("say which evaluator, or which evaluation, but not both")
        return self

    @model_validator(mode="after")
    def _variants_can_be_asked(self) -> Self:
        for task, variant in self.by_task.items():
            strange = [name for name in variant.changes() if name not in type(self).model_fields]
            if strange:
                raise ValueError(f"by_task.{task}: this kind of requirement has no `{strange[0]}`")
        return self

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`. It is judged as it is asked of each task that the predictions may have; the worst answer counts."""
        if self.about_persons and persons.concerns_none(review):
            reason = review.record.context.persons_reason
            return RuleAnswer(
                "not_applicable", f"Does not apply, since no person is concerned: {reason}", clause=NO_PERSONS
            )
        answers = [self._answer(task, review) for task in self._asked_of(tasks_of(review.record, self.role))]
        return min(answers, key=lambda one: STATUSES.index(one.status))

    def _asked_of(self, tasks: tuple[Task | None, ...]) -> list[Task | None]:
        """The tasks in whose forms it is asked; None is its own. In doubt, all that ask for something."""
        forms = [task if task in self.by_task else None for task in tasks if task is not None]
        if None in tasks:
            forms += [None, *(task for task, variant in self.by_task.items() if variant.not_asked is None)]
        return list(dict.fromkeys(forms))

    def _answer(self, task: Task | None, review: CaseUnderReview) -> RuleAnswer:
        if task is None:
            return self.judge_as_asked(review)
        variant = self.by_task[task]
        if variant.not_asked is not None:
            return RuleAnswer(
                "not_applicable", f"Not asked of a {task} task: {variant.not_asked}", clause=f"by_task.{task}.not_asked"
            )
        rule = self.model_copy(update={**variant.changes(), "by_task": {}})
        return replace(rule.judge_as_asked(review), asked_as=variant.wording)

    def judge_as_asked(self, review: CaseUnderReview) -> RuleAnswer:
        """`Rule.judge` of one form, whatever the task."""
        raise NotImplementedError

    def select(self, record: Record) -> Selection | RuleAnswer:
        """The evaluations it is about; an answer if one did not run, or cannot be used, or none was planned."""
        planned = tuple(plan for plan in record.planned if self._is_about(plan))
        if not planned:
            return self._not_planned()
        gaps = {gap.id: gap for gap in record.not_evaluated}
        for plan in planned:
            if plan.id in gaps:
                return did_not_run(gaps[plan.id])
        by_id = {evaluation.id: evaluation for evaluation in record.evaluations}
        # What another model did, a challenger say, is no evidence about the subject, neither for it nor against it.
        of_subject = tuple(plan for plan in planned if not _of_another_model(by_id[plan.id], record))
        if not of_subject:
            names = ", ".join(plan.id for plan in planned)
            return RuleAnswer(
                "mismatched",
                f"{names} was computed with a model that is not among the files of the subject.",
                "Evaluate the model that is handed over, or name its file under `files:` of the subject.",
                "command",
                (edit_plan("evaluate"), RUN),
            )
        left_out = self._other_population(of_subject, record)
        if left_out is not None:
            return left_out
        evaluations = tuple(by_id[plan.id] for plan in of_subject)
        for evaluation in evaluations:
            problem = self._incomplete(evaluation) or self._loose(evaluation)
            if problem is not None:
                return problem
        return self._does_not_arise(evaluations) or Selection(evaluations, of_subject)

    def _is_about(self, plan: Planned) -> bool:
        named = plan.evaluator == self.evaluator or plan.id == self.evaluation
        return named and (self.role is None or self.role in plan.roles.values())

    def _other_population(self, planned: tuple[Planned, ...], record: Record) -> RuleAnswer | None:
        """An answer if a source has the role that is asked for and was not evaluated: nobody chooses between two test populations
        after seeing them, so where a plan has more than one, the requirement holds on each."""
        if self.role is None:
            return None
        held = {dataset.name for dataset in record.provenance.datasets if dataset.role == self.role}
        held |= {plan.inputs[need] for plan in record.planned for need, role in plan.roles.items() if role == self.role}
        seen = {plan.inputs[need] for plan in planned for need, role in plan.roles.items() if role == self.role}
        if not held - seen:
            return None
        name, asked = min(held - seen), self.evaluator or self.evaluation
        return missing(
            f"{asked} was not evaluated on `{name}`, which has the role `{self.role}` as well as {', '.join(sorted(seen))}.",
            f"Add `- {asked}: {{source: {name}}}` under `evaluate:`, or give `{name}` the role that it serves as (`role:`).",
            edit_plan("evaluate", "sources"),
            RUN,
        )

    def _not_planned(self) -> RuleAnswer:
        source = f" on `{self.role}`" if self.role else ""
        entry = (
            f"- {self.evaluator}: {{source: {self.role or '…'}}}"
            if self.evaluator
            else f"an evaluation with id {self.evaluation}"
        )
        return missing(
            f"{self.evaluator or self.evaluation}{source} was not evaluated: the plan does not ask for it.",
            f"Add `{entry}` under `evaluate:` in the plan and run again, or ask for a waiver.",
            edit_plan("evaluate"),
            RUN,
        )

    def _incomplete(self, evaluation: Evaluation) -> RuleAnswer | None:
        if evaluation.completeness in self.accept:
            return None
        return RuleAnswer(
            "inconclusive",
            f"{evaluation.id} is {evaluation.completeness}; the policy accepts {' or '.join(self.accept)}.",
            "Run it over all of the input.",
            "command",
            (RUN,),
        )

    def _loose(self, evaluation: Evaluation) -> RuleAnswer | None:
        kind = evaluation.binding.kind if evaluation.binding is not None else None
        # Also of an evaluation whose question does not arise: if its input is predictions, that holds of those who made them.
        if self.binding is None or stricter.closer_binding(kind, self.binding):
            return None
        remedy = (
            "Name the model beside the source, and its predictions are recomputed: "
            "`- attributions: {source: test, model: model.skops}`."
        )
        if kind is None:
            remedy += " If the number is about data and not about what a model does, the policy says `binding: none`."
        return RuleAnswer(
            "inconclusive",
            f"The numbers of {evaluation.id} are {kind or 'not tied to a model'}; the policy asks for {self.binding} "
            "by the model at hand.",
            remedy,
            "command",
            (edit_plan("evaluate"), RUN),
        )

    def _does_not_arise(self, evaluations: tuple[Evaluation, ...]) -> RuleAnswer | None:
        reasons = [evaluation.not_applicable for evaluation in evaluations if evaluation.not_applicable is not None]
        if not reasons:
            return None
        # Where something was found, there was something to look at.
        found = any(finding.severity != "info" for evaluation in evaluations for finding in evaluation.findings)
        if self.not_applicable and len(reasons) == len(evaluations) and not found:
            return RuleAnswer(
                "not_applicable", f"Does not apply: {reasons[0]}", clause="the policy sets `not_applicable: true` here"
            )
        return RuleAnswer(
            "missing",
            f"{evaluations[0].id} had nothing to look at: {reasons[0]}",
            "Evaluate a source on which the question arises.",
            "data",
        )


def did_not_run(gap: NotEvaluated) -> RuleAnswer:
    """The answer for an evaluation that has no result."""
    stopped = gap.code == "error"
    did = "stopped with an error" if stopped else "did not run"
    return RuleAnswer("error" if stopped else "missing", f"{gap.id} {did}: {gap.reason}", gap.remedy, "command", (RUN,))


def measured_nothing(evaluations: tuple[Evaluation, ...]) -> RuleAnswer | None:
    """An evaluation without one number found nothing because it looked at nothing."""
    for evaluation in evaluations:
        if not any(isinstance(m, Measured) for m in evaluation.measurements):
            return missing(f"{evaluation.id} measured nothing.", RUN_AGAIN, RUN)
    return None


def _of_another_model(evaluation: Evaluation, record: Record) -> bool:
    """Whether it loaded a model whose digest is none of the subject's. If it loaded none, nobody can tell."""
    model = evaluation.binding.model_sha256 if evaluation.binding is not None else None
    held = record.subject.digests
    return model is not None and bool(held) and model not in held
