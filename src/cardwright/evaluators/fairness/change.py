"""How decisions change gaps: beside the labels' own (bias amplification), and beside a baseline's on the same rows."""

from __future__ import annotations

import numpy as np

from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.evaluators.rows.gap_statistics import COMPONENTS, Statistic, gap_change, ratio
from cardwright.evaluators.rows.gaps import Compared, Rules
from cardwright.evaluators.rows.paired import Pairs, tables
from cardwright.evaluators.rows.rates import LOWER, NEITHER, About, Metric, interval_of
from cardwright.evaluators.rows.tally import GroupView
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.statistics.bootstrap import bootstrap

BIAS_AMPLIFICATION = Metric("bias_amplification", "Bias amplification", "difference", NEITHER)

_RESAMPLES = 2000


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
    base, selected = ratio(draws[:, :, 1].sum(axis=2), rows), ratio(draws[:, :, :, 1].sum(axis=2), rows)
    overall = ratio(draws[:, :, 1].sum(axis=(1, 2)), rows.sum(axis=1))[:, None]
    return np.asarray((np.where(base > overall, 1.0, -1.0) * (selected - base)).mean(axis=1), float)


def gap_changes(
    pairs: Pairs, view: GroupView, compared: dict[str, Compared], rules: Rules, about: About
) -> list[Measured | Unmeasured]:
    """Each gap minus the baseline's, over the same groups and rows, with a bootstrap interval from joint counts."""
    joint = tables(pairs, view)
    found: list[Measured | Unmeasured] = []
    for name in COMPONENTS:
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
                gap_change(name),
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
