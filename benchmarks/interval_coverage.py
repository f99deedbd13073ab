"""How often the intervals of gaps hold, and how often equal groups are declared failed.

    python benchmarks/interval_coverage.py [--replicates 10000] [--seed 0]

Prints Markdown tables for RESULTS.md: coverage of nominal 95 % intervals beside the percentile bootstrap and the plain
Tukey-Kramer interval on the same samples, those of rates of
weighted and of clustered rows, then what a four-fifths rule with simultaneous bounds says about equal groups.
Exits 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from cardwright.statistics.gaps import component_level, rate_gap_arrays, rate_ratio_arrays, simultaneous_quantile
from cardwright.statistics.intervals import cluster_proportion, score_bounds, weighted_proportion, wilson
from cardwright.statistics.permutation import gap_test

Array = NDArray[np.float64]
Bounds = tuple[Array, Array]

LEVEL, TARGET, LIMIT, MOST_FAILED = 0.95, 0.93, 0.8, 0.07
EDGE = 1e-9
BOOTSTRAP_SAMPLES, BOOTSTRAP_RESAMPLES = 1000, 300

MIXED = (30, 30, 50, 50, 80, 100, 100, 200, 200, 300, 300, 500, 500, 1000)
SCENARIOS: tuple[tuple[str, tuple[int, ...], tuple[float, ...]], ...] = (
    ("equal 2 × 100, p .5", (100,) * 2, (0.5,) * 2),
    ("equal 2 × 500, p .2", (500,) * 2, (0.2,) * 2),
    ("equal 3 × 100, p .5", (100,) * 3, (0.5,) * 3),
    ("equal 7 × 100, p .2", (100,) * 7, (0.2,) * 7),
    ("equal 14, n 30–1000, p .2", MIXED, (0.2,) * 14),
    ("equal 14 × 200, p .2", (200,) * 14, (0.2,) * 14),
    ("equal 7 × 1000, p .05", (1000,) * 7, (0.05,) * 7),
    ("equal 10 × 20, p .7", (20,) * 10, (0.7,) * 10),
    ("equal 14 × 30 and 1 × 1500, p .9", (30,) * 14 + (1500,), (0.9,) * 15),
    ("unequal 2 × 500, .5 / .35", (500,) * 2, (0.5, 0.35)),
    ("unequal 7 × 500, one .2, others .3", (500,) * 7, (0.3,) * 6 + (0.2,)),
    ("unequal 14 × 300, .15 to .35", (300,) * 14, tuple(np.linspace(0.15, 0.35, 14))),
    ("unequal 5000 / 150, .3 / .2", (5000, 150), (0.3, 0.2)),
)

# Positives, negatives, true positive rates, false positive rates, by group.
ODDS: tuple[tuple[str, tuple[int, ...], tuple[int, ...], tuple[float, ...], tuple[float, ...]], ...] = (
    ("equal 2, 200 pos / 400 neg", (200,) * 2, (400,) * 2, (0.7,) * 2, (0.2,) * 2),
    ("equal 5, sizes 50–800", (50, 100, 200, 400, 800), (100, 200, 400, 800, 1600), (0.7,) * 5, (0.2,) * 5),
    ("equal 10, 20 pos / 60 neg", (20,) * 10, (60,) * 10, (0.7,) * 10, (0.2,) * 10),
    ("unequal 2, difference .15", (200,) * 2, (400,) * 2, (0.75, 0.6), (0.2, 0.2)),
    ("unequal 5, difference .20", (300,) * 5, (600,) * 5, (0.8, 0.75, 0.7, 0.65, 0.6), (0.2,) * 5),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=10_000, help="samples a scenario (default 10000)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    started, rng = time.perf_counter(), np.random.default_rng(arguments.seed)
    missed = [
        *coverage_of_rates(arguments.replicates, rng),
        *coverage_of_odds(arguments.replicates, rng),
        *coverage_of_weighted_rates(arguments.replicates // 5, np.random.default_rng([arguments.seed, 2])),
        *coverage_of_clustered_rates(arguments.replicates // 5, np.random.default_rng([arguments.seed, 3])),
        *equal_groups(arguments.replicates, arguments.seed),
    ]
    print(f"\n{time.perf_counter() - started:.0f} s, seed {arguments.seed}.")
    for line in missed:
        print(f"MISSED: {line}")
    return 1 if missed else 0


def coverage_of_rates(replicates: int, rng: np.random.Generator) -> list[str]:
    heading(
        f"Coverage of nominal 95 % intervals, {replicates:,} samples a scenario (mean width); percentile bootstrap on the first "
        f"{min(replicates, BOOTSTRAP_SAMPLES):,} of them, {BOOTSTRAP_RESAMPLES} resamples each",
        ("scenario", "gap", "gap, Tukey–Kramer +1", "gap, bootstrap", "ratio", "ratio, bootstrap"),
    )
    missed = []
    for name, sizes, rates in SCENARIOS:
        n, p = np.array(sizes, float), np.array(rates)
        k = rng.binomial(n.astype(int), p, size=(replicates, len(n))).astype(float)
        k = k[k.sum(axis=1) > 0]
        gap, ratio = float(np.ptp(p)), float(p.min() / p.max())
        nn = np.broadcast_to(n, k.shape)
        _, *of_gap = rate_gap_arrays(k, nn)
        _, *of_ratio = rate_ratio_arrays(k, nn)
        drawn = bootstrap_rates(k[:BOOTSTRAP_SAMPLES], n, rng)
        cells = (
            (tuple(of_gap), gap, True),
            (tukey_kramer(k, n), gap, False),
            (percentile(np.ptp(drawn, axis=2)), gap, False),
            (tuple(of_ratio), ratio, True),
            (percentile(smallest_ratio(drawn)), ratio, False),
        )
        row([name, *(cell(bounds, truth) for bounds, truth, _ in cells)])
        missed += [
            f"{name}: coverage {covered(bounds, truth):.3f} under {TARGET}"
            for bounds, truth, ours in cells
            if ours and covered(bounds, truth) < TARGET
        ]
    return missed


def coverage_of_odds(replicates: int, rng: np.random.Generator) -> list[str]:
    heading(
        f"Equalized odds difference: coverage of nominal 95 % intervals, {replicates:,} samples a scenario (mean width); "
        "bootstrap as above",
        ("scenario", "ours", "bootstrap", "ours leaves 0 out"),
    )
    missed = []
    part = component_level(LEVEL, 2)
    for name, positives, negatives, tpr, fpr in ODDS:
        truth, lowers, uppers, draws = 0.0, [], [], []
        for sizes, rates in ((positives, tpr), (negatives, fpr)):
            n, p = np.array(sizes, float), np.array(rates)
            k = rng.binomial(n.astype(int), p, size=(replicates, len(n))).astype(float)
            _, lower, upper = rate_gap_arrays(k, np.broadcast_to(n, k.shape), part)
            lowers.append(lower)
            uppers.append(upper)
            draws.append(np.ptp(bootstrap_rates(k[:BOOTSTRAP_SAMPLES], n, rng), axis=2))
            truth = max(truth, float(np.ptp(p)))
        ours = (np.maximum(*lowers), np.maximum(*uppers))
        row([name, cell(ours, truth), cell(percentile(np.maximum(*draws)), truth), f"{np.mean(ours[0] > EDGE):.3f}"])
        if covered(ours, truth) < TARGET:
            missed.append(f"{name}: coverage {covered(ours, truth):.3f} under {TARGET}")
    return missed


# Rows, share of positives, weight of a positive, spread of the logarithm of all weights.
WEIGHTED: tuple[tuple[str, int, float, float, float], ...] = (
    ("weights as they fall, p .3", 200, 0.3, 1.0, 1.0),
    ("weights as they fall, rare p .01", 1000, 0.01, 1.0, 0.7),
    ("positives 5 times as heavy, p .1", 200, 0.1, 5.0, 0.3),
    ("positives 5 times as heavy, rare p .02", 1000, 0.02, 5.0, 0.3),
    ("positives a tenth as heavy, p .1", 200, 0.1, 0.1, 0.3),
    ("positives a fiftieth as heavy, p .2", 1000, 0.2, 0.02, 0.3),
    ("weights as they fall, very unequal, p .1", 1000, 0.1, 1.0, 1.5),
)
HARD = {"weights as they fall, very unequal, p .1"}
"""Where a few rows hold most of the weight no interval of this kind holds; the table says what it does there."""


def coverage_of_weighted_rates(replicates: int, rng: np.random.Generator) -> list[str]:
    heading(
        f"Rates of weighted rows: coverage of nominal 95 % intervals, {replicates:,} samples a scenario (mean width)",
        ("scenario", "linearised, ours", "Kish's effective size"),
    )
    missed = []
    for name, rows, rate, heavy, spread in WEIGHTED:
        truth = rate * heavy / (rate * heavy + 1 - rate)
        ours, kish = np.empty((2, replicates)), np.empty((2, replicates))
        for i in range(replicates):
            y = rng.random(rows) < rate
            w = np.exp(spread * rng.standard_normal(rows)) * np.where(y, heavy, 1.0)
            found = weighted_proportion(
                float(w[y].sum()), float(w.sum()), float((w[y] ** 2).sum()), float((w**2).sum())
            )
            assert found is not None
            ours[:, i] = found.bounds.lower, found.bounds.upper
            size = w.sum() ** 2 / (w**2).sum()
            plain = wilson(found.estimate * size, size)
            assert plain is not None
            kish[:, i] = plain.lower, plain.upper
        row([name, cell((ours[0], ours[1]), truth), cell((kish[0], kish[1]), truth)])
        if name not in HARD and covered((ours[0], ours[1]), truth) < TARGET:
            missed.append(f"{name}: coverage {covered((ours[0], ours[1]), truth):.3f} under {TARGET}")
    return missed


def coverage_of_clustered_rates(replicates: int, rng: np.random.Generator) -> list[str]:
    heading(
        f"Rates of 25 persons with several rows each: coverage of nominal 95 % intervals, {replicates:,} samples a scenario "
        "(mean width); rows a person from 1 to dozens",
        ("scenario", "jackknife, ours", "between-cluster variance, Student's quantile", "rows as if independent"),
    )
    missed = []
    for rate in (0.5, 0.2, 0.05):
        for alike in (0.1, 0.4, 0.9):
            many = 1 / alike - 1
            ours, plain, naive = (np.empty((2, replicates)) for _ in range(3))
            for i in range(replicates):
                m = 1 + np.floor(np.exp(1 + rng.standard_normal(25)))
                y = rng.binomial(m.astype(int), rng.beta(rate * many, (1 - rate) * many, 25)).astype(float)
                found = cluster_proportion(y, m)
                assert found is not None
                ours[:, i] = found.bounds.lower, found.bounds.upper
                plain[:, i] = between_clusters(y, m)
                counted = wilson(y.sum(), m.sum())
                assert counted is not None
                naive[:, i] = counted.lower, counted.upper
            name = f"p {rate:g}, correlation within a person {alike:g}"
            row([name, *(cell((one[0], one[1]), rate) for one in (ours, plain, naive))])
            if covered((ours[0], ours[1]), rate) < TARGET:
                missed.append(f"25 persons, {name}: coverage {covered((ours[0], ours[1]), rate):.3f} under {TARGET}")
    return missed


def between_clusters(y: Array, m: Array) -> tuple[float, float]:
    """Cochran's ratio estimator with Student's quantile, as it is usually done."""
    p, rows, clusters = y.sum() / m.sum(), m.sum(), len(m)
    variance = clusters / (clusters - 1) * ((y - p * m) ** 2).sum() / rows**2
    size = min(rows, p * (1 - p) / variance) if variance > 0 else rows**2 / (m * m).sum()
    lower, upper = score_bounds(p * size, size, float(stats.t.ppf(0.975, clusters - 1)))
    return float(lower), float(upper)


def equal_groups(replicates: int, seed: int) -> list[str]:
    heading(
        f"Four-fifths rule on equal groups, {replicates:,} models: failed = whole interval under {LIMIT} and permutation "
        f"p ≤ .05; "
        f"passed = whole interval from {LIMIT}; else inconclusive",
        ("groups", "point rule fails", "failed", "inconclusive", "passed", "group size at which 80 % pass"),
    )
    missed = []
    rng = np.random.default_rng([seed, 1])
    for groups, size, rate in ((2, 100, 0.5), (7, 100, 0.2), (14, 200, 0.2), (14, 1000, 0.2)):
        k = rng.binomial(size, rate, size=(replicates, groups))
        n = np.full(k.shape, size)
        estimate, lower, upper = rate_ratio_arrays(k, n)
        outside = np.flatnonzero(upper < LIMIT)
        significant = [gap_test(k[i], n[i], seed=[seed, int(i)]) for i in outside]
        failed = sum(test is not None and test.p_value <= 1 - LEVEL for test in significant) / replicates
        passed = float(np.mean(lower >= LIMIT))
        row(
            [
                f"{groups} × {size}, p {rate:g}",
                f"{np.mean(estimate < LIMIT):.3f}",
                f"{failed:.3f}",
                f"{1 - failed - passed:.3f}",
                f"{passed:.3f}",
                f"{size_to_pass(groups, rate, rng):,}",
            ]
        )
        if failed > MOST_FAILED:
            missed.append(f"{groups} × {size}: {failed:.3f} of equal models declared failed, over {MOST_FAILED}")
    return missed


def size_to_pass(groups: int, rate: float, rng: np.random.Generator, share: float = 0.8, samples: int = 2000) -> int:
    """The group size, to two digits, at which so many models with equal groups pass."""

    def passing(size: int) -> float:
        k = rng.binomial(size, rate, size=(samples, groups))
        k = k[k.sum(axis=1) > 0]
        return float(np.mean(rate_ratio_arrays(k, np.full(k.shape, size))[1] >= LIMIT))

    low, high = 10, 1_000_000
    while high / low > 1.02:
        middle = round(math.sqrt(low * high))
        low, high = (low, middle) if passing(middle) >= share else (middle, high)
    return int(float(f"{high:.2g}"))


def tukey_kramer(k: Array, n: Array) -> Bounds:
    """The plain Tukey-Kramer interval of the gap, one success and one failure added to each group."""
    p = (k + 1) / (n + 2)
    variance = p * (1 - p) / (n + 2)
    i, j = np.triu_indices(k.shape[1], 1)
    distance = np.abs(p[:, i] - p[:, j])
    half = simultaneous_quantile(k.shape[1], LEVEL) * np.sqrt(variance[:, i] + variance[:, j])
    return np.maximum(0.0, (distance - half).max(axis=1)), np.minimum(1.0, (distance + half).max(axis=1))


def bootstrap_rates(k: Array, n: Array, rng: np.random.Generator) -> Array:
    """Rates of resampled groups: samples × resamples × groups."""
    draws = rng.binomial(n.astype(int), (k / n)[:, None], size=(len(k), BOOTSTRAP_RESAMPLES, len(n)))
    return draws / n


def smallest_ratio(rates: Array) -> Array:
    highest = rates.max(axis=2)
    return np.divide(rates.min(axis=2), highest, out=np.full(highest.shape, np.nan), where=highest > 0)


def percentile(values: Array) -> Bounds:
    lower, upper = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)
    return lower, upper


def covered(bounds: Bounds, truth: float) -> float:
    return float(np.mean((bounds[0] <= truth + EDGE) & (bounds[1] >= truth - EDGE)))


def cell(bounds: Bounds, truth: float) -> str:
    return f"{covered(bounds, truth):.3f} ({np.mean(bounds[1] - bounds[0]):.2f})"


def heading(title: str, columns: tuple[str, ...]) -> None:
    print(f"\n{title}\n")
    row(columns)
    row(["---"] * len(columns))


def row(cells: Sequence[str]) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
