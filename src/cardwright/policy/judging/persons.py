"""Whether a model concerns persons: what a plan that says `persons: none` has to show before questions about groups are dropped.

The author's word removes no demand. The data must hold no trace of a person, a detector must have looked, and somebody
independent must attest it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from cardwright.policy.judging.answer import RuleAnswer, missing
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import RUN, attest, edit_plan
from cardwright.record.claim import Attest, Claim, same_person
from cardwright.record.measurement import Measured

CHECKLIST, ITEM, ROLE = "no_persons", "none", "responsible_ai"
"""What an independent person attests, and in which role."""

_OF_ROWS = ("predictions", "table", "texts", "interactions")

_PERSON_WORDS = frozenset({
    "person", "people", "customer", "patient", "employee", "applicant", "borrower", "citizen", "student", "pupil", "tenant",
    "surname", "lastname", "firstname", "forename", "fullname", "gender", "sex", "race", "ethnicity", "ethnic", "religion",
    "nationality", "disability", "birthdate", "birthday", "dob", "marital", "pregnant", "ssn", "passport", "email", "iban",
})  # fmt: skip
"""Words of a column's name that speak of a person and of nothing else. `age` and `name` are not among them: pumps have both."""


_OF_THE_DETECTOR = ("pii_recall", "pii_precision")
"""What the detector finds on other, marked texts; it says nothing of these data."""


def says_none(review: CaseUnderReview) -> bool:
    """Whether the plan says that no person is concerned."""
    return review.record.context.persons == "none"


def concerns_none(review: CaseUnderReview) -> bool:
    """Whether no person is concerned, as far as the evidence and somebody independent show."""
    return says_none(review) and answer(review).status == "passed"


def answer(review: CaseUnderReview) -> RuleAnswer:
    """What becomes of `persons: none`: failed on any trace of a person, missing as long as nobody looked or attested."""
    plan = review.case.plan
    if plan is None:
        return missing("The locked plan is not beside the record.", "Run again.", RUN)
    # A trace in the data comes first: no signature outvotes it. Then whether somebody looked: an attestation must rest on that.
    traces = [*_declared(plan.sources), *_named(review), *_found(review)]
    if traces:
        more = f" ({len(traces) - 1} more)" if len(traces) > 1 else ""
        return RuleAnswer(
            "failed",
            f"The plan says `persons: none`, but {traces[0]}{more}.",
            "Take `persons: none` out of the plan and compare groups, or take what concerns persons out of the data.",
            "decision",
            (edit_plan("subject"), RUN),
        )
    unseen = _not_looked_at(review)
    if unseen:
        return missing(
            f"Nobody looked for personal data in {', '.join(unseen)}.",
            "Add `- pii: {source: …}` for each source of rows and run again.",
            edit_plan("evaluate"),
            RUN,
        )
    return _attested(review)


def _declared(sources: Mapping[str, Mapping[str, object]]) -> Iterable[str]:
    """What the plan itself says of persons."""
    for name, spec in sources.items():
        if spec.get("person"):
            yield f"the source `{name}` has a column of persons"
        if spec.get("sensitive"):
            yield f"the source `{name}` has sensitive attributes"


def _named(review: CaseUnderReview) -> Iterable[str]:
    """Attributes that an evaluation was planned for, and columns whose names speak of a person."""
    for plan in review.record.planned:
        if plan.groups:
            yield f"{plan.id} was planned for groups of {plan.groups[0].attribute}"
    for dataset in review.record.provenance.datasets:
        for column in dataset.columns:
            words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.name).casefold()
            if _PERSON_WORDS & set(re.findall(r"[^\W\d_]+", words)):
                yield f"`{dataset.name}` has a column whose name speaks of a person"


def _found(review: CaseUnderReview) -> Iterable[str]:
    """Hits of the personal-data detector."""
    for evaluation in review.record.evaluations:
        if evaluation.evaluator != "pii":
            continue
        # `pii_…` metrics are rates and counts of hits. A heading that speaks of a person is a finding without any hit.
        hits = any(
            isinstance(m, Measured) and m.metric.startswith("pii_") and m.metric not in _OF_THE_DETECTOR and m.value > 0
            for m in evaluation.measurements
        )
        if hits or evaluation.findings:
            yield f"{evaluation.id} found personal data"


def _not_looked_at(review: CaseUnderReview) -> list[str]:
    held = {one.name for one in review.record.provenance.datasets if one.kind in _OF_ROWS}
    seen = {
        one.name
        for evaluation in review.record.evaluations
        if evaluation.evaluator == "pii" and evaluation.completeness == "complete"
        for one in evaluation.inputs
    }
    # A record without a source of rows has not been searched: no rows must not read as no persons.
    return sorted(held - seen) if held else ["any source of rows"]


def _attested(review: CaseUnderReview) -> RuleAnswer:
    # Claims are in the order of the ledger, so the last word of each key counts; one denial is not outvoted by others.
    said = {
        claim.key: claim
        for claim in review.claims
        if isinstance(claim, Attest)
        and (claim.checklist, claim.item) == (CHECKLIST, ITEM)
        and claim.record_sha256 in (None, review.record.sha256)
    }.values()
    denied = [claim for claim in said if claim.answer != "met"]
    if denied:
        return RuleAnswer(
            "failed",
            f"{denied[0].person} ({denied[0].role}) does not attest that no person is concerned.",
            "Take `persons: none` out of the plan, and compare groups.",
            "decision",
            (edit_plan("subject"), RUN),
        )
    for claim in said:
        if claim.role == ROLE and _holds(claim, review) and _independent(claim, review):
            return RuleAnswer(
                "passed", f"{claim.person} ({claim.role}) attests that no person is concerned: {claim.statement}"
            )
    unknown = (
        ""
        if review.authors
        else " As long as nobody has signed for having written the plan, nobody is known to be independent."
    )
    return RuleAnswer(
        "missing",
        f"The plan says `persons: none`, and nobody independent has attested it in the role {ROLE}.{unknown}",
        f"Somebody other than the plan's author attests the item {ITEM} of {CHECKLIST}.",
        "signature",
        (attest(CHECKLIST, ITEM, (ROLE,)),),
    )


def _holds(claim: Attest, review: CaseUnderReview) -> bool:
    return claim.expires is None or review.today <= date.fromisoformat(claim.expires)


def _independent(claim: Claim, review: CaseUnderReview) -> bool:
    # Without a signed author everybody would be "somebody else", the author under a second name included.
    return bool(review.authors) and not any(same_person(claim, author) for author in review.authors)
