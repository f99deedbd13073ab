"""What a person should look at: kinds of personal data by column, and columns that may hold more than was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.column_names import names_findings
from cardwright.evaluators.pii.columns import Plan
from cardwright.evaluators.pii.entities import capitalised, entity
from cardwright.evaluators.pii.tally import ColumnTally, PiiTally, ScanSettings, severity_by_chance
from cardwright.record.evaluation import (
    SEVERITIES,
    Finding,
    Severity,
)

_FEW, _MOST = 20, 0.8
"""A column of at least so many numbers, of which such a share are valid telephone numbers, is pointed out."""


def kind_findings(
    detector: engine.Detector, settings: ScanSettings, plan: Plan, tally: PiiTally, names: Mapping[str, str]
) -> Iterator[Finding]:
    found = [
        (name, column, one, _severity(detector, settings, plan, name, column, one))
        for column, one in tally.columns.items()
        for name in one.rows
        if one.rows[name]
    ]
    for name, column, one, (severity, note) in sorted(found, key=lambda f: (-SEVERITIES.index(f[3][0]), f[0], f[1])):
        kind = entity(name)
        rows = "interactions" if tally.origins else "rows"
        hits = "hit" if one.hits[name] == 1 else "hits"
        new = ""
        if column == "response" and tally.origins:
            said = {origin: tally.origins.get(origin, {}).get(name, 0) for origin in ("prompt", "system", "nowhere")}
            new = (
                f" Of these, {said['prompt']} stand in the prompt too, {said['system']} in the system prompt alone, "
                f"and {said['nowhere']} in neither."
            )
        shown = tally.examples.get((column, name))
        examples = tuple(dict.fromkeys(shown.payloads))[: settings.max_examples] if shown is not None else ()
        yield Finding(
            severity=severity,
            key=f"entity.{name.lower()}",
            explanation=f"{capitalised(kind.title)} stands in {one.rows[name]} of {tally.rows} {rows} "
            f"({one.hits[name]} {hits}).{new} {kind.why}{note}",
            where=names[column],
            count=one.hits[name],
            examples=examples,
        )


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
                explanation=f"{possible} of {one.read} numbers in this column are valid telephone numbers in some "
                "country. Many identifiers "
                "are, too, and nothing says which these are, so they are not counted. Somebody who knows the column "
                "should say.",
                where=names[column],
                count=possible,
            )


def _severity(
    detector: engine.Detector, settings: ScanSettings, plan: Plan, name: str, column: str, one: ColumnTally
) -> tuple[Severity, str]:
    kind = entity(name)
    named = detector.context_of.get(name, frozenset()).intersection(plan.context.get(column, ()))
    if kind.chance is None or named or not severity_by_chance(one, name, settings.level):
        return kind.severity, ""
    note = (
        f" All {one.rows[name]} are bare digits, and {one.bare_hits[name]} of {one.bare[name]} numbers of that form "
        "pass the checksum: "
        f"about as many as arbitrary digits would ({kind.chance[0]:.1%}). Somebody who knows the column should say "
        "what it holds."
    )
    return "medium", note
