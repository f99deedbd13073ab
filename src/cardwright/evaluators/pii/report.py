"""What the counts say: measurements, findings, tables, and in words what was done and what was not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.column_names import names_findings, shown_names
from cardwright.evaluators.pii.columns import LEAST_DIGITS, MOST_DIGITS, Plan
from cardwright.evaluators.pii.findings import kind_findings, other_findings
from cardwright.evaluators.pii.headings import (
    PersonalColumn,
    heading_counts,
    heading_findings,
    heading_method,
    heading_table,
    personal_columns,
)
from cardwright.evaluators.pii.measured_errors import error_measurements, errors_table, in_words, mismatch
from cardwright.evaluators.pii.planted import (
    LEAST_TEXTS,
    LEAST_WORDS,
    PlantedResult,
    planted_gaps,
    planted_table,
)
from cardwright.evaluators.pii.tables import scan_tables, unread_table
from cardwright.evaluators.pii.tally import PiiTally, ScanSettings, hits_in_all
from cardwright.evaluators.pii.unseen import unseen, who_says
from cardwright.evaluators.pii.words import (
    Completeness,
    SelfCheck,
    Source,
    completeness_of,
    coverage_of,
    limits_of,
    method_of,
)
from cardwright.record.detector_calibration import DetectorCalibration
from cardwright.record.evaluation import (
    Coverage,
    Finding,
    NotTested,
    Scanned,
)
from cardwright.record.evaluation import Table as RecordTable
from cardwright.record.measurement import Interval, Measured, Sampling, Unmeasured
from cardwright.sources.interface import Interactions, NerModel, Texts


@dataclass(frozen=True)
class PiiReport:
    """The parts of an `Evaluation` that depend on what was found."""

    method: str
    limits: tuple[str, ...]
    measurements: tuple[Measured | Unmeasured, ...]
    findings: tuple[Finding, ...]
    tables: tuple[RecordTable, ...]
    coverage: Coverage
    completeness: Completeness
    not_applicable: str | None = None


@dataclass(frozen=True)
class Beside:
    """What is known of the detector besides what it found."""

    planted: tuple[PlantedResult, ...]
    """How many planted values were found."""
    asked: bool
    """Whether values were to be planted."""
    calibration: DetectorCalibration | None
    """What it finds and misses on marked texts."""
    version: str
    """The evaluator's version."""

    def fitting(
        self, settings: ScanSettings, countries: tuple[str, ...] | None
    ) -> tuple[DetectorCalibration | None, tuple[str, ...]]:
        """The calibration if it is of the detector that looked, or else what has to be said."""
        if self.calibration is None:
            return None, ()
        why = mismatch(self.calibration, self.version, settings, countries)
        return (
            (self.calibration, ())
            if why is None
            else (None, (f"The calibration that the plan names is not used: {why}.",))
        )


def conclude(
    detector: engine.Detector,
    settings: ScanSettings,
    plan: Plan,
    tally: PiiTally,
    checked: SelfCheck,
    source: Source,
    beside: Beside,
) -> PiiReport:
    """Everything that is said about a tally."""
    known, unfit = beside.fitting(settings, detector.countries)
    names = shown_names(detector, plan)
    personal = _personal(plan, names, source)
    return PiiReport(
        method=_method(detector, settings, checked, source) + (f" {in_words(known)}" if known is not None else ""),
        limits=(*limits_of(source, settings), *unfit),
        measurements=(
            *_measurements(settings, tally, source, names),
            *_counted(personal, source),
            *(error_measurements(known, settings) if known is not None else ()),
        ),
        findings=(
            *heading_findings(personal),
            *kind_findings(detector, settings, plan, tally, names),
            *other_findings(detector, settings, plan, tally, names),
        ),
        tables=(
            *scan_tables(settings, plan, tally, names),
            *((errors_table(known, tally),) if known is not None else ()),
            *planted_table(beside.planted, settings.level),
            *heading_table(personal),
        ),
        coverage=_with_gaps(coverage_of(detector, settings, plan, tally, checked, source, names), beside, source),
        completeness=completeness_of(plan, tally, source),
    )


def _with_gaps(coverage: Coverage, beside: Beside, source: Source) -> Coverage:
    gaps = [*planted_gaps(beside.planted)]
    if beside.asked and not beside.planted and isinstance(source, (Texts, Interactions)):
        gaps.append(
            NotTested(
                what="how many generated values come back that are planted into these texts",
                why=f"the sample has fewer than {LEAST_TEXTS} texts of {LEAST_WORDS} words, or presidio's own engine ran",
            )
        )
    return coverage.model_copy(update={"not_tested": (*coverage.not_tested, *gaps)}) if gaps else coverage


def _personal(plan: Plan, names: Mapping[str, str], source: Source) -> tuple[PersonalColumn, ...]:
    # The parts of an interaction are ours, and say nothing about what they hold.
    return () if isinstance(source, Interactions) else personal_columns(plan, names)


def _counted(personal: tuple[PersonalColumn, ...], source: Source) -> Iterator[Measured]:
    if not isinstance(source, Interactions):
        yield from heading_counts(personal)


def _method(detector: engine.Detector, settings: ScanSettings, checked: SelfCheck, source: Source) -> str:
    method = method_of(detector, settings, checked, source)
    return method if isinstance(source, Interactions) else f"{method} {heading_method()}"


def not_applicable(detector: engine.Detector, settings: ScanSettings, plan: Plan, source: Source) -> PiiReport:
    """What is said where no column can hold text or such numbers: the schema, as it was scanned, is the evidence."""
    names = shown_names(detector, plan)
    columns = [f"{names[name]} ({kind}: {why})" for name, kind, why in plan.skipped]
    shown = "; ".join(columns[:40]) + (f"; and {len(columns) - 40} more" if len(columns) > 40 else "")
    reason = (
        f"None of the {len(plan.skipped)} columns can hold text, nor whole numbers of {LEAST_DIGITS} to {MOST_DIGITS} digits: "
        f"{shown}."
    )
    short = "No column holds text in which patterns of e-mail or telephone could be searched."
    metrics = ("pii_row_rate", "pii_hits", "pii_raw_hits")
    coverage = Coverage(
        scanned=(
            Scanned(
                what="columns of which the schema was looked at", scanned=len(plan.skipped), total=len(plan.skipped)
            ),
        ),
        not_tested=(
            *unseen(settings.models, settings.languages),
            NotTested(
                what="whether rows can be told apart by combinations of their numbers",
                why="that is asked of a data profile",
            ),
        ),
    )
    personal = _personal(plan, names, source)
    findings = (*heading_findings(personal), *names_findings(detector, settings, plan))
    return PiiReport(
        method=_method(detector, settings, SelfCheck(0, 0), source),
        limits=limits_of(source, settings),
        measurements=(
            *(Unmeasured(metric=metric, code="not_applicable", reason=short) for metric in metrics),
            *_counted(personal, source),
        ),
        findings=findings,
        tables=(*unread_table(plan, names), *heading_table(personal)),
        coverage=coverage,
        completeness="complete",
        not_applicable=None if findings else reason,
    )


def _unit(source: Source) -> str:
    return "interaction" if isinstance(source, Interactions) else getattr(source, "unit", "row")


def _rate(
    metric: str, hits: int, rows: int, settings: ScanSettings, unit: str, design: str, slice: dict[str, str | None]
) -> Measured | Unmeasured:
    from cardwright.statistics.intervals import wilson

    sampling = Sampling(unit=unit, units=rows, observations=rows, design=design)
    bounds = wilson(hits, rows, settings.level)
    if bounds is None:
        return Unmeasured(
            metric=metric,
            slice=slice,
            code="undefined",
            reason="There are 0 rows, so there is no rate.",
            denominator=0.0,
        )
    return Measured(
        metric=metric,
        slice=slice,
        scorer=who_says(slice.get("entity"), settings.models),
        value=hits / rows,
        unit="proportion",
        direction="lower_is_better",
        interval=Interval(level=bounds.level, lower=bounds.lower, upper=bounds.upper, method=bounds.method),
        sampling=sampling,
        numerator=float(hits),
        denominator=float(rows),
    )


def _count(metric: str, value: int, slice: dict[str, str | None], models: Sequence[NerModel]) -> Measured:
    return Measured(
        metric=metric,
        slice=slice,
        scorer=who_says(slice.get("entity"), models),
        value=float(value),
        unit="count",
        direction="lower_is_better",
        denominator=None,
    )


def _measurements(
    settings: ScanSettings, tally: PiiTally, source: Source, names: Mapping[str, str]
) -> Iterator[Measured | Unmeasured]:
    unit = _unit(source)
    design = "random" if settings.sample is not None else getattr(source, "design", "unstated")

    def rate(metric: str, hits: int, rows: int, **slice: str | None) -> Measured | Unmeasured:
        return _rate(metric, hits, rows, settings, unit, design, dict(slice))

    yield rate("pii_row_rate", tally.hit_rows, tally.rows)
    yield _count("pii_hits", sum(hits_in_all(tally, "hits", name) for name in settings.entities), {}, settings.models)
    yield _count(
        "pii_raw_hits", sum(hits_in_all(tally, "raw", name) for name in settings.entities), {}, settings.models
    )
    for name in settings.entities:
        yield rate("pii_row_rate", tally.entity_rows.get(name, 0), tally.rows, entity=name)
        yield _count("pii_hits", hits_in_all(tally, "hits", name), {"entity": name}, settings.models)
        yield _count("pii_raw_hits", hits_in_all(tally, "raw", name), {"entity": name}, settings.models)
    for column, one in tally.columns.items():
        yield rate("pii_row_rate", one.hit_rows, tally.rows, column=names[column])
        for name, rows in one.rows.items():
            yield rate("pii_row_rate", rows, tally.rows, column=names[column], entity=name)
            yield _count("pii_hits", one.hits[name], {"column": names[column], "entity": name}, settings.models)
    if "response" in tally.columns and isinstance(source, Interactions):
        responses = tally.columns["response"].cells
        yield rate("pii_new_in_response_rate", tally.new_rows, responses)
        for name in settings.entities:
            yield rate("pii_new_in_response_rate", tally.new_entity_rows.get(name, 0), responses, entity=name)
