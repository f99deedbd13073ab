"""How far a planted sequence stands out among others of its form that the model never saw: exposure, in bits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from cardwright.statistics.intervals import Bounds, clopper_pearson

LEAST_REFERENCES = 20
"""References below which neither a rank nor a distribution says anything."""


_SAME = 1e-7
"""Losses that differ by less, relatively, are one loss: a distribution fitted to them is one of rounding errors."""


@dataclass(frozen=True)
class RankExposure:
    """A canary's exposure by its rank."""

    bits: float
    """log2 of the size of the space less log2 of the rank."""
    bounds: Bounds | None
    """`None` where the whole space was enumerated: then the rank is not an estimate."""
    p_value: float
    """How likely a sequence that was never planted ranks as high."""
    most: float
    """The largest exposure that could have been seen: log2 of the candidates compared, the canary counted."""


@dataclass(frozen=True)
class ExtrapolatedExposure:
    """A canary's exposure by a skew-normal distribution of the losses of references."""

    bits: float
    """Cut at log2 of the size of the space."""
    cut: bool
    """Whether it was above, so that nothing but the cut is known."""
    fit_p_value: float
    """Kolmogorov and Smirnov's test of the fit: a small value says that the distribution is a different one."""


def known_rank_exposure(rank: int, space: float) -> RankExposure:
    """Exposure of a canary whose rank among all sequences of its form is known, 1 being the likeliest.

    Source: Carlini et al. (2019), The Secret Sharer, definition 6.

    >>> known_rank_exposure(1, 1024).bits, known_rank_exposure(1024, 1024).bits
    (10.0, 0.0)
    """
    if not 1 <= rank <= space:
        raise ValueError(f"a rank must lie between 1 and the size of the space; got {rank} of {space}")
    return RankExposure(math.log2(space) - math.log2(rank), None, rank / space, math.log2(space))


def rank_exposure(
    loss: float, references: ArrayLike, space: float | None = None, level: float = 0.95
) -> RankExposure | None:
    """Exposure from the rank of a canary's loss among references drawn at random from the same space.

    With r of S references at or below the canary's loss, it is -log2((r + 1) / (S + 1)): a lower bound, since a rank among S
    cannot show more than log2(S + 1) bits. Its interval is Clopper and Pearson's of r / S on the scale of bits, cut at log2 of
    the space. Where the references and the canary are the whole space, it is exact. `None` with fewer than 20 references.

    Source: Carlini et al. (2019), The Secret Sharer, section 4.3 (approximation by sampling).

    >>> rank_exposure(0.0, range(1, 1024)).bits
    10.0
    """
    others = np.asarray(references, float)
    s = len(others)
    if s < LEAST_REFERENCES:
        return None
    r = int((others <= loss).sum())
    p, most = (r + 1) / (s + 1), math.log2(s + 1)
    if space is not None and s + 1 >= space:
        return RankExposure(-math.log2(p), None, p, most)
    share = clopper_pearson(r, s, level)
    assert share is not None
    top = math.log2(space) if space is not None else math.inf
    upper = min(top, -math.log2(share.lower)) if share.lower > 0 else top
    bits = -math.log2(p)
    if not math.isfinite(upper):
        upper = most  # the space is not known, and nothing above the sample can be stated
    return RankExposure(
        bits, Bounds(min(bits, -math.log2(share.upper)), max(bits, upper), level, "clopper_pearson_bits"), p, most
    )


def skew_normal_exposure(loss: float, references: ArrayLike, space: float) -> ExtrapolatedExposure | None:
    """Exposure extrapolated by a skew-normal distribution fitted to the losses of references, cut at log2 of the space.

    An extrapolation, not a measurement: in the tail it can be far off, which is why it is cut, and why the fit's test goes with
    it. `None` with fewer than 20 references, and if all have one loss.

    Source: Carlini et al. (2019), The Secret Sharer, section 4.3 (approximation by distribution modelling).
    """
    others = np.asarray(references, float)
    if len(others) < LEAST_REFERENCES or float(np.ptp(others)) <= _SAME * float(np.abs(others).max()):
        return None
    shape, centre, scale = stats.skewnorm.fit(others)
    below = float(stats.skewnorm.cdf(loss, shape, centre, scale))
    top = math.log2(space)
    bits = -math.log2(below) if below > 0 else math.inf
    fit = float(stats.kstest(others, "skewnorm", args=(shape, centre, scale)).pvalue)
    return ExtrapolatedExposure(min(top, max(0.0, bits)), bits > top, fit)
