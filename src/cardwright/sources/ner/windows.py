"""Texts longer than a model reads at once, in windows that overlap: what lies across a cut is seen whole by one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cardwright.sources.interface import NamedSpan


def pieces(text: str, size: int, overlap: int) -> Iterator[tuple[int, str]]:
    """Where each window begins, and what it holds: at most `size` characters, cut at a blank where there is one near.

    >>> [*pieces("one two three four", 10, 4)]
    [(0, 'one two '), (4, 'two three '), (10, 'ree four')]
    """
    start = 0
    while True:
        end = min(start + size, len(text))
        if end < len(text):
            blank = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
            end = blank + 1 if blank > start + overlap else end
        yield start, text[start:end]
        if end == len(text):
            return
        back = max(end - overlap, start + 1)
        blank = text.find(" ", back, end - 1)
        start = blank + 1 if blank >= 0 else back


def together(spans: Iterable[NamedSpan]) -> tuple[NamedSpan, ...]:
    """What several windows have found, each once: of two of a kind that overlap, the longer, then the surer, then the first."""
    kept: list[NamedSpan] = []
    for span in sorted(set(spans), key=lambda one: (one.start - one.end, -one.score, one.start, one.entity)):
        if all(span.entity != other.entity or span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept, key=lambda one: (one.start, one.end, one.entity)))


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the blanks and line ends at its edges.

    >>> trimmed(" Ada\\n", 0, 5)
    (1, 4)
    """
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def in_batches(items: Sequence[tuple[int, int, str]], size: int) -> Iterator[Sequence[tuple[int, int, str]]]:
    """Windows in batches, those of like length together, so that little is padded."""
    ordered = sorted(items, key=lambda one: (len(one[2]), one[0], one[1]))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


__all__ = ["in_batches", "pieces", "together", "trimmed"]
