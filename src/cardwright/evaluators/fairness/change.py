"""How decisions change gaps: beside the labels' own (bias amplification), and beside a baseline's on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.evaluators.rows.gaps import Compared, Rules
from cardwright.evaluators.rows.paired import Pairs, tables
from cardwright.evaluators.rows.rates import LOWER, NEITHER, About, Metric, interval_of
from cardwright.evaluators.rows.tally import GroupView
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.statistics.bootstrap import bootstrap

BIAS_AMPLIFICATION = Metric("bias_amplification", "Bias amplification", "difference", NEITHER)

_RESAMPLES = 2000

Statistic = Callable[[FloatArray], FloatArray]


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(above / below, float)


def _gap(rates: FloatArray) -> FloatArray:
    return np.asarray(rates.max(axis=-1) - rates.min(axis=-1), float)


def _rate(draws: FloatArray, outcomes: Sequence[int], axis: int) -> FloatArray:
    """Selected among rows of some outcomes, by draw and group, by the first (axis 0) or second (axis 1) decision."""
    chosen = draws[:, :, list(outcomes)].sum(axis=2)
    selected = chosen[:, :, 1, :].sum(axis=2) if axis == 0 else chosen[:, :, :, 1].sum(axis=2)
    return _ratio(selected, chosen.sum(axis=(2, 3)))


def _change(*components: Sequence[int]) -> Statistic:
    """The largest gap of some rates by the first decisions, minus that by the second."""

    def statistic(draws: FloatArray) -> FloatArray:
        first, second = (
            np.max([_gap(_rate(draws, outcomes, axis)) for outcomes in components], axis=0) for axis in (0, 1)
        )
        return np.asarray(first - second, float)

    return statistic


CHANGES: dict[str, Statistic] = {
    "demographic_parity_difference": _change((0, 1)),
    "equal_opportunity_difference": _change((1,)),
    "false_positive_rate_difference": _change((0,)),
    "equalized_odds_difference": _change((1,), (0,)),
}
"""Gaps that are compared with a baseline's."""


def amplification(view: GroupView, compared: Compared, rules: Rules, about: About) -> Measured | Unmeasured:
    """Directional bias amplification: by how much decisions lean further than labels towards the groups that labels favour.

    The mean over groups of the selection rate minus the base rate, counted negative for groups whose base rate is below the
    overall one. 0 where decisions keep the labels' rates, above 0 where they widen the differences.

    Source: Wang and Russakovsky (2021), ICML, eq. 1 (attribute to task).
    """
    return _measured(
        BIAS_AMPLIFICATION,
        view.counts,
        compared,
        view,
        _amplification,
        rules,
        about,
        "Its bootstrap left it undefined.",
    )


def _amplification(draws: FloatArray) -> FloatArray:
    rows = draws.sum(axis=(2, 3))
    base, selected = _ratio(draws[:, :, 1].sum(axis=2), rows), _ratio(draws[:, :, :, 1].sum(axis=2), rows)
    overall = _ratio(draws[:, :, 1].sum(axis=(1, 2)), rows.sum(axis=1))[:, None]
    return np.asarray((np.where(base > overall, 1.0, -1.0) * (selected - base)).mean(axis=1), float)


def gap_changes(
    pairs: Pairs, view: GroupView, compared: dict[str, Compared], rules: Rules, about: About
) -> list[Measured | Unmeasured]:
    """Each gap minus the baseline's, over the same groups and rows, with a bootstrap interval from joint counts."""
    joint = tables(pairs, view)
    found: list[Measured | Unmeasured] = []
    for name, statistic in CHANGES.items():
        metric = Metric(f"{name}_change", f"Change of {name.replace('_', ' ')}", "difference", LOWER)
        if pairs.unpaired is not None:
            found.append(
                Unmeasured(
                    metric=metric.name,
                    across=compared[name].across,
                    at=about.at,
                    code="not_applicable",
                    reason=pairs.unpaired,
                    sampling=about.sampling(compared[name].rows),
                    groups=compared[name].groups(),
                )
            )
            continue
        found.append(
            _measured(
                metric,
                joint,
                compared[name],
                view,
                statistic,
                rules,
                about,
                "More than 5 % of the resamples left a group without cases below the line.",
                pairs.baseline,
            )
        )
    return found


def _measured(
    metric: Metric,
    counts: IntArray,
    compared: Compared,
    view: GroupView,
    statistic: Statistic,
    rules: Rules,
    about: About,
    undefined: str,
    reference: str | None = None,
) -> Measured | Unmeasured:
    chosen = [view.slices.index(slice_) for slice_ in compared.slices]
    found = None
    if len(chosen) >= 2:
        found = bootstrap(
            counts[chosen],
            statistic,
            level=rules.level,
            method="percentile",
            resamples=_RESAMPLES,
            seed=[*rules.seed, 5],
            fixed_axes=1,
        )
    if found is None:
        few = len(chosen) < 2
        return Unmeasured(
            metric=metric.name,
            across=compared.across,
            at=about.at,
            code="too_few_samples" if few else "undefined",
            reason=f"{len(chosen)} of {compared.expected} groups have enough cases; a gap needs two."
            if few
            else undefined,
            sampling=about.sampling(compared.rows),
            groups=compared.groups(),
        )
    return Measured(
        metric=metric.name,
        across=compared.across,
        at=about.at,
        value=found.estimate,
        unit=metric.unit,
        direction=metric.direction,
        interval=interval_of(found.bounds, found.estimate),
        sampling=about.sampling(compared.rows),
        groups=compared.groups(),
        reference=reference,
    )
