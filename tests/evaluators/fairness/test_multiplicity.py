"""P-values are adjusted together, within the declared family and outside it."""

from __future__ import annotations

import pytest
from tests.evaluators.fairness.support import TWO, assess, by_rate, decisions, one, random_rows
from tests.support import memory_predictions

from cardwright.record.measurement import Measured
from cardwright.statistics.multiplicity import benjamini_hochberg, holm


def test_p_values_are_adjusted_within_the_declared_family_and_screened_outside():
    """Holm over the family, planned tests that could not be made counting as 1; Benjamini and Hochberg over all others."""
    _, data = random_rows(7, 300)
    source = memory_predictions(data, prediction="d", classes=("0", "1"), sensitive=["g", "h"])
    family = ("demographic_parity", "equal_opportunity")
    evaluation = assess(source, family=family)
    gaps = [
        m for m in evaluation.measurements if isinstance(m, Measured) and m.test and m.metric.endswith("_difference")
    ]
    inside = [m for m in gaps if m.metric.removesuffix("_difference") in family]
    outside = [m for m in gaps if m not in inside]
    planned = 2 * 3
    padded = [m.test.p_value for m in inside] + [1.0] * (planned - len(inside))
    assert [m.test.adjusted_p_value for m in inside] == pytest.approx(holm(padded)[: len(inside)].tolist())
    assert [m.test.adjusted_p_value for m in outside] == pytest.approx(
        benjamini_hochberg([m.test.p_value for m in outside]).tolist()
    )
    assert {m.test.family for m in inside} == {"gaps"} and {m.test.family for m in outside} == {"screening"}


def test_a_rate_and_its_complement_have_one_p_value():
    """True positive and false negative rates differ by the same amount for the same reason."""
    evaluation = assess(decisions({**TWO, **by_rate("c", 80, 90, 41, 33)}))
    first, second = (
        one(evaluation, f"{stem}_difference", across=["g"]) for stem in ("equal_opportunity", "false_negative_rate")
    )
    assert first.value == pytest.approx(second.value) and first.test.p_value == second.test.p_value
