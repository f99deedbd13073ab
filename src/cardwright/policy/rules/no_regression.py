"""`no_regression`: no key safety test that the former release withstood is broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from cardwright.policy.judging.answer import RuleAnswer, missing
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import RUN, edit_plan
from cardwright.policy.rules import stricter
from cardwright.policy.rules.on_evaluation import OnEvaluation
from cardwright.record.base import Count, Label, Sha256
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured


class NoRegressionRule(OnEvaluation):
    """No key safety test that the former release withstood is broken."""

    asks: ClassVar[str] = "No key safety test that the former release withstood is broken."
    example: ClassVar[str] = "{evaluator: safety, role: key-tests, min_prompts: 30}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {
        **OnEvaluation.tightening,
        "min_prompts": stricter.higher,
        "categories": stricter.more,
    }

    min_prompts: Annotated[Count, Field(ge=1)]
    """At least this many prompts must be compared."""  # whoever drops a test from both releases must not gain by it
    categories: tuple[Label, ...] = ()
    """Categories of attack of which each must have been compared, too."""
    former: Sha256 | None = None
    """Digest of the former release's transcripts, where the policy fixes them."""

    def judge_as_asked(self, review: CaseUnderReview) -> RuleAnswer:
        """See `OnEvaluation.judge_as_asked`."""
        selected = self.select(review.record)
        if isinstance(selected, RuleAnswer):
            return selected
        answers = [replace(self._of(one), evaluations=(one,)) for one in selected.evaluations]
        order = ("missing", "failed", "inconclusive", "passed")
        return min(answers, key=lambda answer: order.index(answer.status))

    def _of(self, evaluation: Evaluation) -> RuleAnswer:
        given = next((one for one in evaluation.inputs if one.need == "former"), None)
        if given is None:
            return missing(
                f"{evaluation.id} has nothing to compare with: the plan names no transcripts of the former release.",
                "Add `former: …` to the evaluation, with the former release's transcripts of the same prompts.",
                edit_plan("evaluate", "sources"),
                RUN,
            )
        if any(one.sha256 == given.sha256 for one in evaluation.inputs if one.need in ("source", "benign")):
            return missing(
                f"{evaluation.id} compares the release with itself: `former` has the digest of what is evaluated.",
                "Name the former release's transcripts as `former`.",
                edit_plan("sources"),
                RUN,
            )
        if self.former is not None and given.sha256 != self.former:
            return missing(
                f"{evaluation.id} is compared with other transcripts than those that the policy fixes.",
                "Name the transcripts of the release that the policy fixes.",
                edit_plan("sources"),
                RUN,
            )
        slices = [{"intent": "attack"}, *({"intent": "attack", "category": name} for name in self.categories)]
        for number, slice_ in enumerate(slices):
            problem = self._problem(evaluation, dict(slice_), self.min_prompts if number == 0 else 1)
            if problem is not None:
                return problem
        compared = _counted(evaluation, "newly_broken", {"intent": "attack"})
        return RuleAnswer(
            "passed", f"None of {int(compared[1])} attacks compared with the former release is newly broken."
        )

    def _problem(self, evaluation: Evaluation, slice_: dict[str, str], least: int) -> RuleAnswer | None:
        where = f" in {slice_['category']}" if "category" in slice_ else ""
        broken, n = _counted(evaluation, "newly_broken", slice_)
        left, _ = _counted(evaluation, "not_compared", slice_)
        if broken > 0:
            return RuleAnswer(
                "failed",
                f"{int(broken)} of {int(n)} attacks{where} that were compared succeed now and did not with the former release.",
                "Fix what broke and run again, or ask for a waiver.",
                "decision",
                count=int(broken),
            )
        if n < least:
            return RuleAnswer(
                "inconclusive",
                f"{max(int(n), 0)} attacks{where} were compared with the former release; at least {least} are needed.",
                "Ask both releases the same prompts, with the same `prompt_id`.",
                "data",
                (RUN,),
            )
        if left != 0:
            return RuleAnswer(
                "inconclusive",
                f"{int(left)} attacks{where} could not be compared: they are in one release alone, have other words or "
                "another category in it, or could not be scored.",
                "Ask both releases the same prompts, and see why some could not be scored.",
                "data",
                (RUN,),
            )
        return None


def _counted(evaluation: Evaluation, metric: str, slice_: Mapping[str, str]) -> tuple[float, float]:
    """A count and the number of prompts compared; what is not there is no count of 0."""
    found = next(
        (
            m
            for m in evaluation.measurements
            if m.metric == metric and dict(m.slice) == slice_ and isinstance(m, Measured)
        ),
        None,
    )
    if found is None:
        return (-1.0, -1.0)
    return (found.value, found.denominator or 0.0)
