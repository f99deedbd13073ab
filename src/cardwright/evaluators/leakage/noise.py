"""Differential privacy: what is stated of the training, and what its parameters amount to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cardwright.errors import UsageError, did_you_mean
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.evaluators.leakage.part import LOWER, LeakagePart, Measurement
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import Finding, NotTested, Table, TableColumn
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.statistics.privacy_loss import epsilon_of_sampled_gaussian

EPSILON = "differential_privacy_epsilon"
STATED = ("mechanism", "epsilon", "delta", "unit", "accountant")
PARAMETERS = ("noise_multiplier", "sample_rate", "steps")
SLACK = 0.02
"""How far a stated epsilon may lie below the recomputed one, relatively: accountants differ by about as much."""


def assess(options: LeakageOptions, inputs: Inputs) -> LeakagePart:
    """Epsilon as stated, and recomputed where the parameters of DP-SGD are given.

    Raises
    ------
    UsageError
        If a key is unknown or out of its range.
    """
    stated_privacy: Mapping[str, Any] = options.differential_privacy or {}
    _check(stated_privacy, f"{inputs.id} (leakage)")
    delta = float(stated_privacy["delta"])
    at = {"delta": delta} if delta > 0 else None
    stated = stated_privacy.get("epsilon")
    measurements: list[Measurement] = []
    findings: list[Finding] = []
    recomputed: float | None = None
    if all(name in stated_privacy for name in PARAMETERS) and delta > 0:
        recomputed = epsilon_of_sampled_gaussian(
            float(stated_privacy["noise_multiplier"]),
            float(stated_privacy["sample_rate"]),
            int(stated_privacy["steps"]),
            delta,
        )
        if recomputed is None:
            why = "With a noise multiplier of 0 there is no finite bound."
            measurements.append(Unmeasured(metric=EPSILON, at=at, code="undefined", reason=why))
        else:
            measurements.append(
                Measured(
                    metric=EPSILON,
                    at=at,
                    value=recomputed,
                    unit="epsilon",
                    direction=LOWER,
                    reference=f"per {as_label(stated_privacy['unit'])}",
                )
            )
        if stated is not None and (recomputed is None or float(stated) < recomputed * (1 - SLACK)):
            bound = "no finite one" if recomputed is None else f"{recomputed:.4g}"
            findings.append(
                Finding(
                    severity="high",
                    key="epsilon_understated",
                    explanation=f"The stated epsilon is {float(stated):.4g}, and the stated parameters amount to {bound}.",
                )
            )
    else:
        why = "It is stated by people, and not recomputed: not all of noise_multiplier, sample_rate, steps and a delta are given."
        measurements.append(Unmeasured(metric=EPSILON, at=at, code="not_applicable", reason=why))
    rows: list[tuple[float | str | None, ...]] = [
        (name.replace("_", " "), _plain(stated_privacy.get(name))) for name in (*STATED, *PARAMETERS)
    ]
    shown = "not recomputed" if recomputed is None else f"{recomputed:.4g}"
    rows.append(("epsilon, recomputed", shown))
    return LeakagePart(
        method="Differential privacy: mechanism, epsilon, delta, unit and accountant are recorded as stated. With the noise "
        "multiplier, sample "
        "rate and number of steps of DP-SGD, epsilon is recomputed as an upper bound by Rényi differential privacy of the "
        "Gaussian "
        "mechanism on Poisson samples (Mironov, Talwar and Zhang 2019), converted after Canonne, Kamath and Steinke (2020); "
        "neighbours "
        "differ by one unit added or removed.",
        limits=(
            "What is stated of the training is attested and not seen: whether noise was added, gradients clipped and batches "
            "drawn so.",
            "Shuffled batches are not Poisson samples; for them the recomputed epsilon is the customary approximation.",
        ),
        measurements=tuple(measurements),
        findings=tuple(findings),
        tables=(
            Table(
                id="differential-privacy",
                title="Differential privacy as stated",
                columns=(TableColumn(name="what", title="What"), TableColumn(name="said", title="Stated")),
                rows=tuple(rows),
            ),
        ),
        not_tested=(
            NotTested(what="whether the training was differentially private", why="the training is not observed"),
        ),
    )


def _plain(value: object) -> str:
    if value is None:
        return "not stated"
    return f"{value:.6g}" if isinstance(value, float) else as_label(value)


def _check(stated: Mapping[str, Any], where: str) -> None:
    known = (*STATED, *PARAMETERS)
    for name in stated:
        if name not in known:
            raise UsageError(
                f"`differential_privacy` has no key of that name: {as_label(name)}",
                where=where,
                do=did_you_mean(str(name), known),
            )
    for name in ("mechanism", "delta", "unit"):
        if name not in stated:
            raise UsageError(
                f"`differential_privacy` does not state `{name}`",
                where=where,
                do="State mechanism, epsilon, delta and unit (example, user).",
            )
    if "epsilon" not in stated and not all(name in stated for name in PARAMETERS):
        raise UsageError(
            "`differential_privacy` states no `epsilon`", where=where, do=f"State it, or {', '.join(PARAMETERS)}."
        )
    bounds = {
        "epsilon": (0.0, math.inf),
        "delta": (0.0, 1.0),
        "noise_multiplier": (0.0, math.inf),
        "sample_rate": (0.0, 1.0),
    }
    for name, (low, high) in bounds.items():
        value = stated.get(name)
        if value is None:
            continue
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
            or not math.isfinite(value)
        ):
            raise UsageError(f"`{name}` must lie between {low:g} and {high:g}", where=where, do="Correct it.")
    steps = stated.get("steps")
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or steps < 1):
        raise UsageError("`steps` must be a whole number of at least 1", where=where, do="Correct it.")
    if stated.get("sample_rate") == 0 or stated.get("delta") == 1:
        raise UsageError("`sample_rate` is above 0 and `delta` below 1", where=where, do="Correct it.")


__all__ = ["assess"]
