"""Student's interval of a mean over explained rows."""

from __future__ import annotations

import math
from typing import Any

from cardwright.record.measurement import Interval


def student_quantile(level: float, n: int) -> float:
    """How many standard errors the interval of a mean of `n` values reaches to either side; `n` is at least 2."""
    from scipy.stats import t

    return float(t.ppf((1 + level) / 2, n - 1))


def student_interval(values: Any, level: float, limits: tuple[float, float] = (-math.inf, math.inf)) -> Interval | None:
    """The interval of the mean of an array of shape (n,), cut at the limits of what it can be; None of one value."""
    import numpy as np

    n, mean = len(values), float(np.mean(values))
    if n < 2:
        return None
    half = student_quantile(level, n) * float(np.std(values, ddof=1)) / math.sqrt(n)
    lower, upper = max(limits[0], mean - half), min(limits[1], mean + half)
    return Interval(level=level, lower=lower, upper=upper, method="student_t")
