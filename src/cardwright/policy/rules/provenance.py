"""`provenance`: every number resolves to a run, a commit, a configuration and a dataset version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cardwright.policy.judging.answer import RuleAnswer, missing
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import COMMIT, RUN
from cardwright.policy.judging.wording import versions
from cardwright.policy.rules import stricter
from cardwright.policy.rules.interface import Rule
from cardwright.record.base import Flag, Label, Sha256


class ProvenanceRule(Rule):
    """Every number resolves to a run, a commit, a configuration and a dataset version."""

    asks: ClassVar[str] = "Every number resolves to a run, a commit, a configuration and a dataset version."
    example: ClassVar[str] = "{clean: true}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {
        "clean": stricter.asked,
        "evaluators": stricter.accepts_fewer,
    }

    clean: Flag = True
    """Whether the working tree must be as committed."""

    evaluators: dict[Label, tuple[Sha256, ...]] = {}  # noqa: RUF012  pydantic copies defaults
    """Distributions that may bring evaluators, each with the digests of its files that are accepted; empty is any. Another one
    that was installed is refused: a plug-in can change what every evaluator computes."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        provenance = review.record.provenance
        problems = []
        if provenance.commit is None:
            problems.append("no commit: the plan is not under version control")
        elif self.clean and provenance.dirty is not False:
            problems.append("the working tree had uncommitted changes")
        if not provenance.datasets:
            problems.append("no dataset is named")
        known = {dataset.sha256 for dataset in provenance.datasets}
        loose = sorted({i.name for e in review.record.evaluations for i in e.inputs if i.sha256 not in known})
        if loose:
            problems.append(f"inputs that are not among its datasets: {', '.join(loose)}")
        if problems:
            return missing(
                f"Not every number resolves: {'; '.join(problems)}.",
                "Commit the assessment and run again.",
                COMMIT,
                RUN,
            )
        other = [one for one in provenance.code if one.sha256 not in self.evaluators.get(one.name, ())]
        if self.evaluators and (other or not provenance.code):
            named = ", ".join(f"{one.name} {one.version} ({one.sha256})" for one in other)
            return RuleAnswer(
                "mismatched" if other else "missing",
                f"Evaluators that the policy does not accept were installed: {named}."
                if other
                else "Which code computed the numbers is not in the record.",
                "Run again where only accepted distributions are installed.",
                "command",
                (RUN,),
            )
        code = ", ".join(f"{one.name} {one.version} ({one.sha256[:12]})" for one in provenance.code)
        return RuleAnswer(
            "passed",
            f"Every number resolves to run {provenance.run_id}, commit {str(provenance.commit)[:12]}, "
            f"plan {provenance.plan_sha256[:12]} and {versions(len(provenance.datasets))}."
            + (f" Evaluators by {code}." if code else ""),
        )
