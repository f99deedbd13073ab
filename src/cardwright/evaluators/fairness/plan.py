"""What is compared: the gaps and their rates, and the parameters and the source that say which of them apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cardwright.errors import UsageError, did_you_mean
from cardwright.evaluators.fairness import scoring
from cardwright.evaluators.fairness.options import FairnessOptions
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.gaps import (
    Rules,
)
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.rates import RATES, About
from cardwright.evaluators.rows.tally import RowTally
from cardwright.privacy.showing import hint
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.interface import Predictions, Table

Measurement = Measured | Unmeasured

MAX_CLASSES = 20
"""With more classes only accuracy is compared between groups."""

GAPS: Mapping[str, str] = {
    "demographic_parity": "selection_rate",
    "equal_opportunity": "true_positive_rate",
    "predictive_parity": "positive_predictive_value",
    "false_positive_rate": "false_positive_rate",
    "false_negative_rate": "false_negative_rate",
    "negative_predictive_value": "negative_predictive_value",
    "false_discovery_rate": "false_discovery_rate",
    "false_omission_rate": "false_omission_rate",
    "accuracy": "accuracy",
}
"""Stems of gaps (`…_difference`, `…_ratio`) and the rates they are taken of.

Sources: Dwork et al. (2012); Hardt, Price and Srebro (2016); Chouldechova (2017); Verma and Rubin (2018) for the names.
"""

ODDS = ("true_positive_rate", "false_positive_rate")
"""The rates whose gaps make equalized odds."""

CONDITIONAL: Mapping[str, str] = {
    "demographic_parity_difference": "selection_rate",
    "equal_opportunity_difference": "true_positive_rate",
    "false_positive_rate_difference": "false_positive_rate",
    "base_rate_difference": "base_rate",
}
"""Gaps that are also taken within strata."""

LEAST_ALPHA = 0.0001
"""The smallest significance level: 20 shuffles for each part of it and each test of the family."""
FOUR_FIFTHS = 0.8
"""The rule of thumb of 29 CFR 1607.4(D); what a limit is by default for the number of rows that would settle it."""


def source_of(inputs: Inputs) -> Predictions | Table:
    """The source that is assessed."""
    source = inputs.sources["source"]
    return source if isinstance(source, Table) else inputs.get("source", Predictions)


def layout_of(inputs: Inputs) -> Layout:
    """How the source's rows become codes."""
    return Layout.of(source_of(inputs), seed=inputs.seed)


def check(options: FairnessOptions, inputs: Inputs) -> None:
    """Refuse parameters that make no sense, and a source without groups.

    Raises
    ------
    UsageError
    """
    where = f"{inputs.id} (fairness)"
    for name in ("min_denominator", "depth"):
        value = getattr(options, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UsageError(f"`{name}` must be a whole number of at least 1", where=where, do=f"Write `{name}: 20`.")
    for name in ("level", "alpha"):
        value = getattr(options, name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1:
            raise UsageError(
                f"`{name}` must lie between 0 and 1", where=where, do=f"Write `{name}: 0.95`, for example."
            )
    if options.alpha < LEAST_ALPHA:
        raise UsageError(
            f"`alpha` is at least {LEAST_ALPHA:g}: the shuffles that settle a smaller one would not end",
            where=where,
            do="Write `alpha: 0.05`, for example.",
        )
    known = (*GAPS, "equalized_odds", "base_rate")
    for stem in options.family:
        if stem not in known:
            raise UsageError(f'`family` names "{stem}", which is no gap', where=where, do=did_you_mean(stem, known))
    metrics = [f"{stem}_{kind}" for stem in known for kind in ("difference", "ratio")]
    for metric, limit in (options.limits or {}).items():
        if metric not in metrics:
            raise UsageError(
                f'`limits` names "{metric}", which is no gap', where=where, do=did_you_mean(metric, metrics)
            )
        if not isinstance(limit, (int, float)) or isinstance(limit, bool) or not 0 <= limit <= 1:
            raise UsageError(f"the limit of {metric} must lie between 0 and 1", where=where)
    source = source_of(inputs)
    groups = {attribute.name: attribute.groups for attribute in source.sensitive}
    if not groups:
        raise UsageError(
            f'the source "{source.ref.name}" names no sensitive attribute, so there are no groups to compare',
            where=where,
            do="Add `sensitive: [column, …]` to the source.",
        )
    for name, group in (options.reference or {}).items():
        if name not in groups:
            raise UsageError(f'`reference` names "{name}", no sensitive attribute', where=where, do=hint(name, groups))
        if group not in groups[name]:
            raise UsageError(
                f'`reference` names a group that "{name}" does not have',
                where=where,
                do=hint(group, groups[name]),
            )


@dataclass(frozen=True)
class FairnessPlan:
    """What one evaluation compares: its parameters, the counts, and how groups are compared."""

    options: FairnessOptions
    tally: RowTally
    about: About
    rules: Rules
    above: scoring.Above | None = None
    """Rows above the median score, where scores have no threshold."""

    @property
    def layout(self) -> Layout:
        """Which column plays which part."""
        return self.tally.layout

    @property
    def family(self) -> tuple[str, ...]:
        """Stems of the declared family that this source can have."""
        return family_of(self.options, self.layout)

    @property
    def classes(self) -> tuple[tuple[int, str | None], ...]:
        """Codes of the classes that are each compared with the rest, with their labels; of a binary task one, without a label."""
        if self.layout.kind not in ("binary", "labels", "multiclass"):
            return ()
        if self.layout.favourable is not None:
            return ((1, None),)
        return tuple(enumerate(self.layout.classes)) if len(self.layout.classes) <= MAX_CLASSES else ()

    @property
    def rates(self) -> tuple[str, ...]:
        """The rates that this source has."""
        if self.layout.kind == "labels":
            return ("base_rate",)
        if self.layout.kind not in ("binary", "multiclass"):
            return ()
        return tuple(RATES) if self.layout.decides else ("base_rate",)

    @property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """Stems of gaps of single rates, and their rates."""
        return tuple((stem, rate) for stem, rate in (("base_rate", "base_rate"), *GAPS.items()) if rate in self.rates)

    @property
    def odds(self) -> bool:
        """Whether equalized odds are among the gaps."""
        return "true_positive_rate" in self.rates

    def classes_of(self, rate: str) -> tuple[tuple[int, str | None], ...]:
        """The classes that have a rate each; accuracy over several classes is one number."""
        return ((0, None),) if rate == "accuracy" and self.layout.kind == "multiclass" else self.classes

    def limits_of(self, stem: str) -> dict[str, float]:
        """The limits that somebody will compare a gap with, for `difference` and `ratio`."""
        limits = {"demographic_parity_ratio": FOUR_FIFTHS, **(self.options.limits or {})}
        return {kind: limits[f"{stem}_{kind}"] for kind in ("difference", "ratio") if f"{stem}_{kind}" in limits}


def family_of(options: FairnessOptions, layout: Layout) -> tuple[str, ...]:
    """Stems of the declared family that a source can have."""
    if layout.kind in ("labels", "rows"):
        return ("base_rate",)
    if layout.kind == "regression" or not layout.decides:
        return ()
    return tuple(dict.fromkeys(options.family))


__all__ = ["CONDITIONAL", "GAPS", "MAX_CLASSES", "ODDS", "FairnessPlan", "check", "family_of", "layout_of", "source_of"]
