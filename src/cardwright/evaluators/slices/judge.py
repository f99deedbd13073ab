"""Each slice beside the rest of the rows: rates, differences, lift and coverage, tested and adjusted together."""

from __future__ import annotations

import numpy as np

from cardwright.evaluators.rows.rates import LOWER, About, Metric, interval_of
from cardwright.evaluators.rows.slice_sample import (
    BoolArray,
    Sample,
    SlicePart,
)
from cardwright.evaluators.slices.plan import (
    COVERAGE,
    FOUND,
    LARGEST,
    LARGEST_STANDARDIZED,
    LIFT,
    SHARE,
    Measurement,
    SliceRules,
    difference_metric,
)
from cardwright.evaluators.slices.tree import FoundSlices
from cardwright.record.base import label as as_label
from cardwright.record.measurement import Excluded, Groups, Interval, Measured, Test, Unmeasured
from cardwright.statistics.contrast import (
    Contrast,
    Losses,
    coverage,
    difference_to_rest,
    lift,
    mean_loss,
    weighted_spread,
)
from cardwright.statistics.multiplicity import benjamini_hochberg


def _measured(
    metric: Metric,
    contrast: Contrast | None,
    losses: Losses,
    rows: BoolArray,
    about: About,
    slice: dict[str, str | None],
    *,
    numerator: float | None = None,
    denominator: float | None = None,
    reference: str | None = None,
    reason: str = "",
    test: bool = False,
) -> Measurement:
    count = int(rows.sum())
    sampling = about.sampling(count, losses.units(rows))
    if contrast is None:
        return Unmeasured(
            metric=metric.name,
            slice=slice,
            at=about.at,
            code="undefined",
            reason=reason or f"There are no rows: {count}.",
            denominator=denominator if denominator is not None else float(count),
            sampling=sampling,
        )
    return Measured(
        metric=metric.name,
        slice=slice,
        at=about.at,
        value=contrast.value,
        unit=metric.unit,
        direction=metric.direction,
        interval=interval_of(contrast.bounds, contrast.value),
        sampling=sampling,
        numerator=numerator,
        denominator=denominator if denominator is not None else float(count),
        test=Test(p_value=contrast.p_value, method=contrast.method)
        if test and contrast.p_value is not None and contrast.method is not None
        else None,
        reference=reference,
    )


def _errors(losses: Losses, rows: BoolArray) -> float | None:
    """Wrong decisions among some rows, where they are counted."""
    return float(losses.loss[rows].sum()) if losses.binary and losses.weight is None else None


def overall_rate(sample: Sample, losses: Losses, about: About, rules: SliceRules) -> Measurement:
    rows = np.ones(len(losses.loss), bool)
    return _measured(
        sample.metric, mean_loss(losses, rules.level), losses, rows, about, {}, numerator=_errors(losses, rows)
    )


def _too_few(
    metric: Metric, count: int, units: int, slice: dict[str, str | None], about: About, least: int, what: str
) -> Unmeasured:
    return Unmeasured(
        metric=metric.name,
        slice=slice,
        at=about.at,
        code="too_few_samples",
        reason=f"{what} has {units} independent cases, and {least} are asked for.",
        denominator=float(count),
        sampling=about.sampling(count, units),
    )


def judge_declared(
    sample: Sample, parts: list[SlicePart], losses: Losses, about: About, rules: SliceRules
) -> list[list[Measurement]]:
    """Each slice's rate and its difference to the rest, p-values adjusted over all slices that could be tested."""
    rate, difference = sample.metric, difference_metric(sample.metric)
    found: list[list[Measurement]] = []
    for part in parts:
        count, units = int(part.rows.sum()), losses.units(part.rows)
        rest = losses.units(~part.rows)
        if units < rules.least:
            found.append(
                [_too_few(m, count, units, part.slice, about, rules.least, "The slice") for m in (rate, difference)]
            )
            continue
        own = _measured(
            rate,
            mean_loss(losses.take(part.rows), rules.level),
            losses,
            part.rows,
            about,
            part.slice,
            numerator=_errors(losses, part.rows),
        )
        if rest < rules.least:
            found.append(
                [own, _too_few(difference, count, rest, part.slice, about, rules.least, "The rest of the rows")]
            )
            continue
        contrast = difference_to_rest(losses, part.rows, rules.level)
        reason = "The slice or the rest of the rows weighs nothing."
        found.append(
            [
                own,
                _measured(
                    difference,
                    contrast,
                    losses,
                    part.rows,
                    about,
                    part.slice,
                    reference="the rest of the rows",
                    reason=reason,
                    test=True,
                ),
            ]
        )
    return _adjusted(found, 1, "declared_slices")


def _adjusted(found: list[list[Measurement]], place: int, family: str) -> list[list[Measurement]]:
    """The same, with the p-values at one place of each adjusted as a family."""
    tested = [
        m for measurements in found for m in measurements[place : place + 1] if isinstance(m, Measured) and m.test
    ]
    adjusted = benjamini_hochberg([m.test.p_value for m in tested if m.test is not None])
    by_key = {m.key: float(p) for m, p in zip(tested, adjusted, strict=True)}
    result: list[list[Measurement]] = []
    for measurements in found:
        changed = list(measurements)
        if len(changed) > place:
            m = changed[place]
            if isinstance(m, Measured) and m.test is not None:
                test = m.test.model_copy(
                    update={
                        "family": family,
                        "adjusted_p_value": by_key[m.key],
                        "adjustment": "benjamini_hochberg",
                    }
                )
                changed[place] = m.model_copy(update={"test": test})
        result.append(changed)
    return result


def largest_difference(
    sample: Sample,
    parts: list[SlicePart],
    by_part: list[list[Measurement]],
    losses: Losses,
    about: About,
    rules: SliceRules,
) -> Measurement:
    """The largest difference of a declared slice to the rest, with an interval that holds for all slices at once (Bonferroni)."""
    unit = difference_metric(sample.metric).unit
    pairs = list(zip(parts, by_part, strict=True))
    compared = [part for part, m in pairs if isinstance(m[1], Measured)]
    # Rows without a value are a slice where there are enough of them; too few are disclosed, and nobody expects them.
    left = [(part, m[1]) for part, m in pairs if isinstance(m[1], Unmeasured)]
    unknown = np.zeros(len(losses.loss), bool)
    for part, _ in left:
        if part.value is None:
            unknown |= part.rows
    excluded = tuple(Excluded(slice=part.slice, reason=m.reason) for part, m in left)
    expected = len(parts) - sum(part.value is None for part, _ in left)
    sampling = about.sampling(len(losses.loss), losses.units(np.ones(len(losses.loss), bool)))
    level = 1 - (1 - rules.level) / max(1, len(compared))
    found = [(contrast, part) for part in compared if (contrast := difference_to_rest(losses, part.rows, level))]
    groups = Groups(
        compared=len(found), expected=expected, excluded=excluded, unknown=int(unknown.sum()), rows=len(losses.loss)
    )
    if not found:
        reason = f"None of {len(parts)} declared slices has {rules.least} cases, and as many beside it."
        return Unmeasured(
            metric=LARGEST.name,
            at=about.at,
            code="too_few_samples" if parts else "not_applicable",
            reason=reason if parts else "No column is declared whose values are slices.",
            sampling=sampling,
            groups=groups,
        )
    worst, part = max(found, key=lambda one: one[0].value)
    bounds = [one.bounds for one, _ in found if one.bounds is not None]
    interval = None
    if len(bounds) == len(found):
        interval = Interval(
            level=rules.level,
            lower=min(worst.value, max(one.lower for one in bounds)),
            upper=max(worst.value, *(one.upper for one in bounds)),
            method=f"{bounds[0].method}_bonferroni",
        )
    return Measured(
        metric=LARGEST.name,
        at=about.at,
        value=worst.value,
        unit=unit,
        direction=LOWER,
        interval=interval,
        sampling=sampling,
        denominator=float(part.rows.sum()),
        groups=groups.model_copy(update={"highest": part.slice}),
        reference="the rest of the rows",
    )


def standardized(largest: Measurement, sample: Sample) -> Measurement:
    """The largest difference in standard deviations of the outcome, so that a limit on it does not depend on the unit."""
    metric = LARGEST_STANDARDIZED
    actual = sample.coded.actual
    spread = None if actual is None else weighted_spread(actual, sample.coded.weight)
    if isinstance(largest, Unmeasured):
        return largest.model_copy(update={"metric": metric.name})
    if spread is None:
        return Unmeasured(
            metric=metric.name,
            at=largest.at,
            code="undefined",
            reason="All outcomes are equal: their spread is 0.",
            sampling=largest.sampling,
            groups=largest.groups,
        )
    interval = largest.interval
    if interval is not None:
        interval = interval.model_copy(update={"lower": interval.lower / spread, "upper": interval.upper / spread})
    return largest.model_copy(
        update={"metric": metric.name, "unit": metric.unit, "value": largest.value / spread, "interval": interval}
    )


def worse_leaves(found: FoundSlices, losses: Losses, finding: BoolArray) -> list[int]:
    """Leaves with more loss in the finding half than all of its rows together; the worst first."""
    weight = losses.weights()

    def mean(rows: BoolArray) -> float:
        total = float(weight[rows].sum())
        return float((weight * losses.loss)[rows].sum()) / total if total > 0 else 0.0

    whole = mean(finding)
    means = [mean(leaf.rows & finding) for leaf in found.leaves]
    chosen = [index for index, value in enumerate(means) if value > whole]
    return sorted(chosen, key=lambda index: (-means[index], index))


def judge_found(
    sample: Sample,
    found: FoundSlices,
    worse: list[int],
    finding: BoolArray,
    losses: Losses,
    about: About,
    rules: SliceRules,
) -> list[list[Measurement]]:
    """Lift, error rate, coverage and share of each leaf chosen, on the half that did not choose it."""
    other = losses.take(~finding)
    result: list[list[Measurement]] = []
    named: set[str] = set()
    for number, index in enumerate(worse, start=1):
        leaf = found.leaves[index]
        rule = as_label(leaf.rule)
        if rule in named:  # two long rules that begin alike
            rule = as_label(f"{number}: {leaf.rule}")
        named.add(rule)
        slice: dict[str, str | None] = {FOUND: rule}
        inside = leaf.rows[~finding]
        count, units = int(inside.sum()), other.units(inside)
        if units < rules.least or other.units(~inside) < rules.least:
            what, cases = (
                ("The slice, in the judging half,", units)
                if units < rules.least
                else ("The rest of the judging half", other.units(~inside))
            )
            result.append(
                [_too_few(m, count, cases, slice, about, rules.least, what) for m in (LIFT, sample.metric, COVERAGE)]
            )
            continue
        everything = np.ones(len(inside), bool)
        none = f"There are no errors among the {len(inside)} rows of the judging half."
        lifted = lift(other, inside, rules.level)
        tested = difference_to_rest(other, inside, rules.level, greater=True)
        if lifted is not None and tested is not None:
            lifted = Contrast(lifted.value, lifted.bounds, tested.p_value, tested.method)
        result.append(
            [
                _measured(
                    LIFT, lifted, other, inside, about, slice, reference="the judging half", reason=none, test=True
                ),
                _measured(
                    sample.metric,
                    mean_loss(other.take(inside), rules.level),
                    other,
                    inside,
                    about,
                    slice,
                    numerator=_errors(other, inside),
                ),
                _measured(
                    COVERAGE,
                    coverage(other, inside, rules.level),
                    other,
                    inside if not other.binary else everything & (other.loss > 0),
                    about,
                    slice,
                    numerator=_errors(other, inside),
                    denominator=_errors(other, everything),
                    reason=none,
                ),
                _measured(
                    SHARE,
                    Contrast(float(other.weights()[inside].sum() / other.weights().sum()), None),
                    other,
                    everything,
                    about,
                    slice,
                    numerator=float(count) if other.weight is None else None,
                ),
            ]
        )
    return _adjusted(result, 0, "found_slices")


def is_significant(m: Measurement, alpha: float) -> bool:
    return (
        isinstance(m, Measured)
        and m.test is not None
        and m.test.adjusted_p_value is not None
        and m.test.adjusted_p_value <= alpha
    )


def confirmed_count(
    judged: list[list[Measurement]], finding: BoolArray, about: About, rules: SliceRules
) -> Measurement:
    """How many found slices held in the judging half."""
    return Measured(
        metric="found_slices_confirmed",
        at=about.at,
        value=float(sum(is_significant(leaf[0], rules.alpha) for leaf in judged)),
        unit="count",
        direction=LOWER,
        sampling=about.sampling(int((~finding).sum())),
        denominator=float(len(judged)),
    )
