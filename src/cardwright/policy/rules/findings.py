"""`findings`: no finding worse than a severity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.rules import stricter
from cardwright.policy.rules.on_evaluation import OnEvaluation, measured_nothing
from cardwright.record.evaluation import SEVERITIES, Evaluation, Severity


class FindingsRule(OnEvaluation):
    """No finding worse than a severity."""

    asks: ClassVar[str] = "No finding worse than a severity."
    example: ClassVar[str] = "{evaluator: pii, role: training, at_most: medium, not_applicable: true}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {
        **OnEvaluation.tightening,
        "at_most": stricter.lower_severity,
    }

    at_most: Severity
    """The worst severity that is accepted."""

    def judge_as_asked(self, review: CaseUnderReview) -> RuleAnswer:
        """See `OnEvaluation.judge_as_asked`."""
        selected = self.select(review.record)
        if isinstance(selected, RuleAnswer):
            return selected
        evaluations = selected.evaluations
        answer = measured_nothing(evaluations) or self._worse(evaluations) or self._none(evaluations)
        return replace(answer, evaluations=evaluations)

    def _worse(self, evaluations: tuple[Evaluation, ...]) -> RuleAnswer | None:
        allowed = SEVERITIES.index(self.at_most)
        worse = [(e, f) for e in evaluations for f in e.findings if SEVERITIES.index(f.severity) > allowed]
        if not worse:
            return None
        evaluation, finding = max(worse, key=lambda pair: SEVERITIES.index(pair[1].severity))
        more = f" ({len(worse) - 1} more above {self.at_most})" if len(worse) > 1 else ""
        return RuleAnswer(
            "failed",
            f"{evaluation.id} found {finding.key} ({finding.severity}): {finding.explanation}{more}",
            "Mend what was found and run again, or ask for a waiver.",
            "decision",
            severity=finding.severity,
            count=sum(f.count or 1 for _, f in worse),
        )

    def _none(self, evaluations: tuple[Evaluation, ...]) -> RuleAnswer:
        count = sum(len(evaluation.findings) for evaluation in evaluations)
        # A detector that looked at a part found nothing in that part: the answer says how large it was.
        looked = [
            f"{s.scanned:,} of {s.total:,} {s.what}"
            for e in evaluations
            for s in e.coverage.scanned
            if s.scanned < s.total
        ]
        scope = f" It looked at {', '.join(dict.fromkeys(looked))}." if looked else ""
        names = ", ".join(e.id for e in evaluations)
        noun = "finding" if count == 1 else "findings"
        return RuleAnswer("passed", f"{count} {noun} in {names}, none above {self.at_most}.{scope}")
