"""What the words of `announced` find and miss: measured once, on texts of others, and printed with every result.

500 of presidio-research's synthetic texts (MIT), marked by the generator that wrote them; `benchmarks/names.py` repeats it. The
words were not fitted to them. A kind that nobody marked there, or of which nothing was found, is not seen any better for that.
"""

from __future__ import annotations

from dataclasses import dataclass

MEASURED_ON = "500 synthetic English texts of presidio-research, marked by their generator"


@dataclass(frozen=True)
class AnnouncedShare:
    """How much of a kind words have announced in those texts."""

    entity: str
    marked: int
    found: int
    """Of the marked; one character in common is enough."""
    recall: tuple[float, float]
    """The 95 % interval, with each text as a cluster."""
    reported: int
    right: int
    """Of the reported."""


MEASURED = {
    one.entity: one
    for one in (
        AnnouncedShare("PERSON", 271, 36, (0.10, 0.18), 36, 36),
        AnnouncedShare("STREET_ADDRESS", 229, 68, (0.24, 0.36), 71, 68),
        AnnouncedShare("ORGANIZATION", 97, 16, (0.10, 0.26), 16, 16),
        AnnouncedShare("LOCATION", 144, 0, (0.00, 0.04), 8, 0),
    )
}
"""By kind; dates of birth were not marked there."""


def said(entity: str) -> str:
    """What is known of a kind, in words."""
    one = MEASURED.get(entity)
    if one is None:
        return f"{entity}: not measured"
    lower, upper = one.recall
    return (
        f"{entity}: {one.found} of {one.marked} found ({one.found / one.marked:.0%}, 95 % interval {lower:.0%} to {upper:.0%}), "
        f"{one.right} of {one.reported} reports right"
    )


__all__ = ["MEASURED", "MEASURED_ON", "AnnouncedShare", "said"]
