"""What a person should look at: kinds of personal data by column, and columns that may hold more than was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.chance import ByChance, by_chance, is_by_chance
from cardwright.evaluators.pii.column_names import names_findings
from cardwright.evaluators.pii.columns import Plan
from cardwright.evaluators.pii.entities import Entity, capitalised, entity
from cardwright.evaluators.pii.tally import ColumnTally, PiiTally, ScanSettings
from cardwright.evaluators.rows.wording import agree, counted, figure, part_of
from cardwright.record.evaluation import (
    SEVERITIES,
    Finding,
    Severity,
)

_FEW, _MOST = 20, 0.8
"""A column of at least this many numbers, of which at least this share are valid telephone numbers, is pointed out."""


def kind_findings(
    detector: engine.Detector, settings: ScanSettings, plan: Plan, tally: PiiTally, names: Mapping[str, str]
) -> Iterator[Finding]:
    chances = {
        column: by_chance(detector, one.shapes, plan.context.get(column, ()), settings.thresholds)
        if any(one.rows.values())
        else None
        for column, one in tally.columns.items()
    }
    of_kinds = [
        (
            name,
            column,
            one,
            _severity(entity(name), one, chances[column], settings, _is_named(detector, plan, name, column)),
        )
        for column, one in tally.columns.items()
        for name in one.rows
        if one.rows[name]
    ]
    for name, column, one, (severity, note) in sorted(of_kinds, key=lambda f: (-SEVERITIES.index(f[3][0]), f[0], f[1])):
        kind = entity(name)
        rows = "interaction" if tally.origins else "row"
        new = ""
        if column == "response" and tally.origins:
            by_origin = {
                origin: tally.origins.get(origin, {}).get(name, 0) for origin in ("prompt", "system", "nowhere")
            }
            new = (
                f" Of these, {by_origin['prompt']} {agree(by_origin['prompt'], 'is', 'are')} also in the prompt, "
                f"{by_origin['system']} only in the system prompt, and {by_origin['nowhere']} in neither."
            )
        shown = tally.examples.get((column, name))
        examples = tuple(dict.fromkeys(shown.payloads))[: settings.max_examples] if shown is not None else ()
        yield Finding(
            severity=severity,
            key=f"entity.{name.lower()}",
            explanation=f"{capitalised(kind.title)} occurs in the column {names[column]} of "
            f"{part_of(one.rows[name], tally.rows, rows)} ({counted(one.hits[name], 'hit')}).{new} {kind.why}{note}",
            where=names[column],
            count=one.hits[name],
            examples=examples,
        )


def _is_named(detector: engine.Detector, plan: Plan, name: str, column: str) -> bool:
    return bool(detector.context_of.get(name, frozenset()).intersection(plan.context.get(column, ())))


def other_findings(
    detector: engine.Detector, settings: ScanSettings, plan: Plan, tally: PiiTally, names: Mapping[str, str]
) -> Iterator[Finding]:
    yield from names_findings(detector, settings, plan)
    for column, one in tally.columns.items():
        possible = one.raw.get("PHONE_NUMBER", 0)
        whole = dict(plan.read)[column] in ("whole", "real")
        if whole and one.read >= _FEW and not one.rows.get("PHONE_NUMBER") and possible >= _MOST * one.read:
            yield Finding(
                severity="medium",
                key="possible.phone_number",
                explanation=f"{part_of(possible, one.read, 'number')} in this column {agree(possible, 'is', 'are')} valid as "
                f"{agree(possible, 'a telephone number', 'telephone numbers')} in some country. Many identifiers "
                "are too, and nothing says which these are, so they are not counted. Somebody who knows the column "
                "should say.",
                where=names[column],
                count=possible,
            )


def _severity(
    kind: Entity, column: ColumnTally, chance: ByChance | None, settings: ScanSettings, named: bool
) -> tuple[Severity, str]:
    """The severity of a kind in a column, and what has to be said if chance explains its hits."""
    name = kind.name
    whole = column.shape_hits.get(name, 0)
    if chance is None or whole < column.rows[name]:  # some are in texts, where nothing can be said
        return kind.severity, ""
    share = chance.shares.get(name, 0.0)
    expected = (
        f" Of {counted(chance.cells, 'arbitrary value')} of the same shape, about {figure(share * chance.cells)} "
        "would be hits."
    )
    if share == 0 or named or not is_by_chance(share, whole, chance.cells, settings.level):
        return kind.severity, expected
    return "medium" if SEVERITIES.index(kind.severity) > SEVERITIES.index("medium") else kind.severity, (
        f"{expected} The column has about as many as arbitrary digits would give, so it may hold none. Somebody who knows "
        "the column should say what it holds."
    )
