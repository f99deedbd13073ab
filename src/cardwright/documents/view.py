"""What templates see: the record and the verdict, put in the order of a reader, with short stable ids to refer to.

Requirements are R-01 …, evaluations E-1 …, measurements M-001 …, findings F-01 …, in the order of the record, so that they stay
the same in every document made from it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import islice, product, takewhile
from operator import contains
from typing import Any, Literal

from cardwright.documents import asked, decision, figures, filled_fields, former, personal_data, takeaway, topics
from cardwright.documents.environment import moment, number
from cardwright.documents.interface import Document, Edition
from cardwright.documents.language import ENGLISH, Language, words
from cardwright.documents.monitoring import AlarmLimits, WatchedNumber, alarm_limits, watched
from cardwright.documents.revealing import RevealingQuestion, answered
from cardwright.record import canonical, filling, open_risks
from cardwright.record.base import Slice
from cardwright.record.coverage import ChecklistCoverage
from cardwright.record.details import FIELDS, Answer, FieldSpec
from cardwright.record.evaluation import SEVERITIES, Evaluation, Finding, Table
from cardwright.record.kind import RecordLink, released_by
from cardwright.record.measurement import Measured, Measurement, Unmeasured
from cardwright.record.record import NotEvaluated, Planned, Record
from cardwright.record.verdict import Outcome, Verdict

MOST_ROWS = 200
"""Rows of a table on a screen; the whole table is attached to the PDF."""

MOST_ROWS_PRINTED = 15
"""Rows of a table in print: what a reader takes in on one page. The whole table is attached."""

KEY_NUMBERS = 8
"""Numbers of an evaluation that its page prints; all of them are attached."""

MOST_ROWS_BESIDE = 8
"""Rows of the one table that an evaluation's page may print; longer ones are attached."""


@dataclass(frozen=True)
class MeasurementView:
    """A measurement with its id."""

    id: str
    m: Measurement
    evaluation: str = ""
    """The id of its evaluation in the plan, where several evaluations stand side by side."""
    limits: tuple[float, ...] = ()
    """What requirements compare it with: it is printed so that it does not seem to touch them."""


@dataclass(frozen=True)
class TableView:
    """A table, cut where it is longer than a document should hold."""

    id: str
    table: Table
    rows: tuple[tuple[Any, ...], ...]
    cut: int
    """Rows left out here; they are in the attachment."""
    widths: tuple[float, ...]
    """Share of the page's width for each column, in percent: by its longest cell."""


@dataclass(frozen=True)
class Extremes:
    """The groups of one attribute, or of several crossed, between which a number differs most.

    The worst is named however few its cases; the best is one of enough cases, if there is one.
    """

    evaluation: str
    """E-1 …"""
    across: tuple[str, ...]
    worst: MeasurementView
    """The lowest, where neither way is better."""
    best: MeasurementView
    measured: int
    """How many groups have a number."""
    known: int
    """Out of how many; rows of unknown membership are not counted."""
    least: float
    """The fewest cases by which the evaluation compares groups, and so of the best one; 0 if it names no minimum."""
    too_few: tuple[MeasurementView, ...] = ()
    """Groups of fewer cases than that, which do better than the best one or as well: they are not taken for it."""
    unmeasured: tuple[MeasurementView, ...] = ()
    """Groups without a number, each with its reason."""
    empty: tuple[Slice, ...] = ()
    """Crossings of the groups of the plan in which there is no row; the first of them."""
    empty_count: int = 0
    """How many there are."""

    @property
    def without(self) -> tuple[Slice, ...]:
        """The groups without a number, as far as they are named."""
        return (*(view.m.slice for view in self.unmeasured), *self.empty)


@dataclass(frozen=True)
class PassedOver:
    """A group that is neither the worst nor the best for what it lacks: cases, a number, or every row."""

    evaluation: str
    """E-1 …"""
    slice: Slice
    rows: tuple[MeasurementView, ...]
    """Its numbers, or what was not measured of it; empty if it has no row."""
    least: float
    """How many cases it would need."""


@dataclass(frozen=True)
class Silent:
    """Numbers that were not measured for the same reason."""

    reason: str
    rows: tuple[MeasurementView, ...]


@dataclass(frozen=True)
class EvaluationView:
    """An evaluation with everything about it."""

    id: str
    """E-1 …"""
    evaluation: Evaluation
    planned: Planned
    overall: tuple[MeasurementView, ...]
    """Over all rows, and gaps."""
    overall_cut: int
    """How many of those are left out here; they are in the attachment."""
    sliced: tuple[MeasurementView, ...]
    """By group."""
    unmeasured: tuple[Silent, ...]
    """By reason."""
    tables: tuple[TableView, ...]
    figures: tuple[figures.Figure, ...]
    findings: tuple[tuple[str, Finding], ...]
    cut: int
    """Measurements by group that are left out here; they are in the attachment."""
    other: str | None
    """The source whose numbers these are, if it is about another model than the subject."""
    takeaway: str
    """What it says, in a sentence."""
    key: tuple[MeasurementView, ...]
    """The numbers to print if not all are: those that a requirement judged, then gaps over one attribute, then the rest."""
    printed: TableView | None
    """The one table to print if not all are: short, and not all zero; none if a figure of groups says it."""
    measured: int
    """How many numbers it has."""
    as_before: dict[str, str]
    """Which of `method`, `limits` and `not_tested` are the same as in an earlier evaluation, with its id: printed once."""

    shared_limits: tuple[str, int] | None
    """An earlier evaluation with the same first limits, at least two of them, and how many: printed once."""


@dataclass(frozen=True)
class FieldView:
    """A question to people, and the answer if there is one."""

    spec: FieldSpec
    answer: Answer | None
    provided: bool
    needed: bool
    """Whether the policy asks for it."""
    widths: tuple[float, ...]
    """Share of the page's width for each column of its entries, in percent."""
    filled: tuple[filled_fields.FilledView, ...] = ()
    """What the dossiers that the document refers to say about it."""
    released_by: tuple[tuple[str, str], ...] = ()
    """Other questions, by their titles, and the answers to them by which this one need not be answered."""

    @property
    def evidenced(self) -> bool:
        """Whether one of these answers it, so that nobody has to."""
        return any(one.fills for one in self.filled)


@dataclass(frozen=True)
class GravestFinding:
    """One of the findings that a reader has to know, and those that say the same of something else."""

    id: str
    evaluation: str
    finding: Finding
    alike: tuple[str, ...]
    """F-02 …"""
    unjudged: bool
    """Whether it is high or critical and no requirement judges what its evaluation found."""


@dataclass(frozen=True)
class Untested:
    """What some evaluations of one evaluator did not test, told once for all of them."""

    ids: tuple[str, ...]
    """E-1 …"""
    names: tuple[str, ...]
    """The same evaluations by their ids in the plan."""
    whats: tuple[str, ...]
    """None if they list nothing."""
    others: tuple[str, ...]
    """Evaluations by the same evaluator that do not list it."""


@dataclass(frozen=True)
class DocumentView:
    """Everything a template may show."""

    title: str
    document: Document
    edition: Edition
    data_only: bool
    """Whether the card is about a model's data and not about the model."""
    evaluations: tuple[EvaluationView, ...]
    gaps: tuple[NotEvaluated, ...]
    fields: tuple[FieldView, ...]
    sections: tuple[tuple[str, tuple[FieldView, ...]], ...]
    """The fields by section, in the order of a reader."""
    missing_fields: tuple[FieldView, ...]
    blocking: tuple[Outcome, ...]
    passed: tuple[Outcome, ...]
    findings: tuple[tuple[str, str, Finding], ...]
    """(id, evaluation id, finding), the worst first."""
    gravest: tuple[GravestFinding, ...]
    """The most severe findings, one of each kind, two at most."""
    less_grave: int
    """How many findings there are that are neither among these nor alike."""
    placed: frozenset[str]
    """F-01 …: findings that are followed by their column, category or slice."""
    bar: figures.Figure | None
    supplied: tuple[str, ...]
    """Evaluations of the subject's answers or predictions that were read from files and that no model here reproduced; E-1 …"""
    scored: bool
    """Whether a requirement judged a number that a scorer's judgement decides."""
    attacked: bool
    """Whether a requirement judged how often attacks succeed."""
    margins: figures.Figure | None
    """How far inside their limits the measured requirements lie."""
    extremes: tuple[Extremes, ...]
    """Worst and best groups."""
    worst_groups: tuple[Extremes, ...]
    """Of each number, the attribute over which it differs most: what a decision needs of the extremes."""
    too_few: tuple[PassedOver, ...]
    """Groups that do better than the best of `worst_groups`, by too few cases to be taken for it."""
    without_number: tuple[PassedOver, ...]
    """Groups of which a number of `worst_groups` was not measured, and crossings of the plan's groups without a row."""
    stated: tuple[str, str] | None
    """Who answered and when, if it is the same for every answer: printed once."""
    coverage: tuple[ChecklistCoverage, ...]
    """Checklists compared with the record."""
    linked: tuple[tuple[RecordLink, Record | None], ...]
    """The dossiers that the record refers to, each with its record if that is at hand."""
    by_name: dict[str, FieldView]
    """The fields by name, for a document that asks for some of them."""
    alarms: AlarmLimits[WatchedNumber] | None
    """When a number of the subject's performance, measured again in operation, is an alarm; None if none has an interval."""
    open_risks: tuple[open_risks.OpenRisk, ...]
    """What nobody accepted, or somebody says is not there; it stands beside the decision wherever that is printed."""
    decision: decision.DecisionView
    """Who signed and how independently, until when and why, what was known before."""
    former: tuple[former.FormerRelease, ...]
    """Former releases that evaluations compare with, whether or not the plan names an earlier record."""
    topics: tuple[topics.TopicCoverage, ...]
    """What can go wrong, which evaluation looked at it, and what came out."""
    untested: tuple[Untested, ...]
    """What the evaluations list as not tested, the same things of several of them once."""
    answers: tuple[asked.AskedQuestion[MeasurementView], ...]
    """Numbers that a decision asks for by name."""
    personal: tuple[personal_data.PersonalColumns, ...]
    """Columns about a person: what they are, what for and on which legal basis."""
    ids: dict[tuple[str, int], str]
    """Ids of the measurements (M-001 …) by evaluation and place."""
    names: dict[str, str]
    """Ids of the evaluations (E-1 …) by their ids in the plan."""
    reveals: tuple[RevealingQuestion[MeasurementView], ...]
    """What a model may reveal, on its card; empty in all other documents."""


_DATA_FIELDS = {
    "owners", "limitations", "training_data", "evaluation_data", "retention", "maintenance", "citation",
    *(name for name, spec in FIELDS.items() if spec.kinds == ("dataset",)),
}  # fmt: skip
"""What a dataset card asks about the data of a model."""


def measurement_ids(evaluations: tuple[Evaluation, ...]) -> dict[tuple[str, int], str]:
    """The short name of every measurement in the documents, `M-001`, by evaluation and place in it."""
    ids: dict[tuple[str, int], str] = {}
    count = 0
    for evaluation in evaluations:
        for index in range(len(evaluation.measurements)):
            count += 1
            ids[(evaluation.id, index)] = f"M-{count:03d}"
    return ids


def finding_ids(evaluations: tuple[Evaluation, ...]) -> dict[tuple[str, int], str]:
    """The short name of every finding in the documents, `F-01`, by evaluation and place in it."""
    ids: dict[tuple[str, int], str] = {}
    for evaluation in evaluations:
        for index in range(len(evaluation.findings)):
            ids[(evaluation.id, index)] = f"F-{len(ids) + 1:02d}"
    return ids


_FIRST = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "accuracy", "roc_auc", "mean_absolute_error",
    "attack_success_rate",
)  # fmt: skip
"""What is asked first about groups; the other rates follow from these, or are in the tables."""


_Limits = Mapping[tuple[str, str, frozenset[tuple[str, str | None]], tuple[str, ...]], tuple[float, ...]]
"""What numbers are compared with, by evaluation, metric, slice and attributes of a gap."""


def _limits(verdict: Verdict | None) -> _Limits:
    found: dict[tuple[str, str, frozenset[tuple[str, str | None]], tuple[str, ...]], dict[float, None]] = {}
    for outcome in verdict.outcomes if verdict is not None else ():
        for seen in outcome.observations if outcome.limit is not None else ():
            key = (seen.evaluation, seen.metric, frozenset(seen.slice.items()), seen.across)
            found.setdefault(key, {})[outcome.limit.value] = None  # type: ignore[union-attr]
    return {key: tuple(limits) for key, limits in found.items()}


def _measurement_views(
    evaluation: Evaluation, ids: dict[tuple[str, int], str], limits: _Limits
) -> Iterator[MeasurementView]:
    for index, m in enumerate(evaluation.measurements):
        compared = limits.get((evaluation.id, m.metric, frozenset(m.slice.items()), m.across), ())
        yield MeasurementView(ids[(evaluation.id, index)], m, evaluation.id, compared)


def _extremes(name: str, evaluation: Evaluation, planned: Planned, seen: list[MeasurementView]) -> list[Extremes]:
    attributes = {group.attribute for group in planned.groups}
    asked_for = evaluation.parameters.get("min_denominator")
    least = float(asked_for) if isinstance(asked_for, int | float) else 0.0
    groups: dict[tuple[object, ...], list[MeasurementView]] = {}
    for view in seen:
        m = view.m
        # Attacks come in categories, which are groups of attempts and declared nowhere.
        declared = bool(m.slice) and set(m.slice) <= (attributes or {"category"})
        if m.metric in _FIRST and declared and None not in m.slice.values():
            key = (m.metric, tuple(m.slice), m.given, m.of_class, str(m.at))
            groups.setdefault(key, []).append(view)
    extremes = []
    for (_, across, *_), views in sorted(
        groups.items(),
        key=lambda item: (len(item[0][1]), item[0][1], _FIRST.index(str(item[0][0]))),  # type: ignore[arg-type]
    ):
        measured = sorted(
            ((view.m.value, -position, view) for position, view in enumerate(views) if isinstance(view.m, Measured)),
            key=lambda one: one[:2],
        )
        if len(measured) < 2:
            continue
        if measured[0][0] == measured[-1][0]:
            continue
        ordered = [view for _, _, view in measured]
        if ordered[0].m.direction == "lower_is_better":  # type: ignore[union-attr]
            ordered.reverse()
        # A group that does badly is named however small it is; one that does well by few cases is no yardstick.
        enough = [view for view in ordered[1:] if _cases(view) >= least and _value(view) != _value(ordered[0])]
        worst, best = ordered[0], (enough or ordered)[-1]
        better = ordered[ordered.index(best) + 1 :]
        silent = tuple(view for view in views if isinstance(view.m, Unmeasured))
        empty, count = _empty(across, views, planned)  # type: ignore[arg-type]
        known, few = len(views) + count, tuple(better)
        extremes.append(
            Extremes(name, across, worst, best, len(measured), known, least, few, silent, empty, count)  # type: ignore[arg-type]
        )
    return extremes


def _empty(
    across: tuple[str, ...], views: list[MeasurementView], planned: Planned, most: int = 5
) -> tuple[tuple[Slice, ...], int]:
    groups = {one.attribute: one.groups for one in planned.groups}
    if not all(attribute in groups for attribute in across):
        return (), 0
    declared = [groups[name] for name in across]
    there = {values for view in views if all(map(contains, declared, values := tuple(view.m.slice.values())))}
    # Several attributes of many groups cross in millions of ways: only the first that are empty are named.
    empty: Iterator[Slice] = (
        dict(zip(across, values, strict=True)) for values in product(*declared) if values not in there
    )
    return tuple(islice(empty, most)), math.prod(map(len, declared)) - len(there)


def _value(view: MeasurementView) -> float:
    assert isinstance(view.m, Measured)
    return view.m.value


def _cases(view: MeasurementView) -> float:
    assert isinstance(view.m, Measured)
    return view.m.denominator if view.m.denominator is not None else math.inf


def _widest(extremes: list[Extremes]) -> tuple[Extremes, ...]:
    by_metric: dict[tuple[str, str], Extremes] = {}
    for one in extremes:
        former = by_metric.get((one.evaluation, one.worst.m.metric))
        if former is None or _distance(one) > _distance(former):
            by_metric[one.evaluation, one.worst.m.metric] = one
    return tuple(by_metric.values())


def _passed_over(extremes: tuple[Extremes, ...], why: Literal["too_few", "unmeasured"]) -> tuple[PassedOver, ...]:
    found: dict[tuple[object, ...], PassedOver] = {}
    for one in extremes:
        rows: list[tuple[Slice, tuple[MeasurementView, ...]]] = [(row.m.slice, (row,)) for row in getattr(one, why)]
        rows += [(empty, ()) for empty in one.empty] if why == "unmeasured" else []
        for slice_, told in rows:
            key = (one.evaluation, *slice_.items())
            former = found[key].rows if key in found else ()
            found[key] = PassedOver(one.evaluation, slice_, (*former, *told), one.least)
    return tuple(found.values())


def _distance(one: Extremes) -> float:
    return abs(_value(one.worst) - _value(one.best))


def _by_reason(views: list[MeasurementView]) -> tuple[Silent, ...]:
    reasons: dict[str, list[MeasurementView]] = {}
    for view in views:
        if isinstance(view.m, Unmeasured):
            reasons.setdefault(view.m.reason, []).append(view)
    return tuple(Silent(reason, tuple(rows)) for reason, rows in reasons.items())


def _weight(severity: str) -> int:
    return -[str(known) for known in SEVERITIES].index(severity)


def make(document: Document, edition: Edition, *, printed: bool = False, say: Language = ENGLISH) -> DocumentView:
    """The view of an edition for a document, on a screen or printed, its figures in a language."""
    most = MOST_ROWS_PRINTED if printed else MOST_ROWS
    record, verdict = edition.record, edition.verdict
    ids = measurement_ids(record.evaluations)
    limits = _limits(verdict)
    found_ids = finding_ids(record.evaluations)
    # A dataset card of a model is about the data alone: it shows only evaluations that read neither predictions nor a model.
    data_only = document.name == "dataset_card" and record.subject.kind != "dataset"
    kinds = {dataset.name: dataset.kind for dataset in record.provenance.datasets}
    views: list[EvaluationView] = []
    told: dict[tuple[str, object], str] = {}
    extremes: list[Extremes] = []
    for position, evaluation in enumerate(record.evaluations, start=1):
        planned = record.plan(evaluation.id)
        assert planned is not None  # the record accounts for everything planned
        if data_only and any(kinds.get(i.name) in ("predictions", "model") for i in evaluation.inputs):
            continue
        name = f"E-{position}"
        parts = {"method": evaluation.method, "limits": evaluation.limits, "not_tested": evaluation.coverage.not_tested}
        before = {part: first for part, said in parts.items() if (first := told.setdefault((part, said), name)) != name}
        numbers = list(_measurement_views(evaluation, ids, limits))
        for one in _extremes(name, evaluation, planned, numbers):
            # Two evaluations may count the same groups of the same rows.
            if not any((one.worst.m, one.best.m) == (other.worst.m, other.best.m) for other in extremes):
                extremes.append(one)
        other = _of_another(evaluation, record)
        shared = _shared_limits(evaluation, views)
        views.append(
            _evaluation(name, evaluation, planned, numbers, found_ids, most, before, verdict, say, other, shared)
        )
    needed = {
        name
        for outcome in (verdict.outcomes if verdict else ())
        if outcome.kind == "details"
        for name in _asked(outcome, edition)
    }
    fields = tuple(
        FieldView(
            spec,
            answer := record.details.answers.get(name),
            record.provided(name),
            name in needed,
            _entry_widths(spec, answer),
            filled_fields.of(record, name),
            _released(record, name),
        )
        for name, spec in _asked_of(document, record, needed).items()
        if not data_only or name in _DATA_FIELDS
    )
    names = {view.evaluation.id: view.id for view in views}
    findings = sorted(
        (
            (found_ids[(evaluation.id, index)], evaluation.id, finding)
            for evaluation in record.evaluations
            for index, finding in enumerate(evaluation.findings)
        ),
        key=lambda item: (_weight(item[2].severity), item[0]),
    )
    return DocumentView(
        title=f"{say.text(document.title)}: {record.title}",
        document=document,
        edition=edition,
        data_only=data_only,
        evaluations=tuple(views),
        gaps=record.not_evaluated,
        fields=fields,
        sections=tuple(
            (section, tuple(field for field in fields if field.spec.section == section))
            for section in dict.fromkeys(field.spec.section for field in fields)
        ),
        missing_fields=tuple(field for field in fields if not (field.provided or field.evidenced or field.released_by)),
        blocking=verdict.blocking if verdict else (),
        passed=tuple(o for o in verdict.outcomes if o.status == "passed") if verdict else (),
        findings=tuple(findings),
        gravest=(gravest := _gravest(findings, _judged(record, verdict))),
        less_grave=len(findings) - sum(1 + len(one.alike) for one in gravest),
        placed=_placed(findings),
        bar=figures.outcome_bar(verdict, say) if verdict else None,
        supplied=tuple(
            one.id
            for one in views
            if one.other is None and one.evaluation.binding is not None and one.evaluation.binding.kind != "recomputed"
        ),
        scored=_scored(verdict, record),
        attacked=any(
            one.metric.startswith("attack_success")
            for outcome in (verdict.outcomes if verdict else ())
            for one in outcome.observations
        ),
        margins=figures.margins(verdict, say, record) if verdict else None,
        extremes=tuple(extremes),
        worst_groups=_widest(extremes),
        too_few=_passed_over(_widest(extremes), "too_few"),
        without_number=_passed_over(_widest(extremes), "unmeasured"),
        stated=_stated(fields),
        coverage=edition.coverage,
        linked=tuple((link, _linked_record(edition, link)) for link in record.links if not _lists(record, link)),
        by_name={field.spec.name: field for field in fields},
        alarms=alarm_limits((number, number.m) for number in watched(record)),
        open_risks=open_risks.of(record.details, edition.claims),
        decision=decision.of(edition, names),
        former=former.of(record, names),
        topics=topics.covered(record, verdict, names, say),
        untested=_untested(views),
        answers=asked.answered(
            record,
            (view for e in record.evaluations for view in _measurement_views(e, ids, limits)),
            say,
        ),
        personal=personal_data.of(record),
        ids=ids,
        names=names,
        reveals=answered(
            say,
            (
                (view.m.metric, view)
                for evaluation in record.evaluations
                for view in _measurement_views(evaluation, ids, limits)
            ),
        )
        if document.name == "model_card"
        else (),
    )


def _judged(record: Record, verdict: Verdict | None) -> frozenset[str]:
    """Evaluations whose findings a requirement judges: it names them; all of an evaluator if it rests on several of them."""
    outcomes = [o for o in (verdict.outcomes if verdict else ()) if o.kind == "findings"]
    found = set()
    for outcome in outcomes:
        named = {
            e.evaluator
            for e in record.evaluations
            if re.search(rf"(?<![\w-]){re.escape(e.id)}(?![\w-])", f"{outcome.explanation} {outcome.remedy or ''}")
            or outcome.evidence_sha256 == canonical.sha256({e.id: e.content_sha256})
        }
        if not named and outcome.status != "not_applicable":
            return frozenset(e.id for e in record.evaluations)  # which it judges is not told, so nothing is said of any
        found |= {e.id for e in record.evaluations if e.evaluator in named}
    return frozenset(found) if verdict else frozenset(e.id for e in record.evaluations)


def _placed(findings: list[tuple[str, str, Finding]]) -> frozenset[str]:
    """Where the sentence of one does not name its place, all findings of that kind are followed by theirs."""
    kinds: dict[tuple[str, str], list[tuple[str, Finding]]] = {}
    for name, evaluation, finding in findings:
        if finding.where is not None:
            kinds.setdefault((evaluation, finding.key.split(".")[0]), []).append((name, finding))
    return frozenset(
        name
        for alike in kinds.values()
        if any(finding.where not in finding.explanation for _, finding in alike if finding.where is not None)
        for name, _ in alike
    )


def _gravest(findings: list[tuple[str, str, Finding]], judged: Set[str], most: int = 2) -> tuple[GravestFinding, ...]:
    kinds: dict[str, list[tuple[str, str, Finding]]] = {}
    for one in findings:
        # Findings of one key differ by what they are about: a column, a category, a slice.
        kinds.setdefault(one[2].key.rsplit(".", 1)[0], []).append(one)
    return tuple(
        GravestFinding(
            *first,
            tuple(name for name, *_ in others),
            first[2].severity in ("high", "critical") and first[1] not in judged,
        )
        for first, *others in list(kinds.values())[:most]
    )


def _scored(verdict: Verdict | None, record: Record) -> bool:
    seen = {
        (one.evaluation, one.metric)
        for outcome in (verdict.outcomes if verdict else ())
        for one in outcome.observations
    }
    return any(
        isinstance(m, Measured) and m.scorer is not None and (e.id, m.metric) in seen
        for e in record.evaluations
        for m in e.measurements
    )


def _untested(views: list[EvaluationView]) -> tuple[Untested, ...]:
    found: dict[tuple[int, ...], list[str]] = {}
    by_evaluator: dict[str, list[int]] = {}
    for place, view in enumerate(views):
        by_evaluator.setdefault(view.evaluation.evaluator, []).append(place)
    for places in by_evaluator.values():
        listed: dict[str, list[int]] = {}
        for place in places:
            whats = dict.fromkeys(gap.what for gap in views[place].evaluation.coverage.not_tested)
            for what in whats:
                listed.setdefault(what, []).append(place)
            if not whats:
                found[place,] = []
        for what, by in listed.items():
            found.setdefault(tuple(by), []).append(what)
    return tuple(
        Untested(
            tuple(views[place].id for place in by),
            tuple(views[place].evaluation.id for place in by),
            tuple(whats),
            tuple(
                views[place].id
                for place in by_evaluator[views[by[0]].evaluation.evaluator]
                if whats and place not in by
            ),
        )
        for by, whats in sorted(found.items())
    )


def _linked_record(edition: Edition, link: RecordLink) -> Record | None:
    dossier = edition.linked.get(link.record_sha256)
    return dossier.record if dossier is not None else None


def _lists(record: Record, link: RecordLink) -> bool:
    """Whether a field of the document lists the evaluations of a linked record already."""
    entries = (entry for one in record.filled if one.record_sha256 == link.record_sha256 for entry in one.entries)
    return any(entry.name == "evaluations" for entry in entries)


def _released(record: Record, name: str) -> tuple[tuple[str, str], ...]:
    if record.document is None:
        return ()
    definition = record.document.definition
    titles = {field.field: field.title for field in definition.fields}
    return tuple((titles[other], answer) for other, answer in released_by(definition, name, record.details).items())


def _asked_of(document: Document, record: Record, needed: Set[str]) -> dict[str, FieldSpec]:
    """The questions that a document shows: for a kind its own, in its order, and then the shared ones that it asks as well."""
    definition = record.document.definition if record.document is not None else None
    shared = {
        name: spec
        for name, spec in FIELDS.items()
        if (record.subject.kind in spec.kinds and spec.common) or name in record.details.answers or name in needed
    }
    if definition is None or document.name != definition.kind:
        return shared
    asked = {*definition.shared, *definition.minimum.fields, *record.details.answers}
    own = {field.field: field.spec for field in definition.fields}
    return own | {
        name: spec for name, spec in shared.items() if name in asked or spec.kinds == ("work",) or name == "owners"
    }


def _shared_limits(evaluation: Evaluation, earlier: list[EvaluationView]) -> tuple[str, int] | None:
    counts = []
    for view in earlier:
        pairs = zip(evaluation.limits, view.evaluation.limits, strict=False)
        counts.append((sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs)), view.id))
    count, name = max(counts, key=lambda one: one[0], default=(0, ""))
    return (name, count) if count > 1 else None


def _of_another(evaluation: Evaluation, record: Record) -> str | None:
    """The source that an evaluation is about, where it is about another model than the subject: a baseline or a challenger."""
    about = [source.name for source in evaluation.inputs if source.role != "model"]
    return ", ".join(about) if about and filling.is_of_another(evaluation, record) else None


def _stated(fields: tuple[FieldView, ...]) -> tuple[str, str] | None:
    statements = {(f.answer.stated_by, f.answer.stated_on) for f in fields if f.answer is not None and f.provided}
    return statements.pop() if len(statements) == 1 else None


def _asked(outcome: Outcome, edition: Edition) -> tuple[str, ...]:
    """The fields a details requirement asks for: the verdict names those that are missing."""
    text = outcome.remedy or ""
    return tuple(name for name in edition.record.fields if name in text.replace(",", " ").replace(".", " ").split())


def _evaluation(
    name: str,
    evaluation: Evaluation,
    planned: Planned,
    views: list[MeasurementView],
    found_ids: dict[tuple[str, int], str],
    most: int,
    as_before: dict[str, str],
    verdict: Verdict | None,
    say: Language,
    of_another: str | None,
    shared_limits: tuple[str, int] | None,
) -> EvaluationView:
    measured = [view for view in views if isinstance(view.m, Measured)]
    overall = tuple(view for view in measured if not view.m.slice)
    sliced = tuple(view for view in measured if view.m.slice)
    findings = sorted(
        ((found_ids[(evaluation.id, index)], finding) for index, finding in enumerate(evaluation.findings)),
        key=lambda item: (_weight(item[1].severity), item[0]),
    )
    tables = tuple(
        TableView(
            f"T-{evaluation.id}-{table.id}",
            table,
            rows := tuple(_legible(row, table) for row in table.rows[:most]),
            max(0, len(table.rows) - most),
            _widths(table, rows, say),
        )
        for table in evaluation.tables
    )
    drawn = tuple(
        figures.of_evaluation(evaluation, most=3, most_rows=figures.MOST_ROWS if most == MOST_ROWS else 14, say=say)
    )
    grouped = any(figure.width == figures.WIDTH for figure in drawn)
    return EvaluationView(
        id=name,
        evaluation=evaluation,
        planned=planned,
        overall=overall[:most],
        overall_cut=max(0, len(overall) - most),
        sliced=sliced[:most],
        unmeasured=_by_reason(views)[:MOST_ROWS],
        tables=tables,
        figures=drawn,
        findings=tuple(findings),
        cut=max(0, len(sliced) - most),
        other=of_another,
        takeaway=takeaway.of(evaluation, verdict, drawn, say, of_another),
        key=_key(evaluation, overall, measured, verdict),
        printed=None if grouped else next((table for table in tables if _is_short(table.table)), None),
        measured=len(measured),
        as_before=as_before,
        shared_limits=shared_limits,
    )


def _key(
    evaluation: Evaluation,
    overall: tuple[MeasurementView, ...],
    measured: list[MeasurementView],
    verdict: Verdict | None,
) -> tuple[MeasurementView, ...]:
    judged = {
        (seen.metric, str(seen.slice), seen.across)
        for outcome in (verdict.outcomes if verdict is not None else ())
        for seen in outcome.observations
        if seen.evaluation == evaluation.id
    }
    # A number given strata, or over several attributes at once, is the second question.
    order = sorted(
        enumerate(overall or tuple(measured)),
        key=lambda one: (
            (one[1].m.metric, str(one[1].m.slice), one[1].m.across) not in judged,
            bool(one[1].m.given) or len(one[1].m.across) > 1,
            one[0],
        ),
    )
    return tuple(view for _, view in order[:KEY_NUMBERS])


def _is_short(table: Table) -> bool:
    """Whether a table is short enough to print beside the numbers, and says more than zeros."""
    cells = [
        cell for row in table.rows for cell, column in zip(row, table.columns, strict=True) if column.unit is not None
    ]
    return 0 < len(table.rows) <= MOST_ROWS_BESIDE and len(table.columns) <= 10 and any(cells)


def _entry_widths(spec: FieldSpec, answer: Answer | None) -> tuple[float, ...]:
    """By the length of what is said, so that the longest answer does not stand in the narrowest column."""
    entries = answer.entries if answer is not None else ()
    said = {column: [column, *(entry.get(column, "") for entry in entries)] for column in spec.columns}
    least = [3 + max(min(len(word), 18) for text in texts for word in text.split() or [""]) for texts in said.values()]
    room = max(0, _CHARACTERS - sum(least))
    asked = [max(0, max(map(len, texts)) - narrow) for texts, narrow in zip(said.values(), least, strict=True)]
    lengths = [narrow + room * more / (sum(asked) or 1) for narrow, more in zip(least, asked, strict=True)]
    return tuple(round(100 * length / sum(lengths), 2) for length in lengths)


_CHARACTERS = 116
"""About as many stand in a line of a printed table."""


_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z")
_NAMES = ("kind", "state", "purpose", "status")
"""Columns whose cells are words of a closed list, as programs write them: `experiment_plan`."""


def _legible(row: tuple[Any, ...], table: Table) -> tuple[Any, ...]:
    """The cells as people write them: instants with a space and their zone, names of a closed list as words."""
    return tuple(
        cell
        if not isinstance(cell, str)
        else moment(cell)
        if _INSTANT.fullmatch(cell)
        else words(cell)
        if column.name in _NAMES
        else cell
        for cell, column in zip(row, table.columns, strict=True)
    )


def _widths(table: Table, rows: tuple[tuple[Any, ...], ...], say: Language) -> tuple[float, ...]:
    """By the longest cell; no column is narrower than its longest word, so that none is cut."""
    lengths: list[float] = []
    least: list[float] = []
    for index, column in enumerate(table.columns):
        cells = [row[index] for row in rows[:MOST_ROWS]]
        shown = [number(cell, column.unit, say) if isinstance(cell, float | int) else str(cell or "") for cell in cells]
        heading = max((len(word) for word in column.title.split()), default=1)
        lengths.append(min(max([heading + 1, len(column.title) // 2, *map(len, shown)]), 42) + 2)
        least.append(min(max([heading, *(len(word) for text in shown for word in text.split())]), 18) + 4)
    floored: set[int] = set()
    while True:
        rest = _CHARACTERS - sum(least[index] for index in floored)
        wide = sum(length for index, length in enumerate(lengths) if index not in floored)
        shares = [
            least[index] if index in floored else rest * length / wide for index, length in enumerate(lengths)
        ]  # fmt: skip
        short = {index for index, share in enumerate(shares) if share < least[index]}
        # A table of too many long words cannot be helped: its columns stay in proportion.
        if not short or sum(least) >= _CHARACTERS:
            break
        floored |= short
    return tuple(round(100 * share / sum(shares), 2) for share in shares)
