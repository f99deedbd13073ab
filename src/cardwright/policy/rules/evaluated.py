"""`evaluated`: an evaluation that is there, complete and tied to the model, whatever its numbers are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from cardwright.policy.judging.answer import RuleAnswer, missing
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import RUN
from cardwright.policy.judging.wording import words
from cardwright.policy.rules import stricter
from cardwright.policy.rules.on_evaluation import RUN_AGAIN, OnEvaluation, measured_nothing
from cardwright.record.base import Term
from cardwright.record.measurement import Measured, Unmeasured


class EvaluatedRule(OnEvaluation):
    """An evaluation that is there, complete and tied to the model."""

    asks: ClassVar[str] = "An evaluation that ran, is complete, and measured the metrics named, whatever their values."
    example: ClassVar[str] = "{evaluator: robustness, role: test, metrics: [decision_flip_rate]}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {**OnEvaluation.tightening, "metrics": stricter.more}

    metrics: tuple[Term, ...] = ()
    """Metrics that must be measured in it, whatever their values."""

    def judge_as_asked(self, review: CaseUnderReview) -> RuleAnswer:
        """See `OnEvaluation.judge_as_asked`."""
        selected = self.select(review.record)
        if isinstance(selected, RuleAnswer):
            return selected
        for evaluation in selected.evaluations:
            for metric in self.metrics:
                there = evaluation.find(metric)
                if self.not_applicable and there and all(_does_not_arise(m) for m in there):
                    continue
                if not any(isinstance(m, Measured) for m in there):
                    reasons = [m.reason for m in there if isinstance(m, Unmeasured)]
                    why = f": {reasons[0]}" if reasons else ""
                    return missing(f"{evaluation.id} has no {words(metric)}{why}", RUN_AGAIN, RUN)
        evaluations = selected.evaluations
        names = ", ".join(evaluation.id for evaluation in evaluations)
        count = sum(isinstance(m, Measured) for evaluation in evaluations for m in evaluation.measurements)
        answer = measured_nothing(evaluations) or RuleAnswer(
            "passed",
            f"{names} ran ({evaluations[0].completeness}) and measured {count:,} numbers. No limit is set on them here.",
        )
        return replace(answer, evaluations=evaluations)


def _does_not_arise(m: Measured | Unmeasured) -> bool:
    return isinstance(m, Unmeasured) and m.code == "not_applicable"
