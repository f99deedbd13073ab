"""`provenance`: every number resolves to a run, a commit, a configuration and a dataset version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cardwright.policy.judging.answer import Answer, missing
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import COMMIT, RUN
from cardwright.policy.rules import stricter
from cardwright.policy.rules.interface import Rule
from cardwright.record.base import Flag


class ProvenanceRule(Rule):
    """Every number resolves to a run, a commit, a configuration and a dataset version."""

    asks: ClassVar[str] = "Every number resolves to a run, a commit, a configuration and a dataset version."
    example: ClassVar[str] = "{clean: true}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {"clean": stricter.asked}

    clean: Flag = True
    """Whether the working tree must be as committed."""

    def judge(self, review: CaseUnderReview) -> Answer:
        """See `Rule.judge`."""
        provenance = review.record.provenance
        problems = []
        if provenance.commit is None:
            problems.append("no commit: the plan is not under version control")
        elif self.clean and provenance.dirty is not False:
            problems.append("the working tree differed from the commit")
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
        return Answer(
            "passed",
            f"Every number resolves to run {provenance.run_id}, commit {str(provenance.commit)[:12]}, "
            f"plan {provenance.plan_sha256[:12]} and {len(provenance.datasets)} dataset versions.",
        )
