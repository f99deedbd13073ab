"""What was done, what it cannot show and what was left out, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.columns import LEAST_DIGITS, MOST_DIGITS, PARTS, Plan
from cardwright.evaluators.pii.names import kinds_of
from cardwright.evaluators.pii.tally import CHECKED, PiiTally, ScanSettings
from cardwright.evaluators.pii.unseen import unseen
from cardwright.evaluators.rows.wording import counted
from cardwright.record.evaluation import (
    Coverage,
    NotTested,
    Scanned,
)
from cardwright.sources.interface import Interactions, NerModel, Predictions, Table, Texts

QUESTION = "Which personal data and secrets do these data contain, where, and how often?"
Completeness = Literal["complete", "sampled", "partial", "truncated"]
Source = Table | Predictions | Texts | Interactions


@dataclass(frozen=True)
class SelfCheck:
    """How the fast engine did on the self-check."""

    cells: int
    differing: int


def method_of(detector: engine.Detector, settings: ScanSettings, checked: SelfCheck, source: Source) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in engine.versions().items())
    countries = (
        "presidio's choice of countries for English (the United States, and the British NHS number)"
        + (f" and those of {', '.join(detector.also)}, chosen by the language of the texts" if detector.also else "")
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
        f"{_who_names(settings.models)}"
        f"{detector.recognizers} recognisers of presidio-analyzer, set up to run alone (blank English tokeniser, "
        "lower-cased tokens as "
        f"lemmas, bundled list of public suffixes; they need no model and no network), with {countries}, and recognisers of our "
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


def _who_names(models: Sequence[NerModel]) -> str:
    """Which models looked for names, in a sentence."""
    if not models:
        return ""
    who = "; ".join(
        f"{one.name} {one.version or '(no version stated)'} ({one.library} {one.library_version}, language "
        f"{one.language or 'not stated'}, files sha256 {one.sha256[:16]}…) for {', '.join(one.entities)}"
        for one in models
    )
    return f"Names were looked for by {counted(len(models), 'model')}, read from this machine: {who}. "


def limits_of(source: Source, settings: ScanSettings) -> tuple[str, ...]:
    limits = [
        "No evidence of a kind is not evidence that there is none: the detector sees forms, and misses what is "
        "misspelt, cut or "
        "written out in words. Its recall on these data was not measured: values that were planted "
        "(table `planted`) are easier to find than what people write.",
        "Hits are matches of a form: some are no personal data (a public web address, the date of an event, an "
        "invented example). "
        "A finding of cells that are bare numbers or codes says how many arbitrary ones of the same shape would be hits.",
        "Each finding is of one kind in one column: the PII row rate is of rows with any kind in any column, and no sum of "
        "theirs. PII raw hits are all matches; PII hits those that reach the score of their kind and overlap no better one.",
        "Whole numbers have lost leading zeros, so that some identity numbers in columns of numbers no longer have "
        "their form.",
        "That cells hold no personal data does not make rows anonymous: combinations of ordinary values can identify "
        "people.",
    ]
    if settings.models:
        limits.append(
            "A model of names marks words that are no names and misses names that are; both depend on the texts, and neither was "
            "measured here. spaCy gives no score with a name, so a threshold cannot part sure from unsure ones."
        )
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


def completeness_of(plan: Plan, tally: PiiTally, source: Source) -> Completeness:
    if tally.timed_out or plan.opaque or plan.left_out or _left_out_parts(plan, source):
        return "partial"
    total = source.ref.rows
    return "sampled" if total is not None and tally.rows < total else "complete"


def _left_out_parts(plan: Plan, source: Source) -> list[str]:
    return [part for part in PARTS if part not in dict(plan.read)] if isinstance(source, Interactions) else []


def coverage_of(
    detector: engine.Detector,
    settings: ScanSettings,
    plan: Plan,
    tally: PiiTally,
    checked: SelfCheck,
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
            what="kinds, of those that recognisers and models find",
            scanned=len(settings.entities),
            total=len({*detector.entities, *kinds_of(settings.models)}),
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
    missing = list(unseen(settings.models, settings.languages))
    missing.append(
        NotTested(
            what="numbers that other countries give to people (tax, insurance and identity numbers, licences)",
            why="their recognisers are switched on by the language of the texts, or with `countries: [uk, de]` beside the "
            "plan's `pii`; those of every country at once would find too much",
        )
    )
    left = sorted({*detector.entities, *kinds_of(settings.models)} - set(settings.entities))
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
