"""Gaps between groups as functions of joint counts: rows by group, outcome, first decision and second decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cardwright.evaluators.rows.exact_sums import FloatArray

Statistic = Callable[[FloatArray], FloatArray]
"""From counts of shape (draws, groups, 2 outcomes, 2 first decisions, 2 second decisions) to one number per draw."""

COMPONENTS: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "demographic_parity_difference": ((0, 1),),
    "equal_opportunity_difference": ((1,),),
    "false_positive_rate_difference": ((0,),),
    "equalized_odds_difference": ((1,), (0,)),
}
"""Of each gap the rates it looks at, as the outcomes of the rows below their line."""


def ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """One divided by the other; NaN where nothing stands below the line."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(above / below, float)


def gap(name: str, axis: int) -> Statistic:
    """A gap of `COMPONENTS` by the first (0) or second (1) decisions: the largest of its rates' differences between groups."""

    def statistic(draws: FloatArray) -> FloatArray:
        rates = [_rate(draws, outcomes, axis) for outcomes in COMPONENTS[name]]
        return np.asarray(np.max([rate.max(axis=-1) - rate.min(axis=-1) for rate in rates], axis=0), float)

    return statistic


def gap_change(name: str) -> Statistic:
    """A gap by the first decisions minus that by the second, on the same rows."""
    first, second = gap(name, 0), gap(name, 1)
    return lambda draws: np.asarray(first(draws) - second(draws), float)


def _rate(draws: FloatArray, outcomes: Sequence[int], axis: int) -> FloatArray:
    """Selected among rows of some outcomes, by draw and group, by the first (axis 0) or second (axis 1) decision."""
    chosen = draws[:, :, list(outcomes)].sum(axis=2)
    selected = chosen[:, :, 1, :].sum(axis=2) if axis == 0 else chosen[:, :, :, 1].sum(axis=2)
    return ratio(selected, chosen.sum(axis=(2, 3)))
