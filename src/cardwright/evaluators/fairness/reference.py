"""Each group against a reference group: adverse impact ratio, shortfall, odds ratio, standardized mean difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cardwright.evaluators.rows.gaps import Compared, Rules, Slice, compare, pointwise_level
from cardwright.evaluators.rows.rates import HIGHER, LOWER, NEITHER, About, Estimate, Metric, measure
from cardwright.evaluators.rows.tally import GroupView
from cardwright.record.measurement import Interval, Measured, Unmeasured
from cardwright.statistics import effect, gaps
from cardwright.statistics.intervals import Bounds, log_ratio, newcombe, z_quantile

ADVERSE_IMPACT = Metric("adverse_impact_ratio", "Adverse impact ratio", "ratio", HIGHER)
SHORTFALL = Metric("shortfall", "Shortfall", "count", LOWER)
ODDS_RATIO = Metric("odds_ratio", "Odds ratio", "ratio", NEITHER)
STANDARDIZED_DIFFERENCE = Metric(
    "standardized_mean_difference", "Standardized mean difference", "standard_deviations", NEITHER
)
LARGEST_DIFFERENCE = Metric(
    "largest_standardized_mean_difference",
    "Largest standardized mean difference, without sign",
    "standard_deviations",
    LOWER,
)


def against(
    view: GroupView,
    estimates: Sequence[Estimate],
    scores: Sequence[Estimate] | None,
    chosen: Slice | None,
    rules: Rules,
    about: About,
    *,
    decided: bool,
) -> list[Measured | Unmeasured]:
    """Each group of known membership against the reference.

    Parameters
    ----------
    estimates
        The rate of each cell.
    scores
        The mean score of each cell.
    chosen
        The reference that the plan names. Where it names none, it is the group with the highest rate among those that have
        enough cases, and the intervals are widened (Tukey) because it was picked after seeing the rates; with a named one they
        are widened for the number of groups compared with it (Bonferroni).
    """
    known = [index for index in range(len(view)) if view.known[index]]
    able = [index for index in known if estimates[index].value is not None and estimates[index].judged >= rules.minimum]
    reference = next((index for index in known if view.slices[index] == chosen), None) if chosen else None
    if chosen is None and able:
        reference = max(able, key=lambda index: (estimates[index].value or 0.0, -index))
    others = [index for index in known if index != reference]
    if reference is None or not others:
        return []
    compared = len(known)
    level = gaps.component_level(rules.level, len(others)) if chosen else pointwise_level(compared, rules.level)
    name = ", ".join(value or "unknown" for value in view.slices[reference].values())
    pair = _Pair(estimates[reference], level, rules.level, chosen is not None)
    found: list[Measured | Unmeasured] = []

    def number(metric: Metric, index: int, estimate: Estimate, made: bool) -> Measured | Unmeasured:
        return measure(metric, estimate, about, view.slices[index], decided=made, reference=name)

    for index in others:
        found.append(number(ADVERSE_IMPACT, index, pair.ratio(estimates[index]), decided))
        if len(view.attributes) == 1 and rules.plain:
            found.append(number(SHORTFALL, index, pair.shortfall(estimates[index]), decided))
            found.append(number(ODDS_RATIO, index, pair.odds(estimates[index]), decided))
        if len(view.attributes) == 1 and rules.plain and scores is not None:
            found.append(
                number(STANDARDIZED_DIFFERENCE, index, pair.standardized(scores[index], scores[reference]), False)
            )
    if len(view.attributes) == 1 and rules.plain and scores is not None:
        found.append(_largest(compare(view, scores, rules.minimum), found, view.slices[reference], name, about))
    return found


@dataclass(frozen=True)
class OfGroups:
    """One number of each cell of a view."""

    metric: Metric
    estimates: Sequence[Estimate]
    decided: bool
    """Whether it is about decisions."""
    counted: bool
    """Whether it is a share of cases, so that it has a ratio, and intervals from counts."""


def disparities(
    view: GroupView,
    numbers: Sequence[OfGroups],
    chosen: Slice,
    rules: Rules,
    about: About,
    *,
    of_class: str | None = None,
) -> list[Measured | Unmeasured]:
    """Every number of each group beside that of the reference group which the plan names: their difference, and of rates their
    ratio, as audits publish them.

    Parameters
    ----------
    numbers
        What is compared.
    chosen
        The reference. Intervals hold for all groups that are compared with it at once (Bonferroni): of rates Newcombe's for the
        difference and Katz's for the ratio, of other numbers a normal one
        from their two standard errors; none where a number has no standard error.
    """
    known = [index for index in range(len(view)) if view.known[index]]
    reference = next((index for index in known if view.slices[index] == chosen), None)
    others = [index for index in known if index != reference]
    if reference is None or not others:
        return []
    level = gaps.component_level(rules.level, len(others))
    name = ", ".join(value or "unknown" for value in chosen.values())
    found: list[Measured | Unmeasured] = []
    for one in numbers:
        metric, estimates = one.metric, one.estimates
        pair = _Pair(estimates[reference], level, rules.level, True)
        difference = Metric(
            f"{metric.name}_difference_from_reference",
            f"{metric.title}: difference from the reference",
            "difference",
            NEITHER,
        )
        ratio = Metric(f"{metric.name}_ratio_to_reference", f"{metric.title}: ratio to the reference", "ratio", NEITHER)
        for index in others:
            both = [(difference, pair.difference(estimates[index], counted=one.counted))]
            both += [(ratio, pair.ratio(estimates[index]))] if one.counted else []
            found += [
                measure(of, estimate, about, view.slices[index], of_class=of_class, decided=one.decided, reference=name)
                for of, estimate in both
            ]
    return found


def _largest(
    compared: Compared, found: Sequence[Measured | Unmeasured], reference: Slice, name: str, about: About
) -> Measured | Unmeasured:
    """The largest standardized mean difference of all groups with enough cases, without its sign.

    The intervals of the single groups hold together, so the largest distance any of them allows is an upper bound, and the
    largest distance that one of them proves a lower one.
    """
    differences = [
        m
        for m in found
        if m.metric == STANDARDIZED_DIFFERENCE.name and isinstance(m, Measured) and m.slice in compared.slices
    ]
    sampling = about.sampling(sum(estimate.rows for estimate in compared.estimates))
    if not differences or reference not in compared.slices:
        return Unmeasured(
            metric=LARGEST_DIFFERENCE.name,
            across=compared.across,
            code="too_few_samples",
            reason=f"{len(compared.slices)} of {compared.expected} groups have at least {compared.minimum} rows; a difference "
            "takes the reference group and another, whose scores vary.",
            sampling=sampling,
            groups=compared.groups(),
        )
    largest = max(differences, key=lambda m: abs(m.value))
    bounds = [m.interval for m in differences if m.interval is not None]
    interval = None
    if len(bounds) == len(differences):
        interval = Interval(
            level=bounds[0].level,
            lower=min(abs(largest.value), max(max(0.0, b.lower, -b.upper) for b in bounds)),
            upper=max(abs(largest.value), *(max(abs(b.lower), abs(b.upper)) for b in bounds)),
            method=bounds[0].method,
        )
    means = [estimate.value for estimate in compared.estimates if estimate.value is not None]
    return Measured(
        metric=LARGEST_DIFFERENCE.name,
        across=compared.across,
        value=abs(largest.value),
        unit=LARGEST_DIFFERENCE.unit,
        direction=LARGEST_DIFFERENCE.direction,
        interval=interval,
        sampling=sampling,
        groups=compared.groups(means.index(max(means)), means.index(min(means))),
        reference=name,
    )


class _Pair:
    """A group and the reference, at the level that holds for all groups together."""

    def __init__(self, reference: Estimate, level: float, stated: float, named: bool) -> None:
        self.reference = reference
        self.level = level
        self.stated = stated
        self.named = named
        self.method = "bonferroni" if named else "tukey"

    def _said(self, bounds: Bounds | None) -> Bounds | None:
        if bounds is None:
            return None
        return Bounds(bounds.lower, bounds.upper, self.stated, f"{bounds.method}_{self.method}")

    def _undefined(self, group: Estimate, reason: str) -> Estimate:
        return Estimate(None, group.rows, group.of, units=group.units, effective_n=group.effective_n, reason=reason)

    def ratio(self, group: Estimate) -> Estimate:
        """The group's rate over the reference's."""
        if group.value is None or self.reference.value is None:
            return self._undefined(group, f"One of the two groups has no {group.of}.")
        if self.reference.value == 0:
            return self._undefined(group, "The rate of the reference group is 0: the ratio has 0 below the line.")
        k, n = group.successes, group.trials
        k_reference, n_reference = self.reference.successes, self.reference.trials
        if self.named:
            bounds = log_ratio(k, n, k_reference, n_reference, self.level)
        else:
            # The reference has the highest rate, so that the lower over the higher rate is this ratio.
            gap = gaps.rate_ratio([k, k_reference], [n, n_reference], self.level)
            bounds = None if gap is None else Bounds(gap.lower, gap.upper, self.level, "donner_zou")
        value = group.value / self.reference.value
        if not self.named and value > 1:
            bounds = log_ratio(k, n, k_reference, n_reference, self.level)
        return Estimate(
            value,
            group.rows,
            group.of,
            denominator=group.denominator,
            bounds=self._said(bounds),
            units=group.units,
            effective_n=group.effective_n,
        )

    def difference(self, group: Estimate, *, counted: bool) -> Estimate:
        """The group's number minus the reference's."""
        one, other = group, self.reference
        if one.value is None or other.value is None:
            return self._undefined(group, f"One of the two groups has no {group.of}.")
        value = one.value - other.value
        bounds = None
        if counted:
            bounds = newcombe(one.successes, one.trials, other.successes, other.trials, self.level)
        elif one.standard_error is not None and other.standard_error is not None:
            half = z_quantile(self.level) * math.hypot(one.standard_error, other.standard_error)
            bounds = Bounds(value - half, value + half, self.level, "normal")
        return Estimate(
            value,
            group.rows,
            group.of,
            denominator=group.denominator,
            bounds=self._said(bounds),
            units=group.units,
            effective_n=group.effective_n,
        )

    def shortfall(self, group: Estimate) -> Estimate:
        """How many more cases above the line the group would have at the reference's rate."""
        found = effect.shortfall(*self._counts(group), level=self.level)
        return self._effect(group, found, f"One of the two groups has no {group.of}.")

    def odds(self, group: Estimate) -> Estimate:
        """The group's odds over the reference's."""
        k, n, k_reference, n_reference = self._counts(group)
        found = effect.odds_ratio(k, n - k, k_reference, n_reference - k_reference, self.level)
        return self._effect(
            group,
            found,
            "All of the group, or none of the reference group, is above the line: the odds ratio has 0 below.",
        )

    def standardized(self, group: Estimate, reference: Estimate) -> Estimate:
        """The group's mean score minus the reference's, in standard deviations."""
        if group.value is None or reference.value is None or None in (group.standard_error, reference.standard_error):
            return self._undefined(group, "A spread takes two rows in each of the two groups.")
        parts = [
            (estimate.value or 0.0, (estimate.standard_error or 0.0) ** 2 * estimate.rows, estimate.rows)
            for estimate in (group, reference)
        ]
        found = effect.standardized_mean_difference(*parts[0], *parts[1], self.level)
        return self._effect(group, found, "The scores of neither group vary.")

    def _counts(self, group: Estimate) -> tuple[int, int, int, int]:
        return (
            round(group.numerator or 0.0),
            group.rows,
            round(self.reference.numerator or 0.0),
            self.reference.rows,
        )

    def _effect(self, group: Estimate, found: effect.Effect | None, reason: str) -> Estimate:
        if found is None:
            return self._undefined(group, reason)
        return Estimate(
            found.estimate, group.rows, group.of, denominator=float(group.rows), bounds=self._said(found.bounds)
        )
