"""Tables of a scan: kinds by column, examples that are masked, and columns that were not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cardwright.evaluators.pii.columns import Plan
from cardwright.evaluators.pii.entities import entity
from cardwright.evaluators.pii.tally import PiiTally, ScanSettings, hits_in_all
from cardwright.evaluators.pii.thresholds import threshold
from cardwright.record.base import label
from cardwright.record.evaluation import Table as RecordTable
from cardwright.record.evaluation import (
    TableColumn,
)
from cardwright.sources.interface import NerModel

_LISTED = 500
"""Rows of a table in the record, at most; counts are of all."""


def scan_tables(settings: ScanSettings, plan: Plan, tally: PiiTally, names: Mapping[str, str]) -> Iterator[RecordTable]:
    yield RecordTable(
        id="entities",
        title="What was looked for, from which score on it counts, and what was found",
        columns=columns_shown(
            entity="Kind",
            severity="Severity",
            threshold="Score from which on it counts",
            rows=("Rows with it", "count"),
            hits=("Hits", "count"),
            raw_hits=("Raw hits, before thresholds and overlaps", "count"),
        ),
        rows=tuple(
            (
                name,
                entity(name).severity,
                threshold(name, settings.thresholds),
                float(tally.entity_rows.get(name, 0)),
                float(hits_in_all(tally, "hits", name)),
                float(hits_in_all(tally, "raw", name)),
            )
            for name in settings.entities
        ),
    )
    yield from models_table(settings.models)
    listed = list(tally.columns.items())
    yield RecordTable(
        id="columns",
        title="Columns that were read" + first_rows(len(listed)),
        columns=columns_shown(
            column="Column",
            read_as="Read as",
            context="Words of its name that count as context",
            cells=("Cells with a value", "count"),
            read=("Values read", "count"),
            rows=("Rows with a hit", "count"),
        ),
        rows=tuple(
            (
                names[column],
                _READ_AS[dict(plan.read)[column]],
                label(", ".join(plan.context.get(column, ()))),
                float(one.cells),
                float(one.read),
                float(one.hit_rows),
            )
            for column, one in listed[:_LISTED]
        ),
    )
    yield from unread_table(plan, names)
    if tally.origins:
        kinds = sorted({name for counts in tally.origins.values() for name in counts})
        yield RecordTable(
            id="responses",
            title="Hits in responses, by where else they are in the same interaction",
            columns=columns_shown(
                entity="Kind",
                prompt=("Also in the prompt", "count"),
                system=("In the system prompt alone", "count"),
                nowhere=("In neither", "count"),
            ),
            rows=tuple(
                (name, *(float(tally.origins.get(o, {}).get(name, 0)) for o in ("prompt", "system", "nowhere")))
                for name in kinds
            ),
        )


def models_table(models: Sequence[NerModel]) -> Iterator[RecordTable]:
    """The models that looked for names; none if there was no model."""
    if models:
        yield RecordTable(
            id="ner_models",
            title="Models that looked for names",
            columns=columns_shown(
                model="Model",
                version="Version",
                library="Library",
                language="Language",
                sha256="SHA-256 of its files",
                kinds="Kinds",
                other_labels="Labels that stand for no kind",
            ),
            rows=tuple(
                (
                    one.name,
                    one.version or "not stated",
                    f"{one.library} {one.library_version}",
                    one.language or "not stated",
                    one.sha256,
                    ", ".join(one.entities),
                    label(", ".join(one.other_labels)),
                )
                for one in models
            ),
        )


_READ_AS = {
    "text": "text",
    "nested": "the texts inside lists and structures",
    "whole": "whole numbers",
    "real": "whole numbers that are stored as real ones",
}


def unread_table(plan: Plan, names: Mapping[str, str]) -> Iterator[RecordTable]:
    if plan.skipped:
        yield RecordTable(
            id="columns_not_read",
            title="Columns that were not read" + first_rows(len(plan.skipped)),
            columns=columns_shown(column="Column", type="Type", why="Why"),
            rows=tuple((names[name], label(kind), label(why)) for name, kind, why in plan.skipped[:_LISTED]),
        )


def first_rows(count: int) -> str:
    return f" (the first {_LISTED} of {count})" if count > _LISTED else ""


def columns_shown(**titles: str | tuple[str, str]) -> tuple[TableColumn, ...]:
    return tuple(
        TableColumn(name=name, title=title)
        if isinstance(title, str)
        else TableColumn(name=name, title=title[0], unit=title[1])
        for name, title in titles.items()
    )
