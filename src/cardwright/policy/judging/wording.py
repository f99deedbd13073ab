"""How the gate writes numbers, limits and names of metrics in its sentences."""

from __future__ import annotations

from collections.abc import Mapping


def number(value: float, limit: float | None = None) -> str:
    """A number for a sentence: three digits, and as many more as show on which side of a limit it lies.

    >>> number(0.79996, 0.8), number(0.123456), number(100.0)
    ('0.79996', '0.123', '100')
    """
    if abs(value) < 1e15 and value == int(value):
        return f"{value:.0f}"
    for digits in range(3, 17):
        text = f"{value:.{digits}g}"
        if limit is None or ((float(text) > limit) == (value > limit) and (float(text) < limit) == (value < limit)):
            return text
    return repr(value)


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


def group(slice_: Mapping[str, str | None]) -> str:
    """The values of a slice."""
    return " ".join("unknown" if value is None else value for value in slice_.values())
