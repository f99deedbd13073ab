"""From rows to tables of impact ratios: who is counted, who is selected, which category is the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cardwright.errors import SourceError, UsageError, did_you_mean
from cardwright.evaluators.impact_ratio import report
from cardwright.evaluators.impact_ratio.published import SMALL
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.counting import Layout, Tally, View, count, refuse
from cardwright.evaluators.rows.encoding import numbers
from cardwright.evaluators.rows.gaps import MAX_CELLS, expected_slices, pointwise_level
from cardwright.evaluators.rows.rates import NEITHER, RATES, About, Estimate, Metric, measure, rate_of
from cardwright.record.base import is_placeholder
from cardwright.record.evaluation import Coverage, Evaluation, Scanned, count_severities
from cardwright.record.measurement import Excluded, Groups, Measured, Unmeasured
from cardwright.sources.interface import Predictions, Table
from cardwright.sources.shape import coded_batches
from cardwright.statistics import gaps
from cardwright.statistics.intervals import Bounds, check_level
from cardwright.statistics.order import streaming_median

if TYPE_CHECKING:
    from cardwright.evaluators.impact_ratio import ImpactRatio

Slice = dict[str, str | None]

UNDER_TWO_PERCENT = "under_two_percent"

SELECTION = RATES["selection_rate"].metric
SCORING = Metric("scoring_rate", "Scoring rate", "proportion", NEITHER)
IMPACT = Metric("impact_ratio", "Impact ratio", "ratio", NEITHER)


@dataclass(frozen=True)
class Line:
    """One category of a table."""

    slice: Slice
    rate: Estimate
    ratio: Estimate | None
    """`None` where the category is left out of impact ratios."""
    share: float
    """Of the table's applicants."""
    left_out: bool

    @property
    def name(self) -> str:
        """The category in words."""
        return " × ".join(value or "unknown" for value in self.slice.values())


@dataclass(frozen=True)
class Category:
    """One table: the categories of an attribute, or of all attributes crossed, for one outcome."""

    attributes: tuple[str, ...]
    number: str
    """Its place among the source's attributes, for ids."""
    of_class: str | None
    lines: tuple[Line, ...]
    reference: Line | None
    applicants: int
    """Of known category."""
    unknown: int
    expected: int

    @property
    def name(self) -> str:
        """The attributes in words."""
        return " × ".join(self.attributes)


@dataclass(frozen=True)
class Job:
    """What one evaluation was asked for, checked."""

    source: Predictions | Table
    layout: Layout
    rates: Literal["selection", "scoring"]
    median_of: str
    exclude: str | tuple[Mapping[str, str], ...] | None
    justification: str | None
    level: float

    @property
    def metric(self) -> Metric:
        """The rate of its tables."""
        return SELECTION if self.rates == "selection" else SCORING

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes."""
        return tuple(attribute.name for attribute in self.layout.attributes)


@dataclass(frozen=True)
class Scored:
    """What is known of scores before they are compared with their median."""

    median: float
    at: int
    """Applicants whose score is the median: not above it."""


def assess(evaluator: ImpactRatio, inputs: Inputs) -> Evaluation:
    """See `ImpactRatio`.

    Raises
    ------
    UsageError
    SourceError
    """
    job = plan(evaluator, inputs)
    scored, tally = _scored(job) if job.rates == "scoring" else (None, _decided(job))
    if tally is None or not tally.rows:
        raise UsageError(f'the source "{job.source.ref.name}" has no rows', where=inputs.id)
    refuse(tally)
    _refuse_unselected(job, tally)
    tables, skipped = _tables(job, tally, inputs.id)
    about = About.of(job.source, job.rates == "selection" and job.layout.derived)
    measurements = [m for table in tables for m in _measurements(job, table, about)]
    measurements += _overall(job, tally, scored, about)
    findings = report.findings(job, tables)
    parameters = dict(inputs.parameters) or report.parameters(evaluator)
    return Evaluation(
        id=inputs.id,
        evaluator=evaluator.name,
        evaluator_version=evaluator.version,
        inputs=inputs.recorded(),
        parameters=parameters,
        binding=inputs.binding,
        question=report.question(job),
        method=report.method(job, scored),
        limits=report.limits(job),
        measurements=tuple(measurements),
        findings=findings,
        severities=count_severities(findings),
        tables=report.tables(job, tables),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=int(tally.counts.sum()), total=tally.rows),),
            not_tested=report.not_tested(job, skipped),
        ),
        completeness="complete",
    )


# --- what is asked ------------------------------------------------------------------------------------------------------


def plan(evaluator: ImpactRatio, inputs: Inputs) -> Job:
    """The parameters and the source, held against each other.

    Raises
    ------
    UsageError
    """
    where = f"{inputs.id} (impact_ratio)"
    source = inputs.sources["source"]
    source = source if isinstance(source, Table) else inputs.get("source", Predictions)
    if isinstance(source, Predictions) and source.task == "regression":
        raise UsageError(
            "a regression selects nobody",
            where=where,
            do="Give decisions, or scores between 0 and 1, and `favourable:`.",
        )
    if source.weight is not None:
        raise UsageError(
            "6 RCNY 5-301 counts applicants, and these rows are weighted",
            where=where,
            do="Name a source without `weight:`.",
        )
    level = evaluator.level
    if not isinstance(level, (int, float)) or isinstance(level, bool) or not 0 < level < 1:
        raise UsageError("`level` lies between 0 and 1", where=where, do="Write `level: 0.95`, for example.")
    check_level(level)
    layout = _layout(evaluator, source, inputs.seed, where)
    rates = _rates(evaluator, source, layout, where)
    if evaluator.median_of not in ("full_sample", "known"):
        raise UsageError("`median_of` is `full_sample` or `known`", where=where)
    exclude = _exclude(evaluator, layout, where)
    justification = evaluator.justification
    if justification is not None and not isinstance(justification, str):
        raise UsageError("`justification` is a sentence", where=where)
    if exclude is not None and (justification is None or is_placeholder(justification)):
        raise UsageError(
            "a category is left out without a justification, which 6 RCNY 5-301(d) asks for",
            where=where,
            do="Write the auditor's reason as `justification:`, or take `exclude:` out.",
        )
    return Job(source, layout, rates, evaluator.median_of, exclude, justification, level)


def _layout(evaluator: ImpactRatio, source: Predictions | Table, seed: int, where: str) -> Layout:
    """How applicants are counted: by category and decision; what came of them afterwards plays no part."""
    named = {attribute.name: attribute for attribute in source.sensitive}
    asked = evaluator.attributes
    if asked is not None and not (_is_list(asked) and asked and all(isinstance(name, str) for name in asked)):
        raise UsageError("`attributes` is a list of sensitive attributes", where=where)
    if not named:
        raise UsageError(
            f'the source "{source.ref.name}" names no sensitive attribute, so there are no categories',
            where=where,
            do="Add `sensitive: [sex, race]` to the source.",
        )
    for name in asked or ():
        if name not in named:
            raise UsageError(
                f'`attributes` names "{name}", no sensitive attribute', where=where, do=did_you_mean(name, named)
            )
    chosen = tuple(named[name] for name in dict.fromkeys(asked)) if asked is not None else source.sensitive
    if isinstance(source, Predictions):
        return replace(Layout.of(replace(source, sensitive=chosen, strata=()), seed=seed), label=None)
    if source.label is None or source.favourable is None:
        raise UsageError(
            f'the table "{source.ref.name}" does not say who was selected',
            where=where,
            do="Add `label:` and `favourable:` to the source: the column of decisions, and what it holds for those selected.",
        )
    # What a table of past applicants has as its label is the decision.
    plain = Layout.of(replace(source, sensitive=chosen), seed=seed)
    return replace(plain, kind="binary", prediction=source.label, label=None, missing_label="refuse")


def _rates(
    evaluator: ImpactRatio, source: Predictions | Table, layout: Layout, where: str
) -> Literal["selection", "scoring"]:
    asked = evaluator.rates
    if asked not in (None, "selection", "scoring"):
        raise UsageError("`rates` is `selection` or `scoring`", where=where)
    if asked == "selection" and not layout.decides:
        raise UsageError(
            f'the source "{source.ref.name}" has neither decisions nor a threshold, so nobody is selected',
            where=where,
            do="Add `prediction:` or `threshold:` to the source, or write `rates: scoring`.",
        )
    if asked == "scoring" and (isinstance(source, Table) or source.score is None):
        raise UsageError(
            f'the source "{source.ref.name}" has no scores',
            where=where,
            do="Add `score:` to the source, or write `rates: selection`.",
        )
    return "scoring" if asked == "scoring" or not layout.decides else "selection"


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _exclude(evaluator: ImpactRatio, layout: Layout, where: str) -> str | tuple[Mapping[str, str], ...] | None:
    asked = evaluator.exclude
    if asked is None:
        return None
    if isinstance(asked, str) or not _is_list(asked):
        if asked != UNDER_TWO_PERCENT:
            raise UsageError(
                f"`exclude` is `{UNDER_TWO_PERCENT}` or a list of categories",
                where=where,
                do="Write a category as `{sex: female}`, or `{sex: female, race: native}` of the crossed table.",
            )
        return UNDER_TWO_PERCENT
    groups = {attribute.name: attribute.groups for attribute in layout.attributes}
    for category in asked:
        if not isinstance(category, Mapping) or len(category) not in (1, len(groups)):
            raise UsageError(
                "`exclude` lists categories of one attribute, or of all of them crossed",
                where=where,
                do="Write `{sex: female}`, or `{sex: female, race: native}`.",
            )
        for name, group in category.items():
            if name not in groups:
                raise UsageError(
                    f'`exclude` names "{name}", no attribute of the tables',
                    where=where,
                    do=did_you_mean(name, groups),
                )
            if group not in groups[name]:
                raise UsageError(
                    f'`exclude` names a category that "{name}" does not have',
                    where=where,
                    do=did_you_mean(str(group), groups[name]),
                )
    return tuple({name: category[name] for name in groups if name in category} for category in asked) or None


# --- counting -----------------------------------------------------------------------------------------------------------


def _counted(job: Job, batches: Callable[[tuple[str, ...]], Iterator[Any]]) -> Tally | None:
    layout = job.layout
    if layout.prediction is not None and layout.score is not None:
        layout = replace(layout, score=None, threshold=None)
    total: Tally | None = None
    for batch in batches(layout.columns):
        part = count(layout, batch)
        total = part if total is None else total + part
    return total


def _decided(job: Job) -> Tally | None:
    return _counted(job, lambda columns: coded_batches(job.source.rows, columns, job.layout.categories))


def _scored(job: Job) -> tuple[Scored | None, Tally | None]:
    """The median of the scores, then applicants by category and side of it.

    "Above" is strict: a score at the median is not above it (5-300, "scoring rate").
    """
    assert isinstance(job.source, Predictions)
    rows, column = job.source.rows, job.source.score
    assert column is not None
    where = job.layout.where
    attributes = replace(job.layout, kind="rows", prediction=None, score=None, threshold=None)
    needed = tuple(dict.fromkeys((*attributes.columns, column)))

    def scores(batch: Any) -> Any:
        found = numbers(batch.column(column), where=where, what=f'column "{column}", the score,')
        absent = int((~np.isfinite(found)).sum())
        if absent:
            raise SourceError(
                f'{absent} rows of a batch have no score in column "{column}", or one that is not finite',
                where=where,
                do="Score them, or leave them out and say so with `filter:`.",
            )
        return found

    def sample() -> Iterator[Any]:
        for batch in rows.batches(needed if job.median_of == "known" else (column,)):
            found = scores(batch)
            yield found[_known(attributes, batch)] if job.median_of == "known" else found

    median = streaming_median(sample)
    if median is None:
        return None, None
    layout = replace(attributes, kind="binary", prediction=ABOVE, favourable="true", classes=())
    at = 0

    def batches(_: tuple[str, ...]) -> Iterator[Any]:
        nonlocal at
        import pyarrow as pa

        for batch in rows.batches(needed):
            found = scores(batch)
            at += int((found == median).sum())
            arrays = [batch.column(name) for name in attributes.columns]
            yield pa.RecordBatch.from_arrays([*arrays, pa.array(found > median)], names=[*attributes.columns, ABOVE])

    tally = _counted(replace(job, layout=layout), batches)
    return Scored(median, at), tally


ABOVE = "\x00above"
"""A column that no file has."""


def _known(layout: Layout, batch: Any) -> Any:
    """Rows whose category is known in every attribute."""
    from cardwright.evaluators.rows.counting import code, decode

    codes = decode(code(layout, batch).cells, layout.sizes)
    known = np.ones(batch.num_rows, bool)
    for size, found in zip(layout.sizes, codes, strict=True):
        known &= found < size - 1
    return known


def _refuse_unselected(job: Job, tally: Tally) -> None:
    """A favourable outcome that no decision and no declared class has is a misspelling, not a rate of 0."""
    layout = job.layout
    if job.rates == "scoring" or layout.favourable is None or layout.derived or not tally.decisions:
        return
    known = {*tally.decisions, *layout.declared}
    if layout.favourable not in known:
        raise SourceError(
            f'the favourable outcome "{layout.favourable}" is none of the decisions in column "{layout.prediction}"',
            where=layout.where,
            do="Write `favourable:` as it stands in the data.",
        )


# --- tables -------------------------------------------------------------------------------------------------------------


def _tables(job: Job, tally: Tally, id: str) -> tuple[list[Category], list[str]]:
    """A table of each attribute, and one of all of them crossed."""
    every = tuple(range(len(job.layout.attributes)))
    combinations = [(index,) for index in every] + ([every] if len(every) > 1 else [])
    made: list[Category] = []
    skipped: list[str] = []
    used: set[int] = set()
    for combination in combinations:
        view = tally.view(combination)
        names = " × ".join(job.names[index] for index in combination)
        if len(view) > MAX_CELLS:
            skipped.append(f"{names} has {len(view)} categories with applicants, more than {MAX_CELLS}")
            continue
        for code, name in _classes(job):
            made.append(_table(job, view, combination, code, name, used))
    for place, category in enumerate(job.exclude if isinstance(job.exclude, tuple) else ()):
        if place not in used:
            raise UsageError(
                f"`exclude` names {' × '.join(category.values())}, which has 2 % of the applicants or more, or none",
                where=f"{id} (impact_ratio)",
                do="6 RCNY 5-301(d) lets a category of less than 2 % be left out; take this one out of `exclude:`.",
            )
    return made, skipped


def _classes(job: Job) -> list[tuple[int, str | None]]:
    """The outcomes that a table is made for; for a tool that puts applicants into classes, each class (5-301(b)(4))."""
    if job.rates == "scoring" or job.layout.favourable is not None:
        return [(1, None)]
    return list(enumerate(job.layout.classes))


def _table(job: Job, view: View, combination: tuple[int, ...], code: int, name: str | None, used: set[int]) -> Category:
    rows = view.counts.reshape(len(view), -1).sum(axis=1)
    applicants = int(rows[view.known].sum()) if len(view) else 0
    rates: list[tuple[Slice, Estimate]] = [
        (view.slices[index], rate_of(RATES["selection_rate"], view.cell(index), job.level, code))
        for index in range(len(view))
        if view.known[index]
    ]
    _, empty, expected = expected_slices(view)
    if len(combination) == 1:
        rates += [(slice_, Estimate(None, 0, "applicants")) for slice_ in empty]
    rates.sort(key=lambda pair: [value or "" for value in pair[0].values()])
    left_out = [_left_out(job, slice_, estimate.rows, applicants, used) for slice_, estimate in rates]
    # The highest rate is looked for among the categories that are left (5-301(d): they are excluded from the calculation).
    able = [
        estimate for (_, estimate), out in zip(rates, left_out, strict=True) if not out and estimate.value is not None
    ]
    highest = max(able, key=lambda estimate: estimate.value or 0.0) if able else None
    level = pointwise_level(len(able), job.level) if len(able) > 1 else job.level
    lines = tuple(
        Line(
            slice_,
            estimate,
            None if out else _ratio(estimate, highest, level, job.level),
            estimate.rows / applicants if applicants else 0.0,
            out,
        )
        for (slice_, estimate), out in zip(rates, left_out, strict=True)
    )
    return Category(
        attributes=tuple(job.names[index] for index in combination),
        number="_".join(str(index + 1) for index in combination),
        of_class=name,
        lines=lines,
        reference=next((line for line in lines if line.rate is highest), None),
        applicants=applicants,
        unknown=int(rows[~view.known].sum()) if len(view) else 0,
        expected=expected,
    )


def _left_out(job: Job, slice_: Slice, rows: int, applicants: int, used: set[int]) -> bool:
    """Whether the auditor leaves a category out; only one of less than 2 % of the table's applicants can be."""
    if job.exclude is None or not rows or not rows < SMALL * applicants:
        return False
    if job.exclude == UNDER_TWO_PERCENT:
        return True
    found = [place for place, category in enumerate(job.exclude) if category == slice_]
    used.update(found)
    return bool(found)


def _ratio(rate: Estimate, highest: Estimate | None, level: float, stated: float) -> Estimate:
    """A rate over the highest, with an interval that allows for the highest having been picked after seeing the rates."""
    if rate.value is None:
        return Estimate(None, 0, "applicants", denominator=0.0)
    assert highest is not None and highest.value is not None
    plain = replace(rate, value=None, numerator=None, denominator=float(rate.rows), bounds=None, standard_error=None)
    if highest.value == 0:
        return replace(
            plain, reason="Nobody is above the line in any category: the highest rate is 0, and 0/0 is no ratio."
        )
    bounds = None
    if rate is not highest:
        gap = gaps.rate_ratio([rate.successes, highest.successes], [rate.trials, highest.trials], level)
        bounds = None if gap is None else Bounds(gap.lower, gap.upper, stated, "tukey_donner_zou")
    return replace(plain, value=rate.value / highest.value, bounds=bounds)


# --- to the record ------------------------------------------------------------------------------------------------------


def _measurements(job: Job, table: Category, about: About) -> Iterator[Measured | Unmeasured]:
    reference = table.reference.name if table.reference is not None else None
    for line in table.lines:
        yield measure(job.metric, line.rate, about, line.slice, of_class=table.of_class)
    for line in table.lines:
        if line.ratio is not None:
            yield measure(IMPACT, line.ratio, about, line.slice, of_class=table.of_class, reference=reference)
            continue
        yield Unmeasured(
            metric=IMPACT.name,
            slice=line.slice,
            of_class=table.of_class,
            at=about.at,
            code="not_applicable",
            reason=f"Left out of impact ratios (6 RCNY 5-301(d)): {line.rate.rows} of {table.applicants} applicants, "
            f"{line.share:.2%}, less than 2 %. Justification: {job.justification}",
            denominator=float(line.rate.rows),
            sampling=about.sampling(line.rate.rows, line.rate.units),
        )
    yield Measured(
        metric="unknown_category_count",
        across=table.attributes,
        of_class=table.of_class,
        value=float(table.unknown),
        unit="count",
        direction="neither",
        sampling=about.sampling(table.applicants + table.unknown),
        groups=_groups(table),
    )


def _groups(table: Category) -> Groups:
    entered = [line for line in table.lines if line.ratio is not None and line.rate.value is not None]
    return Groups(
        compared=len(entered),
        expected=max(table.expected, len(table.lines)),
        excluded=tuple(
            Excluded(
                slice=line.slice,
                reason="no applicants"
                if line.rate.value is None
                else f"left out: {line.rate.rows} applicants, less than 2 %",
            )
            for line in table.lines
            if line not in entered
        ),
        unknown=table.unknown,
        rows=table.applicants + table.unknown,
        smallest=min((float(line.rate.rows) for line in entered), default=None),
    )


def _overall(job: Job, tally: Tally, scored: Scored | None, about: About) -> Iterator[Measured | Unmeasured]:
    """The rate of all applicants, unknown categories included, and the median they are compared with."""
    whole = tally.view(())
    if len(whole):
        for code, name in _classes(job):
            estimate = rate_of(RATES["selection_rate"], whole.cell(0), job.level, code)
            yield measure(job.metric, estimate, about, {}, of_class=name)
    if scored is not None:
        sampling = about.sampling(tally.rows)
        for metric, value, unit in (
            ("median_score", scored.median, "score"),
            ("score_at_median_count", float(scored.at), "count"),
        ):
            yield Measured(metric=metric, value=value, unit=unit, direction="neither", sampling=sampling)


__all__ = ["Category", "Job", "Line", "Scored", "assess", "plan"]
