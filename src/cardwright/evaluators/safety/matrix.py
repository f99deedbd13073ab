"""What was tested, by category, language and channel, and what was not: a rate over all hides a corner nobody looked at.

The channel is by which way the exchange reached the assistant: one turn of the user, several (where an attack can build up), or
a tool's result. The language is what a row declares; no language is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from cardwright.evaluators.safety import counterfactual
from cardwright.evaluators.safety.tally import MAX_PLACES, Attempt, CategoryCounts
from cardwright.evaluators.safety.taxonomy import CATEGORIES
from cardwright.record.base import label
from cardwright.record.evaluation import NotTested, Table, TableColumn
from cardwright.sources.interface import Interaction

CHANNELS = ("one turn", "several turns", "tool result")
HARMLESS = "harmless questions"
"""The row of interactions whose intent is benign, whatever their category."""
_APART = "\x1f"
FURTHER: dict[str, str] = {
    "harmful_content": "Needs verdicts of a judge, of people or of another tool's detector (`judge --for harmful_content`).",
    "toxicity": "Needs a local classifier (`toxicity`), or verdicts of a judge, people or another tool (`judge --for toxicity`).",
    "stereotype": "Needs verdicts of a judge, of people or of another tool's detector (`judge --for stereotype`).",
    "ungrounded": "Needs a local model (`nli`), or verdicts on answers to given passages (`judge --for ungrounded`).",
    "task_success": "Needs verdicts of a judge, of people or of another tool, or `expected_calls`.",
    "constraints": "Needs `constraints:` in the plan, and runs in which the agent calls tools.",
    "counterfactual": "Needs requests that differ in a named group alone: columns `pair_id` and `group` (`ask --pairs`).",
    "escalation": "Needs attacks in which the user speaks twice or more.",
}
"""Categories beside attacks and over-refusal, and what it takes to test one."""

_TITLES = {"harmful_content": "Harmful content other than leaked secrets and data carried out"}
"""Where a name says more than is left untested: leaks and exfiltration are scanned for in observed answers."""


def further(interaction: Interaction, *seen: Sequence[Attempt]) -> Iterator[Attempt]:
    """The cells of the matrix that verdicts of others, constraints, turns and expected calls count for: one each."""
    told: dict[str, list[bool | None]] = {}
    for judgement in interaction.judgements:
        if judgement.event in FURTHER:
            told.setdefault(judgement.event, []).append(judgement.happened)
    rows = {"constraints": "constraints", "turn": "escalation", "expected": "task_success", "grounded": "ungrounded"}
    for attempt in (one for several in seen for one in several):
        if attempt.cell[0] == "grounded" and attempt.cell[1] != "answer":
            continue  # a statement of an answer that is counted as a whole
        told.setdefault(rows[attempt.cell[0]], []).append(attempt.event)
    if interaction.pair_id is not None and interaction.group is not None:
        told["counterfactual"] = [counterfactual.refused(interaction)]
    for row, events in told.items():
        cell = _APART.join((row, interaction.language or "", channel_of(interaction)))
        known = [event for event in events if event is not None]
        event = any(known) if known else None
        yield Attempt(("matrix", cell), event=event, unscored=None if known else "nobody could tell")


def attempt(interaction: Interaction, first: Attempt) -> Iterator[Attempt]:
    """The cell of the matrix that an attack or a harmless question counts for."""
    if interaction.intent not in ("attack", "benign"):
        return
    row = HARMLESS if interaction.intent == "benign" else interaction.category or ""
    cell = _APART.join((row, interaction.language or "", channel_of(interaction)))
    yield replace(first, cell=("matrix", cell), begun=True, hits=(), blocked=False, unplanted=False)


def channel_of(interaction: Interaction) -> str:
    """By which way it reached the assistant.

    >>> channel_of(Interaction("a", (), "attack"))
    'one turn'
    """
    roles = [message.role for message in interaction.messages]
    if "tool" in roles:
        return "tool result"
    return "several turns" if roles.count("user") > 1 else "one turn"


def cells(matrix: Mapping[str, CategoryCounts]) -> dict[tuple[str, str, str], CategoryCounts]:
    """The counts by category, language and channel."""
    found: dict[tuple[str, str, str], CategoryCounts] = {}
    for name, counts in matrix.items():
        row, language, channel = name.split(_APART)
        found[row, language, channel] = counts
    return found


def holds(matrix: Mapping[str, CategoryCounts], row: str) -> bool:
    """Whether anything of a category was seen."""
    return any(cell[0] == row for cell in cells(matrix))


def _languages(seen: Iterable[tuple[str, str, str]]) -> list[str]:
    return sorted({language for _, language, _ in seen})


def languages(matrix: Mapping[str, CategoryCounts], *, harmless: bool = False) -> frozenset[str]:
    """The languages that rows declare; with `harmless`, those of harmless questions alone."""
    return frozenset(language for row, language, _ in cells(matrix) if language and (row == HARMLESS or not harmless))


def table(matrix: Mapping[str, CategoryCounts]) -> Table:
    """Every category in every language that occurs and by every channel; a row without attempts was not tested."""
    held = cells(matrix)
    rows: list[tuple[float | str | None, ...]] = []
    for row in [
        *CATEGORIES,
        *FURTHER,
        *sorted({row for row, _, _ in held} - {*CATEGORIES, *FURTHER, HARMLESS}),
        HARMLESS,
    ]:
        for language in _languages(held):
            for channel in CHANNELS:
                counts = held.get((row, language, channel), CategoryCounts())
                note = None if counts.scored else "not tested" if not counts.attempts else "nothing scored"
                rows.append(
                    (
                        label(row) if row else "none declared",
                        label(language) if language else "not stated",
                        channel,
                        counts.attempts,
                        counts.scored,
                        counts.events,
                        note,
                    )
                )
    columns = (
        ("category", "Category", None), ("language", "Language", None), ("channel", "Channel", None),
        ("attempts", "Attempts", "count"), ("scored", "Scored", "count"),
        ("events", "Succeeded, refused, or found", "count"), ("note", "Note", None),
    )  # fmt: skip
    return Table(
        id="matrix",
        title=f"What was tested, by category, language and channel; {min(len(rows), MAX_PLACES)} of {len(rows)} cells",
        columns=tuple(TableColumn(name=name, title=title, unit=unit) for name, title, unit in columns),
        rows=tuple(rows[:MAX_PLACES]),
    )


def not_tested(matrix: Mapping[str, CategoryCounts]) -> Iterator[NotTested]:
    """Channels by which no attack came, and categories that were tested in one language and not in another."""
    tested = {cell for cell, counts in cells(matrix).items() if counts.scored}
    for row, why in FURTHER.items():
        if not any(cell[0] == row for cell in tested):
            yield NotTested(what=_TITLES.get(row, row.replace("_", " ").capitalize()), why=why)
    scored = {cell for cell in tested if cell[0] != HARMLESS and cell[0] not in FURTHER}
    if not scored:
        return
    for channel in CHANNELS:
        if not any(cell[2] == channel for cell in scored):
            yield NotTested(what=f"Attacks by {channel}", why="No scored attack came by this channel.")
    languages = _languages(scored)
    for row in sorted({row for row, _, _ in scored}):
        absent = [one for one in languages if not any(cell[:2] == (row, one) for cell in scored)]
        if absent:
            named = ", ".join(label(one) if one else "a language that is not stated" for one in absent)
            yield NotTested(
                what=f"{label(row) if row else 'Attacks without a category'} in {named}"[:200],
                why="It was tested in another language alone.",
            )
