"""`findings`: no finding worse than a severity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from cardwright.policy.canonical_form import PolicyValue
from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import RUN, edit_details
from cardwright.policy.rules import stricter
from cardwright.policy.rules.checklist import ChecklistRule
from cardwright.policy.rules.on_evaluation import OnEvaluation, measured_nothing
from cardwright.record.base import Identifier, is_placeholder
from cardwright.record.evaluation import SEVERITIES, Evaluation, Finding, Severity
from cardwright.record.record import Record

JUSTIFIED = "personal_columns"
"""The details field that says of each personal column what it is for."""
GROUNDS = ("purpose", "legal_basis", "retention")
"""What an entry has to say."""
_OF_A_HEADING = "heading."
_BEYOND_WORDS: Severity = "critical"
"""A secret, a card or a social security number: no words make it right to hand over."""
_NAMED = 8
"""So many things that were not tested are named in the line; the evaluation lists all."""


class JustifiedColumns(PolicyValue):
    """Personal columns are accepted if people justify each one and somebody answers for it."""

    checklist: Identifier
    """The checklist that holds the item."""
    item: Identifier
    """The item by which a person answers for the justifications."""
    roles: tuple[Identifier, ...] = ()
    """Roles that may answer; empty is any."""


class FindingsRule(OnEvaluation):
    """No finding worse than a severity."""

    asks: ClassVar[str] = (
        "No finding worse than a severity. With `justified_columns`, findings about a column below critical are accepted if the "
        "details justify every personal column of the table (purpose, legal basis, retention) and a person attests it."
    )
    example: ClassVar[str] = "{evaluator: pii, role: training, at_most: medium, not_applicable: true}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {
        **OnEvaluation.tightening,
        "at_most": stricter.lower_severity,
        "justified_columns": stricter.accepted_no_more,
    }

    at_most: Severity
    """The worst severity that is accepted."""
    justified_columns: JustifiedColumns | None = None
    """Whether worse findings about a column are accepted if the column is justified, and who attests it; if omitted, never."""

    def judge_as_asked(self, review: CaseUnderReview) -> RuleAnswer:
        """See `OnEvaluation.judge_as_asked`."""
        selected = self.select(review.record)
        if isinstance(selected, RuleAnswer):
            # What is critical is so whoever computed the numbers: a score that is turned round is not a doubt about its origin.
            return (self._critical(review.record) if selected.status == "inconclusive" else None) or selected
        evaluations = selected.evaluations
        answer = (
            measured_nothing(evaluations)
            or self._worse(evaluations, review.record)
            or self._not_attested(evaluations, review)
            or self._none(evaluations)
        )
        return replace(answer, evaluations=evaluations)

    def checklists(self) -> tuple[str, ...]:
        """See `Rule.checklists`."""
        return (self.justified_columns.checklist,) if self.justified_columns is not None else ()

    def details_fields(self) -> tuple[str, ...]:
        """See `Rule.details_fields`."""
        return (JUSTIFIED,) if self.justified_columns is not None else ()

    def _is_worse(self, finding: Finding) -> bool:
        return SEVERITIES.index(finding.severity) > SEVERITIES.index(self.at_most)

    def _critical(self, record: Record) -> RuleAnswer | None:
        ids = {plan.id for plan in record.planned if self._is_about(plan)}
        found = tuple(
            evaluation
            for evaluation in record.evaluations
            if evaluation.id in ids and any(f.severity == "critical" and self._is_worse(f) for f in evaluation.findings)
        )
        answer = self._worse(found, record) if found else None
        return None if answer is None else replace(answer, evaluations=found)

    def _worse(self, evaluations: tuple[Evaluation, ...], record: Record) -> RuleAnswer | None:
        justified = _justified(record) if self.justified_columns is not None else frozenset()
        worse = [
            (e, f)
            for e in evaluations
            for f in e.findings
            if self._is_worse(f) and (f.where not in justified or f.severity == _BEYOND_WORDS)
        ]
        # An openly personal table is justified column by column, those that weigh less included, or not at all.
        unjustified = self._left_unjustified(evaluations, justified)
        if not worse and not unjustified:
            return None
        if not worse:
            are = "is" if len(unjustified) == 1 else "are"
            return RuleAnswer(
                "failed",
                f"The table is openly personal, and {len(unjustified)} of its personal columns {are} not justified: "
                f"{_named(unjustified)}.",
                f"Drop them, or give each an entry under `{JUSTIFIED}` of the details: {', '.join(GROUNDS)}.",
                "words",
                (edit_details(JUSTIFIED), RUN),
                count=len(unjustified),
            )
        evaluation, finding = max(worse, key=lambda pair: SEVERITIES.index(pair[1].severity))
        further = "1 further finding is" if len(worse) == 2 else f"{len(worse) - 1} further findings are"
        more = f" {further} graver than {self.at_most}." if len(worse) > 1 else ""
        about = f" in `{finding.where}`" if finding.where and finding.key.startswith(_OF_A_HEADING) else ""
        every = self._all_unjustified(evaluations, record, justified) if about else ""
        words = (
            f"Drop the column, or justify it under `{JUSTIFIED}` of the details ({', '.join(GROUNDS)}) and have it attested."
            if self.justified_columns is not None and about and finding.severity != _BEYOND_WORDS
            else "Fix what was found and run again, or ask for a waiver."
        )
        return RuleAnswer(
            "failed",
            f"{evaluation.id} has a finding of severity {finding.severity}{about}: {finding.explanation}{more}{every}",
            words,
            "decision",
            severity=finding.severity,
            count=sum(f.count or 1 for _, f in worse),
        )

    def _all_unjustified(self, evaluations: tuple[Evaluation, ...], record: Record, justified: frozenset[str]) -> str:
        """All columns that want a justification: a heading such as `s1` tells nothing, and people name such columns too."""
        if self.justified_columns is None:
            return ""
        named = (entry.get("column", "") for entry in _entries(record))
        found = self._left_unjustified(evaluations, justified)
        columns = dict.fromkeys((*found, *(c for c in named if c not in justified)))
        told = [column for column in columns if not is_placeholder(column)]
        if len(told) < 2:  # the one that is graver is named already
            return ""
        by_people = len(set(told) - set(found))
        whose = f", of which people alone name {by_people}," if by_people else ""
        return f" In all, {len(told)} personal columns{whose} are not justified: {_named(told)}."

    def _left_unjustified(self, evaluations: tuple[Evaluation, ...], justified: frozenset[str]) -> list[str]:
        if self.justified_columns is None or not self._relies_on_words(evaluations):
            return []
        personal = {
            finding.where
            for evaluation in evaluations
            for finding in evaluation.findings
            if finding.key.startswith(_OF_A_HEADING) and finding.where
        }
        return sorted(personal - justified)

    def _relies_on_words(self, evaluations: tuple[Evaluation, ...]) -> bool:
        """Whether there is a worse finding, so that only justifications let it pass."""
        return any(self._is_worse(finding) for evaluation in evaluations for finding in evaluation.findings)

    def _not_attested(self, evaluations: tuple[Evaluation, ...], review: CaseUnderReview) -> RuleAnswer | None:
        """An answer if columns are justified and nobody answers for it."""
        asked = self.justified_columns
        if asked is None or not self._relies_on_words(evaluations):
            return None
        said = ChecklistRule(checklist=asked.checklist, items=(asked.item,), roles=asked.roles).judge(review)
        if said.status == "passed":
            return None
        return replace(said, explanation=f"Every personal column is justified in the details. {said.explanation}")

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
        unseen = list(dict.fromkeys(left.what for e in evaluations for left in e.coverage.not_tested))
        not_tested = f" Not tested: {_named(unseen, '; ')}." if unseen else ""
        names = ", ".join(e.id for e in evaluations)
        noun = "finding" if count == 1 else "findings"
        justified = self._relies_on_words(evaluations)
        verdict = (
            f"those above {self.at_most} justified and attested" if justified else f"none graver than {self.at_most}"
        )
        found = f"{count} {noun} in {names}, {verdict}" if count else f"No findings in {names}"
        return RuleAnswer("passed", f"{found}.{scope}{not_tested}")


def _justified(record: Record) -> frozenset[str]:
    """Columns that the details justify: each says its purpose, its legal basis and its retention."""
    return frozenset(
        entry["column"]
        for entry in _entries(record)
        if "column" in entry and all(not is_placeholder(entry.get(ground, "")) for ground in GROUNDS)
    )


def _entries(record: Record) -> tuple[Mapping[str, str], ...]:
    """What the details say of personal columns, an entry for each."""
    answer = record.details.answers.get(JUSTIFIED)
    return answer.entries if answer is not None else ()


def _named(names: Sequence[str], between: str = ", ") -> str:
    """The first few, and how many more there are."""
    more = len(names) - _NAMED
    return between.join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
