"""How much worse: the same rows before and after (paired), and two samples (unpaired)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.evaluators.rows.ranked import AT, first_candidates, ndcg_by_query
from cardwright.evaluators.rows.rates import LOWER, Metric
from cardwright.statistics.contrast import (
    BoolArray,
    Contrast,
    Losses,
    difference_to_rest,
    mean_change,
    weighted_spread,
)
from cardwright.statistics.intervals import Bounds, newcombe, z_quantile
from cardwright.statistics.paired import mcnemar, paired_difference
from cardwright.statistics.ranking import paired_delong


@dataclass(frozen=True)
class Answers:
    """What a model says of rows."""

    decision: IntArray | None
    """Codes, as outcomes have them."""
    score: FloatArray | None
    """Of a binary task."""
    value: FloatArray | None
    """Of a regression, or what candidates of a ranking are ordered by."""


@dataclass(frozen=True)
class Truth:
    """The outcomes of rows, and how rows count."""

    outcome: IntArray
    actual: FloatArray | None
    weight: FloatArray | None
    cluster: IntArray | None
    query: IntArray | None = None
    """The query of each row, if they are candidates of a ranking; then a row weighs one over its query's rows."""

    @property
    def plain(self) -> bool:
        """Whether rows are independent and of equal weight."""
        return self.weight is None and self.cluster is None

    def losses(self, values: FloatArray, rows: BoolArray, *, binary: bool = False) -> Losses:
        """Numbers of some rows, as they count."""
        return Losses(
            values[rows],
            binary,
            None if self.weight is None else self.weight[rows],
            None if self.cluster is None else self.cluster[rows],
        )


Drop = Contrast | str
"""A drop, or why there is none."""

NOT_PLAIN = "This paired interval is for independent rows of equal weight, and these are weighted or clustered."


def _accuracy(truth: Truth, before: Answers, after: Answers, rows: BoolArray, level: float) -> Drop:
    if before.decision is None or after.decision is None:
        return "There are no decisions."
    first, second = (before.decision == truth.outcome), (after.decision == truth.outcome)
    if not truth.plain:
        return mean_change(truth.losses(first.astype(float) - second, rows), level) or "The rows weigh nothing."
    return _paired(first[rows], second[rows], level) or "There are no rows: 0."


def _paired(first: BoolArray, second: BoolArray, level: float) -> Contrast | None:
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    found = paired_difference(
        int((first & second).sum()), only_first, only_second, int((~first & ~second).sum()), level
    )
    if found is None:
        return None
    test = mcnemar(only_first, only_second)
    return Contrast(found.estimate, found.bounds, test.p_value, test.method)


def _balanced(truth: Truth, before: Answers, after: Answers, rows: BoolArray, level: float) -> Drop:
    """The mean drop of the rates of each outcome; Tango's intervals put together by MOVER (Zou and Donner 2008, Stat. Med.
    27:1693)."""
    if not truth.plain:
        return NOT_PLAIN
    if before.decision is None or after.decision is None:
        return "There are no decisions."
    value = lower = upper = 0.0
    outcomes = _outcomes(truth)
    for outcome in outcomes:
        chosen = rows & (truth.outcome == outcome)
        found = _paired(before.decision[chosen] == outcome, after.decision[chosen] == outcome, level)
        if found is None or found.bounds is None:
            return f"Balanced accuracy takes every outcome, and 0 of {int(rows.sum())} rows have one of them."
        value += found.value / len(outcomes)
        lower += (found.value - found.bounds.lower) ** 2
        upper += (found.bounds.upper - found.value) ** 2
    return _put_together(value, lower, upper, len(outcomes), level, "tango_mover")


def _outcomes(*truths: Truth) -> list[int]:
    """The outcomes that occur; of a binary task both, so that a sample with one of them has no balanced accuracy."""
    return sorted({0, 1}.union(*(np.unique(truth.outcome).tolist() for truth in truths)), reverse=True)


def _put_together(value: float, lower: float, upper: float, outcomes: int, level: float, method: str) -> Contrast:
    """The mean of independent differences, from the sums of their squared distances to their bounds."""
    below, above = math.sqrt(lower) / outcomes, math.sqrt(upper) / outcomes
    return Contrast(value, Bounds(value - below, value + above, level, method))


def _roc_auc(truth: Truth, before: Answers, after: Answers, rows: BoolArray, level: float) -> Drop:
    if not truth.plain:
        return NOT_PLAIN
    if before.score is None or after.score is None:
        return "There are no scores."
    found = paired_delong(truth.outcome[rows], before.score[rows], after.score[rows], level)
    if found is None:
        positives = int(truth.outcome[rows].sum())
        return f"Ranking needs two rows of each outcome, and there are {positives} and {int(rows.sum()) - positives}."
    return Contrast(found.difference, found.bounds, found.p_value, "delong_paired")


def _mean_absolute_error(truth: Truth, before: Answers, after: Answers, rows: BoolArray, level: float) -> Drop:
    if before.value is None or after.value is None or truth.actual is None:
        return "There are no predicted values."
    more = np.abs(after.value - truth.actual) - np.abs(before.value - truth.actual)
    return mean_change(truth.losses(more, rows), level) or "There are no rows: 0."


def _ndcg(truth: Truth, before: Answers, after: Answers, rows: BoolArray, level: float) -> Drop:
    if before.value is None or after.value is None:
        return "There are no scores."
    return mean_change(truth.losses(ndcg_of(truth, before) - ndcg_of(truth, after), rows), level) or NO_QUERY


def ndcg_of(truth: Truth, answers: Answers) -> FloatArray:
    """NDCG of the query of each row, of a ranking."""
    assert truth.query is not None and truth.actual is not None and answers.value is not None
    return ndcg_by_query(truth.query, answers.value, truth.actual)


def first_changes(truth: Truth, before: Answers, after: Answers) -> FloatArray:
    """1 for the rows of each query whose first candidate is another than before, else 0."""
    assert truth.query is not None and truth.actual is not None
    assert before.value is not None and after.value is not None
    first = first_candidates(truth.query, before.value, truth.actual)
    second = first_candidates(truth.query, after.value, truth.actual)
    return np.asarray(first != second, float)[truth.query]


NO_QUERY = "No query has a relevant candidate (0)."


def _standardized_mean_absolute_error(
    truth: Truth, before: Answers, after: Answers, rows: BoolArray, level: float
) -> Drop:
    return _standardized(_mean_absolute_error(truth, before, after, rows, level), truth)


def _standardized(drop: Drop, truth: Truth) -> Drop:
    """A difference in standard deviations of the outcome, which are taken as given."""
    if isinstance(drop, str):
        return drop
    assert truth.actual is not None
    spread = weighted_spread(truth.actual, truth.weight)
    return "All outcomes are equal: their spread is 0." if spread is None else drop.scaled(1 / spread)


@dataclass(frozen=True)
class Measure:
    """A metric whose drop is measured."""

    metric: Metric
    paired: Callable[[Truth, Answers, Answers, BoolArray, float], Drop]


def _measure(
    name: str, title: str, unit: str, paired: Callable[[Truth, Answers, Answers, BoolArray, float], Drop]
) -> Measure:
    return Measure(Metric(name, title, unit, LOWER), paired)


ACCURACY = _measure("accuracy_drop", "Drop of accuracy", "difference", _accuracy)
BALANCED = _measure("balanced_accuracy_drop", "Drop of balanced accuracy", "difference", _balanced)
ROC_AUC = _measure("roc_auc_drop", "Drop of ROC AUC", "difference", _roc_auc)
MEAN_ABSOLUTE_ERROR = _measure(
    "mean_absolute_error_increase", "Increase of the mean absolute error", "outcome", _mean_absolute_error
)

STANDARDIZED_ERROR = _measure(
    "standardized_mean_absolute_error_increase",
    "Increase of the mean absolute error, in standard deviations of the outcome",
    "standard_deviations",
    _standardized_mean_absolute_error,
)

NDCG_DROP = _measure("ndcg_drop", f"Drop of NDCG at {AT}", "difference", _ndcg)

BY_TASK: dict[str, dict[str, Measure]] = {
    "binary": {"accuracy": ACCURACY, "balanced_accuracy": BALANCED, "roc_auc": ROC_AUC},
    "multiclass": {"accuracy": ACCURACY, "balanced_accuracy": BALANCED},
    "regression": {
        "mean_absolute_error": MEAN_ABSOLUTE_ERROR,
        "standardized_mean_absolute_error": STANDARDIZED_ERROR,
    },
    "ranking": {"ndcg": NDCG_DROP},
}
"""The metrics of each task, the main one first."""


# --- two samples --------------------------------------------------------------------------------------------------------


def against(name: str, first: tuple[Truth, Answers], second: tuple[Truth, Answers], level: float) -> Drop:
    """How much worse the second sample is than the first, of other rows."""
    return _UNPAIRED[name](first, second, level)


def _loss(truth: Truth, answers: Answers) -> tuple[FloatArray, bool] | None:
    if truth.query is not None and answers.value is not None:
        return 1 - ndcg_of(truth, answers), False
    if truth.actual is not None and answers.value is not None:
        return np.abs(answers.value - truth.actual), False
    if answers.decision is not None:
        return (answers.decision != truth.outcome).astype(float), True
    return None


def _mean_loss(first: tuple[Truth, Answers], second: tuple[Truth, Answers], level: float) -> Drop:
    one, other = _loss(*first), _loss(*second)
    if one is None or other is None:
        return "One of the two samples has no decisions."
    sizes = len(one[0]), len(other[0])

    def join(a: FloatArray | IntArray | None, b: FloatArray | IntArray | None) -> FloatArray | None:
        if a is None and b is None:
            return None
        return np.concatenate(
            [np.ones(n) if x is None else np.asarray(x, float) for n, x in zip(sizes, (a, b), strict=True)]
        )

    clusters = [
        np.arange(n) if truth.cluster is None else truth.cluster
        for n, truth in zip(sizes, (first[0], second[0]), strict=True)
    ]
    clustered = first[0].cluster is not None or second[0].cluster is not None
    cluster = np.concatenate([clusters[0], clusters[1] + int(clusters[0].max(initial=-1)) + 1]) if clustered else None
    losses = Losses(np.concatenate([one[0], other[0]]), one[1], join(first[0].weight, second[0].weight), cluster)
    inside = np.arange(sum(sizes)) >= sizes[0]
    return difference_to_rest(losses, inside, level) or "One of the two samples has no rows."


def _standardized_loss(first: tuple[Truth, Answers], second: tuple[Truth, Answers], level: float) -> Drop:
    return _standardized(_mean_loss(first, second, level), first[0])


def _balanced_two(first: tuple[Truth, Answers], second: tuple[Truth, Answers], level: float) -> Drop:
    value = lower = upper = 0.0
    outcomes = _outcomes(first[0], second[0])
    for outcome in outcomes:
        counts: list[float] = []
        for truth, answers in (first, second):
            if not truth.plain:
                return NOT_PLAIN
            if answers.decision is None:
                return "One of the two samples has no decisions."
            here = truth.outcome == outcome
            counts += [float((answers.decision[here] == outcome).sum()), float(here.sum())]
        bounds = newcombe(counts[0], counts[1], counts[2], counts[3], level)
        if bounds is None:
            return "Balanced accuracy takes every outcome in both samples, and 0 rows of one have one of them."
        part = counts[0] / counts[1] - counts[2] / counts[3]
        value += part / len(outcomes)
        lower += (part - bounds.lower) ** 2
        upper += (bounds.upper - part) ** 2
    return _put_together(value, lower, upper, len(outcomes), level, "newcombe_mover")


def _roc_auc_two(first: tuple[Truth, Answers], second: tuple[Truth, Answers], level: float) -> Drop:
    areas, variance = [], 0.0
    for truth, answers in (first, second):
        if not truth.plain:
            return NOT_PLAIN
        if answers.score is None:
            return "One of the two samples has no scores."
        # Against a constant score, whose area is 0.5 without spread, DeLong's pair is the area itself.
        found = paired_delong(truth.outcome, answers.score, np.zeros(len(truth.outcome)), level)
        if found is None:
            return "Ranking needs two rows of each outcome in both samples."
        areas.append(found.first)
        variance += found.standard_error**2
    value = areas[0] - areas[1]
    half = z_quantile(level) * math.sqrt(variance)
    return Contrast(value, Bounds(max(-1.0, value - half), min(1.0, value + half), level, "delong"))


_UNPAIRED: dict[str, Callable[[tuple[Truth, Answers], tuple[Truth, Answers], float], Drop]] = {
    "accuracy": _mean_loss,
    "balanced_accuracy": _balanced_two,
    "roc_auc": _roc_auc_two,
    "mean_absolute_error": _mean_loss,
    "standardized_mean_absolute_error": _standardized_loss,
    "ndcg": _mean_loss,
}
