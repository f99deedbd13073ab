"""How rows are weighted: how many count for nothing, next to nothing, or more than many others together."""

from __future__ import annotations

import numpy as np

from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.evaluators.rows.wording import agree, part_of
from cardwright.record.evaluation import Finding, Severity

WEIGHTLESS = "weight_zero"
"""Under this name a tally counts rows of weight 0."""

_LEAST, _MOST = -64, 24
"""Powers of two that are told apart; `MAX_WEIGHT` is the 24th."""

EXTREME = 7
"""A weight 2**7 times the mean, or as small a part of it, is extreme; surveys trim theirs at a few times the mean."""

MANY = 0.01
"""The share of rows from which weights that hardly count are a high finding."""


def weight_sizes(weight: FloatArray) -> IntArray:
    """Rows by the power of two of their weight, from 2**-64 to 2**24, shape (89,); rows of weight 0 are in none.

    Counts add up exactly over batches, which the largest weight beside the mean would not show of single rows.

    >>> sizes = weight_sizes(np.array([0.0, 0.5, 1.0, 1.5]))
    >>> int(sizes.sum()), sizes[63:65].tolist()
    (3, [1, 2])
    """
    positive = weight[weight > 0]
    power = np.clip(np.frexp(positive)[1] - 1, _LEAST, _MOST) - _LEAST
    return np.bincount(power, minlength=_MOST - _LEAST + 1).astype(np.int64)


def weight_findings(column: str | None, sizes: IntArray | None, whole: float, weightless: int) -> tuple[Finding, ...]:
    """What a person should look at: rows of weight 0, and weights far from their mean.

    Parameters
    ----------
    whole
        The sum of all weights.
    weightless
        Rows of weight 0.
    """
    if sizes is None:
        return ()
    counted = int(sizes.sum())
    rows = counted + weightless
    found: list[Finding] = []
    if weightless:
        severity: Severity = "high" if weightless >= MANY * rows else "medium"
        found.append(
            Finding(
                severity=severity,
                key="weight_zero",
                explanation=f"{part_of(weightless, rows, 'row')} {agree(weightless, 'has', 'have')} the weight 0 and "
                f"{agree(weightless, 'counts', 'count')} in no rate and in no number of rows. If such rows differ from the "
                "others in their outcome, every rate is off.",
                where=column,
                count=weightless,
            )
        )
    if not counted:
        return tuple(found)
    mean = np.log2(whole / counted)
    powers = np.arange(_LEAST, _MOST + 1)
    light, heavy = int(sizes[powers + 1 <= mean - EXTREME].sum()), int(sizes[powers >= mean + EXTREME].sum())
    if light or heavy:
        found.append(
            Finding(
                severity="high" if heavy or light >= MANY * rows else "medium",
                key="extreme_weights",
                explanation=f"{part_of(light, rows, 'row')} {agree(light, 'weighs', 'weigh')} less than a "
                f"{2**EXTREME}th of the mean weight and {heavy:,} more than {2**EXTREME} times as much: the light ones hardly "
                "count, and a few heavy ones can decide a rate.",
                where=column,
                count=light + heavy,
            )
        )
    return tuple(found)


def findings_of(column: str | None, weight: FloatArray | None) -> tuple[Finding, ...]:
    """`weight_findings` of rows that are at hand, by their weights; none if rows are not weighted."""
    if weight is None:
        return ()
    return weight_findings(column, weight_sizes(weight), float(weight.sum()), int((weight == 0).sum()))


__all__ = ["EXTREME", "MANY", "WEIGHTLESS", "findings_of", "weight_findings", "weight_sizes"]
