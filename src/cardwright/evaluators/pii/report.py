"""What the counts say: measurements, findings, tables, and in words what was done and what was not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.columns import LEAST_DIGITS, MOST_DIGITS, PARTS, Plan
from cardwright.evaluators.pii.entities import UNSEEN, entity
from cardwright.evaluators.pii.mask import mask
from cardwright.evaluators.pii.tally import CHECKED, ColumnTally, Settings, Tally, severity_by_chance
from cardwright.evaluators.pii.thresholds import counted, threshold
from cardwright.privacy.patterns import Hit
from cardwright.record.base import label
from cardwright.record.evaluation import (
    SEVERITIES,
    Coverage,
    Finding,
    NotTested,
    Scanned,
    Severity,
    TableColumn,
)
from cardwright.record.evaluation import Table as RecordTable
from cardwright.record.measurement import Interval, Measured, Sampling, Unmeasured
from cardwright.sources.interface import Interactions, Predictions, Table, Texts

QUESTION = "Which personal data and secrets stand in these data, where, and how often?"
Completeness = Literal["complete", "sampled", "partial", "truncated"]
Source = Table | Predictions | Texts | Interactions
_FEW, _MOST = 20, 0.8
"""A column of at least so many numbers, of which such a share are valid telephone numbers, is pointed out."""
_LISTED = 500
"""Rows of a table in the record, at most; counts are of all."""


@dataclass(frozen=True)
class Checked:
    """How the fast engine did on the self-check."""

    cells: int
    differing: int


@dataclass(frozen=True)
class Report:
    """The parts of an `Evaluation` that depend on what was found."""

    method: str
    limits: tuple[str, ...]
    measurements: tuple[Measured | Unmeasured, ...]
    findings: tuple[Finding, ...]
    tables: tuple[RecordTable, ...]
    coverage: Coverage
    completeness: Completeness
    not_applicable: str | None = None


def conclude(
    detector: engine.Detector, settings: Settings, plan: Plan, tally: Tally, checked: Checked, source: Source
) -> Report:
    """Everything that is said about a tally."""
    names = _shown_names(detector, plan)
    return Report(
        method=_method(detector, settings, checked, source),
        limits=_limits(source),
        measurements=tuple(_measurements(settings, tally, source, names)),
        findings=(
            *_findings(detector, settings, plan, tally, names),
            *_other_findings(detector, settings, plan, tally, names),
        ),
        tables=tuple(_tables(settings, plan, tally, names)),
        coverage=_coverage(detector, settings, plan, tally, checked, source, names),
        completeness=_completeness(plan, tally, source),
    )


def not_applicable(detector: engine.Detector, settings: Settings, plan: Plan, source: Source) -> Report:
    """What is said where no column can hold text or such numbers: the schema, as it was scanned, is the evidence."""
    names = _shown_names(detector, plan)
    columns = [f"{names[name]} ({kind}: {why})" for name, kind, why in plan.skipped]
    shown = "; ".join(columns[:40]) + (f"; and {len(columns) - 40} more" if len(columns) > 40 else "")
    reason = (
        f"None of the {len(plan.skipped)} columns can hold text, nor whole numbers of {LEAST_DIGITS} to {MOST_DIGITS} digits: "
        f"{shown}."
    )
    short = f"0 of {len(plan.skipped)} columns can hold personal data that a form tells."
    metrics = ("pii_row_rate", "pii_hits", "pii_raw_hits")
    coverage = Coverage(
        scanned=(
            Scanned(
                what="columns of which the schema was looked at", scanned=len(plan.skipped), total=len(plan.skipped)
            ),
        ),
        not_tested=(
            *(NotTested(what=what, why=why) for what, why in UNSEEN),
            NotTested(
                what="whether rows can be told apart by combinations of their numbers",
                why="that is asked of a data profile",
            ),
        ),
    )
    findings = tuple(_names_findings(detector, settings, plan))
    return Report(
        method=_method(detector, settings, Checked(0, 0), source),
        limits=_limits(source),
        measurements=tuple(Unmeasured(metric=metric, code="not_applicable", reason=short) for metric in metrics),
        findings=findings,
        tables=tuple(_unread(plan, names)),
        coverage=coverage,
        completeness="complete",
        not_applicable=None if findings else reason,
    )


# ---------------------------------------------------------------------------------------------------------------------
# Names of columns, which may be personal data themselves


def _hits_in_names(detector: engine.Detector, plan: Plan) -> dict[str, tuple[Hit, ...]]:
    """What stands in the names of columns, and weighs more than a date or a web address."""
    names = [*(name for name, _ in plan.read), *(name for name, _, _ in plan.skipped)]
    found = detector.scan(names).hits
    grave = {
        name: [h for h in counted(name, hits) if entity(h.entity).severity not in ("info", "low")]
        for name, hits in zip(names, found, strict=True)
    }
    return {name: tuple(hits) for name, hits in grave.items() if hits}


def _shown_names(detector: engine.Detector, plan: Plan) -> dict[str, str]:
    """Names of columns as the record shows them: different ones, and none that is personal data itself."""
    hidden = _hits_in_names(detector, plan)
    shown: dict[str, str] = {}
    taken: set[str] = set()
    for number, name in enumerate([*(name for name, _ in plan.read), *(name for name, _, _ in plan.skipped)], 1):
        text = f"column {number} (name withheld)" if name in hidden else label(name)
        shown[name] = text if text not in taken else f"{text[:170]} (column {number})"
        taken.add(shown[name])
    return shown


def _names_findings(detector: engine.Detector, settings: Settings, plan: Plan) -> Iterator[Finding]:
    kinds: dict[str, list[str]] = {}
    for name, hits in _hits_in_names(detector, plan).items():
        for hit in hits:
            if hit.entity in settings.entities:
                kinds.setdefault(hit.entity, []).append(mask(hit.entity, name[hit.start : hit.end]))
    for kind, masked in sorted(kinds.items()):
        yield Finding(
            severity=entity(kind).severity,
            key=f"column_name.{kind.lower()}",
            explanation=f"{_upper(entity(kind).title)} stands in the name of a column; every report on these data "
            "would repeat it.",
            where="names of columns",
            count=len(masked),
            examples=tuple(dict.fromkeys(masked))[: settings.max_examples],
        )


# ---------------------------------------------------------------------------------------------------------------------
# Numbers


def _unit(source: Source) -> str:
    return "interaction" if isinstance(source, Interactions) else getattr(source, "unit", "row")


def _rate(
    metric: str, found: int, rows: int, settings: Settings, unit: str, design: str, slice: dict[str, str | None]
) -> Measured | Unmeasured:
    from cardwright.statistics.intervals import wilson

    sampling = Sampling(unit=unit, units=rows, observations=rows, design=design)
    bounds = wilson(found, rows, settings.level)
    if bounds is None:
        return Unmeasured(
            metric=metric,
            slice=slice,
            code="undefined",
            reason="There are 0 rows, so there is no rate.",
            denominator=0.0,
        )
    return Measured(
        metric=metric,
        slice=slice,
        value=found / rows,
        unit="proportion",
        direction="lower_is_better",
        interval=Interval(level=bounds.level, lower=bounds.lower, upper=bounds.upper, method=bounds.method),
        sampling=sampling,
        numerator=float(found),
        denominator=float(rows),
    )


def _count(metric: str, value: int, slice: dict[str, str | None]) -> Measured:
    return Measured(
        metric=metric, slice=slice, value=float(value), unit="count", direction="lower_is_better", denominator=None
    )


def _measurements(
    settings: Settings, tally: Tally, source: Source, names: Mapping[str, str]
) -> Iterator[Measured | Unmeasured]:
    unit = _unit(source)
    design = "random" if settings.sample is not None else getattr(source, "design", "unstated")

    def rate(metric: str, found: int, rows: int, **slice: str | None) -> Measured | Unmeasured:
        return _rate(metric, found, rows, settings, unit, design, dict(slice))

    yield rate("pii_row_rate", tally.hit_rows, tally.rows)
    yield _count("pii_hits", sum(_total(tally, "hits", name) for name in settings.entities), {})
    yield _count("pii_raw_hits", sum(_total(tally, "raw", name) for name in settings.entities), {})
    for name in settings.entities:
        yield rate("pii_row_rate", tally.entity_rows.get(name, 0), tally.rows, entity=name)
        yield _count("pii_hits", _total(tally, "hits", name), {"entity": name})
        yield _count("pii_raw_hits", _total(tally, "raw", name), {"entity": name})
    for column, one in tally.columns.items():
        yield rate("pii_row_rate", one.hit_rows, tally.rows, column=names[column])
        for name, rows in one.rows.items():
            yield rate("pii_row_rate", rows, tally.rows, column=names[column], entity=name)
            yield _count("pii_hits", one.hits[name], {"column": names[column], "entity": name})
    if "response" in tally.columns and isinstance(source, Interactions):
        responses = tally.columns["response"].cells
        yield rate("pii_new_in_response_rate", tally.new_rows, responses)
        for name in settings.entities:
            yield rate("pii_new_in_response_rate", tally.new_entity_rows.get(name, 0), responses, entity=name)


def _total(tally: Tally, what: str, name: str) -> int:
    return sum(getattr(column, what).get(name, 0) for column in tally.columns.values())


# ---------------------------------------------------------------------------------------------------------------------
# Findings


def _findings(
    detector: engine.Detector, settings: Settings, plan: Plan, tally: Tally, names: Mapping[str, str]
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
            explanation=f"{_upper(kind.title)} stands in {one.rows[name]} of {tally.rows} {rows} "
            f"({one.hits[name]} {hits}).{new} {kind.why}{note}",
            where=names[column],
            count=one.hits[name],
            examples=examples,
        )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _other_findings(
    detector: engine.Detector, settings: Settings, plan: Plan, tally: Tally, names: Mapping[str, str]
) -> Iterator[Finding]:
    yield from _names_findings(detector, settings, plan)
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
    detector: engine.Detector, settings: Settings, plan: Plan, name: str, column: str, one: ColumnTally
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


# ---------------------------------------------------------------------------------------------------------------------
# Tables


def _tables(settings: Settings, plan: Plan, tally: Tally, names: Mapping[str, str]) -> Iterator[RecordTable]:
    yield RecordTable(
        id="entities",
        title="What was looked for, from which score on it counts, and what was found",
        columns=_columns(
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
                float(_total(tally, "hits", name)),
                float(_total(tally, "raw", name)),
            )
            for name in settings.entities
        ),
    )
    listed = list(tally.columns.items())
    yield RecordTable(
        id="columns",
        title="Columns that were read" + _first(len(listed)),
        columns=_columns(
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
    yield from _unread(plan, names)
    if tally.origins:
        kinds = sorted({name for counts in tally.origins.values() for name in counts})
        yield RecordTable(
            id="responses",
            title="Hits in responses, by where else they stand in the same interaction",
            columns=_columns(
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


_READ_AS = {
    "text": "text",
    "nested": "the texts inside lists and structures",
    "whole": "whole numbers",
    "real": "whole numbers that are stored as real ones",
}


def _unread(plan: Plan, names: Mapping[str, str]) -> Iterator[RecordTable]:
    if plan.skipped:
        yield RecordTable(
            id="columns_not_read",
            title="Columns that were not read" + _first(len(plan.skipped)),
            columns=_columns(column="Column", type="Type", why="Why"),
            rows=tuple((names[name], label(kind), label(why)) for name, kind, why in plan.skipped[:_LISTED]),
        )


def _first(count: int) -> str:
    return f" (the first {_LISTED} of {count})" if count > _LISTED else ""


def _columns(**titles: str | tuple[str, str]) -> tuple[TableColumn, ...]:
    return tuple(
        TableColumn(name=name, title=said)
        if isinstance(said, str)
        else TableColumn(name=name, title=said[0], unit=said[1])
        for name, said in titles.items()
    )


# ---------------------------------------------------------------------------------------------------------------------
# Words


def _method(detector: engine.Detector, settings: Settings, checked: Checked, source: Source) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in engine.versions().items())
    countries = (
        "presidio's choice of countries for English (the United States, and the British NHS number)"
        if detector.countries is None
        else f"the countries {', '.join(detector.countries)}"
        if detector.countries
        else "no country's own numbers"
    )
    if settings.mode == "stock":
        how = "presidio's own engine did all of it"
        if checked.differing:
            how += (
                f", as the fast engine differed on {checked.differing} of {checked.cells} cells in the self-check "
                "and was set aside"
            )
    else:
        same = checked.cells - checked.differing
        how = (
            "recognisers ran where a pass over widened patterns said that they may match "
            f"({'RE2' if detector.uses_re2 else 'by the characters of the text'}); self-check against presidio's own "
            "engine on up to "
            f"{CHECKED} cells with and {CHECKED} without a hit: equivalence: {same} of {checked.cells}"
        )
    where = (
        "System prompt, prompt (all that users and tools said), response (all that the assistant said) and the "
        "arguments of tool calls "
        "are read apart. A hit in a response is new where its letters and digits do not stand in the prompt of the "
        "same interaction"
        if isinstance(source, Interactions)
        else "Columns of strings are read whole, and those of whole numbers (also when stored as real ones) where a "
        "number has "
        f"{LEAST_DIGITS} to {MOST_DIGITS} digits, as telephone, account and identity numbers have. Words of a "
        "column's name that are "
        "context words of a recogniser count as context of its cells"
    )
    sample = (
        f" A random sample of {settings.sample} rows was read: those with the smallest keyed hashes of their number."
        if settings.sample is not None
        else ""
    )
    return (
        f"{detector.recognizers} recognisers of presidio-analyzer, set up to run alone (blank English tokeniser, "
        "lower-cased tokens as "
        f"lemmas, bundled list of public suffixes; no model, no network), with {countries}, and recognisers of our "
        "own for secrets by "
        f"the forms their issuers publish (checksum where there is one). {where}.{sample} A hit counts from the "
        "score of its kind on "
        "(table `entities`); a telephone number that is written with a plus sign, brackets or in groups counts "
        "without a context word. "
        "Where counted hits overlap, the one with the higher score stays, then the longer, then the kind higher in "
        "severity; raw hits "
        f"are those before. A row counts once, however many hits it has; intervals are Wilson's. Run: {how}. "
        f"Libraries: {libraries}."
    )


def _limits(source: Source) -> tuple[str, ...]:
    limits = [
        "No evidence of a kind is not evidence that there is none: the detector sees forms, and misses what is "
        "misspelt, cut or "
        "written out in words. Its recall on these data was not measured.",
        "Hits are matches of a form: some are no personal data (a public web address, the date of an event, an "
        "invented example). "
        "About one in ten arbitrary numbers passes a card's checksum, and one in eleven the NHS's.",
        "Whole numbers have lost leading zeros, so that some identity numbers in columns of numbers no longer have "
        "their form.",
        "That cells hold no personal data does not make rows anonymous: combinations of ordinary values can identify "
        "people.",
    ]
    person = getattr(source, "person", None)
    if person is not None:
        limits.append(
            "Rows of one person are counted as independent, though a person is declared: intervals are narrower than "
            "they should be."
        )
    if getattr(source, "weight", None) is not None:
        limits.append("Sample weights are not used: rates are of rows, not of the population.")
    if isinstance(source, Interactions):
        limits.append("Interactions with the same prompt are counted as independent.")
    return tuple(limits)


def _completeness(plan: Plan, tally: Tally, source: Source) -> Completeness:
    if tally.timed_out or plan.opaque or plan.left_out or _left_out_parts(plan, source):
        return "partial"
    total = source.ref.rows
    return "sampled" if total is not None and tally.rows < total else "complete"


def _left_out_parts(plan: Plan, source: Source) -> list[str]:
    return [part for part in PARTS if part not in dict(plan.read)] if isinstance(source, Interactions) else []


def _coverage(
    detector: engine.Detector,
    settings: Settings,
    plan: Plan,
    tally: Tally,
    checked: Checked,
    source: Source,
    names: Mapping[str, str],
) -> Coverage:
    total = source.ref.rows if source.ref.rows is not None else tally.rows
    filled = sum(one.cells for one in tally.columns.values())
    read = sum(one.read for one in tally.columns.values())
    scanned = [
        Scanned(
            what="interactions" if isinstance(source, Interactions) else "rows",
            scanned=tally.rows,
            total=max(total, tally.rows),
        ),
        Scanned(
            what="columns",
            scanned=len(plan.read),
            total=len(plan.read) + len(plan.skipped) + len(_left_out_parts(plan, source)),
        ),
        Scanned(what="cells with a value, in columns that were read", scanned=read, total=filled),
        Scanned(
            what="kinds, of those that installed recognisers find",
            scanned=len(settings.entities),
            total=len(detector.entities),
        ),
    ]
    if checked.cells:
        scanned.append(
            Scanned(
                what="cells on which the fast and the stock engine agree",
                scanned=checked.cells - checked.differing,
                total=checked.cells,
            )
        )
    missing = [NotTested(what=what, why=why) for what, why in UNSEEN]
    missing.append(
        NotTested(
            what="numbers that other countries give to people (tax, insurance and identity numbers, licences)",
            why="their recognisers are switched on with `countries`; those of every country at once would find too "
            "much",
        )
    )
    left = sorted(set(detector.entities) - set(settings.entities))
    if left:
        missing.append(NotTested(what=f"kinds: {', '.join(left)}", why="the plan does not name them under `entities`"))
    by_reason: dict[str, list[str]] = {}
    for name, _, why in plan.skipped:
        by_reason.setdefault(why, []).append(names[name])
    for part in _left_out_parts(plan, source):
        by_reason.setdefault("the plan does not name it", []).append(part)
    for why, columns in sorted(by_reason.items()):
        shown = ", ".join(columns[:30]) + (f" and {len(columns) - 30} more" if len(columns) > 30 else "")
        missing.append(NotTested(what=f"columns: {shown}", why=why))
    if tally.rows < total:
        missing.append(NotTested(what=f"{total - tally.rows} of {total} rows", why="the plan asks for a sample"))
    if read < filled:
        missing.append(
            NotTested(
                what=f"{filled - read} numbers in columns that were read",
                why=f"they are negative, or have fewer than {LEAST_DIGITS} or more than {MOST_DIGITS} digits",
            )
        )
    if tally.timed_out:
        missing.append(
            NotTested(
                what=f"{tally.timed_out} patterns on some text",
                why="they took longer than presidio's limit and were given up",
            )
        )
    if tally.windowed:
        missing.append(
            NotTested(
                what=f"forms longer than {engine.OVERLAP} characters in {tally.windowed} texts",
                why=f"texts of more than {engine.LONG} characters are read in windows that overlap by so much",
            )
        )
    return Coverage(scanned=tuple(scanned), not_tested=tuple(missing))
