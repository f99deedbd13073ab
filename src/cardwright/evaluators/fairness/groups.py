"""Every number of every group: rates, scores, sums, and the share of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cardwright.evaluators.fairness import scoring
from cardwright.evaluators.fairness.plan import (
    FairnessPlan,
    Measurement,
)
from cardwright.evaluators.fairness.treatment import TREATMENT_EQUALITY, treatment_equality
from cardwright.evaluators.rows import regression_metrics
from cardwright.evaluators.rows.gaps import (
    expected_slices,
)
from cardwright.evaluators.rows.rates import NEITHER, RATES, Estimate, Metric, accuracy_of, measure, rate_of
from cardwright.evaluators.rows.score_metrics import (
    BRIER,
    ECE,
    MEAN_SCORE,
    ROC_AUC,
    ScoreCell,
    brier_score,
    calibration_error,
    mean_score,
    roc_auc,
    score_cells,
)
from cardwright.evaluators.rows.tally import GroupView

GROUP_SHARE = Metric("group_share", "Share of rows", "proportion", NEITHER)

ScoreMeasure = Callable[[ScoreCell, float], Estimate]


@dataclass(frozen=True)
class GroupNumbers:
    """The numbers of the cells of a view, each with an interval at the level of the evaluation."""

    view: GroupView
    rates: Mapping[tuple[str, int], list[Estimate]]
    """By rate and code of the class."""
    score_cells: list[ScoreCell] | None
    """`None` where the source has no scores, or they are not counted by these cells."""
    scores: Mapping[str, list[Estimate]]
    """Measures of scores, by metric."""
    treatment: list[Estimate] | None
    """False negatives per false positive, where there are decisions on a binary outcome."""
    above: list[Estimate] | None
    """Scoring rates, where scores have no threshold."""


def score_measures(plan: FairnessPlan) -> tuple[tuple[Metric, ScoreMeasure], ...]:
    """The measures of scores; none without scores."""
    if not plan.tally.scores:
        return ()
    seed = [*plan.rules.seed, 3]
    return (
        (ROC_AUC, roc_auc),
        (BRIER, brier_score),
        (ECE, lambda cell, level: calibration_error(cell, level, seed)),
        (MEAN_SCORE, mean_score),
    )


def rate_estimates(view: GroupView, rate: str, code: int, level: float) -> list[Estimate]:
    """A rate of each cell."""
    if rate == "accuracy" and view.tally.layout.kind == "multiclass":
        return [accuracy_of(view.cell(index), level) for index in range(len(view))]
    return [rate_of(RATES[rate], view.cell(index), level, code) for index in range(len(view))]


def treatment_estimates(view: GroupView, level: float) -> list[Estimate]:
    """Treatment equality of each cell."""
    return [treatment_equality(view.cell(index), level) for index in range(len(view))]


def group_numbers(plan: FairnessPlan, view: GroupView) -> GroupNumbers:
    """The numbers of the cells of a view."""
    level = plan.rules.level
    cells = score_cells(plan.tally, view)
    decided = plan.layout.kind == "binary" and plan.layout.decides
    return GroupNumbers(
        view=view,
        rates={
            (rate, code): rate_estimates(view, rate, code, level)
            for rate in plan.rates
            for code, _ in plan.classes_of(rate)
        },
        score_cells=cells,
        scores={
            metric.name: [compute(cell, level) for cell in cells]
            for metric, compute in score_measures(plan)
            if cells is not None
        },
        treatment=treatment_estimates(view, level) if decided else None,
        above=None if plan.above is None else scoring.rates(plan.above, view, level),
    )


def group_measurements(plan: FairnessPlan, numbers: GroupNumbers) -> list[Measurement]:
    """The numbers of every cell as measurements: of groups, of unknown membership, and of groups without rows."""
    view = numbers.view
    absent = expected_slices(view)[1] if view.attributes else []
    found: list[tuple[Metric, Sequence[Estimate], bool, str | None]] = [
        (RATES[rate].metric, numbers.rates[rate, code], rate != "base_rate", name)
        for rate in plan.rates
        for code, name in plan.classes_of(rate)
    ]
    if numbers.treatment is not None:
        found.append((TREATMENT_EQUALITY, numbers.treatment, True, None))
    found += [
        (metric, numbers.scores[metric.name], False, None)
        for metric, _ in score_measures(plan)
        if metric.name in numbers.scores
    ]
    if numbers.above is not None:
        found.append((scoring.SCORING_RATE, numbers.above, False, None))
    if plan.layout.kind == "regression":
        found += [(metric, means, False, None) for metric, means in regression_metrics.of_view(view, plan.rules.level)]
    measurements: list[Measurement] = []
    if view.attributes:
        measurements += [
            measure(GROUP_SHARE, share, plan.about, slice_, decided=False)
            for slice_, share in zip(view.slices, _shares(view), strict=True)
        ]
    nobody = Estimate(None, 0, "rows", denominator=0.0, reason="There are no rows of this group.")
    for metric, estimates, decided, name in found:
        cells = [*zip(view.slices, estimates, strict=True), *((slice_, nobody) for slice_ in absent)]
        measurements += [
            measure(metric, estimate, plan.about, slice_, of_class=name, decided=decided) for slice_, estimate in cells
        ]
    return measurements


def _shares(view: GroupView) -> list[Estimate]:
    rows = [int(view.counts[index].sum()) for index in range(len(view))]
    total = sum(rows)
    return [Estimate(row / total if total else None, total, "rows", float(row), float(total)) for row in rows]


__all__ = ["GroupNumbers", "group_measurements", "group_numbers", "rate_estimates", "score_measures"]
