"""Recorded exchanges with an assistant: JSON Lines, CSV or Parquet into `Interaction`.

A row holds `prompt`, `system` and `response`, or `messages` in any shape that `sources/messages/` reads, or both, where
`response` is the last turn, unless `messages` ends on the same one: text, or the whole response of an API. A row without an
answer is an error of the assistant, counted apart. A turn of which a part cannot be read makes the row unscored, with the
reason (`Interaction.unscored`), and so do other turns or another prompt beside the turns. A row that does not say what it is
(no prompt, no intent, text that is not JSON) is an error of the file, and stops the reading with its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label as as_label
from cardwright.record.provenance import DatasetRef
from cardwright.sources.digests import require_file, sha256_of_path
from cardwright.sources.files import FileRows
from cardwright.sources.interface import Intent, Interaction, Interactions, Message, Rows
from cardwright.sources.json_lines import json_lines
from cardwright.sources.json_text import decode
from cardwright.sources.messages import answer_of, messages_of
from cardwright.sources.messages.reading import STOP_KEYS, is_blocked, unreadable
from cardwright.sources.results.interface import Reader, Recorded
from cardwright.sources.spec import InteractionColumns, InteractionsOptions, InteractionsSpec

INTENTS: tuple[Intent, ...] = ("attack", "benign", "observed")

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
    turns = {columns.messages} if "messages" in named else {columns.messages, *TURNS}
    if not turns & set(present) and not {columns.prompt, columns.response} <= set(present):
        missing = columns.prompt if columns.prompt not in present else columns.response
        raise SourceError(
            f"there is neither a column {quoted(columns.messages)} nor both {quoted(columns.prompt)} and "
            f"{quoted(columns.response)}",
            where=where,
            do=f"Name them with `columns:`, e.g. {{prompt: question}}. {hint(missing, present, columns=True)}".strip(),
        )
    known = {getattr(columns, part) for part in type(columns).model_fields} | {*TURNS, *ANSWERS, *_SYSTEMS, *STOP_KEYS}
    wanted = tuple(name for name in present if name in known)
    source: Callable[[], Iterator[tuple[str, Mapping[str, Any]]]]
    if isinstance(rows, FileRows) and rows.format == "jsonl":
        source = partial(_from_lines, rows, where)
    else:
        source = partial(_from_batches, rows, wanted, where)
    return interactions_from_records(spec, source, ref)


def interactions_of_results(spec: InteractionsSpec, path: Path, name: str) -> Interactions:
    """Interactions, with the tool's own verdicts, of a file or folder that another tool has written.

    Each is read once, so that a version that is not read, or a damaged file, is found now.

    Raises
    ------
    SourceError
    """
    from cardwright.sources.results import READERS

    assert spec.format is not None
    reader, where = READERS[spec.format], spec.interactions
    if not path.is_dir():
        require_file(path, where)
    read = partial(_read_results, reader, path, where, spec)
    rows = sum(1 for _ in read())
    if not rows:
        raise SourceError("there are no exchanges in it", where=where, do="Name a run that has ended.")
    ref = DatasetRef(
        name=name,
        role=spec.role or name,
        split=spec.split,
        kind="interactions",
        path=where,
        format=reader.name,
        sha256=sha256_of_path(path),
        rows=rows,
        filter=spec.filter,
        subject_version=spec.subject_version,
        released=spec.released,
    )
    return Interactions(ref=ref, intent=spec.intent, read=read)


def _read_results(reader: Reader, path: Path, where: str, spec: InteractionsSpec) -> Iterator[Interaction]:
    for number, recorded in enumerate(reader.read(path, where), 1):
        yield _interaction(recorded.row, spec, recorded.place, number, recorded)


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


def _interaction(
    row: Mapping[str, Any], spec: InteractionsOptions, place: str, number: int, recorded: Recorded | None = None
) -> Interaction:
    columns = spec.columns

    def text(part: str) -> str | None:
        return _text(row.get(getattr(columns, part)), part, place)

    conversation = _conversation(row, columns, text, place)
    messages = conversation.messages
    if recorded is not None and recorded.unread is not None:
        messages = _marked(messages, recorded.unread)
    failed = row.get(columns.error) not in (None, "", False)
    unread = any(message.unread for message in messages)
    # Another tool's row in which nothing was asked is counted as unscored: nobody can mend a file that a tool has written.
    if recorded is None and not unread and not any(message.role in ("user", "tool") for message in messages):
        raise SourceError("there is no user turn, so nothing was asked", where=place, do="Leave the row out.")
    last = max((i for i, message in enumerate(messages) if message.role == "user"), default=-1)
    answered = any(message.role == "assistant" for message in messages[last + 1 :])
    # A conversation in which the user has the last word is not a failure of the assistant, and nothing to score either.
    unfinished = not answered and conversation.spoken
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
        error=NO_ANSWER if failed or not (answered or unfinished or unread) else None,
        language=text("language") or None,
        outcome_value=_amount(row.get(columns.outcome_value), place),
        group=text("group") or None,
        pair_id=text("pair_id") or None,
        template=text("template") or None,
        passages=_strings(row.get(columns.passages), "passages", place),
        expected_calls=_expected(row.get(columns.expected_calls), place),
        judgements=recorded.judgements if recorded is not None else (),
    )


def _text(value: Any, part: str, place: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SourceError(f"`{part}` is not text", where=place, do="Write it as a string.")
    return None if value != value else as_label(value)  # noqa: PLR0124  NaN is missing


def _amount(value: Any, place: str) -> float | None:
    """A finite number, which CSV holds as text; a missing one is none."""
    if value is None or value == "" or (isinstance(value, float) and value != value):  # noqa: PLR0124  NaN is missing
        return None
    try:
        found = None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = None
    if found is None or found - found != 0:
        raise SourceError("`outcome_value` is no finite number", where=place, do="Write a number, or leave it out.")
    return found


def _marked(messages: Sequence[Message], why: str) -> tuple[Message, ...]:
    """Messages of which the reader of a tool's file could not read a part."""
    if not messages:
        return (unreadable("user", why),)
    return (replace(messages[0], unread=messages[0].unread or why), *messages[1:])


@dataclass(frozen=True)
class _Conversation:
    messages: tuple[Message, ...]
    spoken: bool
    """Whether turns are recorded and no separate response, so that the last turn is the last there is."""


def _conversation(
    row: Mapping[str, Any], columns: InteractionColumns, text: Callable[[str], str | None], place: str
) -> _Conversation:
    held = _turns_column(row, columns)
    turns = _turns(row.get(held), place)
    messages = messages_of(turns) if turns is not None else []
    system = _system(row, columns, held)
    if system and not any(message.role == "system" for message in messages):
        messages = [*system, *messages]
    prompt = text("prompt") if turns is None else None
    if prompt is not None:
        messages.append(Message("user", prompt))
    answered = columns.response if turns is None or columns.response in row else _answer_column(row, columns)
    response = row.get(answered)
    calls = _tool_calls(row.get(columns.tool_calls), place)
    if messages and messages[-1].role == "assistant":
        answer = _answer(response, None, answered, place)
        if not _is_said(answer, messages):
            messages += answer
        if calls is not None:
            messages[-1] = _with_calls(messages[-1], calls)
    else:
        messages += _answer(response, calls, answered, place)
    beside = _beside(row, columns, held, messages) if turns is not None else None
    if beside is not None:
        messages = list(_marked(messages, f"the row holds `{beside}` beside its turns, and that says something else"))
    if is_blocked(row):
        messages = _blocked(messages)
    return _Conversation(tuple(messages), turns is not None and answered not in row)


def _answer_column(row: Mapping[str, Any], columns: InteractionColumns) -> str:
    """Where the answer stands beside turns if not in the column of that name."""
    taken = {getattr(columns, part) for part in type(columns).model_fields}
    return next((name for name in ANSWERS if name not in taken and row.get(name) not in (None, "")), columns.response)


def _is_said(answer: Sequence[Message], messages: Sequence[Message]) -> bool:
    """Whether the turns end on this answer already, be it whole or in several messages; an answer without words adds none."""
    if any(one.unread or one.blocked or one.refused for one in answer):
        return False
    start = next((i + 1 for i in range(len(messages) - 1, -1, -1) if messages[i].role != "assistant"), 0)
    reply = messages[start:]
    words = "\n".join(one.content for one in answer).strip()
    calls = [call for one in reply for call in one.tool_calls]
    return (
        words in ("", "\n".join(one.content for one in reply).strip(), reply[-1].content.strip())
        and all(call in calls for one in answer for call in one.tool_calls)
        and all(one.reasoning in ("", *(said.reasoning for said in reply)) for one in answer)
    )


def _beside(row: Mapping[str, Any], columns: InteractionColumns, held: str, messages: Sequence[Message]) -> str | None:
    """Where the row holds turns, or a prompt, other than those that are read."""
    prompt = row.get(columns.prompt)
    asked = [message.content for message in messages if message.role != "assistant"]
    if isinstance(prompt, str) and not any(prompt.strip() in content for content in asked):
        return "prompt"
    said = {getattr(columns, part) for part in type(columns).model_fields}
    for name in ANSWERS:
        value = row.get(name)
        if name in said or value in (None, ""):
            continue
        found = answer_of(value) if isinstance(value, (Mapping, list)) else [Message("assistant", str(value))]
        if found is None or messages[-1].role != "assistant" or not _is_said(found, messages):
            return name
    for name in TURNS:
        value = row.get(name)
        if name == held or not value or name in (columns.id, columns.group, columns.prompt_id):
            continue
        if isinstance(value, str):
            try:
                value = decode(value)
            except ValueError:
                continue  # a name or number of the conversation
        # Both may be the same turns, which two tools read by different names.
        if isinstance(value, (list, Mapping)) and [(m.role, m.content) for m in messages_of(value)] != [
            (m.role, m.content) for m in messages
        ]:
            return name
    return None


def _answer(response: Any, calls: Message | None, column: str, place: str) -> list[Message]:
    """The last turn where it is recorded apart: text, a whole response of an API, calls alone, or nothing."""
    if isinstance(response, (Mapping, list)):
        found = answer_of(response)
        if found is None:
            return []
        return [*found[:-1], _with_calls(found[-1], calls)] if calls is not None and found else found
    said = _text(response, column, place)
    if said is None and calls is None:
        return []
    answer = Message("assistant", said or "")
    return [_with_calls(answer, calls) if calls is not None else answer]


def _expected(value: Any, place: str) -> tuple[Mapping[str, Any], ...] | None:
    """Calls that do the task; one that cannot be read stops the reading, since nobody could make it."""
    calls = _decoded(value, "expected_calls", place)
    if calls is None:
        return None
    read = messages_of([{"role": "assistant", "tool_calls": calls}])[0] if calls else None
    if read is not None and (read.unread or len(read.tool_calls) != len(calls)):
        raise SourceError(
            "`expected_calls` holds something other than calls",
            where=place,
            do='Write [{"name": "…", "arguments": {…}}].',
        )
    return read.tool_calls if read is not None else ()


def _blocked(messages: Sequence[Message]) -> list[Message]:
    """Messages of a row whose own `finish_reason` says that the provider's filter stopped the answer."""
    if messages and messages[-1].role == "assistant":
        return [*messages[:-1], replace(messages[-1], blocked=True)]
    return [*messages, Message("assistant", "", blocked=True)]


def _with_calls(message: Message, calls: Message) -> Message:
    return replace(message, tool_calls=message.tool_calls + calls.tool_calls, unread=message.unread or calls.unread)


def _tool_calls(value: Any, place: str) -> Message | None:
    """A message that holds the calls recorded in a column of their own."""
    calls = _decoded(value, "tool_calls", place)
    return messages_of([{"role": "assistant", "tool_calls": calls}])[0] if calls is not None else None


ANSWERS = ("output", "completion", "generation")
"""Where an answer stands beside turns if no column `response` does; beside that column it has to be the same answer."""
TURNS = ("messages", "contents", "conversations", "conversation")
"""Where turns stand if the plan names no column: OpenAI and Anthropic, Gemini, ShareGPT."""
_SYSTEMS = ("system", "systemInstruction", "system_instruction", "instructions")


def _turns_column(row: Mapping[str, Any], columns: InteractionColumns) -> str:
    if "messages" in columns.model_fields_set:
        return columns.messages
    return next((name for name in TURNS if row.get(name) not in (None, "")), columns.messages)


def _turns(value: Any, place: str) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if value.lstrip()[:1] not in ("[", "{"):
            raise SourceError("`messages` is not valid JSON", where=place, do="Write a list of turns.")
        try:
            return decode(value)
        except ValueError:
            raise SourceError("`messages` is not valid JSON", where=place, do="Write a list of turns.") from None
    return value


def _system(row: Mapping[str, Any], columns: InteractionColumns, held: str) -> list[Message]:
    """The system prompt where it is recorded apart: text, or parts as Anthropic and Gemini write it."""
    names = (columns.system,) if "system" in columns.model_fields_set or held == "messages" else _SYSTEMS
    value = next((row[name] for name in (columns.system, *names) if row.get(name) not in (None, "")), None)
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124  NaN is missing
        return []
    if isinstance(value, Mapping) and "parts" in value:
        return messages_of([{**value, "role": "system"}])
    return messages_of(
        [{"role": "system", "content": value if isinstance(value, (str, list, Mapping)) else as_label(value)}]
    )


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
        raise SourceError(
            "the intent is not one of attack, benign, observed", where=place, do="Write one of the three."
        )
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
            value = decode(value)
        except ValueError:
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
