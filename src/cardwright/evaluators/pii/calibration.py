"""What the detector finds and misses on texts in which somebody has marked personal data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.names import kinds_of, named_hits
from cardwright.evaluators.pii.thresholds import counted
from cardwright.privacy.showing import hint, shortened
from cardwright.record.detector_calibration import KindErrors, SpanAgreement
from cardwright.record.measurement import Interval
from cardwright.sources.interface import NerModel
from cardwright.sources.labelled_spans import MarkedText
from cardwright.sources.ner.labels import bare, kind_of

ANY = "ANY"
"""Every marked kind, found as whatever kind: what a reader learns who only asks whether something was seen."""
_AT_ONCE = 256
Place = tuple[int, int]


@dataclass(frozen=True)
class FoundSpans:
    """What is marked and what is reported in one text, by kind."""

    marked: Mapping[str, tuple[Place, ...]]
    reported: Mapping[str, tuple[Place, ...]]


def meanings(labels: Iterable[str], own: Mapping[str, str | None], known: Sequence[str]) -> dict[str, str | None]:
    """What each label of a file stands for: the caller's word, else the kind of that name, else the table of usual labels.

    Raises
    ------
    UsageError
        If the caller's word names a label that the file has not, or a kind that nobody looks for.
    """
    held = sorted(set(labels))
    for label, kind in own.items():
        if label not in held:
            raise UsageError(f'no mark has the label "{shortened(label, 40)}"', where="--map", do=hint(label, held))
        if kind is not None and kind not in known:
            raise UsageError(f'nothing finds the kind "{shortened(kind, 40)}"', where="--map", do=hint(kind, known))
    kinds_of: dict[str, str | None] = {}
    for label in held:
        named = bare(label)
        kinds_of[label] = own[label] if label in own else named if named in known else kind_of(label, {})
    return kinds_of


def distinct(texts: Sequence[MarkedText], where: str) -> tuple[MarkedText, ...]:
    """Each text once: what is found in one is found in its copies, which say nothing more of other texts.

    Raises
    ------
    SourceError
        If copies of a text are marked differently, since only one of them can be right; names their places, from 1.
    """
    kept: dict[str, tuple[int, MarkedText]] = {}
    for number, one in enumerate(texts, 1):
        before, first = kept.setdefault(one.text, (number, one))
        if {*first.spans} != {*one.spans}:
            raise SourceError(
                f"texts {before} and {number} are the same and are marked differently",
                where=where,
                do="Agree on the marks of this text, or leave it out.",
            )
    return tuple(one for _, one in kept.values())


def looked_for(detector: engine.Detector, models: Sequence[NerModel]) -> tuple[str, ...]:
    """Every kind that the detector and the models can find, sorted."""
    return tuple(sorted({*detector.entities, *kinds_of(models)}))


def compared(
    texts: Sequence[MarkedText],
    meanings: Mapping[str, str | None],
    detector: engine.Detector,
    models: Sequence[NerModel] = (),
    thresholds: Mapping[str, float] | None = None,
) -> list[FoundSpans]:
    """What is marked and what the detector reports, text by text."""
    spans = []
    for start in range(0, len(texts), _AT_ONCE):
        batch = texts[start : start + _AT_ONCE]
        words = [one.text for one in batch]
        hits, named = detector.scan(words).hits, named_hits(words, models)
        for one, of_patterns, of_models in zip(batch, hits, named, strict=True):
            kept = counted(one.text, (*of_patterns, *of_models), thresholds)
            marks = ((meanings[span.label], (span.start, span.end)) for span in one.spans)
            spans.append(FoundSpans(_by_kind(marks), _by_kind((hit.entity, (hit.start, hit.end)) for hit in kept)))
    return spans


def _by_kind(places: Iterable[tuple[str | None, Place]]) -> dict[str, tuple[Place, ...]]:
    kinds: dict[str, list[Place]] = {}
    for kind, number in places:
        if kind is not None:
            kinds.setdefault(kind, []).append(number)
    return {kind: tuple(sorted(set(spans))) for kind, spans in sorted(kinds.items())}


def errors(compared_texts: Sequence[FoundSpans], level: float = 0.95) -> Iterator[KindErrors]:
    """What is found and missed of each kind that is marked, and of all together.

    A text is a cluster: what is in one text is found or missed together. Kinds that nobody has marked have no precision, as
    nobody knows which of their hits are right; they are left out.
    """
    kinds = sorted({kind for one in compared_texts for kind in one.marked})
    for kind in kinds:
        yield _of_kind(kind, [(one.marked.get(kind, ()), one.reported.get(kind, ())) for one in compared_texts], level)
    if kinds:
        together = [
            (
                tuple(number for places in one.marked.values() for number in places),
                tuple(number for kind, places in one.reported.items() if kind in kinds for number in places),
            )
            for one in compared_texts
        ]
        anything = [tuple(number for places in one.reported.values() for number in places) for one in compared_texts]
        yield _of_kind(ANY, together, level, anything)


def _of_kind(
    kind: str,
    texts: Sequence[tuple[tuple[Place, ...], tuple[Place, ...]]],
    level: float,
    seen: Sequence[tuple[Place, ...]] | None = None,
) -> KindErrors:
    reports = seen if seen is not None else [reported for _, reported in texts]
    return KindErrors(
        entity=kind,
        marked=sum(len(marked) for marked, _ in texts),
        reported=sum(len(reported) for _, reported in texts),
        exact=_agreement(texts, reports, lambda a, b: a == b, level),
        overlap=_agreement(texts, reports, lambda a, b: a[0] < b[1] and b[0] < a[1], level),
    )


def _agreement(
    texts: Sequence[tuple[tuple[Place, ...], tuple[Place, ...]]],
    reports: Sequence[tuple[Place, ...]],
    agree: Callable[[Place, Place], bool],
    level: float,
) -> SpanAgreement:
    hits = [
        sum(any(agree(a, b) for b in seen) for a in marked) for (marked, _), seen in zip(texts, reports, strict=True)
    ]
    right = [sum(any(agree(b, a) for a in marked) for b in reported) for marked, reported in texts]
    return SpanAgreement(
        found=sum(hits),
        right=sum(right),
        recall=interval(hits, [len(marked) for marked, _ in texts], level),
        precision=interval(right, [len(reported) for _, reported in texts], level),
    )


def interval(successes: Sequence[int], trials: Sequence[int], level: float) -> Interval | None:
    """The interval of a share whose cases come in texts; None for fewer than two texts that have a case.

    Source: `statistics.intervals.cluster_proportion`; Wilson's where every text has one case.
    """
    from cardwright.statistics.intervals import cluster_proportion, wilson

    used = [(x, n) for x, n in zip(successes, trials, strict=True) if n]
    if len(used) < 2:
        return None
    if all(n == 1 for _, n in used):
        bounds = wilson(sum(x for x, _ in used), len(used), level)
    else:
        estimate = cluster_proportion([x for x, _ in used], [n for _, n in used], level)
        bounds = estimate.bounds if estimate is not None else None
    if bounds is None:
        return None
    return Interval(level=bounds.level, lower=bounds.lower, upper=bounds.upper, method=bounds.method)


__all__ = ["ANY", "FoundSpans", "compared", "distinct", "errors", "interval", "looked_for", "meanings"]
