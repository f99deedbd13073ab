"""From the histograms and sums of a cell's scores to ranking, calibration and loss, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import prod

import numpy as np
from scipy import special, stats

from cardwright.evaluators.rows.exact_sums import (
    CALIBRATION_BINS,
    LIMBS,
    SCORE_BINS,
    FloatArray,
    IntArray,
    Scores,
    Sums,
)
from cardwright.evaluators.rows.rates import HIGHER, LOWER, NEITHER, Estimate, Metric, alike, persons
from cardwright.evaluators.rows.tally import Cell, GroupView, RowTally, coarsen
from cardwright.statistics import calibration, ranking
from cardwright.statistics.intervals import Bounds, check_level, mean_interval, z_quantile

ROC_AUC = Metric("roc_auc", "ROC AUC", "proportion", HIGHER)
AVERAGE_PRECISION = Metric("average_precision", "Average precision", "proportion", HIGHER)
BRIER = Metric("brier_score", "Brier score", "mean_squared_error", LOWER)
LOG_LOSS = Metric("log_loss", "Log loss", "nats", LOWER)
ECE = Metric("expected_calibration_error", "Calibration error", "proportion", LOWER)
MEAN_SCORE = Metric("mean_score", "Mean score", "proportion", NEITHER)

_RESAMPLES = 1000
"""Draws behind the interval of a calibration error."""

MOST_POINTS = 50
"""Points of a curve in the record."""


@dataclass(frozen=True)
class ScoreCell:
    """The scores of one cell."""

    cell: Cell
    values: FloatArray | None
    """The different scores; `None` where they are in bins."""
    negatives: IntArray
    """Rows without the favourable outcome, by score or bin."""
    positives: IntArray
    weighted: tuple[FloatArray, FloatArray] | None
    """Weights of negatives and of positives, by score or bin."""
    rows: IntArray
    """Rows by outcome and calibration bin."""
    mass: FloatArray
    """Weights by outcome and calibration bin; rows where there are no weights."""
    predicted: FloatArray
    """Sum of the (weighted) scores by outcome and calibration bin."""
    sums: dict[str, tuple[Fraction, Fraction]]
    """Exact sums by outcome: `mass`, `score`, `score2`, `fourth`, and `loss`, `loss2` where they were asked for."""
    probability: bool = True
    """Whether scores are probabilities, and not positions on a scale alone."""

    @cached_property
    def n(self) -> int:
        """All rows."""
        return int(self.rows.sum())

    def _mask(self, outcome: int | None) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        mask = np.ones(self.cell.counts.shape, bool)
        if outcome is not None:
            mask[1 - outcome] = False
        return mask

    def effective(self, outcome: int | None = None) -> float | None:
        """The effective size of all rows or those of one outcome; `None` where rows are independent and unweighted."""
        return alike(self.cell, self._mask(outcome))

    def persons(self, outcome: int | None = None) -> int | None:
        """Persons, where rows are clustered."""
        return persons(self.cell, self._mask(outcome))

    def total(self, name: str) -> Fraction:
        """An exact sum over both outcomes."""
        negatives, positives = self.sums[name]
        return negatives + positives

    @property
    def squared_errors(self) -> Fraction:
        """Sum of (score - outcome)², expanded so that one sum of squared scores serves two purposes."""
        return self.total("score2") - 2 * self.sums["score"][1] + self.sums["mass"][1]


def score_cells(tally: RowTally, view: GroupView) -> list[ScoreCell] | None:
    """The scores of each cell of a view; `None` where there are none, or none were kept for these attributes crossed."""
    wanted = view.attributes
    found = next((scores for scores in tally.scores if set(wanted) <= set(scores.margin)), None)
    if found is None:
        return None
    sizes = [tally.layout.sizes[index] for index in found.margin]
    inner = [found.margin.index(index) for index in wanted]
    fine = np.arange(prod(sizes), dtype=np.int64)
    coarse = coarsen(fine, sizes, inner)
    probability = tally.layout.probability
    return [
        replace(_pooled(found, view.cell(number), fine[coarse == key]), probability=probability)
        for number, key in enumerate(view.keys.tolist())
    ]


def _pooled(scores: Scores, cell: Cell, cells: IntArray) -> ScoreCell:
    lanes = (2 * cells, 2 * cells + 1)
    width = scores.counts.shape[1]
    negatives, positives = (scores.counts[:, lane].sum(axis=1) for lane in lanes)
    weighted = None
    if scores.weights is not None:
        limbs = scores.weights.limbs.reshape(LIMBS, -1, width)
        of_negatives, of_positives = (Sums(limbs[:, :, lane].sum(axis=2)).values for lane in lanes)
        weighted = (of_negatives, of_positives)
    bins = np.stack([scores.rows.reshape(width, CALIBRATION_BINS)[lane].sum(axis=0) for lane in lanes])

    def by_bin(sums: Sums) -> tuple[FloatArray, tuple[Fraction, Fraction]]:
        parts = [sums.limbs.reshape(LIMBS, width, CALIBRATION_BINS)[:, lane].sum(axis=1) for lane in lanes]
        exact = [Sums(p).exact(slice(None)) for p in parts]
        return np.stack([Sums(p).values for p in parts]), (exact[0], exact[1])

    predicted, score = by_bin(scores.predicted)
    if scores.mass is not None:
        mass, weight = by_bin(scores.mass)
    else:
        mass = bins.astype(float)
        weight = (Fraction(int(bins[0].sum())), Fraction(int(bins[1].sum())))

    def by_lane(sums: Sums) -> tuple[Fraction, Fraction]:
        return sums.exact(lanes[0]), sums.exact(lanes[1])

    sums = {
        "mass": weight,
        "score": score,
        "score2": by_lane(scores.score_squares),
        "fourth": by_lane(scores.fourths),
    }
    if scores.losses is not None and scores.loss_squares is not None:
        sums["loss"], sums["loss2"] = by_lane(scores.losses), by_lane(scores.loss_squares)
    return ScoreCell(cell, scores.values, negatives, positives, weighted, bins, mass, predicted, sums)


def roc_auc(cell: ScoreCell, level: float) -> Estimate:
    """The area under the ROC curve with DeLong's interval; of weighted or clustered rows with Newcombe's at effective sizes.

    Undefined with fewer than two rows of either outcome.
    """
    m, n = int(cell.positives.sum()), int(cell.negatives.sum())
    plain = ranking.auc(cell.positives, cell.negatives, level)
    of = "rows"
    if plain is None:
        return Estimate(
            None,
            cell.n,
            of,
            reason=f"Ranking needs two rows of each outcome; there are {m} with and {n} without the favourable outcome.",
        )
    at_positives, at_negatives = cell.effective(1), cell.effective(0)
    if at_positives is None or at_negatives is None:
        return Estimate(
            plain.estimate,
            cell.n,
            of,
            denominator=float(cell.n),
            bounds=plain.bounds,
            standard_error=plain.standard_error,
        )
    value = plain.estimate
    if cell.weighted is not None:
        below, above = cell.weighted
        pairs = float(below.sum() * above.sum())
        if pairs <= 0:
            return Estimate(None, cell.n, of, reason="All rows of one outcome have the weight 0.")
        value = float((above * (np.cumsum(below) - below / 2)).sum() / pairs)
    value = min(1.0, max(0.0, value))
    bounds = None
    if min(at_positives, at_negatives) >= 2:
        found = ranking.newcombe_auc(value, int(at_positives), int(at_negatives), level)
        bounds = Bounds(found.lower, found.upper, level, "newcombe_auc_effective_n")
    return Estimate(
        value,
        cell.n,
        of,
        denominator=float(cell.n),
        bounds=bounds,
        units=cell.persons(),
        effective_n=cell.effective(),
    )


def average_precision(cell: ScoreCell, level: float) -> Estimate:
    """Mean precision over the positives, with the logit interval of Boyd, Eng and Page (2013), ECML PKDD.

    Undefined without positives. Weighted rows count with their weights, the interval with their effective number.
    """
    m = int(cell.positives.sum())
    of = "rows with the favourable outcome"
    if cell.weighted is None:
        value = ranking.average_precision(cell.positives, cell.negatives)
    else:
        below, above = cell.weighted
        found, flagged = np.cumsum(above[::-1]), np.cumsum((above + below)[::-1])
        total = float(above.sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            precision = np.where(flagged > 0, found / flagged, 0.0)
        value = float((above[::-1] * precision).sum() / total) if total > 0 else None
    if value is None:
        return Estimate(None, m, of, denominator=float(m))
    effective = cell.effective(1)
    size = effective if effective is not None else float(m)
    bounds = None
    if 0 < value < 1 and size > 0:
        logit, half = float(special.logit(value)), z_quantile(level) / math.sqrt(size * value * (1 - value))
        bounds = Bounds(float(special.expit(logit - half)), float(special.expit(logit + half)), level, "boyd_logit")
    return Estimate(value, m, of, denominator=float(m), bounds=bounds, units=cell.persons(1), effective_n=effective)


def _mean(
    cell: ScoreCell, total: Fraction, squares: Fraction, level: float, lowest: float, highest: float | None
) -> Estimate:
    """A mean over rows with Student's interval, cut to its possible values."""
    mass, effective = cell.total("mass"), cell.effective()
    if mass <= 0:
        return Estimate(None, cell.n, "rows", denominator=float(mass))
    value = float(total / mass)
    numerator, denominator = float(total), float(mass)
    if effective is None:
        found = mean_interval(cell.n, total, squares, level)
        bounds, error = (None, None) if found is None else (found.bounds, found.standard_error)
    elif effective > 1:
        variance = max(0.0, float(squares / mass - (total / mass) ** 2)) * effective / (effective - 1)
        error = math.sqrt(variance / effective)
        half = float(stats.t.ppf(0.5 + check_level(level) / 2, effective - 1)) * error
        bounds = Bounds(value - half, value + half, level, "student_t_effective_n")
    else:
        bounds, error = None, None
    if bounds is not None:
        upper = bounds.upper if highest is None else min(bounds.upper, highest)
        bounds = Bounds(max(bounds.lower, lowest), upper, level, bounds.method)
    return Estimate(value, cell.n, "rows", numerator, denominator, bounds, error, cell.persons(), effective)


NO_PROBABILITY = "Scores are positions on their scale and no probabilities, so that nothing can come true or not."


def _no_probability(cell: ScoreCell) -> Estimate:
    return Estimate(None, cell.n, "rows", denominator=float(cell.n), reason=NO_PROBABILITY)


def brier_score(cell: ScoreCell, level: float) -> Estimate:
    """The mean of (score - outcome)². Source: Brier (1950), Monthly Weather Review 78:1."""
    if not cell.probability:
        return _no_probability(cell)
    return _mean(cell, cell.squared_errors, cell.total("fourth"), level, 0.0, 1.0)


def log_loss(cell: ScoreCell, level: float) -> Estimate:
    """The mean of -log of the probability given to what happened, in nats; probabilities are kept 1e-15 away from 0 and 1."""
    if not cell.probability:
        return _no_probability(cell)
    return _mean(cell, cell.total("loss"), cell.total("loss2"), level, 0.0, None)


def mean_score(cell: ScoreCell, level: float) -> Estimate:
    """The mean score."""
    return _mean(cell, cell.total("score"), cell.total("score2"), level, 0.0, 1.0)


def calibration_error(cell: ScoreCell, level: float, seed: Sequence[int]) -> Estimate:
    """The expected calibration error over ten bins of equal width, with the interval of `statistics.calibration`.

    Weighted and clustered rows give the number without an interval. Undefined without rows.
    """
    if not cell.probability:
        return _no_probability(cell)
    rows, positives = cell.rows.sum(axis=0), cell.rows[1]
    effective = cell.effective()
    if effective is None:
        found = calibration.expected_calibration_error(
            rows, positives, cell.predicted.sum(axis=0), level, resamples=_RESAMPLES, seed=list(seed)
        )
        if found is None:
            return Estimate(None, 0, "rows", denominator=0.0)
        return Estimate(found.estimate, cell.n, "rows", denominator=float(cell.n), bounds=found.bounds)
    mass = cell.mass.sum(axis=0)
    if mass.sum() <= 0:
        return Estimate(None, cell.n, "rows", denominator=0.0)
    gaps = np.abs(cell.mass[1] - cell.predicted.sum(axis=0))
    return Estimate(
        float(gaps.sum() / mass.sum()),
        cell.n,
        "rows",
        denominator=float(mass.sum()),
        units=cell.persons(),
        effective_n=effective,
    )


def calibration_slope(cell: ScoreCell, level: float) -> calibration.CalibrationSlope | None:
    """The calibration slope, of weighted or clustered rows at their effective numbers; see `statistics.calibration`."""
    scores = (np.arange(len(cell.negatives)) + 0.5) / SCORE_BINS if cell.values is None else cell.values
    lanes = []
    for outcome, rows in enumerate((cell.negatives, cell.positives)):
        size, mass = cell.effective(outcome), rows.astype(float)
        if cell.weighted is not None:
            mass = cell.weighted[outcome]
        lanes.append(mass if size is None or mass.sum() <= 0 else mass * (size / mass.sum()))
    return calibration.calibration_slope(scores, lanes[0], lanes[1], level)


def roc_curve(cell: ScoreCell) -> tuple[tuple[float, float], ...] | None:
    """(false positive rate, true positive rate) from (0, 0) to (1, 1), at most `MOST_POINTS`; `None` without either outcome."""
    curve = ranking.roc_points(cell.positives, cell.negatives)
    if curve is None:
        return None
    count = len(curve.bin)
    at = np.unique(np.round(np.linspace(0, count - 1, min(count, MOST_POINTS))).astype(int))
    return tuple(zip(curve.false_positive_rate[at].tolist(), curve.true_positive_rate[at].tolist(), strict=True))


def calibration_curve(cell: ScoreCell) -> tuple[tuple[float, float], ...]:
    """(mean score, share with the favourable outcome) by bin that has rows; empty if scores are no probabilities."""
    if not cell.probability:
        return ()
    mass, positives, predicted = cell.mass.sum(axis=0), cell.mass[1], cell.predicted.sum(axis=0)
    used = np.flatnonzero(mass > 0)
    return tuple(zip((predicted[used] / mass[used]).tolist(), (positives[used] / mass[used]).tolist(), strict=True))


def bracket(cell: ScoreCell) -> float | None:
    """How far the AUC could be from what single scores would give: half the share of pairs in one bin; `None` where exact."""
    if cell.values is not None:
        return None
    found = ranking.auc(cell.positives, cell.negatives)
    return None if found is None else (found.highest - found.lowest) / 2


__all__ = [
    "AVERAGE_PRECISION",
    "BRIER",
    "ECE",
    "LOG_LOSS",
    "MEAN_SCORE",
    "ROC_AUC",
    "SCORE_BINS",
    "ScoreCell",
    "average_precision",
    "bracket",
    "brier_score",
    "calibration_curve",
    "calibration_error",
    "calibration_slope",
    "log_loss",
    "mean_score",
    "roc_auc",
    "roc_curve",
    "score_cells",
]
