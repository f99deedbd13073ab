"""How well one column tells the label."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.record.measurement import Measurement


@dataclass(frozen=True)
class LabelAssociation:
    """How well one column alone tells the label in the training data."""

    column: str
    measurement: Measurement
    told: float | None = None
    """The share of labelled rows whose label it tells; `None` where that was not measured."""
