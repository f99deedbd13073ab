"""Gaps given strata: groups compared within strata only, so that a difference between strata is not one between groups."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.gaps import Compared, Inference, Rules, Slice, gap_measurement
from cardwright.evaluators.rows.rates import RATES, About, Mask, Metric, interval_of, part
from cardwright.evaluators.rows.tally import GroupView, RowTally
from cardwright.record.measurement import Measured, Test, Unmeasured
from cardwright.statistics import strata as stratified
from cardwright.statistics.gaps import Gap, component_level

ODDS_RATIO = Metric("conditional_odds_ratio", "Odds ratio given strata", "ratio", "neither")
HOMOGENEITY = Metric("breslow_day", "Homogeneity of odds ratios", "statistic", "neither")

_MOST_PAIRS = 300
"""Pairs of groups compared within strata: 25 groups."""


def strata_tables(
    tally: RowTally, view: GroupView, slices: tuple[Slice, ...], numerator: Mask, denominator: Mask
) -> FloatArray:
    """Counts of strata × groups × (above the line, below it and not above)."""
    wide = tally.view(view.attributes, strata=True)
    number = {tuple(slice_.values()): index for index, slice_ in enumerate(slices)}
    tables = np.zeros((len(tally.strata), len(slices), 2))
    stratum = wide.keys % len(tally.strata)
    for index, slice_ in enumerate(wide.slices):
        group = number.get(tuple(slice_.values()))
        if group is not None:
            above = int(wide.counts[index][numerator & denominator].sum())
            tables[stratum[index], group] = above, int(wide.counts[index][denominator].sum()) - above
    return tables


def conditional_gaps(
    metric: str, rate: str, tally: RowTally, view: GroupView, compared: Compared, rules: Rules, about: About
) -> list[Measured | Unmeasured]:
    """The largest difference of a rate among groups within strata, weighted over strata as Mantel and Haenszel.

    Each pair's interval is Sato's at Bonferroni's level over all pairs; the p-value is that of the Cochran-Mantel-Haenszel
    test of general association. For the selection rates of two groups the common odds ratio and the
    Breslow-Day test stand beside it.
    """
    given = tally.layout.strata
    chosen = RATES[rate]
    shape = (tally.counts.shape[1], tally.counts.shape[2])
    numerator, denominator = part(shape, chosen.numerator), part(shape, chosen.denominator)
    tables = strata_tables(tally, view, compared.slices, numerator, denominator)
    at = about.at if rate != "base_rate" else None
    measured = [
        gap_measurement(metric, "difference", compared, _difference(tables, compared, rules), about, at=at, given=given)
    ]
    if len(compared.slices) == 2 and metric == "demographic_parity_difference":
        measured += _odds(tables, compared, rules, about, at, given)
    return measured


def _difference(tables: FloatArray, compared: Compared, rules: Rules) -> Inference:
    count = len(compared.slices)
    if count < 2:
        return Inference(None)
    pairs = list(itertools.combinations(range(count), 2))
    if len(pairs) > _MOST_PAIRS:
        return Inference(None, undefined=f"{count} groups make {len(pairs)} pairs, more than {_MOST_PAIRS}.")
    level = component_level(rules.level, len(pairs))
    best: tuple[float, int, int] | None = None
    lower = upper = 0.0
    for first, second in pairs:
        found = stratified.mantel_haenszel_difference(tables[:, [first, second]], level)
        if found is None:
            names = " and ".join(_name(compared.slices[index]) for index in (first, second))
            return Inference(None, undefined=f"{names} share no stratum, so they cannot be compared within strata.")
        value = abs(found.estimate)
        if best is None or value > best[0]:
            best = (value, first, second) if found.estimate >= 0 else (value, second, first)
        lower = max(lower, found.bounds.lower, -found.bounds.upper)
        upper = max(upper, found.bounds.upper, -found.bounds.lower)
    assert best is not None
    method = "mantel_haenszel_sato" + ("_bonferroni" if len(pairs) > 1 else "")
    gap = Gap(best[0], lower, upper, rules.level, method, best[1], best[2])
    test = stratified.cochran_mantel_haenszel(tables)
    return Inference(gap, None if test is None else Test(p_value=min(1.0, test.p_value), method=test.method))


def _name(slice_: Slice) -> str:
    return " ".join(value or "unknown" for value in slice_.values())


def _odds(
    tables: FloatArray,
    compared: Compared,
    rules: Rules,
    about: About,
    at: dict[str, float] | None,
    given: tuple[str, ...],
) -> list[Measured | Unmeasured]:
    """The odds ratio of the first group against the second, common to all strata, and whether it is common."""
    odds = stratified.mantel_haenszel_odds_ratio(tables, rules.level)
    same = stratified.breslow_day(tables)
    groups = compared.groups()
    sampling = about.sampling(compared.rows)
    key: dict[str, Any] = {"across": compared.across, "given": given, "at": at}
    measured: list[Measured | Unmeasured] = []
    if odds is None:
        measured.append(
            Unmeasured(
                metric=ODDS_RATIO.name,
                **key,
                code="undefined",
                reason="In every stratum one group has no case above or none below the line: the ratio is 0, infinite or 0/0.",
                sampling=sampling,
                groups=groups,
            )
        )
    else:
        measured.append(
            Measured(
                metric=ODDS_RATIO.name,
                **key,
                value=odds.estimate,
                unit=ODDS_RATIO.unit,
                direction=ODDS_RATIO.direction,
                interval=interval_of(odds.bounds, odds.estimate),
                sampling=sampling,
                groups=groups,
                reference=_name(compared.slices[1]),
            )
        )
    if same is None:
        measured.append(
            Unmeasured(
                metric=HOMOGENEITY.name,
                **key,
                code="undefined",
                reason="Fewer than two strata hold both groups and both outcomes.",
                sampling=sampling,
                groups=groups,
            )
        )
    else:
        measured.append(
            Measured(
                metric=HOMOGENEITY.name,
                **key,
                value=same.statistic,
                unit=HOMOGENEITY.unit,
                direction=HOMOGENEITY.direction,
                sampling=sampling,
                test=Test(p_value=min(1.0, same.p_value), method=same.method),
                groups=groups,
            )
        )
    return measured
