"""Ablations, derived from the runs: configurations that differ from the claimed one in exactly one setting."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.evaluators.runs.collecting import Collected, Configuration, differing
from cardwright.evaluators.runs.contrasts import SeedContrast, contrast
from cardwright.evaluators.runs.options import RunsOptions
from cardwright.record.base import label
from cardwright.record.measurement import Measured, Measurement, Sampling, Test, Unmeasured
from cardwright.statistics.multiplicity import holm


@dataclass(frozen=True)
class Ablation:
    """One setting of the claimed configuration, taken away or set otherwise."""

    setting: str
    value: str
    """What it is set to in the other configuration; `not set` if it is left out."""
    other: Configuration
    effect: SeedContrast | str
    """The claimed configuration minus the other, or why it is not known."""
    adjusted_p: float | None = None

    @property
    def slice(self) -> dict[str, str | None]:
        """How its measurement is found."""
        return {"setting": self.setting, "value": self.value}

    def supports(self, *, higher: bool, alpha: float) -> bool:
        """Whether the claimed setting gives something, beyond chance among all ablations."""
        if isinstance(self.effect, str) or self.adjusted_p is None:
            return False
        return self.adjusted_p <= alpha and (self.effect.difference > 0) == higher and self.effect.difference != 0


def ablations(seen: Collected, claim: Configuration | None, options: RunsOptions) -> tuple[Ablation, ...]:
    """Every configuration on the claimed one's commit and data that differs from it in one setting, with adjusted p-values."""
    if claim is None:
        return ()
    found: list[Ablation] = []
    for other in seen.configurations.values():
        if other is claim or (other.commit, other.data) != (claim.commit, claim.data):
            continue
        keys = differing(claim, other)
        if len(keys) == 1 and other.values(options.metric):
            key = keys[0]
            value = label(other.settings[key]) if key in other.settings else "not set"
            found.append(Ablation(label(key), value, other, contrast(claim, other, options.metric, options.level)))
    found.sort(key=lambda one: (one.setting, one.value))
    tested = [one.effect.p_value for one in found if not isinstance(one.effect, str) and one.effect.p_value is not None]
    adjusted = iter(holm(tested).tolist())
    return tuple(
        Ablation(one.setting, one.value, one.other, one.effect, next(adjusted))
        if not isinstance(one.effect, str) and one.effect.p_value is not None
        else one
        for one in found
    )


def ablation_measurements(
    found: tuple[Ablation, ...], claim: Configuration | None, options: RunsOptions, why: str | None
) -> list[Measurement]:
    """The effect of each, and how many settings are shown to give something."""
    if claim is None:
        reason = why or "Nothing is claimed."
        return [
            Unmeasured(metric=name, code="not_applicable", reason=reason)
            for name in ("ablations", "ablations_supporting")
        ]
    supporting = {
        one.setting for one in found if one.supports(higher=options.higher_is_better, alpha=1 - options.level)
    }
    measured: list[Measurement] = [
        Measured(metric="ablations", value=float(len(found)), unit="count", direction="neither"),
        Measured(
            metric="ablations_supporting", value=float(len(supporting)), unit="count", direction="higher_is_better",
            denominator=float(len(found)),
        ),
    ]  # fmt: skip
    for one in found:
        if isinstance(one.effect, str):
            measured.append(Unmeasured(metric="ablation_effect", slice=one.slice, code="undefined", reason=one.effect))
            continue
        effect = one.effect
        test = None
        if effect.p_value is not None and one.adjusted_p is not None:
            method = "student_t_paired" if effect.paired else "welch"
            test = Test(
                p_value=effect.p_value,
                method=method,
                family="ablations",
                adjusted_p_value=one.adjusted_p,
                adjustment="holm",
            )
        measured.append(
            Measured(
                metric="ablation_effect",
                slice=one.slice,
                value=effect.difference,
                unit="difference",
                direction="higher_is_better" if options.higher_is_better else "lower_is_better",
                interval=effect.interval,
                denominator=float(effect.seeds),
                sampling=Sampling(
                    unit="paired seed" if effect.paired else "seed", units=effect.seeds, observations=effect.seeds
                ),
                test=test,
                reference=one.other.label,
            )
        )
    return measured
