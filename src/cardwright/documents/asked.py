"""Numbers that a decision asks for by name: overlap, personal data, attacks, drivers, a baseline; whoever measured them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from cardwright.documents.language import Language
from cardwright.record.evaluation import SEVERITIES, Severity
from cardwright.record.measurement import Measured, Measurement
from cardwright.record.record import Record

MOST = 3
"""Numbers that answer one question here; the others are in its evaluation."""


class _HasMeasurement(Protocol):
    @property
    def m(self) -> Measurement: ...


Row = TypeVar("Row", bound=_HasMeasurement)


@dataclass(frozen=True)
class AskedQuestion(Generic[Row]):
    """A question, and the numbers that answer it; none if it was not tested."""

    question: str
    """In the language of the edition."""
    rows: tuple[Row, ...]
    found: tuple[tuple[str, Severity], ...] = ()
    """Of personal data: the columns or fields with a finding, each with its gravest, the gravest first."""


@dataclass(frozen=True)
class _NamedQuestion:
    question: str
    metrics: tuple[str, ...]
    of_data: bool = False
    """Whether it is asked of a dataset too."""
    by_slice: bool = False
    """Whether its answer is the slices with the largest numbers."""
    named_by: tuple[str, ...] = ()
    """Metrics whose evaluations say in their findings which columns are meant."""


def _questions(say: Language) -> tuple[_NamedQuestion, ...]:
    return (
        _NamedQuestion(
            say.text("Test rows seen in training"),
            ("exact_overlap_rate", "near_overlap_rate", "exact_overlap_with_label_rate"),
        ),
        _NamedQuestion(
            say.text("Personal data"),
            ("pii_row_rate", "personal_column_count", "pii_new_in_response_rate", "k_anonymity"),
            of_data=True,
            named_by=("pii_row_rate", "personal_column_count"),
        ),
        _NamedQuestion(
            say.text("Attacks"),
            ("attack_success_rate", "incident_rate", "largest_membership_inference_auc", "attribute_inference_difference",
             "largest_synthetic_attack_risk"),
        ),
        _NamedQuestion(say.text("What drives the output"), ("attribution_share", "mean_absolute_attribution"), by_slice=True),
        _NamedQuestion(
            say.text("Better than what"),
            ("accuracy_change", "roc_auc_change", "balanced_accuracy_change", "mean_absolute_error_change", "ndcg_change",
             "attack_success_change", "over_refusal_change"),
        ),
    )  # fmt: skip


def answered(record: Record, rows: Iterable[Row], say: Language) -> tuple[AskedQuestion[Row], ...]:
    """Every question that arises for the subject, with its rows in the order of the record.

    Which features drive the output is answered by the first evaluation that says it, the largest share first.
    """
    every = [row for row in rows if isinstance(row.m, Measured)]
    found = []
    for asked in _questions(say):
        if record.subject.kind == "dataset" and not asked.of_data:
            continue
        matching = [row for row in every if row.m.metric in asked.metrics and _is_split(row) == asked.by_slice]
        if asked.by_slice and matching:
            first = matching[0].m.metric
            unique: dict[str, Row] = {}
            for row in matching:
                if row.m.metric == first:
                    unique.setdefault(str(row.m.slice), row)
            matching = sorted(unique.values(), key=_largest)
        found.append(AskedQuestion(asked.question, tuple(matching[:MOST]), _found(record, asked.named_by)))
    return tuple(found)


def _found(record: Record, metrics: tuple[str, ...]) -> tuple[tuple[str, Severity], ...]:
    gravest: dict[str, Severity] = {}
    findings = [
        finding
        for evaluation in record.evaluations
        if any(m.metric in metrics for m in evaluation.measurements)
        for finding in evaluation.findings
    ]
    for finding in sorted(findings, key=lambda one: -SEVERITIES.index(one.severity)):
        if finding.where is not None:
            gravest.setdefault(finding.where, finding.severity)
    return tuple(gravest.items())


def _is_split(row: _HasMeasurement) -> bool:
    """Whether it is a number of a slice; all attacks together, and all harmless questions, are whole."""
    return not {*row.m.slice} <= {"intent"}


def _largest(row: _HasMeasurement) -> float:
    return -row.m.value if isinstance(row.m, Measured) else 0.0


__all__ = ["MOST", "AskedQuestion", "answered"]
