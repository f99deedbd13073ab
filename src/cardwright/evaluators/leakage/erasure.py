"""Erasure and retention: are those who asked to be deleted gone from the training data, and is anything kept beyond its day?"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.evaluators.leakage.part import LeakagePart, Measurement, share
from cardwright.evaluators.rows.wording import agree, counted, part_of
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import Finding, NotTested, Scanned
from cardwright.record.measurement import Measured
from cardwright.sources.interface import Predictions, Table

UNHONOURED, PASSED = "unhonoured_deletion_rate", "retention_passed_rate"
UNDATED = "retention_undated_rate"


def assess(options: LeakageOptions, inputs: Inputs) -> LeakagePart:
    """Requests whose person is still in the training data, and rows past the day until which they may be kept.

    Raises
    ------
    UsageError
        If a column or a source does not exist, or no day is given to compare with.
    """
    where = f"{inputs.id} (leakage)"
    training = inputs.sources.get("training")
    if not isinstance(training, Predictions | Table):
        raise UsageError(
            "erasure and retention are looked for in `training`",
            where=where,
            do="Name the rows that the model was trained on.",
        )
    measurements: list[Measurement] = []
    findings: list[Finding] = []
    scanned: list[Scanned] = []
    left: list[NotTested] = []
    if "deletions" in inputs.sources:
        measured, noted, rows = _erased(options, training, inputs.get("deletions", Table), where)
        measurements += measured
        findings += noted
        scanned.append(Scanned(what="training rows searched for deleted persons", scanned=rows, total=rows))
    else:
        left.append(NotTested(what="deletion requests", why="no `deletions` was given"))
    if options.retain_until is not None:
        measured, noted, rows = _kept(options, training, options.retain_until, where)
        measurements += measured
        findings += noted
        scanned.append(Scanned(what="training rows whose retention was looked at", scanned=rows, total=rows))
    else:
        left.append(NotTested(what="retention dates", why="no `retain_until` was given"))
    return LeakagePart(
        method="Erasure: the ids of deletion requests are looked for among those of the training rows, by value. Retention: "
        "rows whose day of `retain_until` is before `as_of` are counted, and so are rows without a day.",
        limits=(
            "A person who is in the training data under another id is not found.",
            "A model may remember a row that was deleted from the data after training: only a model trained without it, or "
            "membership inference on the deleted rows, says whether it does.",
        ),
        measurements=tuple(measurements),
        findings=tuple(findings),
        scanned=tuple(scanned),
        not_tested=(*left, NotTested(what="copies of the training data elsewhere", why="only the named table is read")),
    )


def _column(source: Predictions | Table, name: str, where: str) -> str:
    if name not in source.rows.schema.names:
        raise UsageError(
            f"there is no column {quoted(name)} in {source.ref.name}",
            where=where,
            do=hint(name, source.rows.schema.names, columns=True),
        )
    return name


def _erased(
    options: LeakageOptions, training: Predictions | Table, deletions: Table, where: str
) -> tuple[list[Measurement], list[Finding], int]:
    entity = options.entity or training.person
    if entity is None:
        raise UsageError(
            "which column names a person is not known", where=where, do="Name it with `entity:`, in both tables."
        )
    _column(training, entity, where)
    _column(deletions, entity, where)
    asked: set[str] = set()
    empty = 0
    for batch in deletions.rows.batches([entity]):
        for value in batch.column(0).to_pylist():
            name = _id(value)
            if name is None:
                empty += 1
            else:
                asked.add(name)
    still: set[str] = set()
    rows = held = 0
    for batch in training.rows.batches([entity]):
        for value in batch.column(0).to_pylist():
            rows += 1
            name = _id(value)
            if name is not None and name in asked:
                held += 1
                still.add(name)
    findings: list[Finding] = []
    if still:
        findings.append(
            Finding(
                severity="high",
                key="deletion_not_honoured",
                explanation=f"{part_of(len(still), len(asked), 'person')} who asked to be deleted "
                f"{agree(len(still), 'is', 'are')} still in the training data, with {counted(held, 'row')}.",
                where=as_label(entity),
                count=len(still),
            )
        )
    if empty:
        findings.append(
            Finding(
                severity="medium",
                key="deletion_without_id",
                explanation=f"{counted(empty, 'deletion request')} {agree(empty, 'names', 'name')} nobody, so whether "
                f"{agree(empty, 'it was', 'they were')} honoured is not known.",
                where=as_label(entity),
                count=empty,
            )
        )
    measured = share(
        UNHONOURED, len(still), len(asked), level=options.level, what="deletion requests with an id", unit="person"
    )
    return [_counted(measured)], findings, rows


def _id(value: object) -> str | None:
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124  NaN is missing
        return None
    return as_label(value).strip() or None


def _kept(
    options: LeakageOptions, training: Predictions | Table, column: str, where: str
) -> tuple[list[Measurement], list[Finding], int]:
    _column(training, column, where)
    today = _day(options.as_of)
    if today is None:
        raise UsageError(
            "`retain_until` needs `as_of`, the day to compare with", where=where, do="Write, for example, 2026-11-23."
        )
    rows = passed = undated = 0
    for batch in training.rows.batches([column]):
        for value in batch.column(0).to_pylist():
            rows += 1
            until = _day(value)
            undated += until is None
            passed += until is not None and until < today
    findings: list[Finding] = []
    if passed:
        findings.append(
            Finding(
                severity="high",
                key="retention_passed",
                explanation=f"{part_of(passed, rows, 'training row')} {agree(passed, 'is', 'are')} kept beyond the day "
                f"until which {agree(passed, 'it', 'they')} may be kept, as of {today.isoformat()}.",
                where=as_label(column),
                count=passed,
            )
        )
    if undated:
        findings.append(
            Finding(
                severity="medium",
                key="retention_undated",
                explanation=f"{part_of(undated, rows, 'training row')} {agree(undated, 'has', 'have')} no day until which "
                f"{agree(undated, 'it', 'they')} may be kept, or none that can be read.",
                where=as_label(column),
                count=undated,
            )
        )
    return (
        [
            _counted(share(PASSED, passed, rows, level=options.level, what="training rows")),
            _counted(share(UNDATED, undated, rows, level=options.level, what="training rows")),
        ],
        findings,
        rows,
    )


def _counted(measured: Measurement) -> Measurement:
    """A count of all there are, which has no sampling error."""
    if not isinstance(measured, Measured) or measured.sampling is None:
        return measured
    sampling = measured.sampling.model_copy(update={"design": "census"})
    return measured.model_copy(update={"interval": None, "sampling": sampling})


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value).strip()).date()
    except ValueError:
        return None


__all__ = ["assess"]
