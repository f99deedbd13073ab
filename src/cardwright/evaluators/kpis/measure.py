"""From dossiers and runs to indicators."""

from __future__ import annotations

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.kpis.estimates import PlanEstimate, estimates
from cardwright.evaluators.kpis.figures import IndicatorFigure, figures
from cardwright.evaluators.kpis.indicators import CAVEAT, INDICATORS
from cardwright.evaluators.kpis.options import WHOLE, KpisOptions
from cardwright.evaluators.kpis.portfolio import Gathered, Portfolio, gathered
from cardwright.evaluators.kpis.report import findings, place_of, tables
from cardwright.evaluators.kpis.reuse import benchmarks, reuse_measurements
from cardwright.evaluators.kpis.tallies import tallies
from cardwright.record.base import label
from cardwright.record.evaluation import Coverage, Evaluation, NotTested, Scanned, count_severities
from cardwright.record.measurement import Measured, Measurement, Unmeasured
from cardwright.sources.interface import Dossiers, TrackedRuns


def assess(options: KpisOptions, inputs: Inputs) -> Evaluation:
    """See `Evaluator.evaluate`.

    Raises
    ------
    UsageError
        If it would be grouped by person.
    """
    options.check(inputs.id)
    source = inputs.get("source", Dossiers)
    runs = inputs.get("runs", TrackedRuns) if "runs" in inputs.sources else None
    counted = gathered(options, source, runs)
    # One workstream is all there is: its numbers would stand there twice.
    several = counted.workstreams if len(counted.workstreams) > 1 else ()
    by_portfolio: list[tuple[Portfolio, list[IndicatorFigure]]] = [
        (portfolio, [figure for one in INDICATORS for figure in figures(portfolio, options, one.metric)])
        for portfolio in (counted.whole, *several)
    ]
    planned = [one for portfolio in (counted.workstreams or (counted.whole,)) for one in estimates(portfolio)]
    used = benchmarks(counted.whole)
    measurements: list[Measurement] = [figure.measurement for _, found in by_portfolio for figure in found]
    measurements += reuse_measurements(used, place_of(counted.whole), options.until)
    measurements += [one for portfolio, _ in by_portfolio for one in tallies(portfolio, place_of(portfolio))]
    measurements += _estimate_ratios(planned)
    measurements += _counts(counted)
    found = findings(counted, used, options, believed=source.believed)
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        question="How does the work go: what was tried, decided and released, and what does nobody collect?",
        method=_method(options, counted),
        limits=(
            CAVEAT,
            "Only what is in the dossiers and runs named is counted; work that left none is not seen.",
            "Shares have Wilson's interval, medians that of order statistics; other numbers have none, since their cases are not "
            "independent or there is one number alone.",
            "Signatures count as a trust file believes them."
            if source.believed
            else "Signatures count as the dossiers hold them; whose they are, only a trust file says.",
        ),
        measurements=tuple(measurements),
        findings=tuple(found),
        severities=count_severities(found),
        tables=tables(counted, by_portfolio, planned, used, options),
        coverage=Coverage(
            scanned=(
                Scanned(
                    what="dossiers",
                    scanned=len(counted.whole.dossiers),
                    total=len(source.counted) + len(source.refused),
                ),
                Scanned(what="runs", scanned=len(counted.whole.runs), total=counted.runs + len(counted.unread)),
            ),
            not_tested=(
                NotTested(what="work that left no dossier and no run", why="nothing of it is at hand"),
                *(NotTested(what=label(what), why=why) for what, why in counted.left_out[:20]),
            ),
        ),
        completeness="partial" if source.refused or counted.unread else "complete",
    )


def _counts(counted: Gathered) -> list[Measurement]:
    return [
        Measured(metric=metric, value=float(value), unit="count", direction="neither")
        for metric, value in (
            ("dossiers_counted", len(counted.whole.dossiers)),
            ("dossiers_left_out", len(counted.left_out)),
            ("runs_counted", len(counted.whole.runs)),
            ("runs_left_out", sum(counted.runs_left_out.values())),
        )
    ]


def _estimate_ratios(planned: list[PlanEstimate]) -> list[Measurement]:
    """Actual over estimated, of each line of a plan that gives an amount."""
    found: dict[tuple[str, str, str], Measurement] = {}
    for one in planned:
        if one.unit is None:
            continue
        slice_: dict[str, str | None] = {"plan": label(one.plan), "what": label(one.what), "unit": one.unit}
        key = (one.plan, one.what, one.unit)
        if key in found:
            continue
        if one.ratio is None:
            reason = f"Nothing to compare: {one.why or 'the estimate is 0'}."
            found[key] = Unmeasured(metric="estimate_ratio", slice=slice_, code="undefined", reason=reason)
        else:
            found[key] = Measured(
                metric="estimate_ratio", slice=slice_, value=one.ratio, unit="ratio", direction="neither",
                numerator=one.actual, denominator=one.estimated,
            )  # fmt: skip
    return [*found.values()]


def _method(options: KpisOptions, counted: Gathered) -> str:
    span = " ".join(f"{word} {day}" for word, day in (("from", options.since), ("to", options.until)) if day)
    grouped = "not grouped" if options.workstream_from == WHOLE else f"by workstream (`{options.workstream_from}`)"
    return (
        f"{len(counted.whole.dossiers)} dossiers and {len(counted.whole.runs)} tracked runs, {span or 'of any time'}, "
        f"{grouped}, never by person. A record that lies in several folders is counted once; of several rounds of one subject "
        "and version the last one counts. A dossier falls into the period by its last decision, a run by its start. A rate is "
        f"stated from {options.min_cases} cases on, with Wilson's interval. An estimate is compared with the runs of its "
        "workstream that began after its plan was approved."
    )
