"""Incidents before a release: which concern its subject, which are settled, and what has to hold before the next one.

`docs/decisions/0057-an-open-incident-holds-the-next-release.md` says how a release knows of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from cardwright.policy.judging import kind_of_document
from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import RUN, attest
from cardwright.policy.rules.checklist import ChecklistRule
from cardwright.policy.rules.evaluated import EvaluatedRule
from cardwright.policy.rules.refers import RefersRule
from cardwright.record import canonical
from cardwright.record.case import Case, LinkedDossier
from cardwright.record.claim import Attest, SignOff, Withdraw, same_person
from cardwright.record.record import Record

STATES: Mapping[str, str] = {"incident_triage": "status", "root_cause_analysis": "state"}
"""Kinds of document about an incident, each with the field that says whether it is open."""
CLOSED = "closed"
CHECKLIST, ITEM, ROLE = "handoff_incidents", "all-named", "risk_head"
"""What somebody other than the author attests, and who is asked first."""

_SUBJECTS = ("model", "dataset", "system")
_ORDER = ("mismatched", "failed", "missing", "inconclusive")


class IncidentsAreClosed(EvaluatedRule):
    """Every incident that is known is closed and signed, and somebody else says that all are named."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        found = review.case.incidents
        named = [link for link in review.record.links if link.kind in STATES]
        # A waiver is for the incidents that were known when it was given; another one is waived anew.
        known = canonical.sha256(sorted({*(one.record.sha256 for one in found), *(one.record_sha256 for one in named)}))
        if found:
            names = ", ".join(sorted(f"{one.record.kind} {_named(one.record)}" for one in found))
            return RuleAnswer(
                "failed",
                f"Open, or closed by nobody but its author, and about this subject: {names}.",
                "Close each, have it signed by somebody else, name it under `links:` in the plan, and run again.",
                "decision",
                (RUN,),
                said_sha256=known,
            )
        linked = [
            RefersRule(kind=kind, at_least=0, answers={field: (CLOSED,)}).judge(review)
            for kind, field in STATES.items()
        ]
        answers = [*linked, _all_named(review)]
        blocking = [answer for answer in answers if answer.is_open]
        if blocking:
            worst = min(blocking, key=lambda answer: _ORDER.index(answer.status))
            return replace(worst, said_sha256=known)
        said = f"All {len(named)} incidents and analyses that are named are closed" if named else "No incident is named"
        return RuleAnswer("passed", f"{said}, and somebody other than the author attests that all are named.")


def asked_of(review: CaseUnderReview) -> bool:
    """Whether an incident is known, or an earlier release of the same subject, after which there can have been one."""
    record, plan = review.record, review.case.plan
    if record.subject.kind == "work":
        return False
    if review.case.incidents or any(link.kind in STATES for link in record.links):
        return True
    if record.provenance.previous_sha256 is not None:
        return True
    if any(link.kind in _SUBJECTS and _same(link.name, record.subject.name) for link in record.links):
        return True
    # A baseline that is not at hand may be an earlier release.
    baseline = review.case.baseline
    of_plan = plan is not None and plan.baseline_sha256 is not None
    return of_plan and (baseline is None or _same(baseline.subject.name, record.subject.name))


def concerns(incident: Case, record: Record) -> bool:
    """Whether a document about an incident concerns the subject of a record; one that does not say what it is about does.

    It does by name (whatever its case and punctuation), by what the subject says it was made from, by the record of the former
    release that the subject's plan names, and by a file that both have: a release under another name is not another model.
    """
    links = [link for link in incident.record.links if link.kind in _SUBJECTS]
    about = incident.record.subject.about
    names = [*(link.name for link in links), *([about] if about is not None else [])]
    if not names:
        return True
    mine = (record.subject.name, *record.subject.parents)
    if any(_same(one, other) for one in names for other in mine):
        return True
    if record.provenance.previous_sha256 in [link.record_sha256 for link in links]:
        return True
    files = {file.sha256 for file in record.subject.files}
    return any(
        files & {file.sha256 for file in linked.record.subject.files}
        for link in links
        if (linked := incident.linked.get(link.record_sha256)) is not None
    )


def digest_of(found: Sequence[LinkedDossier]) -> str | None:
    """What a verdict says of the incidents that were found; None where there were none."""
    return canonical.sha256(sorted(one.record.sha256 for one in found)) if found else None


def unsettled(
    found: Iterable[Case], record: Record, linked: Mapping[str, LinkedDossier] = MappingProxyType({})
) -> tuple[LinkedDossier, ...]:
    """Of documents about incidents that were found beside a dossier, those that concern its subject and hold its release.

    Each does that is not closed and approved by somebody other than its author, unless a later one of its kind and name is: a
    document that nobody else approved settles nothing, and one that is open again opens it again. Those that the record names
    are judged by its links, as it was made with them, unless somebody has objected since, or taken back what they had said.

    Parameters
    ----------
    linked:
        The dossiers that the record names, as it was made with them.
    """
    about = [case for case in found if case.record.kind in STATES and concerns(case, record)]
    settled = [case for case in about if _is_settled(case)]
    named = {link.record_sha256 for link in record.links if link.kind in STATES}
    return tuple(
        _linked(case)
        for case in about
        if not any(_settles(later, case) for later in settled)
        and (case.record.sha256 not in named or _is_contested(case, linked.get(case.record.sha256)))
    )


def _is_contested(case: Case, then: LinkedDossier | None) -> bool:
    """Whether somebody has said something against it that the copy of it does not hold with which a record was made."""
    known = {claim.id for claim in then.claims} if then is not None else set()
    return any(
        claim.id not in known
        for claim in case.claims
        if isinstance(claim, Withdraw) or (isinstance(claim, SignOff) and claim.decision != "approve")
    )


def _settles(later: Case, case: Case) -> bool:
    if later.record.sha256 == case.record.sha256:
        return True
    same = (later.record.kind, later.record.subject.name) == (case.record.kind, case.record.subject.name)
    return same and later.run is not None and case.run is not None and later.run.finished > case.run.finished


def _is_settled(case: Case) -> bool:
    kind = case.record.kind
    answer = case.record.details.answers.get(STATES[kind])
    complete = not (kind_of_document.impostor(case.record) or kind_of_document.unanswered(case.record))
    closed = answer is not None and answer.text == CLOSED
    return complete and closed and RefersRule(kind=kind).is_approved(_linked(case))


def _linked(case: Case) -> LinkedDossier:
    return LinkedDossier(record=case.record, manifest_sha256=case.manifest_sha256, claims=case.claims)


def _all_named(review: CaseUnderReview) -> RuleAnswer:
    """That all are named is attested by somebody who neither wrote the plan nor made the dossier."""
    answer = ChecklistRule(checklist=CHECKLIST, items=(ITEM,)).judge(review)
    if answer.is_open:
        return RuleAnswer(
            answer.status,
            "Nobody says that every incident since the last release is named."
            if answer.status == "missing"
            else answer.explanation,
            "Somebody other than the author attests it.",
            "signature",
            (attest(CHECKLIST, ITEM, (ROLE,)),),
        )
    said = [
        claim
        for claim in review.claims
        if isinstance(claim, Attest)
        and (claim.checklist, claim.item) == (CHECKLIST, ITEM)
        and claim.answer != "not_met"
    ]
    if review.authors and any(not any(same_person(claim, one) for one in review.authors) for claim in said):
        return answer
    return RuleAnswer(
        "missing",
        "Only its author says that every incident since the last release is named, or nobody knows who its author is.",
        "Somebody other than the author attests it.",
        "signature",
        (attest(CHECKLIST, ITEM, (ROLE,)),),
    )


def _named(record: Record) -> str:
    return f"{record.subject.name} {record.subject.version}"


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
