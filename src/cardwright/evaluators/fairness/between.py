"""Between groups: every gap, each group against a reference, and gaps beside those of the labels and of a baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from cardwright.evaluators.fairness import change, conditional, reference
from cardwright.evaluators.fairness.groups import (
    GroupNumbers,
    ScoreMeasure,
    rate_estimates,
    score_measures,
    treatment_estimates,
)
from cardwright.evaluators.fairness.multiplicity import Tested
from cardwright.evaluators.fairness.plan import (
    CONDITIONAL,
    ODDS,
    FairnessPlan,
    Measurement,
)
from cardwright.evaluators.fairness.treatment import TREATMENT_EQUALITY
from cardwright.evaluators.rows import regression_metrics
from cardwright.evaluators.rows.gaps import (
    MAX_CELLS,
    Compared,
    Inference,
    Slice,
    Tests,
    both,
    compare,
    composite,
    gap_measurement,
    make_tests,
    number_inference,
    rate_inferences,
)
from cardwright.evaluators.rows.paired import Pairs
from cardwright.evaluators.rows.rates import RATES, Estimate, Metric
from cardwright.evaluators.rows.score_metrics import (
    ECE,
    MEAN_SCORE,
    ScoreCell,
)
from cardwright.evaluators.rows.tally import GroupView
from cardwright.record.measurement import Unmeasured


def gap_tests(plan: FairnessPlan, numbers: GroupNumbers, before: Tests) -> Tests:
    """The permutation tests of a view, beside those made before."""
    minimum, view = plan.rules.minimum, numbers.view
    wanted = [
        (
            compare(view, numbers.rates[rate, code], minimum),
            plan.rules.resamples if stem in plan.family else plan.rules.screening,
        )
        for stem, rate in plan.gaps
        for code, _ in plan.classes_of(rate)
    ]
    if numbers.above is not None:
        wanted.append((compare(view, numbers.above, minimum), plan.rules.resamples))
    odds = [
        [compare(view, numbers.rates[rate, code], minimum) for rate in ODDS]
        for code, _ in (plan.classes if plan.odds else ())
    ]
    odds += [parts for _, parts in _over_classes(plan, numbers)]
    return make_tests(wanted, odds, plan.rules, before)


def gap_measurements(plan: FairnessPlan, numbers: GroupNumbers, tests: Tests) -> list[Tested]:
    """Every gap over the groups of a view."""
    minimum, view = plan.rules.minimum, numbers.view
    found: list[Tested] = []
    for stem, rate in plan.gaps:
        for code, name in plan.classes_of(rate):
            compared = compare(view, numbers.rates[rate, code], minimum)
            inferences = rate_inferences(
                compared, plan.rules, plan.limits_of(stem), declared=stem in plan.family, tests=tests
            )
            found += _difference_and_ratio(plan, stem, compared, inferences, name, rate != "base_rate")
            if name is None:
                found += _within_strata(plan, f"{stem}_difference", rate, view, compared)
    for code, name in plan.classes if plan.odds else ():
        parts = [compare(view, numbers.rates[rate, code], minimum) for rate in ODDS]
        common, *both_gaps = composite(parts, plan.rules, tests)
        found += _difference_and_ratio(plan, "equalized_odds", common, both_gaps, name, True)
    for stem, parts in _over_classes(plan, numbers):
        common, *both_gaps = composite(parts, plan.rules, tests)
        found += _difference_and_ratio(plan, stem, common, both_gaps, None, True)
    if numbers.above is not None:
        compared = compare(view, numbers.above, minimum)
        inferences = rate_inferences(compared, plan.rules, {}, tests=tests)
        found += _difference_and_ratio(plan, "scoring_rate", compared, inferences, None, False)
    return found + _gaps_of_numbers(plan, numbers)


def _over_classes(plan: FairnessPlan, numbers: GroupNumbers) -> list[tuple[str, list[Compared]]]:
    """Of several classes: the gaps whose largest over all classes is one number, each with its parts."""
    if len(plan.classes) < 2 or not plan.odds:
        return []
    minimum, view = plan.rules.minimum, numbers.view

    def parts(*rates: str) -> list[Compared]:
        return [compare(view, numbers.rates[rate, code], minimum) for code, _ in plan.classes for rate in rates]

    return [("demographic_parity", parts("selection_rate")), ("equalized_odds", parts(*ODDS))]


def _difference_and_ratio(
    plan: FairnessPlan,
    stem: str,
    compared: Compared,
    inferences: Sequence[Inference],
    name: str | None,
    decided: bool,
) -> list[Tested]:
    at = plan.about.at if decided else None
    return [
        Tested(
            gap_measurement(f"{stem}_{kind}", kind, compared, inference, plan.about, at=at, of_class=name),
            (stem, compared.across, name),
        )
        for kind, inference in zip(("difference", "ratio"), inferences, strict=True)
    ]


def _within_strata(plan: FairnessPlan, metric: str, rate: str, view: GroupView, compared: Compared) -> list[Tested]:
    if not plan.layout.strata or CONDITIONAL.get(metric) != rate or not plan.rules.plain or len(view.attributes) != 1:
        return []
    return [
        Tested(measurement)
        for measurement in conditional.conditional_gaps(
            metric, rate, plan.tally, view, compared, plan.rules, plan.about
        )
    ]


def _gaps_of_numbers(plan: FairnessPlan, numbers: GroupNumbers) -> list[Tested]:
    """Gaps of everything that is not a rate."""
    view, level = numbers.view, plan.rules.level
    cells = numbers.score_cells or ()
    # Metric, its numbers at the level of the evaluation and at any other, whether its intervals are biased, and whether
    # it is about decisions.
    wanted: list[tuple[Metric, Sequence[Estimate], Callable[[float], Sequence[Estimate]], bool, bool]] = [
        (metric, numbers.scores[metric.name], partial(_at_level, cells, compute), metric is ECE, False)
        for metric, compute in score_measures(plan)
        if metric.name in numbers.scores
    ]
    if numbers.treatment is not None:
        f1 = partial(rate_estimates, view, "f1", 1)
        wanted.append((RATES["f1"].metric, numbers.rates["f1", 1], f1, False, True))
        wanted.append((TREATMENT_EQUALITY, numbers.treatment, partial(treatment_estimates, view), False, True))
    if plan.layout.kind == "regression":
        for metric, means in regression_metrics.of_view(view, level):
            at_level = regression_metrics.at_level(view, metric)
            wanted.append((metric, means, at_level, False, False))
            if metric.name in regression_metrics.STANDARDIZED:
                in_spreads = partial(regression_metrics.standardized, spread=regression_metrics.outcome_spread(view))
                named = Metric(f"standardized_{metric.name}", metric.title, "standard_deviations", metric.direction)
                scaled = partial(_each, in_spreads, at_level)
                wanted.append((named, [in_spreads(mean) for mean in means], scaled, False, False))
    return [
        Tested(
            _gap_of_numbers(plan, view, metric, estimates, at_level, boxed, decided), (metric.name, _names(view), None)
        )
        for metric, estimates, at_level, boxed, decided in wanted
    ]


def _each(
    change: Callable[[Estimate], Estimate], at_level: Callable[[float], Sequence[Estimate]], level: float
) -> list[Estimate]:
    return [change(estimate) for estimate in at_level(level)]


def _at_level(cells: Sequence[ScoreCell], compute: ScoreMeasure, level: float) -> list[Estimate]:
    return [compute(cell, level) for cell in cells]


def _gap_of_numbers(
    plan: FairnessPlan,
    view: GroupView,
    metric: Metric,
    estimates: Sequence[Estimate],
    at_level: Callable[[float], Sequence[Estimate]],
    boxed: bool,
    decided: bool,
) -> Measurement:
    compared = compare(view, estimates, plan.rules.minimum)
    chosen = [view.slices.index(slice_) for slice_ in compared.slices]

    def entering(level: float) -> list[Estimate]:
        every = at_level(level)
        return [every[index] for index in chosen]

    inference = number_inference(compared, entering, plan.rules, boxed=boxed)
    at = plan.about.at if decided else None
    return gap_measurement(f"{metric.name}_difference", "difference", compared, inference, plan.about, at=at)


def _names(view: GroupView) -> tuple[str, ...]:
    return tuple(view.tally.layout.attributes[index].name for index in view.attributes)


def against_reference(plan: FairnessPlan, numbers: GroupNumbers) -> list[Measurement]:
    """Each group against the reference group: the classic ratios, and where the plan names the reference, every number."""
    declared = plan.options.reference or {}
    names = _names(numbers.view)
    chosen: Slice | None = {name: declared[name] for name in names} if all(name in declared for name in names) else None
    found = _every_number(plan, numbers, chosen) if chosen is not None else []
    rate = "selection_rate" if plan.layout.kind == "binary" and plan.layout.decides else "base_rate"
    if rate not in plan.rates or plan.layout.favourable is None:
        return found
    estimates = numbers.rates[rate, 1] if numbers.above is None else numbers.above
    scores = numbers.scores.get(MEAN_SCORE.name)
    classic = reference.against(
        numbers.view, estimates, scores, chosen, plan.rules, plan.about, decided=rate != "base_rate"
    )
    return [*classic, *found]


def _every_number(plan: FairnessPlan, numbers: GroupNumbers, chosen: Slice) -> list[Measurement]:
    """Every rate and error of each group beside the reference group's."""
    view = numbers.view
    by_class: dict[str | None, list[reference.OfGroups]] = {None: []}
    for rate in plan.rates:
        for code, name in plan.classes_of(rate):
            of = reference.OfGroups(
                RATES[rate].metric, numbers.rates[rate, code], rate != "base_rate", RATES[rate].fold == 1
            )
            by_class.setdefault(name, []).append(of)
    whole = by_class[None]
    whole += [
        reference.OfGroups(metric, numbers.scores[metric.name], decided=False, counted=False)
        for metric, _ in score_measures(plan)
        if metric.name in numbers.scores
    ]
    if plan.layout.kind == "regression":
        whole += [
            reference.OfGroups(metric, means, decided=False, counted=False)
            for metric, means in regression_metrics.of_view(view, plan.rules.level)
        ]
    return [
        measurement
        for name, wanted in by_class.items()
        for measurement in reference.disparities(view, wanted, chosen, plan.rules, plan.about, of_class=name)
    ]


def gap_changes(plan: FairnessPlan, numbers: GroupNumbers, pairs: Pairs | None) -> list[Measurement]:
    """Gaps beside the labels' own, and beside a baseline's."""
    view, minimum = numbers.view, plan.rules.minimum
    if len(view.attributes) != 1 or plan.layout.kind != "binary" or not plan.layout.decides:
        return []
    compared = {
        name: compare(view, numbers.rates[rate, 1], minimum)
        for name, rate in CONDITIONAL.items()
        if rate != "base_rate"
    }
    compared["equalized_odds_difference"] = both([compare(view, numbers.rates[rate, 1], minimum) for rate in ODDS])
    measurements: list[Measurement] = []
    if plan.rules.plain:
        parity = compared["demographic_parity_difference"]
        measurements.append(change.amplification(view, parity, plan.rules, plan.about))
    if pairs is not None:
        measurements += change.gap_changes(pairs, view, compared, plan.rules, plan.about)
    return measurements


def too_many_cells(view: GroupView) -> str:
    """Why an intersection with more cells than anybody reads is not reported."""
    return f"{' × '.join(_names(view))} has {len(view)} cells with rows, more than {MAX_CELLS}."


def unreported(plan: FairnessPlan, view: GroupView) -> list[Measurement]:
    """The gaps over an intersection that is not reported: said, not left out."""
    rows = int(view.counts.sum())
    stems = [stem for stem, _ in plan.gaps] + (["equalized_odds"] if plan.odds else [])
    return [
        Unmeasured(
            metric=f"{stem}_{kind}",
            across=_names(view),
            of_class=name if stem != "accuracy" else None,
            at=plan.about.at if stem != "base_rate" else None,
            code="not_applicable",
            reason=too_many_cells(view),
            sampling=plan.about.sampling(rows),
        )
        for stem in stems
        for _, name in (plan.classes[:1] if stem == "accuracy" else plan.classes)
        for kind in ("difference", "ratio")
    ]


__all__ = ["against_reference", "gap_changes", "gap_measurements", "gap_tests", "too_many_cells", "unreported"]
