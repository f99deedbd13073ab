"""Whether two samples have one distribution, from counts in bins.

Every distance below is above 0 by chance alone. A fixed limit such as "index above 0.2" flags small samples that did
not drift and passes large ones that did; so each distance comes with what no drift would give at these sizes, and a
p-value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cardwright.statistics.intervals import FloatArray

IntArray = NDArray[np.int64]

_CHUNK = 2_000_000
"""Drawn counts held in memory at once."""


@dataclass(frozen=True)
class Drift:
    """A distance between two samples, and what chance gives."""

    estimate: float
    expected_without_drift: float
    """Its mean where both samples come from one distribution."""
    p_value: float
    """How often one distribution gives at least as much (permutation)."""
    reference_rows: int
    current_rows: int
    bins: int
    """How many bins have rows in either sample."""


def population_stability_index(
    reference: ArrayLike, current: ArrayLike, *, resamples: int = 1999, seed: int | list[int] = 0
) -> Drift | None:
    """The population stability index: sum over bins of (q - p) ln(q / p), symmetric, in nats; `None` where a sample has no rows.

    One half is added to the counts of every bin that has rows in either sample, so that a bin empty in one of them
    stays finite. Without drift it is about (bins - 1)(1/n + 1/m).

    Parameters
    ----------
    reference, current
        Counts over the same bins.

    Source: Jeffreys (1946); Siddiqi (2006), Credit Risk Scorecards; Yurdakul and Naranjo (2020), Journal of Risk Model
    Validation 14(4).
    """
    return _compare(reference, current, _psi, resamples, seed)


def jensen_shannon_distance(
    reference: ArrayLike, current: ArrayLike, *, resamples: int = 1999, seed: int | list[int] = 0
) -> Drift | None:
    """The Jensen-Shannon distance, the root of the divergence to base 2, from 0 to 1; `None` where a sample has no rows.

    Parameters as `population_stability_index`.

    Source: Lin (1991), IEEE Transactions on Information Theory 37:145; Endres and Schindelin (2003), ibid. 49:1858.
    """
    return _compare(reference, current, _jensen_shannon, resamples, seed)


def wasserstein_distance(
    positions: ArrayLike,
    reference: ArrayLike,
    current: ArrayLike,
    *,
    resamples: int = 1999,
    seed: int | list[int] = 0,
) -> Drift | None:
    """The first Wasserstein distance, how far mass moves on average, in the unit of the positions; `None` without rows.

    Rows count at their bin's position, so that distances within a bin are not seen.

    Parameters
    ----------
    positions
        Where each bin's rows are, ascending.
    reference, current
        Counts over these bins.

    Source: Vallender (1974), Theory of Probability and Its Applications 18:784.
    """
    x = np.asarray(positions, float)
    if x.ndim != 1 or np.any(np.diff(x) <= 0) or not np.all(np.isfinite(x)):
        raise ValueError("positions are finite and ascend")
    if x.shape != np.asarray(reference).shape:
        raise ValueError("each bin has one position")
    return _compare(reference, current, _wasserstein, resamples, seed, x)


Distance = Callable[[FloatArray, FloatArray, FloatArray | None], FloatArray]
"""From counts of both samples, draws × bins, and positions, to one number per draw."""


def _psi(n: FloatArray, m: FloatArray, positions: FloatArray | None) -> FloatArray:
    p = (n + 0.5) / (n + 0.5).sum(axis=1, keepdims=True)
    q = (m + 0.5) / (m + 0.5).sum(axis=1, keepdims=True)
    return np.asarray(((q - p) * np.log(q / p)).sum(axis=1), float)


def _jensen_shannon(n: FloatArray, m: FloatArray, positions: FloatArray | None) -> FloatArray:
    p, q = n / n.sum(axis=1, keepdims=True), m / m.sum(axis=1, keepdims=True)
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2 / math.log(2)
    return np.sqrt(np.maximum(0.0, divergence))


def _relative_entropy(p: FloatArray, q: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(p > 0, p * np.log(p / q), 0.0).sum(axis=1), float)


def _wasserstein(n: FloatArray, m: FloatArray, positions: FloatArray | None) -> FloatArray:
    if positions is None:
        raise ValueError("each bin has one position")
    p, q = n / n.sum(axis=1, keepdims=True), m / m.sum(axis=1, keepdims=True)
    return np.asarray(np.abs(np.cumsum(p - q, axis=1)[:, :-1]) @ np.diff(positions), float)


def _compare(
    reference: ArrayLike,
    current: ArrayLike,
    distance: Distance,
    resamples: int,
    seed: int | list[int],
    positions: FloatArray | None = None,
) -> Drift | None:
    n, m = np.asarray(reference, np.int64), np.asarray(current, np.int64)
    if n.shape != m.shape or n.ndim != 1:
        raise ValueError("both samples are one count per bin each, over the same bins")
    if np.any(n < 0) or np.any(m < 0):
        raise ValueError("counts are not negative")
    if n.sum() == 0 or m.sum() == 0:
        return None
    used = (n + m) > 0
    n, m = n[used], m[used]
    used_positions = None if positions is None else positions[used]
    estimate = float(distance(n[None].astype(float), m[None].astype(float), used_positions)[0])
    rng = np.random.default_rng(seed)
    chunk = max(1, _CHUNK // len(n))
    sizes = [min(chunk, resamples - start) for start in range(0, resamples, chunk)]
    null = np.concatenate([distance(*_without_drift(n, m, size, rng), used_positions) for size in sizes])
    p_value = (1 + int((null >= estimate - 1e-12 * max(1.0, abs(estimate))).sum())) / (1 + resamples)
    return Drift(estimate, float(null.mean()), p_value, int(n.sum()), int(m.sum()), len(n))


def _without_drift(n: IntArray, m: IntArray, size: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    pooled, first, second = n + m, int(n.sum()), int(m.sum())
    if first + second < 10**9:
        drawn = rng.multivariate_hypergeometric(pooled, first, size=size, method="marginals").astype(float)
        return drawn, pooled - drawn
    # The sampler's limit; at a billion rows drawing with and without replacement agree to many digits.
    share = pooled / (first + second)
    return (
        rng.multinomial(first, share, size=size).astype(float),
        rng.multinomial(second, share, size=size).astype(float),
    )


def expected_stability_index(bins: int, reference_rows: int, current_rows: int) -> float:
    """What the population stability index is on average without drift: (bins - 1)(1/n + 1/m).

    For expected counts of five and more.

    Source: Yurdakul and Naranjo (2020), Journal of Risk Model Validation 14(4).

    >>> round(expected_stability_index(10, 1000, 1000), 6)
    0.018
    """
    if bins < 1 or reference_rows < 1 or current_rows < 1:
        raise ValueError("bins and both samples hold something")
    return (bins - 1) * (1 / reference_rows + 1 / current_rows)
