"""Between groups: the largest difference and the smallest ratio, over the groups that have enough cases, with valid inference."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from math import prod
from types import MappingProxyType

import numpy as np
from scipy import special

from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.rates import About, Estimate, interval_of
from cardwright.evaluators.rows.tally import GroupView
from cardwright.record.measurement import Excluded, Groups, Measured, Resolution, Test, Unmeasured
from cardwright.statistics import gaps, permutation
from cardwright.statistics.gaps import Gap
from cardwright.statistics.intervals import Bounds

Slice = dict[str, str | None]

MAX_CELLS = 500
"""The largest number of cells of attributes crossed that are reported."""

_LISTED_CELLS = 400
"""Cells without rows are listed where there are at most so many cells in all."""

_POWER = 0.8
"""How often a detectable gap would be found."""

MAX_TRIALS = 10**9
"""Permutation tests take fewer rows than this."""


@dataclass(frozen=True)
class Rules:
    """How groups are compared."""

    minimum: int
    """Cases a group needs below the line to enter a gap."""
    level: float
    resamples: int
    """Shuffles of a permutation test of the declared family."""
    screening: int
    """Shuffles of any other permutation test."""
    seed: tuple[int, ...]
    """What random numbers are derived from."""
    plain: bool
    """Whether rows are independent and unweighted, so that permutation tests apply."""
    workers: int = 1
    """How many threads may shuffle at once; each test has its own random numbers, so that it does not matter how many."""


Tests = Mapping[object, Test | None]
"""Permutation tests that were made, by the counts they are about: a rate and its complement share one."""

NO_TESTS: Tests = MappingProxyType({})


@dataclass(frozen=True)
class Compared:
    """The groups of some attributes that enter the gap of one metric, and those that do not."""

    across: tuple[str, ...]
    slices: tuple[Slice, ...]
    """Groups that enter."""
    estimates: tuple[Estimate, ...]
    """Theirs."""
    excluded: tuple[Excluded, ...]
    expected: int
    unknown: int
    rows: int
    of: str
    """What is counted below the line."""
    minimum: int

    def groups(self, high: int | None = None, low: int | None = None) -> Groups:
        """As the record states it."""
        return Groups(
            compared=len(self.slices),
            expected=self.expected,
            excluded=self.excluded,
            unknown=self.unknown,
            rows=self.rows,
            highest=None if high is None else self.slices[high],
            lowest=None if low is None else self.slices[low],
            smallest=min((estimate.judged for estimate in self.estimates), default=None),
        )

    @property
    def successes(self) -> list[float]:
        """Of each group, at its effective size."""
        return [estimate.successes for estimate in self.estimates]

    @property
    def trials(self) -> list[float]:
        """Of each group, effective."""
        return [estimate.trials for estimate in self.estimates]

    @property
    def values(self) -> list[float]:
        """The number of each group."""
        return [estimate.value for estimate in self.estimates if estimate.value is not None]


def expected_slices(view: GroupView) -> tuple[list[Slice], list[Slice], int]:
    """Known cells that have rows, known cells that have none (where they are few enough to list), and how many are expected.

    Of one attribute every declared group is expected. Of an intersection those cells are that have rows: some
    combinations cannot occur.
    """
    present = [slice_ for slice_, known in zip(view.slices, view.known, strict=True) if known]
    attributes = [view.tally.layout.attributes[index] for index in view.attributes]
    single = len(attributes) == 1
    empty: list[Slice] = []
    if single or prod(len(a.groups) for a in attributes) <= _LISTED_CELLS:
        names = [a.name for a in attributes]
        found = {tuple(slice_.values()) for slice_ in present}
        empty = [
            dict(zip(names, cell, strict=True))
            for cell in itertools.product(*(a.groups for a in attributes))
            if cell not in found
        ]
    return present, empty, len(present) + (len(empty) if single else 0)


def compare(view: GroupView, estimates: Sequence[Estimate], minimum: int) -> Compared:
    """Sort the groups of a view into those that have enough cases below the line of a metric, and those that have not."""
    entering: list[tuple[Slice, Estimate]] = []
    excluded: list[Excluded] = []
    _, empty, expected = expected_slices(view)
    for slice_, known, estimate in zip(view.slices, view.known, estimates, strict=True):
        if not known:
            continue
        if estimate.value is None:
            excluded.append(Excluded(slice=slice_, reason=estimate.reason or f"no {estimate.of}"))
        elif estimate.judged < minimum:
            excluded.append(Excluded(slice=slice_, reason=f"{_cases(estimate)}, fewer than {minimum}"))
        else:
            entering.append((slice_, estimate))
    excluded += [Excluded(slice=slice_, reason="no rows") for slice_ in empty]
    rows = view.counts.reshape(len(view), -1).sum(axis=1) if len(view) else np.zeros(0, np.int64)
    return Compared(
        across=tuple(view.tally.layout.attributes[index].name for index in view.attributes),
        slices=tuple(slice_ for slice_, _ in entering),
        estimates=tuple(estimate for _, estimate in entering),
        excluded=tuple(sorted(excluded, key=lambda e: [(v is None, v or "") for v in e.slice.values()])),
        expected=expected,
        unknown=int(rows[~view.known].sum()) if len(view) else 0,
        rows=int(rows.sum()),
        of=estimates[0].of if estimates else "rows",
        minimum=minimum,
    )


def _cases(estimate: Estimate) -> str:
    said = f"{estimate.rows} {estimate.of}"
    if estimate.units is not None and estimate.units <= estimate.judged:
        return f"{said} of {estimate.units} persons"
    if estimate.effective_n is not None and estimate.effective_n < estimate.rows:
        return f"{said}, as informative as {estimate.effective_n:.4g}"
    return said


def too_few(metric: str, compared: Compared, about: About, *, at: dict[str, float] | None = None) -> Unmeasured:
    """Why there is no gap where fewer than two groups enter."""
    names = " × ".join(compared.across)
    known = compared.rows - compared.unknown
    if compared.expected == 0:
        code, reason = (
            "undefined",
            f"{names} is unknown in all {compared.rows} rows, so there are no groups to compare.",
        )
    elif compared.expected == 1:
        code, reason = "undefined", f"{names} has one group in {known} rows of known membership; a gap needs two."
    else:
        code = "too_few_samples"
        reason = (
            f"{len(compared.slices)} of {compared.expected} groups of {names} have this number, from at least "
            f"{compared.minimum} {compared.of}; a gap needs two."
        )
    return Unmeasured(
        metric=metric,
        across=compared.across,
        at=at,
        code=code,
        reason=reason,
        sampling=about.sampling(compared.rows),
        groups=compared.groups(),
    )


@dataclass(frozen=True)
class Inference:
    """What is said of a gap beside its estimate."""

    gap: Gap | None
    test: Test | None = None
    resolution: Resolution | None = None
    undefined: str | None = None
    """Why there is no gap although two groups enter."""


def gap_measurement(
    metric: str,
    unit: str,
    compared: Compared,
    inference: Inference,
    about: About,
    *,
    at: dict[str, float] | None = None,
    of_class: str | None = None,
    given: tuple[str, ...] = (),
) -> Measured | Unmeasured:
    """A gap as a record states it."""
    gap = inference.gap
    if gap is None:
        if inference.undefined is None or len(compared.slices) < 2:
            return too_few(metric, compared, about, at=at).model_copy(update={"of_class": of_class, "given": given})
        return Unmeasured(
            metric=metric,
            across=compared.across,
            given=given,
            of_class=of_class,
            at=at,
            code="undefined",
            reason=inference.undefined,
            sampling=about.sampling(compared.rows),
            groups=compared.groups(),
        )
    return Measured(
        metric=metric,
        across=compared.across,
        given=given,
        of_class=of_class,
        at=at,
        value=gap.estimate,
        unit=unit,
        direction="lower_is_better" if unit != "ratio" else "higher_is_better",
        interval=interval_of(Bounds(gap.lower, gap.upper, gap.level, gap.method), gap.estimate)
        if gap.method != "none"
        else None,
        sampling=about.sampling(compared.rows),
        test=inference.test,
        groups=compared.groups(gap.highest, gap.lowest),
        resolution=inference.resolution,
    )


# --- rates ------------------------------------------------------------------------------------------------------------


def rate_test(compared: Compared, rules: Rules, resamples: int, tests: Tests = NO_TESTS) -> Test | None:
    """The permutation test of a gap of rates; `None` for fewer than two groups, and for weighted or clustered rows.

    A rate and its complement (true positive, false negative) have the same gap and the same test.
    """
    table = _table(compared, rules)
    if table is None:
        return None
    return tests[table] if table in tests else _gap_test(table, rules, resamples)


Counts = tuple[int, ...]


def _table(compared: Compared, rules: Rules) -> tuple[Counts, Counts] | None:
    if len(compared.slices) < 2 or not rules.plain or sum(compared.trials) >= MAX_TRIALS:
        return None
    n = tuple(round(trials) for trials in compared.trials)
    k = tuple(round(successes) for successes in compared.successes)
    return min(k, tuple(trials - successes for trials, successes in zip(n, k, strict=True))), n


def _gap_test(table: tuple[Counts, Counts], rules: Rules, resamples: int) -> Test | None:
    found = permutation.gap_test(*table, resamples=resamples, seed=[*rules.seed, 1])
    return None if found is None else Test(p_value=found.p_value, method=found.method)


def _odds_test(tables: tuple[tuple[Counts, ...], tuple[Counts, ...]], rules: Rules) -> Test | None:
    found = permutation.stratified_gap_test(
        *tables, statistic="largest_gap", resamples=rules.resamples, seed=[*rules.seed, 2]
    )
    return None if found is None else Test(p_value=found.p_value, method=found.method)


def make_tests(
    wanted: Sequence[tuple[Compared, int]], odds: Sequence[Sequence[Compared]], rules: Rules, before: Tests = NO_TESTS
) -> Tests:
    """Permutation tests, on several threads, before they are asked for one by one.

    Parameters
    ----------
    wanted
        Gaps of rates, each with its number of shuffles; where two have the same counts, the first decides on the shuffles.
    odds
        The parts of each composite gap.
    before
        Tests that were made; they are kept, and not made again.
    """
    jobs: dict[object, Callable[[], Test | None]] = {}
    # The longest first, so that no thread is left with it at the end.
    for parts in odds:
        tables = _odds_tables(parts, rules)
        if tables is not None:
            jobs.setdefault(tables, partial(_odds_test, tables, rules))
    for compared, resamples in wanted:
        table = _table(compared, rules)
        if table is not None:
            jobs.setdefault(table, partial(_gap_test, table, rules, resamples))
    missing = [key for key in jobs if key not in before]
    if rules.workers < 2 or len(missing) < 2:
        return {**before, **{key: jobs[key]() for key in missing}}
    with ThreadPoolExecutor(rules.workers) as pool:
        return {**before, **dict(zip(missing, pool.map(lambda key: jobs[key](), missing), strict=True))}


_GRID = np.linspace(0.0, 1.0, 513)


@lru_cache(maxsize=4096)
def _detectable(rate: float, first: float, second: float, groups: int, level: float) -> float | None:
    """`statistics.gaps.detectable_gap` of the two smallest groups, to within 4e-6, for all gaps of a grid at once."""
    at = pointwise_level(groups, level)
    z = float(special.ndtri(_POWER))

    def excess(gap: FloatArray) -> FloatArray:
        low = np.minimum(np.maximum(0.0, rate - gap / 2), 1 - gap)
        rates = np.stack([low + gap, low], axis=-1)
        found = []
        for sizes in (np.array([first, second]), np.array([second, first])):
            trials = np.broadcast_to(sizes, rates.shape)
            _, lower, _ = gaps.rate_gap_arrays(rates * trials, trials, at)
            found.append(lower - z * np.sqrt((rates * (1 - rates) / trials).sum(axis=-1)))
        return np.asarray(np.minimum(*found), float)

    low, high = 0.0, 1.0
    for _ in range(2):
        grid = low + (high - low) * _GRID
        shown = excess(grid) >= 0
        if not shown[-1]:
            return None
        index = len(grid) - 1 if shown.all() else int(np.flatnonzero(~shown)[-1]) + 1
        low, high = float(grid[index - 1]), float(grid[index])
    return high


def detectable(rate: float, trials: Sequence[float], level: float) -> float | None:
    """The smallest difference that groups of these sizes would have shown with a power of 80 %; see `statistics.gaps`."""
    first, second = sorted(trials)[:2]
    return _detectable(rate, first, second, len(trials), level)


def rate_inferences(
    compared: Compared,
    rules: Rules,
    limits: Mapping[str, float],
    *,
    declared: bool = True,
    tests: Tests = NO_TESTS,
) -> tuple[Inference, Inference]:
    """Difference and ratio of a rate among groups.

    Parameters
    ----------
    limits
        `difference` and `ratio`, for the sample size that would settle them.
    declared
        Whether the test belongs to the declared family; then it has more shuffles, and it is said which difference the data
        could have shown.
    tests
        Tests that were made, which are not made again.
    """
    if len(compared.slices) < 2:
        return Inference(None), Inference(None)
    k, n = compared.successes, compared.trials
    test = rate_test(compared, rules, rules.resamples if declared else rules.screening, tests)
    difference, ratio = gaps.rate_gap(k, n, rules.level), gaps.rate_ratio(k, n, rules.level)
    pooled = min(1.0, sum(k) / sum(n))
    shown = detectable(pooled, n, rules.level) if declared else None
    values = compared.values
    count = len(values)

    def needed(gap: Gap | None, limit: float | None, settle: Callable[..., int | None]) -> int | None:
        if gap is None or limit is None:
            return None
        each = settle(values[gap.highest], values[gap.lowest], limit, count, rules.level)
        # Trials per group, as rows of a larger sample with the same shares of groups.
        scarcest = min(n[gap.highest], n[gap.lowest])
        return None if each is None else min(2**53 - 1, int(np.ceil(each / scarcest * compared.rows)))

    sizes = (
        needed(difference, limits.get("difference"), gaps.needed_for_gap),
        needed(ratio, limits.get("ratio"), gaps.needed_for_ratio),
    )
    said = [None if shown is None and size is None else Resolution(detectable=shown, needed=size) for size in sizes]
    nobody = f"No group has a case above the line among its {compared.of}: the ratio is 0/0."
    return (
        Inference(difference, test, said[0]),
        Inference(ratio, test, said[1], undefined=nobody if ratio is None else None),
    )


def both(parts: Sequence[Compared]) -> Compared:
    """The groups that enter every one of several gaps, for a composite one; a group left out of any is excluded, and says why."""
    first = parts[0]
    common = [slice_ for slice_ in first.slices if all(slice_ in part.slices for part in parts)]
    reasons: dict[tuple[str | None, ...], Excluded] = {}
    for part in parts:
        for excluded in part.excluded:
            key = tuple(excluded.slice.values())
            before = reasons.get(key)
            if before is None or before.reason == excluded.reason:
                reasons[key] = excluded
            else:
                reasons[key] = Excluded(slice=excluded.slice, reason=f"{before.reason}; {excluded.reason}")
    return Compared(
        first.across,
        tuple(common),
        tuple(first.estimates[first.slices.index(slice_)] for slice_ in common),
        tuple(reasons[key] for key in sorted(reasons, key=lambda k: [(v is None, v or "") for v in k])),
        first.expected,
        first.unknown,
        first.rows,
        " and ".join(dict.fromkeys(part.of for part in parts)),
        first.minimum,
    )


def _odds_tables(parts: Sequence[Compared], rules: Rules) -> tuple[tuple[Counts, ...], tuple[Counts, ...]] | None:
    """Successes and trials of each part, of the groups that enter all of them."""
    common = both(parts).slices
    if len(common) < 2 or not rules.plain:
        return None
    chosen = [[part.estimates[part.slices.index(slice_)] for slice_ in common] for part in parts]
    k = tuple(tuple(round(estimate.successes) for estimate in estimates) for estimates in chosen)
    n = tuple(tuple(round(estimate.trials) for estimate in estimates) for estimates in chosen)
    return None if max(sum(trials) for trials in n) >= MAX_TRIALS else (k, n)


def composite(
    parts: Sequence[Compared], rules: Rules, tests: Tests = NO_TESTS
) -> tuple[Compared, Inference, Inference]:
    """Equalized odds: the largest of several gaps of rates and the smallest of their ratios, over the groups that enter all."""
    common = both(parts)
    if len(common.slices) < 2:
        return common, Inference(None), Inference(None)
    chosen = [[part.estimates[part.slices.index(slice_)] for slice_ in common.slices] for part in parts]
    k = [[estimate.successes for estimate in estimates] for estimates in chosen]
    n = [[estimate.trials for estimate in estimates] for estimates in chosen]
    tables = list(zip(k, n, strict=True))
    test = None
    counted = _odds_tables(parts, rules)
    if counted is not None:
        test = tests[counted] if counted in tests else _odds_test(counted, rules)
    share = gaps.component_level(rules.level, len(parts))
    smallest = [detectable(min(1.0, sum(a) / sum(b)), b, share) for a, b in tables]
    known = [gap for gap in smallest if gap is not None]
    resolution = Resolution(detectable=max(known) if len(known) == len(parts) else None)
    difference, ratio = gaps.composite_gap(tables, rules.level), gaps.composite_ratio(tables, rules.level)
    nobody = " or ".join(part.of for part, row in zip(parts, k, strict=True) if sum(row) == 0)
    return (
        common,
        Inference(difference, test, resolution),
        Inference(
            ratio,
            test,
            resolution,
            undefined=None
            if ratio is not None
            else f"No group has a case above the line among its {nobody}: a ratio is 0/0.",
        ),
    )


# --- other numbers ----------------------------------------------------------------------------------------------------


def pointwise_level(groups: int, level: float) -> float:
    """The level at which the normal quantile of one group is Tukey's for all pairs of groups."""
    return float(2 * special.ndtr(gaps.simultaneous_quantile(groups, level)) - 1)


def mover_gap(estimates: Sequence[Estimate], level: float) -> Gap:
    """Highest minus lowest of independent estimates whose intervals were made at `pointwise_level`.

    The distances from estimate to bound of a pair are added as squares, each side by itself, so that skewed intervals
    (of an AUC near 1) stay skewed. Without an interval where a group has none.

    Source: Zou and Donner (2008), Statistics in Medicine 27:1693; Tukey (1953) for the quantile.
    """
    values = np.array([estimate.value for estimate in estimates], float)
    high, low = int(np.argmax(values)), int(np.argmin(values))
    gap = float(values[high] - values[low])
    bounds = [estimate.bounds for estimate in estimates]
    if any(bound is None for bound in bounds):
        return Gap(gap, gap, gap, level, "none", high, low)
    below = values - np.array([bound.lower for bound in bounds if bound is not None])
    above = np.array([bound.upper for bound in bounds if bound is not None]) - values
    i, j = np.nonzero(~np.eye(len(values), dtype=bool))
    difference = values[i] - values[j]
    lower = float((difference - np.hypot(below[i], above[j])).max())
    upper = float((difference + np.hypot(above[i], below[j])).max())
    return Gap(gap, max(0.0, lower), upper, level, "tukey_mover", high, low)


def box_gap(estimates: Sequence[Estimate], level: float) -> Gap:
    """Highest minus lowest of estimates whose intervals hold together (each at `component_level`): the most cautious.

    Without an interval where a group has none.
    """
    values = np.array([estimate.value for estimate in estimates], float)
    high, low = int(np.argmax(values)), int(np.argmin(values))
    gap = float(values[high] - values[low])
    bounds = [estimate.bounds for estimate in estimates]
    if any(bound is None for bound in bounds):
        return Gap(gap, gap, gap, level, "none", high, low)
    lower = np.array([bound.lower for bound in bounds if bound is not None])
    upper = np.array([bound.upper for bound in bounds if bound is not None])
    return Gap(
        gap,
        max(0.0, float(lower.max() - upper.min())),
        float(upper.max() - lower.min()),
        level,
        "bonferroni_box",
        high,
        low,
    )


def number_inference(
    compared: Compared, at_level: Callable[[float], Sequence[Estimate]], rules: Rules, *, boxed: bool = False
) -> Inference:
    """The difference of any metric among groups.

    Parameters
    ----------
    at_level
        The estimates of the groups that enter, with intervals at another level.
    boxed
        Whether the intervals are biased or skewed beyond what squares add up to (calibration error).
    """
    count = len(compared.slices)
    if count < 2:
        return Inference(None)
    if boxed:
        return Inference(box_gap(at_level(gaps.component_level(rules.level, count)), rules.level))
    gap = mover_gap(at_level(pointwise_level(count, rules.level)), rules.level)
    errors = [estimate.standard_error for estimate in compared.estimates]
    test = None
    if all(error is not None for error in errors):
        p = gaps.estimate_gap_p_value(compared.values, [error for error in errors if error is not None])
        test = None if p is None else Test(p_value=p, method="tukey_kramer")
    return Inference(gap, test)
