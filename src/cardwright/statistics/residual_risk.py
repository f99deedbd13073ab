"""The risk that a synthetic table adds: how often an attack succeeds beyond what it does on people who are not in the data."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cardwright.statistics.intervals import Bounds, z_quantile


@dataclass(frozen=True)
class ResidualRisk:
    """The attack's success, its success on the control, and what is left."""

    attack: float
    """Centre of Wilson's interval."""
    control: float
    risk: float
    """(attack - control) / (1 - control), cut to 0..1."""
    bounds: Bounds


def residual_risk(
    successes: int, attacks: int, control_successes: int, control_attacks: int, level: float = 0.95
) -> ResidualRisk | None:
    """Success rates by Wilson's centre, and the risk beyond the control with the delta method's error.

    `None` without attacks on either side, and where the control always succeeds: then nothing is left to be learnt.

    Source: Giomi et al. (2023), A Unified Framework for Quantifying Privacy Risk in Synthetic Data, equations 1 to 3; the library
    anonymeter computes the same.

    >>> round(residual_risk(50, 100, 10, 100).risk, 4)
    0.4352
    """
    z = z_quantile(level)
    if not (0 <= successes <= attacks and 0 <= control_successes <= control_attacks):
        raise ValueError("successes must lie between 0 and the number of attacks")
    if not attacks or not control_attacks or control_successes == control_attacks:
        return None
    main, main_error = _wilson_centre(successes, attacks, z)
    control, control_error = _wilson_centre(control_successes, control_attacks, z)
    left = 1 - control
    risk = (main - control) / left
    error = math.hypot(main_error / left, control_error * (main - 1) / left**2)
    cut = min(1.0, max(0.0, risk))
    return ResidualRisk(
        main,
        control,
        cut,
        Bounds(min(1.0, max(0.0, risk - error)), min(1.0, max(0.0, risk + error)), level, "wilson_delta"),
    )


def _wilson_centre(successes: int, trials: int, z: float) -> tuple[float, float]:
    below = trials + z * z
    centre = (successes + z * z / 2) / below
    return centre, z / below * math.sqrt(successes * (trials - successes) / trials + z * z / 4)
