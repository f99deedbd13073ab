"""Looking at a comparison more than once: where each look may stop it, so that the chance of any false finding stays alpha.

A look spends a part of alpha that a spending function fixes by the share of the information that is in; the boundary at each
look is found so that exactly this much is spent, by numerical integration of the joint distribution of the looks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Spending = Literal["obrien_fleming", "pocock"]
FloatArray = NDArray[np.float64]

_POINTS = 401
"""Points of the grid on which the density between the boundaries is kept."""
_FAR = 8.0
"""Beyond this many standard deviations there is nothing to integrate."""


@dataclass(frozen=True)
class PlannedLook:
    """What may be concluded at one look."""

    information: float
    """Share of the planned information that is in."""
    spent: float
    """Alpha spent up to this look."""
    boundary: float
    """The comparison may stop where the absolute z is at least this."""
    nominal_p: float
    """The same as a two-sided p-value."""


def spent(information: float, alpha: float, spending: Spending) -> float:
    """Alpha that may be spent once a share of the information is in.

    Source: Lan and DeMets (1983), Biometrika 70:659: on each side 2 - 2 Phi(z / sqrt(t)) in the manner of O'Brien and
    Fleming, and on both alpha ln(1 + (e - 1) t) in that of Pocock.
    """
    if not 0 < information <= 1:
        raise ValueError("a share of the information lies above 0 and at most at 1")
    if spending == "pocock":
        return alpha * math.log(1 + (math.e - 1) * information)
    return 4 - 4 * float(stats.norm.cdf(float(stats.norm.ppf(1 - alpha / 4)) / math.sqrt(information)))


def boundaries(
    information: Sequence[float], alpha: float = 0.05, spending: Spending = "obrien_fleming"
) -> tuple[PlannedLook, ...]:
    """Two-sided boundaries of z for looks at given shares of the information, which rise; the last is at most 1.

    Source: Lan and DeMets (1983); Armitage, McPherson and Rowe (1969), JRSS A 132:235 (the recursion); Jennison and Turnbull
    (2000), Group Sequential Methods, 7 and 19.

    >>> [round(look.boundary, 2) for look in boundaries([0.5, 1.0])]
    [2.96, 1.97]
    """
    if not 0 < alpha < 1:
        raise ValueError("alpha lies between 0 and 1")
    if (
        not information
        or any(b <= a for a, b in zip([0.0, *information], information, strict=False))
        or information[-1] > 1
    ):
        raise ValueError("shares of the information rise, above 0 and up to at most 1")
    looks: list[PlannedLook] = []
    grid: FloatArray = np.zeros(1)
    density: FloatArray = np.ones(1)
    before = already = 0.0
    for share in information:
        step = math.sqrt(share - before)
        target = spent(share, alpha, spending) - already

        bound = _bound(target, grid, density, step, math.sqrt(share))
        edge = bound * math.sqrt(share)
        nodes, weights = _simpson(-edge, edge)
        kernel = stats.norm.pdf((nodes[:, None] - grid[None, :]) / step) / step
        density = weights * (kernel @ density)
        grid = nodes
        already += target
        looks.append(PlannedLook(share, already, bound, 2 * float(stats.norm.sf(bound))))
        before = share
    return tuple(looks)


def _bound(target: float, grid: FloatArray, density: FloatArray, step: float, root: float) -> float:
    """The bound of the absolute z beyond which the looks that have not stopped are with a chance of `target`."""

    def excess(bound: float) -> float:
        edge = bound * root  # on the scale of the score, a Brownian motion
        beyond = stats.norm.sf((edge - grid) / step) + stats.norm.cdf((-edge - grid) / step)
        return float(np.sum(density * beyond)) - target

    return _FAR if excess(_FAR) >= 0 else float(optimize.brentq(excess, 0.0, _FAR, xtol=1e-10))


def _simpson(low: float, high: float) -> tuple[FloatArray, FloatArray]:
    nodes = np.linspace(low, high, _POINTS)
    weights = np.ones(_POINTS)
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    return nodes, weights * (high - low) / (_POINTS - 1) / 3
