"""Adjusted p-values where many tests are made at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cardwright.statistics.intervals import FloatArray


def holm(p_values: ArrayLike) -> FloatArray:
    """Holm's step-down adjusted p-values, in the order given: at level a, the chance of *any* false finding stays under a.

    An empty family stays empty.

    Source: Holm (1979), Scandinavian Journal of Statistics 6:65.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = _family(p_values)
    order = np.argsort(p, kind="stable")
    factors = np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factors))
    return adjusted


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """Benjamini and Hochberg's step-up adjusted p-values, in the order given: of what is found, at most a share of a is false.

    For screening; use `holm` where a decision hangs on it. An empty family stays empty.

    Source: Benjamini and Hochberg (1995), JRSS B 57:289.

    >>> benjamini_hochberg([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.04, 0.04]
    """
    p = _family(p_values)
    order = np.argsort(p, kind="stable")
    factors = len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate((p[order] * factors)[::-1])[::-1])
    return adjusted


def _family(p_values: ArrayLike) -> FloatArray:
    p = np.asarray(p_values, float).reshape(-1)
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("p-values must lie between 0 and 1; leave out tests that were not made, and say so")
    return p
