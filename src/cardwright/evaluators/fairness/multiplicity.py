"""P-values adjusted together: within the declared family by Holm's method, elsewhere by Benjamini and Hochberg's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardwright.record.measurement import Measured, Test, Unmeasured
from cardwright.statistics.multiplicity import benjamini_hochberg, holm

TestKey = tuple[str, tuple[str, ...], str | None]
"""Stem of a gap, the attributes it is taken over, and the class: gaps of one key share a test."""


@dataclass(frozen=True)
class Tested:
    """A measurement, and which test it carries."""

    measurement: Measured | Unmeasured
    key: TestKey | None = None
    """`None` where its test, if any, is adjusted with no others."""


def adjusted(found: Sequence[Tested], family: Sequence[str], planned: int) -> tuple[Measured | Unmeasured, ...]:
    """All measurements, with their p-values adjusted.

    A planned test of the family that could not be made counts as one that found nothing, so that leaving a test out never
    makes another more significant.

    Parameters
    ----------
    family
        Stems of the declared family.
    planned
        How many tests the family was planned to have.

    Source: Holm (1979), Scand. J. Statist. 6:65; Benjamini and Hochberg (1995), JRSS B 57:289.
    """
    tests: dict[TestKey, Test] = {}
    for one in found:
        if one.key is not None and isinstance(one.measurement, Measured) and one.measurement.test is not None:
            tests.setdefault(one.key, one.measurement.test)
    declared = {key: test for key, test in tests.items() if key[0] in family}
    others = {key: test for key, test in tests.items() if key[0] not in family}
    results = {**_adjust(declared, "gaps", planned), **_adjust(others, "screening", 0)}
    return tuple(_with_test(one, results) for one in found)


def _adjust(tests: Mapping[TestKey, Test], name: str, planned: int) -> dict[TestKey, Test]:
    if not tests:
        return {}
    p_values = [test.p_value for test in tests.values()]
    padded = p_values + [1.0] * max(0, planned - len(p_values))
    holms = name == "gaps"
    values = (holm(padded) if holms else benjamini_hochberg(padded)).tolist()
    return {
        key: Test(
            p_value=test.p_value,
            method=test.method,
            family=name,
            adjusted_p_value=value,
            adjustment="holm" if holms else "benjamini_hochberg",
        )
        for (key, test), value in zip(tests.items(), values, strict=False)
    }


def _with_test(one: Tested, results: Mapping[TestKey, Test]) -> Measured | Unmeasured:
    measurement = one.measurement
    if one.key is None or one.key not in results or not isinstance(measurement, Measured) or measurement.test is None:
        return measurement
    return measurement.model_copy(update={"test": results[one.key]})


__all__ = ["TestKey", "Tested", "adjusted"]
