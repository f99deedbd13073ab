"""What a dossier keeps of the transcripts that it rests on: a redacted copy, so that a reader can look up what a finding names.

The record holds the digest of the transcripts themselves. The copy has their rows by number and id, what each is for, and the
turns with their common words (`privacy.common_words`); the system prompt and the arguments of calls are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from pydantic import JsonValue

from cardwright.evaluators.safety.masking import PLAIN
from cardwright.privacy.common_words import common_words, redacted
from cardwright.privacy.showing import masked
from cardwright.record import canonical
from cardwright.record.base import label
from cardwright.record.evaluation import Evaluation
from cardwright.run.prepare import Prepared
from cardwright.sources.interface import Interaction, Interactions

FOLDER = "evidence/transcripts/"
FORMAT = "cardwright/transcripts/1"
MOST_ROWS = 2_000
"""Rows of a source that are kept, beside those that a table names."""
MOST_CHARACTERS = 4_000
"""Of a turn; how many there were is said."""


def kept(prepared: Prepared, evaluations: Iterable[Evaluation]) -> dict[str, bytes]:
    """A file for each source of transcripts that the plan does not say `keep: none` of, by its path in the dossier."""
    named = frozenset(_named(evaluations))
    return {
        f"{FOLDER}{name}.jsonl": b"".join(_lines(name, source, named))
        for name, source in sorted(prepared.sources.items())
        if isinstance(source, Interactions)
        and getattr(prepared.assessment.file.sources.get(name), "keep", None) != "none"
    }


def _named(evaluations: Iterable[Evaluation]) -> Iterator[str]:
    """Ids of the exchanges that tables name, as they print them."""
    for evaluation in evaluations:
        for table in evaluation.tables:
            places = [n for n, column in enumerate(table.columns) if column.name == "interaction"]
            yield from (str(row[n]) for row in table.rows for n in places)


def _lines(name: str, source: Interactions, named: frozenset[str]) -> Iterator[bytes]:
    words = common_words((_texts(one) for one in source), PLAIN)
    rows = [
        _row(number, one, words)
        for number, one in enumerate(source, 1)
        if number <= MOST_ROWS or label(one.id) in named
    ]
    head: dict[str, JsonValue] = {
        "schema": FORMAT, "source": name, "sha256": source.ref.sha256, "rows": source.ref.rows, "kept": len(rows),
    }  # fmt: skip
    for line in (head, *rows):
        yield canonical.dumps(line) + b"\n"


def _texts(interaction: Interaction) -> list[str]:
    return [message.content for message in interaction.messages if message.role != "system"]


def _row(number: int, interaction: Interaction, words: frozenset[str]) -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = {
        "row": number,
        "id": masked(label(interaction.id)),
        "intent": interaction.intent,
        "category": masked(label(interaction.category)) if interaction.category else None,
        "turns": [*_turns(interaction, words)],
        "answered": interaction.error is None,
    }
    return row


def _turns(interaction: Interaction, words: frozenset[str]) -> Iterator[JsonValue]:
    for message in interaction.messages:
        whole = message.content
        turn: dict[str, JsonValue] = {"role": message.role, "characters": len(whole)}
        if message.role != "system":
            turn["text"] = redacted(whole[:MOST_CHARACTERS], words, interaction.canaries)
        calls = [redacted(str(call.get("name", "")), words) for call in islice(message.tool_calls, 100)]
        if calls:
            turn["calls"] = [*calls]
        yield turn
