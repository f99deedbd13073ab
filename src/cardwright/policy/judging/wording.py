"""How the gate writes numbers, limits and names of metrics in its sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal


def number(value: float, limit: float | None = None) -> str:
    """A number for a sentence, as documents write it: three decimals below 1, else four figures, never in powers of ten.

    It has as many more decimals as show on which side of a limit it lies.

    >>> number(0.79996, 0.8), number(0.123456), number(100.0), number(1.4e-16, 0.01), number(0.0166)
    ('0.79996', '0.123', '100', '<0.001', '0.017')
    """
    if abs(value) < 1e15 and value == int(value):
        return f"{value:,.0f}"
    least = 3 if abs(value) < 1 else max(0, 3 - math.floor(math.log10(abs(value))))
    for decimals in range(least, 18):
        text = f"{value:.{decimals}f}"
        told = float(text)
        if limit is None or ((told > limit) == (value > limit) and (told < limit) == (value < limit)):
            if told != 0:
                return f"{value:,.{decimals}f}"
            if limit is None or not 0 <= math.copysign(1.0, value) * limit < 0.001:
                return "<0.001" if value > 0 else ">-0.001"
    return f"{Decimal(repr(value)):f}"


def words(metric: str) -> str:
    """The name of a metric in words.

    >>> words("roc_auc")
    'ROC AUC'
    """
    return metric.replace("_", " ").replace("roc auc", "ROC AUC").replace("pii", "PII").replace("ndcg", "NDCG")


def as_sentence(text: str) -> str:
    """A text that begins a sentence; a name in code marks or with a capital stays as it is.

    >>> as_sentence("accuracy is 0.8."), as_sentence("ROC AUC is 0.8.")
    ('Accuracy is 0.8.', 'ROC AUC is 0.8.')
    """
    return text[:1].upper() + text[1:]


def files(count: int) -> str:
    """So many files."""
    return "1 file" if count == 1 else f"{count} files"


def days(count: int) -> str:
    """So many days."""
    return "1 day" if count == 1 else f"{count} days"


def versions(count: int) -> str:
    """So many versions of datasets."""
    return "1 dataset version" if count == 1 else f"{count} dataset versions"


def group(slice_: Mapping[str, str | None]) -> str:
    """The values of a slice."""
    return " ".join("unknown" if value is None else value for value in slice_.values())
