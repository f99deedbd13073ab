"""A test of the detector on the texts at hand: generated values are planted into them, and it is counted how many come back.

Each value is planted twice, alone between two words and after words that announce it, in up to `planted` texts of the sample that
the self-check keeps. What is found of them is not what would be found of what people wrote, who write
differently from generators.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.entities import MEANT, entity
from cardwright.evaluators.pii.names import kinds_of, named_hits
from cardwright.evaluators.pii.planted_values import PLANTED, PlantedKind
from cardwright.evaluators.pii.tables import columns_shown
from cardwright.evaluators.pii.thresholds import counted
from cardwright.privacy.patterns import Hit
from cardwright.record.evaluation import SEVERITIES, NotTested
from cardwright.record.evaluation import Table as RecordTable
from cardwright.sources.interface import NerModel

LEAST_TEXTS, LEAST_WORDS = 5, 3
"""Nothing is planted into fewer texts, nor into texts of fewer words: a cell of a table is not a sentence."""
_LONGEST = 400
"""So much of a text is planted into."""
_SEEN = 0.5
"""A kind of which fewer come back is named among what is not tested."""


@dataclass(frozen=True)
class PlantedResult:
    """How many of the planted values of a kind and region came back."""

    kind: PlantedKind
    planted: int
    alone: int
    announced: int


def planted_results(
    texts: Sequence[str],
    detector: engine.Detector,
    models: Sequence[NerModel],
    thresholds: Mapping[str, float],
    entities: Sequence[str],
    *,
    digest: str,
    size: int,
) -> tuple[PlantedResult, ...]:
    """How many of each kind were found, of the kinds that are looked for; empty if nothing can be planted.

    Parameters
    ----------
    texts
        Texts of the data.
    digest
        Digest of the data: the same data get the same values in the same places.
    size
        How many values of each kind and region, at most one to a text.
    """
    beginnings = {text[:_LONGEST].strip() for text in texts}
    usable = sorted(text for text in beginnings if len(text.split()) >= LEAST_WORDS)
    if len(usable) < LEAST_TEXTS or size < 1:
        return ()
    return tuple(
        _of_kind(kind, usable, detector, models, thresholds, digest, size)
        for kind in PLANTED
        if kind.entity in entities
    )


def _of_kind(
    kind: PlantedKind,
    texts: Sequence[str],
    detector: engine.Detector,
    models: Sequence[NerModel],
    thresholds: Mapping[str, float],
    digest: str,
    size: int,
) -> PlantedResult:
    rng = random.Random(f"{digest}:{kind.entity}:{kind.region}")  # noqa: S311  the same for the same data
    chosen = rng.sample(texts, min(size, len(texts)))
    alone, announced = [], []
    for text in chosen:
        value = kind.make(rng)
        blanks = [index for index, character in enumerate(text) if character.isspace()]
        at = rng.choice(blanks)
        alone.append(_with(text, at, "", value))
        announced.append(_with(text, at, f"{kind.lead} ", value))
    both = [*alone, *announced]
    hits = detector.scan([text for text, _, _ in both]).hits
    looking = models if kind.entity in kinds_of(models) else ()
    named = named_hits([text for text, _, _ in both], looking)
    back = [
        any(_is_back(kind.entity, hit, start, end) for hit in counted(text, (*of_patterns, *of_models), thresholds))
        for (text, start, end), of_patterns, of_models in zip(both, hits, named, strict=True)
    ]
    return PlantedResult(kind, len(chosen), sum(back[: len(chosen)]), sum(back[len(chosen) :]))


def _is_back(entity_: str, hit: Hit, start: int, end: int) -> bool:
    """Whether a hit shows a planted value: one of its kind in part at least, or one that weighs as much and holds all of it."""
    if hit.entity == entity_:
        return hit.start < end and start < hit.end
    weighs = SEVERITIES.index(entity(hit.entity).severity) >= SEVERITIES.index(entity(entity_).severity)
    return weighs and hit.start <= start and end <= hit.end


def _with(text: str, at: int, lead: str, value: str) -> tuple[str, int, int]:
    start = at + 1 + len(lead)
    return f"{text[:at]} {lead}{value}{text[at:]}", start, start + len(value)


def planted_table(results: Sequence[PlantedResult], level: float) -> Iterator[RecordTable]:
    """How many were found, by kind and region; none if nothing was planted."""
    from cardwright.statistics.intervals import wilson

    if not results:
        return
    rows = []
    for one in results:
        shares: list[float | None] = []
        for count in (one.alone, one.announced):
            bounds = wilson(count, one.planted, level)
            shares += [count / one.planted, *((bounds.lower, bounds.upper) if bounds is not None else (None, None))]
        rows.append((one.kind.entity, one.kind.region, float(one.planted), *shares))
    yield RecordTable(
        id="planted",
        title="Generated values planted into these texts, and how many came back: a test of the detector, not of the data",
        columns=columns_shown(
            entity="Kind",
            region="Region",
            planted=("Planted", "count"),
            alone=("Came back, alone between words", "proportion"),
            alone_lower=("lower bound", "proportion"),
            alone_upper=("upper bound", "proportion"),
            announced=("Came back, announced by words", "proportion"),
            announced_lower=("lower bound, announced", "proportion"),
            announced_upper=("upper bound, announced", "proportion"),
        ),
        rows=tuple(rows),
    )


def planted_gaps(results: Sequence[PlantedResult]) -> Iterator[NotTested]:
    """Kinds of which most planted values did not come back, where nothing announced them."""
    missed: dict[str, list[PlantedResult]] = {}
    for one in results:
        if one.kind.entity not in MEANT and one.alone < _SEEN * one.planted:  # what is meant is on the list anyway
            missed.setdefault(one.kind.entity, []).append(one)
    for name, ones in sorted(missed.items()):
        totals, planted = sum(one.alone for one in ones), sum(one.planted for one in ones)
        regions = ", ".join(one.kind.region for one in ones if one.kind.region != "any")
        yield NotTested(
            what=f"{name} that nothing announces{f' ({regions})' if regions else ''}",
            why=f"of {planted} generated values that were planted into these texts {totals} came back",
        )


__all__ = ["PlantedResult", "planted_gaps", "planted_results", "planted_table"]
