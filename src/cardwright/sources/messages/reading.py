"""What one turn gives, and the account of it: every string of a turn is read, or the turn says that it was not."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cardwright.sources.interface import Message
from cardwright.sources.json_text import decode

ROLES: Mapping[str, str] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
}
"""Roles of all shapes, as `Message.role` names them."""

Call = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """What one part of a turn holds. Parts are added up in their order."""

    text: str | None = None
    reasoning: str | None = None
    """What a model wrote before its answer: thinking, a summary of it."""
    call: Call | None = None
    result: str | None = None
    """What a tool returned."""
    refused: bool = False
    """Whether the API itself says that this is a refusal."""
    medium: str | None = None
    """An image, a sound or a file, whose placeholder is the text."""
    covered: tuple[str, ...] = ()
    """Strings of the turn that are in the message in another form: a decoded argument, a payload behind a placeholder."""
    unread: str | None = None
    """Why the part cannot be read."""


@dataclass(frozen=True)
class Turn:
    """What one turn of a wire format says: who speaks, in which parts."""

    role: str
    parts: tuple[Part, ...] = ()
    blocked: bool = False
    """Whether the provider's filter stopped the answer."""
    covered: tuple[str, ...] = ()


ReadTurn = Callable[[Mapping[str, Any]], Turn]


def unreadable(role: str, why: str) -> Message:
    """A message in place of a turn that cannot be read."""
    return Message(role, "", unread=why)


def messages_from(raw: Any, turn: Turn) -> tuple[Message, ...]:
    """The messages of a turn, with the account of it: a string of `said` that is in none of them makes it unread.

    One turn can be several messages: in Anthropic's shape, results of tools are parts of the user's turn.
    """
    messages = _split(turn)
    covered = {*turn.covered, *(text for part in turn.parts for text in part.covered)}
    # What a part holds as a whole is looked up, and only what is left is searched for: a turn may have thousands of parts.
    covered |= {text for part in turn.parts for text in (part.text, part.reasoning, part.result) if text is not None}
    text = "\n".join(_whole(message) for message in messages)
    reasons = [part.unread for part in turn.parts if part.unread]
    if turn.role == "assistant":
        reasons += [f"the assistant's answer holds {p.medium}, which no scorer reads" for p in turn.parts if p.medium]
    reasons += [f"{shown(key)} of a message is not read" for key, leaf in _lost(raw, covered, text)]
    first = messages[0]
    if turn.role == "assistant":
        first = replace(first, beside=others(raw, covered, text))
    if reasons:
        first = replace(first, unread=first.unread or reasons[0])
    return (first, *messages[1:])


def others(raw: Any, covered: Collection[str], text: str) -> str:
    """Every string, name of a key among them, that came with an answer and is not in its text."""
    uncovered = dict.fromkeys(leaf for leaf in leaves(raw) if leaf not in covered)
    return "\n".join(leaf for leaf in uncovered if leaf not in text)


def accounted(messages: Sequence[Message], rest: Any, told: Any, settings: Collection[str] = ()) -> list[Message]:
    """Messages of a response, with the account of all that the response holds around them.

    `told` is what tells of the call alone, and `settings` are keys of the API's own words about it. A text may stand twice,
    the second time joined from its parts (`output_text`).
    """
    text = "\n".join(_whole(message) for message in messages)
    flat = "".join("".join(message.content.split()) for message in messages)
    first = messages[0] if messages else Message("assistant", "")
    first = replace(first, beside="\n".join(filter(None, (first.beside, others([rest, told], (), text)))))
    for key, leaf in _lost(rest, set(), text):
        if not (key in settings and _PLAIN.fullmatch(leaf)) and "".join(leaf.split()) not in flat:
            first = replace(first, unread=first.unread or f"{shown(key)} of the response is not read")
            return [first, *messages[1:]]
    return [first, *messages[1:]] if messages else []


def shown(key: str) -> str:
    """A key or type as it may be printed: a plain word; any other could hold data."""
    return f"`{key}`" if re.fullmatch(r"[A-Za-z][A-Za-z_.-]{0,39}", key) else "a key (name withheld)"


def leaves(value: Any) -> Iterator[str]:
    """All strings inside lists and mappings, names of keys among them, in their order."""
    for key, leaf in _leaves(value, "", keys=True):
        yield leaf if leaf else key


def _leaves(value: Any, key: str, *, keys: bool = False) -> Iterator[tuple[str, str]]:
    # A stack of our own: what is nested a thousand deep must not end in a RecursionError.
    stack: list[tuple[str, Any]] = [(key, value)]
    while stack:
        name, here = stack.pop()
        if isinstance(here, Mapping):
            stack += [(str(k), v) for k, v in reversed(list(here.items()))]
            if keys:
                yield from ((str(k), str(k)) for k in here)
        elif isinstance(here, (list, tuple)):
            stack += [(name, v) for v in reversed(here)]
        elif isinstance(here, str):
            yield name, here


_BOOKKEEPING = frozenset({
    "role", "type", "id", "object", "index", "status", "model", "name", "created", "created_at", "timestamp",
    "tool_call_id", "tool_use_id", "call_id", "item_id", "thought_signature", "thoughtSignature", "signature",
    "finish_reason", "stop_reason", "stop_sequence", "finishReason", "from", "phase", "detail", "service_tier",
    "system_fingerprint", "author", "lc", "caller", "server_label",
})  # fmt: skip
"""Keys beside the content whose values are names and numbers given by the API; they are passed over if they look like that."""
_TELEMETRY = frozenset({
    "usage", "usage_metadata", "response_metadata", "usageMetadata", "logprobs", "cache_control", "safetyRatings",
    "safety_ratings", "content_filter_results", "prompt_filter_results",
})  # fmt: skip
"""Objects beside the content that tell of the call, not of what was said."""
_PLAIN = re.compile(r"[\w.:+/@=#-]{0,4096}|\d{4}-\d\d-\d\d [\d:.,+Z -]{0,30}")


def _lost(raw: Any, covered: set[str], text: str) -> Iterator[tuple[str, str]]:
    """Strings that a turn holds and its messages do not, each with its key."""
    for key, leaf in _leaves(_without_telemetry(raw), ""):
        if not leaf.strip() or leaf in covered or (key in _BOOKKEEPING and _PLAIN.fullmatch(leaf)):
            continue
        if leaf not in text:
            yield key, leaf


def _without_telemetry(raw: Any) -> Any:
    """A turn without the objects that tell of the call; LangChain nests the turn under `kwargs` or `data`."""
    if not isinstance(raw, Mapping):
        return raw
    kept = {key: value for key, value in raw.items() if key not in _TELEMETRY or isinstance(value, str)}
    return {key: _without_telemetry(value) if key in ("kwargs", "data") else value for key, value in kept.items()}


def _whole(message: Message) -> str:
    called = [f"{call['name']}\n" + "\n".join(leaves(call["arguments"])) for call in message.tool_calls]
    return "\n".join([message.content, message.reasoning, *called])


def _split(turn: Turn) -> tuple[Message, ...]:
    messages: list[Message] = []
    gathered: list[Part] = []

    def close() -> None:
        if gathered or not messages:
            messages.append(_message(turn, gathered))
            gathered.clear()

    for part in turn.parts:
        if part.result is not None and turn.role != "tool":
            if gathered:
                close()
            messages.append(Message("tool", part.result))
        else:
            gathered.append(part)
    close()
    if turn.blocked:
        messages[-1] = replace(messages[-1], blocked=True)
    return tuple(messages)


def _message(turn: Turn, parts: Sequence[Part]) -> Message:
    texts = [text for part in parts for text in (part.text, part.result) if text is not None]
    return Message(
        turn.role,
        "\n".join(texts),
        tuple(part.call for part in parts if part.call is not None),
        reasoning="\n".join(part.reasoning for part in parts if part.reasoning is not None),
        refused=any(part.refused for part in parts),
    )


_BLOCKED = frozenset({
    "content_filter", "content_filtered", "safety", "blocklist", "prohibited_content", "spii", "recitation",
    "image_safety", "guardrail_intervened", "refusal", "blocked",
})  # fmt: skip
"""Why generation stopped where the provider's filter did it: OpenAI and Azure `content_filter`, Anthropic `refusal`, Gemini
`SAFETY` and its like (https://ai.google.dev/api/generate-content#FinishReason), Bedrock `guardrail_intervened`."""
STOP_KEYS = ("finish_reason", "stop_reason", "finishReason", "blockReason", "block_reason")


def is_blocked(*places: Any) -> bool:
    """Whether a mapping says that the provider's filter stopped the answer."""
    return any(
        isinstance(candidate, Mapping) and str(candidate.get(key) or "").lower() in _BLOCKED
        for candidate in places
        for key in STOP_KEYS
    )


class _RepeatedKeyError(Exception):
    """An object has two equal keys, of which JSON keeps one."""


def _with_distinct_keys(items: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(items)
    if len(value) != len(items):
        raise _RepeatedKeyError
    return value


def decoded(text: str) -> tuple[Any, bool]:
    """JSON text as a value, and whether nothing is lost by it: of two equal keys JSON keeps one."""
    try:
        try:
            return decode(text, pairs=_with_distinct_keys), True
        except _RepeatedKeyError:
            return decode(text), False
    except ValueError:
        return None, False
