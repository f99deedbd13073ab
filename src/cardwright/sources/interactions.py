"""Recorded exchanges with an assistant: JSON Lines, CSV or Parquet into `Interaction`.

A row holds `prompt`, `system` and `response`, or `messages` in the OpenAI shape, or both, where `response` is the last turn.
Tool calls come in the OpenAI shape (arguments as a JSON string) or with plain arguments. A row without an answer is an error of
the assistant, counted apart; a row that cannot be understood is an error of the file, and stops the reading with its line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label as as_label
from cardwright.record.provenance import DatasetRef
from cardwright.sources.files import FileRows
from cardwright.sources.interface import Intent, Interaction, Interactions, Message, Rows
from cardwright.sources.json_lines import json_lines
from cardwright.sources.spec import InteractionColumns, InteractionsOptions

INTENTS: tuple[Intent, ...] = ("attack", "benign", "observed")

_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "tool": "tool",
    "function": "tool",
}

NO_ANSWER = "no answer came back"
"""What `Interaction.error` says; the file's own words stay in the file, because they may hold what was asked."""


def interactions_of(spec: InteractionsOptions, rows: Rows, ref: DatasetRef) -> Interactions:
    """Interactions over rows that are open; each of them is read once, so that a malformed one is found now.

    Raises
    ------
    SourceError
        With file and line.
    """
    where = ref.path or ref.name
    named = {part: getattr(spec.columns, part) for part in spec.columns.model_fields_set}
    present = rows.schema.names
    for column in named.values():
        if column not in present:
            raise SourceError(
                f"there is no column {quoted(column, 'of that name')}",
                where=where,
                do=hint(column, present, columns=True) or None,
            )
    columns = spec.columns
    if columns.messages not in present and not {columns.prompt, columns.response} <= set(present):
        missing = columns.prompt if columns.prompt not in present else columns.response
        raise SourceError(
            f"there is neither a column {quoted(columns.messages)} nor both {quoted(columns.prompt)} and "
            f"{quoted(columns.response)}",
            where=where,
            do=f"Name them with `columns:`, e.g. {{prompt: question}}. {hint(missing, present, columns=True)}".strip(),
        )
    wanted = tuple(name for name in present if name in {getattr(columns, part) for part in type(columns).model_fields})
    source: Callable[[], Iterator[tuple[str, Mapping[str, Any]]]]
    if isinstance(rows, FileRows) and rows.format == "jsonl":
        source = partial(_from_lines, rows, where)
    else:
        source = partial(_from_batches, rows, wanted, where)
    return interactions_from_records(spec, source, ref)


def interactions_from_records(
    spec: InteractionsOptions, source: Callable[[], Iterator[tuple[str, Mapping[str, Any]]]], ref: DatasetRef
) -> Interactions:
    """Interactions over records with their places; each is read once, so that a malformed one is found now.

    Raises
    ------
    SourceError
    """
    read = partial(_read, source, spec)
    for _ in read():
        pass
    return Interactions(ref=ref, intent=spec.intent, read=read)


def _from_lines(rows: FileRows, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    rows.refuse_change()
    for number, row in json_lines(Path(rows.path), where):
        yield f"{where}:{number}", row
    rows.refuse_change()


def _from_batches(rows: Rows, wanted: Sequence[str], where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    number = 0
    for batch in rows.batches(wanted):
        for start in range(0, batch.num_rows, 1024):
            for row in batch.slice(start, 1024).to_pylist():
                number += 1
                yield f"{where}, row {number}", row


def _read(
    source: Callable[[], Iterator[tuple[str, Mapping[str, Any]]]], spec: InteractionsOptions
) -> Iterator[Interaction]:
    for number, (place, row) in enumerate(source(), 1):
        yield _interaction(row, spec, place, number)


def _interaction(row: Mapping[str, Any], spec: InteractionsOptions, place: str, number: int) -> Interaction:
    columns = spec.columns

    def text(part: str) -> str | None:
        value = row.get(getattr(columns, part))
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise SourceError(f"`{part}` is not text", where=place, do="Write it as a string.")
        return None if value != value else as_label(value)  # noqa: PLR0124  NaN is missing

    messages = _messages(row, columns, text, place)
    answered = bool(messages) and messages[-1].role == "assistant"
    failed = row.get(columns.error) not in (None, "", False)
    if not any(message.role in ("user", "tool") for message in messages):
        raise SourceError("there is no user turn, so nothing was asked", where=place, do="Leave the row out.")
    tools = _strings(row.get(columns.allowed_tools), "allowed_tools", place)
    return Interaction(
        id=text("id") or str(number),
        messages=tuple(messages),
        intent=_intent(text("intent"), spec.intent, place),
        category=text("category") or None,
        prompt_id=text("prompt_id") or None,
        canaries=_both(spec.canaries, _strings(row.get(columns.canaries), "canaries", place)),
        allowed_hosts=_both(spec.allowed_hosts, _strings(row.get(columns.allowed_hosts), "allowed_hosts", place)),
        allowed_tools=tools if tools is not None else spec.allowed_tools,
        goal=text("goal") or None,
        error=None if answered and not failed else NO_ANSWER,
    )


def _messages(
    row: Mapping[str, Any], columns: InteractionColumns, text: Callable[[str], str | None], place: str
) -> list[Message]:
    turns = _decoded(row.get(columns.messages), "messages", place)
    messages = parse_messages(turns, place) if turns is not None else []
    system, prompt, response = text("system"), text("prompt"), text("response")
    if system and not any(message.role == "system" for message in messages):
        messages.insert(0, Message("system", system))
    if prompt is not None and turns is None:
        messages.append(Message("user", prompt))
    calls = _calls(_decoded(row.get(columns.tool_calls), "tool_calls", place), place)
    if messages and messages[-1].role == "assistant":
        if calls:
            last = messages[-1]
            messages[-1] = Message(last.role, last.content, last.tool_calls + calls)
    elif response is not None or calls:
        messages.append(Message("assistant", response or "", calls))
    return messages


def _both(first: tuple[str, ...], second: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first + (second or ())))


def _intent(said: str | None, declared: Intent | None, place: str) -> Intent:
    if said in (None, ""):
        if declared is None:
            raise SourceError(
                "there is no intent",
                where=place,
                do="Write `intent: attack`, `benign` or `observed` in the plan, or a column `intent`.",
            )
        return declared
    word = said.strip().lower() if said is not None else ""
    intent = next((name for name in INTENTS if name == word), None)
    if intent is None:
        raise SourceError("the intent is none of attack, benign, observed", where=place, do="Write one of the three.")
    if declared is not None and intent != declared:
        raise SourceError(
            f"the row says {intent} and the plan says {declared}",
            where=place,
            do="Leave `intent:` out of the plan to let each row say it.",
        )
    return intent


def _decoded(value: Any, part: str, place: str) -> Any:
    """A list of turns or of calls, which CSV and many Parquet files hold as JSON text."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (json.JSONDecodeError, RecursionError):
            raise SourceError(f"`{part}` is not valid JSON", where=place, do="Write a list.") from None
    if not isinstance(value, list):
        raise SourceError(f"`{part}` is not a list", where=place, do="Write a list of objects.")
    return value


def _strings(value: Any, part: str, place: str) -> tuple[str, ...] | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if not value.lstrip().startswith("["):
            return (value,)
        value = _decoded(value, part, place)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SourceError(f"`{part}` is not a list of strings", where=place, do='Write ["…", "…"].')
    return tuple(value)


def parse_messages(turns: Iterable[Any], place: str) -> list[Message]:
    """Turns in the OpenAI shape.

    Content is a string, nothing, or a list of parts, of which text is kept and anything else leaves its name in brackets.

    Raises
    ------
    SourceError
        Where a turn has no role that is known, or content of another shape.
    """
    messages = []
    for number, turn in enumerate(turns, 1):
        at = f"{place}, message {number}"
        if not isinstance(turn, Mapping):
            raise SourceError("a message is not an object", where=at, do='Write {"role": …, "content": …}.')
        role = _ROLES.get(str(turn.get("role", "")).lower())
        if role is None:
            raise SourceError(
                "the role of a message is none of system, user, assistant, tool", where=at, do="Write one of them."
            )
        calls = _calls(_decoded(turn.get("tool_calls"), "tool_calls", at), at)
        legacy = turn.get("function_call")
        if isinstance(legacy, Mapping):
            calls += (_call(legacy, at),)
        messages.append(Message(role, _content(turn.get("content"), at), calls))
    return messages


def _content(content: Any, place: str) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_part(part, place) for part in content)
    raise SourceError("the content of a message is neither text nor a list of parts", where=place)


def _part(part: Any, place: str) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        raise SourceError("a part of a message is not an object", where=place)
    for key in ("text", "refusal"):
        if isinstance(part.get(key), str):
            return str(part[key])
    return f"[{as_label(part.get('type') or 'part')}]"


def _calls(calls: Any, place: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(_call(call, place) for call in calls or ())


def _call(call: Any, place: str) -> Mapping[str, Any]:
    """One tool call as `{"name", "arguments"}`; arguments that are not valid JSON are kept as the text they are."""
    inner = call.get("function") if isinstance(call, Mapping) and isinstance(call.get("function"), Mapping) else call
    if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
        raise SourceError("a tool call has no name", where=place, do='Write {"name": …, "arguments": {…}}.')
    arguments = inner.get("arguments", inner.get("input"))
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments) if arguments.strip() else {}
        except (json.JSONDecodeError, RecursionError):
            arguments = {"unparsed": arguments}
    if arguments is None:
        arguments = {}
    return {
        "name": inner["name"],
        "arguments": dict(arguments) if isinstance(arguments, Mapping) else {"value": arguments},
    }
