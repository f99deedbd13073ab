"""The detector alone: what is in one text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.thresholds import counted
from cardwright.privacy.patterns import Hit, scan_light

__all__ = ["Hit", "scan_light", "scan_text"]


def scan_text(
    text: str, *, countries: Sequence[str] | None = None, thresholds: Mapping[str, float] | None = None
) -> list[Hit]:
    """Personal data and secrets in a text that count, without overlaps, in the order of the text.

    The first call takes seconds, as it makes the process's detector. `scan_light` needs no other library and sees less.

    Parameters
    ----------
    text
        Of any length.
    countries
        See `engine.detector`.
    thresholds
        From a kind to the score from which on it counts, where it shall differ from the table in `entities`.

    Raises
    ------
    MissingExtraError
        If presidio-analyzer is not installed.
    EvidenceError
        If a recogniser fails; says how long the text was, and nothing it holds.
    """
    scanned = engine.detector(countries).scan([text])
    return list(counted(text, scanned.hits[0], thresholds))
