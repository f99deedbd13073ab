"""From the tally to the evaluation: every number of every group, every gap between groups, p-values adjusted together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pydantic import JsonValue

from cardwright.errors import UsageError
from cardwright.evaluators.fairness import inequality, report, scoring
from cardwright.evaluators.fairness.between import (
    against_reference,
    gap_changes,
    gap_measurements,
    gap_tests,
    unreported,
)
from cardwright.evaluators.fairness.conditional import conditional_gaps
from cardwright.evaluators.fairness.findings import findings
from cardwright.evaluators.fairness.groups import group_measurements, group_numbers, rate_estimates
from cardwright.evaluators.fairness.multiplicity import Tested, adjusted
from cardwright.evaluators.fairness.options import FairnessOptions
from cardwright.evaluators.fairness.plan import GAPS, ODDS, FairnessPlan, Measurement, check, family_of, source_of
from cardwright.evaluators.fairness.tables import series, tables
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.gaps import (
    MAX_CELLS,
    Rules,
    Tests,
    compare,
    composite,
    gap_measurement,
    rate_inferences,
)
from cardwright.evaluators.rows.paired import Pairs, pair
from cardwright.evaluators.rows.rates import About
from cardwright.evaluators.rows.refusals import refuse
from cardwright.evaluators.rows.repeats import repeat_findings
from cardwright.evaluators.rows.tally import GroupView, RowTally
from cardwright.record.evaluation import Coverage, Evaluation, Scanned, count_severities
from cardwright.sources.interface import Predictions
from cardwright.statistics.permutation import resamples_for


def complete(options: FairnessOptions, inputs: Inputs, tally: RowTally | None) -> Evaluation:
    """`conclude`, for a source of no batch too."""
    if tally is None:
        source = source_of(inputs)
        raise UsageError(f'the source "{source.ref.name}" has no rows', where=inputs.id)
    pairs = None
    if "baseline" in inputs.sources:
        pairs = pair(
            inputs.get("source", Predictions), inputs.get("baseline", Predictions), seed=inputs.seed, groups=True
        )
    above = None
    layout = tally.layout
    if layout.kind == "binary" and not layout.decides and layout.weight is None and layout.person is None:
        refuse(tally)
        above = scoring.above_median(inputs.get("source", Predictions), tally)
    return conclude(options, inputs, tally, pairs, above)


def single_gap(options: FairnessOptions, inputs: Inputs, tally: RowTally, stem: str, kind: str) -> Measurement:
    """One gap over all attributes of a source crossed, without a family; within strata where the source names them.

    Parameters
    ----------
    stem, kind
        The gap: a stem of `GAPS` or `equalized_odds`, and `difference` or `ratio`.

    Raises
    ------
    UsageError
    SourceError
    """
    check(options, inputs)
    source = inputs.get("source", Predictions)
    refuse(tally)
    about = About.of(source, tally.layout.derived)
    rules = Rules(
        options.min_denominator,
        options.level,
        resamples_for(),
        resamples_for(),
        (inputs.seed,),
        plain=tally.layout.weight is None and tally.layout.person is None,
    )
    view = tally.view(range(len(source.sensitive)))
    rates = ODDS if stem == "equalized_odds" else (GAPS[stem],)
    if tally.layout.strata:
        if kind == "ratio" or len(rates) > 1:
            raise UsageError(
                f"{stem}_{kind} has no estimate within strata",
                where="strata",
                do="Ask for the difference of one rate, or leave `strata` out.",
            )
        compared = compare(view, rate_estimates(view, rates[0], 1, rules.level), rules.minimum)
        return conditional_gaps(f"{stem}_{kind}", rates[0], tally, view, compared, rules, about)[0]
    parts = [compare(view, rate_estimates(view, rate, 1, rules.level), rules.minimum) for rate in rates]
    if stem == "equalized_odds":
        compared, difference, ratio = composite(parts, rules)
    else:
        compared = parts[0]
        difference, ratio = rate_inferences(compared, rules, {})
    inference = difference if kind == "difference" else ratio
    return gap_measurement(f"{stem}_{kind}", kind, compared, inference, about)


def conclude(
    options: FairnessOptions,
    inputs: Inputs,
    tally: RowTally,
    pairs: Pairs | None = None,
    above: scoring.Above | None = None,
) -> Evaluation:
    """The evaluation of a tally, of what was counted together with a baseline, and of scores above the median."""
    check(options, inputs)
    refuse(tally)
    source, layout = source_of(inputs), tally.layout
    about = About.of(source, layout.derived)
    combinations = [
        combination
        for size in range(1, min(options.depth, len(layout.attributes)) + 1)
        for combination in itertools.combinations(range(len(layout.attributes)), size)
    ]
    planned = len(combinations) * len(family_of(options, layout))
    rules = Rules(
        options.min_denominator,
        options.level,
        resamples_for(options.alpha, max(1, planned)),
        resamples_for(options.alpha),
        (inputs.seed, *inputs.id.encode()),
        plain=layout.weight is None and layout.person is None,
        workers=inputs.workers,
    )
    plan = FairnessPlan(options, tally, about, rules, above)
    found: list[Tested] = []
    views: list[GroupView] = []
    crossed_too_far: list[GroupView] = []
    tests: Tests = {}
    overall = tally.view(())
    if len(overall):
        found += _untested(group_measurements(plan, group_numbers(plan, overall)))
        if layout.kind == "binary" and layout.decides:
            found += _untested(inequality.of_decisions(tally, overall, rules, about))
    for combination in combinations:
        view = tally.view(combination)
        if len(combination) > 1 and len(view) > MAX_CELLS:
            crossed_too_far.append(view)
            found += _untested(unreported(plan, view))
            continue
        views.append(view)
        numbers = group_numbers(plan, view)
        tests = gap_tests(plan, numbers, tests)
        found += _untested(group_measurements(plan, numbers))
        found += gap_measurements(plan, numbers, tests)
        found += _untested(against_reference(plan, numbers))
        found += _untested(gap_changes(plan, numbers, pairs))
    # Of several classes, each has a gap, and so has the largest of all.
    compared = len(plan.classes) + (len(plan.classes) > 1 and plan.odds)
    measurements = adjusted(found, plan.family, planned * max(1, compared))
    noted = (*findings(options, source, tally, measurements), *repeat_findings(source, inputs.seed))
    parameters: dict[str, JsonValue] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in inputs.parameters.items()
    } or report.parameters(options)
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=parameters,
        binding=inputs.binding,
        question=report.question(source),
        method=report.method(options, tally, rules),
        limits=report.limits(options, tally, pairs is not None),
        measurements=measurements,
        findings=noted,
        severities=count_severities(noted),
        tables=tables(options, source, tally, views, measurements),
        series=series(tally, views),
        coverage=Coverage(
            scanned=(
                Scanned(what="rows", scanned=int(tally.counts.sum()), total=tally.rows),
                *((pairs.joined.scanned(),) if pairs is not None and pairs.joined is not None else ()),
            ),
            not_tested=(
                *(report.crossed_too_far(view) for view in crossed_too_far),
                *report.not_tested(options, source, tally, pairs is not None),
                *(pairs.joined.not_tested() if pairs is not None and pairs.joined is not None else ()),
            ),
        ),
        completeness="complete",
    )


def _untested(measurements: Sequence[Measurement]) -> list[Tested]:
    return [Tested(measurement) for measurement in measurements]


__all__ = ["complete", "conclude", "single_gap"]
