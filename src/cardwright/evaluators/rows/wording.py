"""How evaluators write numbers in the sentences of their findings: as documents print them, and never in powers of ten."""

from __future__ import annotations

import math


def figure(value: float) -> str:
    """Three decimals below 1, else four figures, thousands grouped.

    >>> figure(0.2797), figure(12790.4), figure(0.0001), figure(7.0)
    ('0.280', '12,790', '<0.001', '7.000')
    """
    if value and abs(value) < 0.0005:
        return "<0.001" if value > 0 else ">-0.001"
    decimals = 3 if abs(value) < 1 else max(0, 3 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def p_value(p: float) -> str:
    """A p-value with its sign; a smaller one than a thousandth is said to be smaller.

    >>> p_value(0.0214), p_value(3.6e-05), p_value(1.0)
    ('p = 0.021', 'p < 0.001', 'p = 1')
    """
    return "p < 0.001" if p < 0.001 else f"p = {f'{p:.3f}'.rstrip('0').rstrip('.')}"


def percent(share: float) -> str:
    """A share in percent with one decimal; what is more than none or less than all never reads as none or all.

    >>> percent(0.111), percent(0.0), percent(0.0001), percent(0.99996)
    ('11.1%', '0%', '<0.1%', '>99.9%')
    """
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    if share < 0.0005:
        return "<0.1%"
    return ">99.9%" if share >= 0.9995 else f"{share:.1%}"


def counted(count: float, noun: str, plural: str | None = None) -> str:
    """So many things, thousands grouped, and one of them in the singular.

    >>> counted(1, "query", "queries"), counted(1194, "row")
    ('1 query', '1,194 rows')
    """
    return f"{count:,.0f} {noun if count == 1 else plural or f'{noun}s'}"


def part_of(count: float, total: float, noun: str, plural: str | None = None) -> str:
    """So many out of a total, and never a rounded share in its place.

    >>> part_of(0, 795, "training row"), part_of(1, 1, "row")
    ('0 of 795 training rows', '1 of 1 row')
    """
    return f"{count:,.0f} of {counted(total, noun, plural)}"


def agree(count: float, singular: str, plural: str) -> str:
    """The verb that goes with a number.

    >>> agree(1, "is", "are"), agree(0, "is", "are")
    ('is', 'are')
    """
    return singular if count == 1 else plural


__all__ = ["agree", "counted", "figure", "p_value", "part_of", "percent"]
