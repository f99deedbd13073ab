"""Inequality of what persons get from decisions, over all persons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.gaps import Rules
from cardwright.evaluators.rows.rates import LOWER, About, Estimate, Metric, measure
from cardwright.evaluators.rows.tally import GroupView, RowTally
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.statistics.bootstrap import bootstrap
from cardwright.statistics.effect import generalized_entropy, theil_index

GENERALIZED_ENTROPY = Metric("generalized_entropy_index", "Generalized entropy index", "index", LOWER)
THEIL = Metric("theil_index", "Theil index", "nats", LOWER)

BENEFITS = np.array([[1.0, 2.0], [0.0, 1.0]])
"""Benefit by outcome and decision: decision - outcome + 1."""

_RESAMPLES = 2000
_LEAST_ROWS = 50
"""Below so many rows bootstrap intervals do not hold their level."""


def of_decisions(tally: RowTally, view: GroupView, rules: Rules, about: About) -> list[Measured | Unmeasured]:
    """The generalized entropy index (alpha = 2) and Theil's index of benefits, with bootstrap intervals from counts.

    Undefined where nobody benefits. Without an interval for weighted or clustered rows, and with fewer than 50.

    Source: Speicher et al. (2018), KDD.
    """
    rows = int(view.counts.sum())
    table = view.counts.sum(axis=0)
    mass = table.astype(float) if view.weights is None else view.weights.sum(axis=0)
    found: list[Measured | Unmeasured] = []
    jobs: tuple[tuple[Metric, Callable[..., float | None], Callable[[FloatArray], FloatArray]], ...] = (
        (GENERALIZED_ENTROPY, generalized_entropy, _entropy),
        (THEIL, theil_index, _theil),
    )
    for metric, index, drawn in jobs:
        value = index(BENEFITS.reshape(-1), mass.reshape(-1))
        bounds = None
        if value is not None and rules.plain and rows >= _LEAST_ROWS:
            resampled = bootstrap(
                table, drawn, level=rules.level, resamples=_RESAMPLES, seed=[*rules.seed, 4], method="bca"
            )
            bounds = None if resampled is None else resampled.bounds
        estimate = Estimate(
            value,
            rows,
            "rows",
            denominator=float(mass.sum()),
            bounds=bounds,
            reason=None if value is not None else "Nobody benefits from any decision: the index is 0/0.",
        )
        found.append(measure(metric, estimate, about))
    return found


def _shares(draws: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ratios of each benefit to the mean, and shares of persons, by draw."""
    share = draws.reshape(len(draws), -1) / draws.reshape(len(draws), -1).sum(axis=1, keepdims=True)
    benefit = BENEFITS.reshape(-1)
    return benefit / (share @ benefit)[:, None], share


def _entropy(draws: FloatArray) -> FloatArray:
    ratio, share = _shares(draws)
    return np.asarray(((share * ratio**2).sum(axis=1) - 1) / 2, float)


def _theil(draws: FloatArray) -> FloatArray:
    ratio, share = _shares(draws)
    return np.asarray((share * ratio * np.log(np.where(ratio > 0, ratio, 1.0))).sum(axis=1), float)
