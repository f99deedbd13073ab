"""From counts to tables of impact ratios: rates, the category they are compared with, and ratios."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cardwright.errors import UsageError
from cardwright.evaluators.impact_ratio import report
from cardwright.evaluators.impact_ratio.counting import decided, refuse_unselected, scored_above_median
from cardwright.evaluators.impact_ratio.options import ImpactRatioOptions
from cardwright.evaluators.impact_ratio.plan import UNDER_TWO_PERCENT, plan
from cardwright.evaluators.impact_ratio.published import SMALL
from cardwright.evaluators.impact_ratio.tables import IMPACT, Audit, CategoryLine, CategoryTable, MedianScore, Slice
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.direction import row_findings
from cardwright.evaluators.rows.gaps import MAX_CELLS, expected_slices, pointwise_level
from cardwright.evaluators.rows.group_names import confusable_groups
from cardwright.evaluators.rows.rates import RATES, About, Estimate, measure, rate_of
from cardwright.evaluators.rows.refusals import refuse
from cardwright.evaluators.rows.tally import GroupView, RowTally
from cardwright.evaluators.rows.wording import part_of
from cardwright.record.evaluation import Coverage, Evaluation, Scanned, count_severities
from cardwright.record.measurement import Excluded, Groups, Measured, Unmeasured
from cardwright.statistics import gaps
from cardwright.statistics.intervals import Bounds


def assess(options: ImpactRatioOptions, inputs: Inputs) -> Evaluation:
    """See `ImpactRatio`.

    Raises
    ------
    UsageError
    SourceError
    """
    audit = plan(options, inputs)
    scored, tally = scored_above_median(audit) if audit.rates == "scoring" else (None, decided(audit))
    if tally is None or not tally.rows:
        raise UsageError(f'the source "{audit.source.ref.name}" has no rows', where=inputs.id)
    refuse(tally)
    refuse_unselected(audit, tally)
    tables, skipped = ratio_tables(audit, tally, inputs.id)
    about = About.of(audit.source, audit.rates == "selection" and audit.layout.derived)
    measurements = [m for table in tables for m in _measurements(audit, table, about)]
    measurements += _overall(audit, tally, scored, about)
    alike = confusable_groups({attribute.name: attribute.groups for attribute in audit.layout.attributes})
    findings = (*row_findings(audit.source, inputs.seed), *alike, *report.findings(audit, tables))
    parameters = dict(inputs.parameters) or report.parameters(options)
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=parameters,
        binding=inputs.binding,
        question=report.question(audit),
        method=report.method(audit, scored),
        limits=report.limits(audit),
        measurements=tuple(measurements),
        findings=findings,
        severities=count_severities(findings),
        tables=report.tables(audit, tables),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=int(tally.counts.sum()), total=tally.rows),),
            not_tested=report.not_tested(audit, skipped),
        ),
        completeness="complete",
    )


def ratio_tables(audit: Audit, tally: RowTally, id: str) -> tuple[list[CategoryTable], list[str]]:
    """A table of each attribute, and one of all of them crossed."""
    every = tuple(range(len(audit.layout.attributes)))
    combinations = [(index,) for index in every] + ([every] if len(every) > 1 else [])
    made: list[CategoryTable] = []
    skipped: list[str] = []
    for combination in combinations:
        view = tally.view(combination)
        names = " × ".join(audit.names[index] for index in combination)
        if len(view) > MAX_CELLS:
            skipped.append(f"{names} has {len(view)} categories with applicants, more than {MAX_CELLS}")
            continue
        for code, name in _classes(audit):
            made.append(_table(audit, view, combination, code, name))
    for category in audit.exclude if isinstance(audit.exclude, tuple) else ():
        if not any(line.left_out and line.slice == category for table in made for line in table.lines):
            raise UsageError(
                f"`exclude` names {' × '.join(category.values())}, which has 2 % of the applicants or more, or none",
                where=f"{id} (impact_ratio)",
                do="6 RCNY 5-301(d) lets a category of less than 2 % be left out; take this one out of `exclude:`.",
            )
    return made, skipped


def _classes(audit: Audit) -> list[tuple[int, str | None]]:
    """The outcomes that a table is made for; for a tool that puts applicants into classes, each class (5-301(b)(4))."""
    if audit.rates == "scoring" or audit.layout.favourable is not None:
        return [(1, None)]
    return list(enumerate(audit.layout.classes))


def _table(audit: Audit, view: GroupView, combination: tuple[int, ...], code: int, name: str | None) -> CategoryTable:
    rows = view.counts.reshape(len(view), -1).sum(axis=1)
    applicants = int(rows[view.known].sum()) if len(view) else 0
    rates: list[tuple[Slice, Estimate]] = [
        (view.slices[index], rate_of(RATES["selection_rate"], view.cell(index), audit.level, code))
        for index in range(len(view))
        if view.known[index]
    ]
    _, empty, expected = expected_slices(view)
    if len(combination) == 1:
        rates += [(slice_, Estimate(None, 0, "applicants")) for slice_ in empty]
    rates.sort(key=lambda pair: [value or "" for value in pair[0].values()])
    left_out = [_left_out(audit, slice_, estimate.rows, applicants) for slice_, estimate in rates]
    # The highest rate is looked for among the categories that are left (5-301(d): they are excluded from the calculation).
    able = [
        estimate for (_, estimate), out in zip(rates, left_out, strict=True) if not out and estimate.value is not None
    ]
    highest = max(able, key=lambda estimate: estimate.value or 0.0) if able else None
    level = pointwise_level(len(able), audit.level) if len(able) > 1 else audit.level
    lines = tuple(
        CategoryLine(
            slice_,
            estimate,
            None if out else _ratio(estimate, highest, level, audit.level),
            estimate.rows / applicants if applicants else 0.0,
            out,
        )
        for (slice_, estimate), out in zip(rates, left_out, strict=True)
    )
    return CategoryTable(
        attributes=tuple(audit.names[index] for index in combination),
        number="_".join(str(index + 1) for index in combination),
        of_class=name,
        lines=lines,
        reference=next((line for line in lines if line.rate is highest), None),
        applicants=applicants,
        unknown=int(rows[~view.known].sum()) if len(view) else 0,
        expected=expected,
    )


def _left_out(audit: Audit, slice_: Slice, rows: int, applicants: int) -> bool:
    """Whether the auditor leaves a category out; only one of less than 2 % of the table's applicants can be."""
    if audit.exclude is None or not rows or not rows < SMALL * applicants:
        return False
    if audit.exclude == UNDER_TWO_PERCENT:
        return True
    return slice_ in audit.exclude


def _ratio(rate: Estimate, highest: Estimate | None, level: float, stated: float) -> Estimate:
    """A rate over the highest, with an interval that allows for the highest having been picked after seeing the rates."""
    if rate.value is None:
        return Estimate(None, 0, "applicants", denominator=0.0)
    assert highest is not None and highest.value is not None
    plain = replace(rate, value=None, numerator=None, denominator=float(rate.rows), bounds=None, standard_error=None)
    if highest.value == 0:
        return replace(plain, reason="The rate is 0 in every category, and 0/0 is no ratio.")
    bounds = None
    if rate is not highest:
        gap = gaps.rate_ratio([rate.successes, highest.successes], [rate.trials, highest.trials], level)
        bounds = None if gap is None else Bounds(gap.lower, gap.upper, stated, "tukey_donner_zou")
    return replace(plain, value=rate.value / highest.value, bounds=bounds)


def _measurements(audit: Audit, table: CategoryTable, about: About) -> Iterator[Measured | Unmeasured]:
    reference = table.reference.name if table.reference is not None else None
    for line in table.lines:
        yield measure(audit.metric, line.rate, about, line.slice, of_class=table.of_class)
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
            reason=f"Left out of impact ratios (6 RCNY 5-301(d)): {part_of(line.rate.rows, table.applicants, 'applicant')}, "
            f"less than 2 %. Justification: {audit.justification}",
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


def _groups(table: CategoryTable) -> Groups:
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


def _overall(
    audit: Audit, tally: RowTally, scored: MedianScore | None, about: About
) -> Iterator[Measured | Unmeasured]:
    """The rate of all applicants, unknown categories included, and the median they are compared with."""
    whole = tally.view(())
    if len(whole):
        for code, name in _classes(audit):
            estimate = rate_of(RATES["selection_rate"], whole.cell(0), audit.level, code)
            yield measure(audit.metric, estimate, about, {}, of_class=name)
    if scored is not None:
        sampling = about.sampling(tally.rows)
        for metric, value, unit in (
            ("median_score", scored.median, "score"),
            ("score_at_median_count", float(scored.at), "count"),
        ):
            yield Measured(metric=metric, value=value, unit=unit, direction="neither", sampling=sampling)


__all__ = ["assess", "ratio_tables"]
