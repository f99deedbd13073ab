"""Counts over rows that add up exactly, in any order: rows, hits, and samples by keyed hash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.pii.chance import shape
from cardwright.evaluators.pii.columns import Cells, Kind, Plan, cells
from cardwright.evaluators.pii.engine import Detector, Mode
from cardwright.evaluators.pii.helper import SharedDetector
from cardwright.evaluators.pii.mask import mask
from cardwright.evaluators.pii.names import named_hits
from cardwright.evaluators.pii.thresholds import counted
from cardwright.privacy.patterns import Hit
from cardwright.sources.interface import NerModel

if TYPE_CHECKING:
    import pyarrow

    from cardwright.statistics.sampling import BottomK

T = TypeVar("T")

CHECKED = 50
"""This many cells with a hit, and as many without, are looked at again by the stock engine."""
_CHECKED_LENGTH = 5_000


@dataclass(frozen=True)
class ScanSettings:
    """How it is looked for."""

    entities: tuple[str, ...]
    """The kinds that are looked for."""
    thresholds: Mapping[str, float]
    """Thresholds of the plan's own."""
    max_examples: int
    key: bytes
    """Key of the hashes by which examples are chosen."""
    mode: Mode
    level: float
    sample: int | None
    models: tuple[NerModel, ...] = ()
    """Models that look for names beside the patterns."""
    languages: tuple[str, ...] = ()
    """Languages of the texts beside English, as far as they were told."""


@dataclass(frozen=True)
class ColumnTally:
    """What was found in one column."""

    cells: int = 0
    """Rows that have a value."""
    read: int = 0
    """Of them, values that were read: numbers too short or too long are not."""
    hit_rows: int = 0
    """Rows with a hit of any kind."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """Rows with a hit, by kind."""
    hits: Mapping[str, int] = field(default_factory=dict)
    """Hits that count, by kind."""
    raw: Mapping[str, int] = field(default_factory=dict)
    """Hits before thresholds and overlaps, by kind."""
    shapes: Mapping[str, int] = field(default_factory=dict)
    """Cells that are one number or code and nothing else, by shape: see `chance.shape`."""
    shape_hits: Mapping[str, int] = field(default_factory=dict)
    """Of them, those that are a hit, by kind."""

    def __add__(self, other: ColumnTally) -> ColumnTally:
        return ColumnTally(
            self.cells + other.cells,
            self.read + other.read,
            self.hit_rows + other.hit_rows,
            _sum(self.rows, other.rows),
            _sum(self.hits, other.hits),
            _sum(self.raw, other.raw),
            _sum(self.shapes, other.shapes),
            _sum(self.shape_hits, other.shape_hits),
        )


@dataclass(frozen=True)
class PiiTally:
    """Everything that was counted. See `cardwright.evaluators.interface.Tally`.

    The two samples for the self-check hold cells as they are, in memory alone; nothing else holds text that is not masked.
    """

    rows: int
    hit_rows: int
    entity_rows: Mapping[str, int]
    """Rows with a hit in any column, by kind."""
    columns: Mapping[str, ColumnTally]
    examples: Mapping[tuple[str, str], BottomK[str]]
    """Masked, by column and kind."""
    with_hits: BottomK[tuple[str, tuple[str, ...]]]
    """Cells with a hit, and their context, for the self-check."""
    without: BottomK[tuple[str, tuple[str, ...]]]
    """Cells without."""
    timed_out: int = 0
    windowed: int = 0
    origins: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """For responses: hits by where else they stand (`prompt`, `system`, `nowhere`) and kind."""
    new_rows: int = 0
    """Responses with a hit that is not in the prompt."""
    new_entity_rows: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: PiiTally) -> PiiTally:
        return PiiTally(
            self.rows + other.rows,
            self.hit_rows + other.hit_rows,
            _sum(self.entity_rows, other.entity_rows),
            _merged(self.columns, other.columns),
            _merged(self.examples, other.examples),
            self.with_hits + other.with_hits,
            self.without + other.without,
            self.timed_out + other.timed_out,
            self.windowed + other.windowed,
            {
                name: _sum(self.origins.get(name, {}), other.origins.get(name, {}))
                for name in sorted({**self.origins, **other.origins})
            },
            self.new_rows + other.new_rows,
            _sum(self.new_entity_rows, other.new_entity_rows),
        )


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in sorted({**first, **second})}


def _merged(first: Mapping[Any, Any], second: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        key: first[key] + second[key] if key in first and key in second else first.get(key, second.get(key))
        for key in sorted({**first, **second})
    }


@dataclass(frozen=True)
class Scan:
    """The second pass: what is found in the columns that the plan reads. See `TallyEvaluator`."""

    detector: Detector | SharedDetector
    settings: ScanSettings
    plan: Plan
    named: bool
    """Whether the columns are named in the plan, so that numbers of any length are read."""

    def columns(self, inputs: Inputs) -> tuple[str, ...]:
        """The columns that are read."""
        return tuple(name for name, _ in self.plan.read)

    def tally(self, inputs: Inputs, batch: pyarrow.RecordBatch) -> PiiTally:
        """What is found in one batch."""

        def one(name: str, kind: Kind) -> Cells:
            return cells(name, batch.column(name), kind, self.plan.context[name], named=self.named)

        return tally_cells(self.detector, self.settings, batch.num_rows, [one(n, k) for n, k in self.plan.read])


def tally_cells(
    detector: Detector | SharedDetector,
    settings: ScanSettings,
    rows: int,
    columns: Iterable[Cells],
    hits_of: dict[str, list[tuple[Hit, ...]]] | None = None,
) -> PiiTally:
    """What is found in some columns of the same rows.

    Parameters
    ----------
    hits_of
        Is filled with the hits that count, by column and the place of the text, where it is given.
    """
    import numpy as np

    any_hit = np.zeros(rows, bool)
    entity_hit: dict[str, Any] = {}
    tallies: dict[str, ColumnTally] = {}
    examples: dict[tuple[str, str], dict[int, str]] = {}
    checked: tuple[dict[int, Any], dict[int, Any]] = ({}, {})
    timed_out = windowed = 0
    for column in columns:
        there = column.places >= 0
        times = np.bincount(column.places[there], minlength=len(column.texts))
        used = np.flatnonzero(times).tolist()
        scanned = detector.scan([column.texts[index] for index in used], column.context, settings.mode)
        timed_out += scanned.timed_out
        windowed += scanned.windowed
        raw: Counter[str] = Counter()
        shapes: Counter[str] = Counter()
        shape_hits: Counter[str] = Counter()
        per_text: dict[str, Any] = {}
        if hits_of is not None:
            hits_of[column.name] = [()] * len(column.texts)
        named = named_hits([column.texts[index] for index in used], settings.models)
        for index, of_patterns, of_models in zip(used, scanned.hits, named, strict=True):
            text, count = column.texts[index], int(times[index])
            hits = [hit for hit in (*of_patterns, *of_models) if hit.entity in settings.entities]
            raw.update({name: n * count for name, n in Counter(hit.entity for hit in hits).items()})
            kept = counted(text, hits, settings.thresholds)
            if hits_of is not None:
                hits_of[column.name][index] = kept
            if formed := shape(text):
                shapes[formed] += count
                shape_hits.update(dict.fromkeys({hit.entity for hit in kept}, count))
            for hit in kept:
                per_text.setdefault(hit.entity, np.zeros(len(column.texts) + 1, np.int64))[index] += 1
                chosen = examples.setdefault((column.name, hit.entity), {})
                value = text[hit.start : hit.end]
                _offer(
                    chosen,
                    _hash(settings.key, hit.entity, value),
                    _masked(hit.entity, value),
                    settings.max_examples * 4,
                )
            if settings.mode == "fast" and len(text) <= _CHECKED_LENGTH:
                about = _hash(settings.key, "check", text, *column.context)
                _offer(checked[0 if hits else 1], about, _pair(text, column.context), CHECKED)
        hit_rows = np.zeros(rows, bool)
        in_rows: dict[str, int] = {}
        in_all: dict[str, int] = {}
        for name, numbers in sorted(per_text.items()):
            of_rows = numbers[column.places]  # -1 is the last place, which stays 0
            in_all[name] = int(of_rows.sum())
            in_rows[name] = int((of_rows > 0).sum())
            hit_rows |= of_rows > 0
            entity_hit[name] = entity_hit.get(name, False) | (of_rows > 0)
        any_hit |= hit_rows
        tallies[column.name] = ColumnTally(
            column.filled,
            int(there.sum()),
            int(hit_rows.sum()),
            in_rows,
            in_all,
            *map(_plain, (raw, shapes, shape_hits)),
        )
    return PiiTally(
        rows,
        int(any_hit.sum()),
        {name: int(flags.sum()) for name, flags in sorted(entity_hit.items())},
        dict(sorted(tallies.items())),
        {at: _sample(chosen, settings.max_examples * 4) for at, chosen in sorted(examples.items())},
        _sample(checked[0], CHECKED),
        _sample(checked[1], CHECKED),
        timed_out,
        windowed,
    )


def _plain(counter: Counter[str]) -> dict[str, int]:
    return {name: count for name, count in sorted(counter.items()) if count}


def _hash(key: bytes, *content: str) -> int:
    from cardwright.statistics.sampling import keyed_hash

    return keyed_hash([part.encode("utf-8", "surrogatepass") for part in content], key)


def _masked(name: str, value: str) -> Callable[[], str]:
    return lambda: mask(name, value)


def _pair(text: str, context: tuple[str, ...]) -> Callable[[], tuple[str, tuple[str, ...]]]:
    return lambda: (text, context)


def _offer(chosen: dict[int, T], about: int, payload: Callable[[], T], size: int) -> None:
    """Keep something if its hash is among the smallest, now and then clearing the others out."""
    if about in chosen or not size:
        return
    chosen[about] = payload()
    if len(chosen) > 4 * size:
        for other in sorted(chosen)[size:]:
            del chosen[other]


def _sample(chosen: Mapping[int, T], size: int) -> BottomK[T]:
    from cardwright.statistics.sampling import BottomK

    return BottomK(size, tuple((about, 0, chosen[about]) for about in sorted(chosen)[:size]))


def hits_in_all(tally: PiiTally, what: str, name: str) -> int:
    """Hits of one kind over all columns: `hits` that count, or `raw` ones."""
    return sum(getattr(column, what).get(name, 0) for column in tally.columns.values())
