"""What a person should look at: rows, entities and times in common, and columns that give the label away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cardwright.evaluators.overlap.pair import LabelAssociation, TablePair
from cardwright.evaluators.rows.wording import agree, counted, part_of, percent
from cardwright.record.base import label
from cardwright.record.evaluation import Finding, Severity
from cardwright.record.measurement import Measured, Measurement

GRAVE = 0.01
"""Share of test rows from which a leak of whole rows is a high finding."""

NEARLY_DETERMINED = 0.95
"""Goodman and Kruskal's lambda from which a column is said to give the label away."""


def findings(
    pair: TablePair, measurements: Sequence[Measurement], associations: Sequence[LabelAssociation]
) -> list[Finding]:
    """What a person should look at: rows, entities and times in common, and columns that give the label away."""
    collected: list[Finding] = []

    whole = {m.metric: m for m in measurements if not m.slice}

    def share(metric: str) -> Any:
        m = whole.get(metric)
        return m if isinstance(m, Measured) and m.value > 0 else None

    exact, near, by_chance = (
        share("exact_overlap_rate"),
        share("near_overlap_rate"),
        share("training_duplicate_rate"),
    )
    chance = by_chance.value if by_chance else 0.0
    if exact:
        grave: Severity = "low" if exact.value <= chance else "high" if exact.value >= GRAVE else "medium"
        collected.append(
            Finding(
                severity=grave,
                key="exact_overlap",
                explanation=f"{part_of(exact.numerator, pair.rows, 'test row')} {agree(exact.numerator, 'equals', 'equal')} a "
                f"training row in {_compared(pair)}. {_usual(whole.get('training_duplicate_rate'), 'equal', 'equals')} On rows "
                "seen in training a model looks better than it is.",
                count=int(exact.numerator),
            )
        )
    if near and (not exact or near.numerator > exact.numerator):
        more = int(near.numerator - (exact.numerator if exact else 0))
        collected.append(
            Finding(
                severity="medium" if more / pair.rows >= GRAVE and near.value > chance else "low",
                key="near_overlap",
                explanation=f"{counted(more, 'further test row')} {agree(more, 'differs', 'differ')} from a training row only in "
                "rounding, case or punctuation.",
                count=more,
            )
        )
    collected += _similar(whole, max(int(m.numerator) for m in (exact, near) if m) if exact or near else 0)
    for metric, key, severity, nouns, text in (
        (
            "conflicting_overlap_rate",
            "conflicting_overlap",
            "low",
            ("test row", "test rows"),
            "in the training data only with another label",
        ),
        (
            "entity_overlap_rate",
            "entity_overlap",
            "high",
            ("person or thing in the test data", "persons or things in the test data"),
            "also in the training data",
        ),
        (
            "time_overlap_rate",
            "time_overlap",
            "medium",
            ("test row", "test rows"),
            "not later than the latest training row",
        ),
    ):
        m = share(metric)
        if m:
            collected.append(
                Finding(
                    severity=severity,
                    key=key,
                    explanation=f"{part_of(m.numerator, m.denominator, *nouns)} {agree(m.numerator, 'is', 'are')} {text}.",
                    where=label(pair.entity if key == "entity_overlap" else pair.options.time or "") or None
                    if key in ("entity_overlap", "time_overlap")
                    else None,
                    count=int(m.numerator),
                )
            )
    for association in associations:
        measured = association.measurement
        if not isinstance(measured, Measured) or association.told is None or measured.value < NEARLY_DETERMINED:
            continue
        collected.append(
            Finding(
                severity="high",
                key="target_leakage",
                explanation=f"This column alone determines the label of {percent(association.told)} of training rows "
                f"(lambda {measured.value:.3f}). A column that is filled in after the outcome is known is not available when "
                "the model is used.",
                where=label(association.column),
            )
        )
    return collected


def _compared(pair: TablePair) -> str:
    """Which columns make two rows the same: a table can hold copies by these, and none by all of its columns."""
    columns = "the one column that is" if len(pair.chosen) == 1 else f"all {len(pair.chosen)} columns that are"
    aside = pair.label is not None and pair.label not in pair.chosen
    return f"{columns} compared, the label aside" if aside else f"{columns} compared"


def _usual(rate: Measurement | None, several: str, one: str) -> str:
    """How many training rows do the same among themselves: what is to be expected without any leak."""
    if not isinstance(rate, Measured) or rate.numerator is None or rate.denominator is None:
        return "How many training rows do so among themselves, and how many are therefore to be expected, is not known."
    expected = "chance alone would bring about that share" if rate.numerator else "chance alone would bring hardly any"
    return (
        f"For comparison, {part_of(rate.numerator, rate.denominator, 'training row')} {agree(rate.numerator, one, several)} "
        f"another training row: {expected}."
    )


def _similar(whole: Mapping[str, Measurement], copies: int) -> list[Finding]:
    """Test rows that are near duplicates and no copies, beside what chance brings and what of the label they tell."""
    rate, chance, told = (
        whole.get(metric) for metric in ("similar_overlap_rate", "similar_training_rate", "duplicate_label_rate")
    )
    if not isinstance(rate, Measured) or not rate.numerator or rate.denominator is None:
        return []
    more = int(rate.numerator) - copies
    if more <= 0:
        return []
    usual = chance.value if isinstance(chance, Measured) else 0.0
    labels = (
        f" For {counted(told.numerator, 'test row')} the label can be read off the near duplicate."
        if isinstance(told, Measured) and told.numerator is not None
        else ""
    )
    return [
        Finding(
            severity="medium" if rate.value > usual and more / rate.denominator >= GRAVE else "low",
            key="similar_overlap",
            explanation=f"{part_of(rate.numerator, rate.denominator, 'test row')} {agree(rate.numerator, 'is', 'are')} "
            f"nearly the same as a training row. {_usual(chance, 'are nearly the same as', 'is nearly the same as')}{labels}",
            count=int(rate.numerator),
        )
    ]
