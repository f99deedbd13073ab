"""The places of a record that people can link to and comment: requirements, evaluations, numbers, findings.

Numbers and findings have the short names that the documents print (`M-012`, `F-03`), so a link leads to the same place in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cardwright.attest.under_review import DossierUnderReview
from cardwright.documents import view
from cardwright.errors import UsageError
from cardwright.record import display
from cardwright.record.measurement import Measured

WHOLE = "dossier"
"""The dossier as a whole."""


@dataclass(frozen=True)
class Anchor:
    """One place."""

    id: str
    """How a comment names it."""
    kind: Literal["dossier", "requirement", "evaluation", "number", "finding"]
    words: str
    """What it is about."""
    shown: str = ""
    """For a number: the number, or why there is none; for a finding: its severity."""
    interval: str = ""
    """For a number: where the true value lies."""
    of: str = ""
    """The evaluation that it belongs to."""
    place: str = ""
    """Its anchor in the documents, if it has one."""


def of_dossier(reviewed: DossierUnderReview) -> dict[str, Anchor]:
    """Every place of a dossier by its id, in the order of its documents."""
    record = reviewed.case.record
    found = [Anchor(WHOLE, "dossier", f"{record.subject.name} {record.subject.version}")]
    found += [Anchor(one.requirement, "requirement", one.title, place=one.label) for one in reviewed.review.outcomes]
    numbers, findings = view.measurement_ids(record.evaluations), view.finding_ids(record.evaluations)
    for position, evaluation in enumerate(record.evaluations, start=1):
        found.append(Anchor(evaluation.id, "evaluation", evaluation.question, of=evaluation.id, place=f"E-{position}"))
        for index, m in enumerate(evaluation.measurements):
            id_, words = numbers[(evaluation.id, index)], ", ".join(filter(None, (m.metric, display.about(m))))
            if isinstance(m, Measured):
                interval = m.interval
                between = (
                    f"{display.number(interval.lower)} to {display.number(interval.upper)}"
                    if interval is not None
                    else ""
                )
                found.append(Anchor(id_, "number", words, display.number(m.value, m.unit), between, evaluation.id, id_))
            else:
                found.append(Anchor(id_, "number", words, f"not measured: {m.reason}", "", evaluation.id, id_))
        for index, finding in enumerate(evaluation.findings):
            id_ = findings[(evaluation.id, index)]
            found.append(Anchor(id_, "finding", finding.explanation, str(finding.severity), "", evaluation.id, id_))
    # A requirement and an evaluation can have one name: then the comment is about both, and the first one tells of it.
    by_id: dict[str, Anchor] = {}
    for one in found:
        by_id.setdefault(one.id, one)
    return by_id


def checked(known: dict[str, Anchor], id: str) -> Anchor:
    """The place that a comment names.

    Raises
    ------
    UsageError
        If this record has no such place.
    """
    found = known.get(id)
    if found is None:
        raise UsageError(
            "this record has no such place", do="Name a requirement, an evaluation, a number or a finding."
        )
    return found
