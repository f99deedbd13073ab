"""What the noise of differentially private training amounts to: epsilon at a delta, by Rényi differential privacy."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

ORDERS = (*range(2, 65), *range(68, 129, 4), 160, 192, 256, 384, 512, 1024)


def epsilon_of_sampled_gaussian(noise_multiplier: float, sample_rate: float, steps: int, delta: float) -> float | None:
    """Epsilon of a number of steps of the Gaussian mechanism on Poisson samples: DP-SGD. Add-or-remove-one neighbours.

    An upper bound: the Rényi divergence is exact at whole orders, composition adds it up, and the best order is taken. `None`
    where no order gives a finite bound (no noise).

    Parameters
    ----------
    noise_multiplier
        Standard deviation of the noise over the clipping norm.
    sample_rate
        Probability with which each unit is in a step: expected batch over data.

    Source: Mironov, Talwar and Zhang (2019), Rényi Differential Privacy of the Sampled Gaussian Mechanism, section 3.3; Canonne,
    Kamath and Steinke (2020), The Discrete Gaussian for Differential Privacy, proposition 12 (to epsilon and delta).

    >>> round(epsilon_of_sampled_gaussian(1.1, 256 / 60000, 14062, 1e-5), 2)
    2.6
    """
    if not (noise_multiplier >= 0 and 0 < sample_rate <= 1 and steps >= 1 and 0 < delta < 1):
        raise ValueError("noise is not negative, the sample rate in (0, 1], steps at least 1 and delta in (0, 1)")
    if noise_multiplier == 0:
        return None
    bounds = []
    for order in ORDERS:
        divergence = _sampled_gaussian(sample_rate, noise_multiplier, order) * steps
        bounds.append(divergence + math.log1p(-1 / order) - (math.log(delta) + math.log(order)) / (order - 1))
    best = min(bounds)
    return max(0.0, best) if math.isfinite(best) else None


def _sampled_gaussian(q: float, sigma: float, order: int) -> float:
    """The Rényi divergence of a whole order, one step."""
    if q == 1:
        return order / (2 * sigma * sigma)
    k = np.arange(order + 1)
    terms = (
        special.gammaln(order + 1)
        - special.gammaln(k + 1)
        - special.gammaln(order - k + 1)
        + k * math.log(q)
        + (order - k) * math.log1p(-q)
        + k * (k - 1) / (2 * sigma * sigma)
    )
    return float(special.logsumexp(terms)) / (order - 1)
