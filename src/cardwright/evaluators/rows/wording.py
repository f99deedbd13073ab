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


__all__ = ["figure", "p_value", "percent"]
