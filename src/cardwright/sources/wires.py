"""How a live assistant is asked over HTTP: requests and answers of OpenAI's and Anthropic's wire shapes, whole and streamed.

A conversation is written with the ids that tie a tool's result to its call: the n-th call of message i is `call_i_n`, and the
results that follow answer the calls in their order.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from cardwright.errors import SourceError
from cardwright.sources.interface import Message, Tool
from cardwright.sources.json_text import decode
from cardwright.sources.messages import answer_of

WireName = Literal["openai", "anthropic"]


@dataclass(frozen=True)
class Settings:
    """What is asked for with every request."""

    model: str
    temperature: float = 0.0
    max_tokens: int = 4096
    """The longest answer asked for; Anthropic's shape requires one."""
    stream: bool = False


@dataclass(frozen=True)
class Wire:
    """One wire shape."""

    name: WireName
    endpoint: Callable[[str], str] = field(repr=False)
    headers: Mapping[str, str]
    body: Callable[[Settings, Sequence[Message], Sequence[Tool]], dict[str, Any]] = field(repr=False)
    joined: Callable[[Iterable[Mapping[str, Any]]], Mapping[str, Any] | None] = field(repr=False)
    """The whole answer of a stream's events; None if the stream ended before its end."""


def answer(body: Any, where: str) -> Message:
    """The assistant's message in a response, with the tokens that it took.

    Raises
    ------
    SourceError
        If it is an error of the API, or nothing that is known.
    """
    found = answer_of(body) if isinstance(body, Mapping) and {"choices", "content", "error"} & body.keys() else []
    if found is None:
        raise SourceError("the server answered with an error", where=where, do="Look at the server's log.")
    said = next((message for message in reversed(found) if message.role == "assistant"), None)
    if said is None:
        raise SourceError(
            "the answer is not a chat completion", where=where, do="Check `wire:`, and the path of the URL."
        )
    return replace(said, tokens=_tokens(body.get("usage")))


def _tokens(usage: object) -> int | None:
    if not isinstance(usage, Mapping):
        return None
    if isinstance(usage.get("total_tokens"), int):
        return int(usage["total_tokens"])
    parts = [usage.get(key) for key in ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens")]
    counted = [part for part in parts if isinstance(part, int)]
    return sum(counted) if counted else None


def events(raw: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of a server-sent stream; `[DONE]` and comments hold none.

    Raises
    ------
    ValueError
        If an event is not JSON.
    """
    for line in raw:
        if line.startswith(b"data:"):
            text = line[5:].strip()
            if text and text != b"[DONE]":
                value = decode(text)
                if isinstance(value, Mapping):
                    yield value


def numbered(messages: Sequence[Message]) -> Iterator[tuple[Message, tuple[str, ...], str | None]]:
    """Each message with the ids of its calls and, for a tool's result, the id of the call that it answers."""
    waiting: deque[str] = deque()
    for position, message in enumerate(messages):
        ids = tuple(f"call_{position}_{number}" for number in range(len(message.tool_calls)))
        if ids:
            waiting = deque(ids)
        answers = waiting.popleft() if message.role == "tool" and waiting else None
        yield message, ids, answers


# --- OpenAI ---------------------------------------------------------------------------------------------------------------


def plain(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """A conversation in OpenAI's shape, which callables take too."""
    return [_openai_turn(message, ids, answers) for message, ids, answers in numbered(messages)]


def recorded(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """A conversation as transcripts hold it: OpenAI's shape, with reasoning, refusals and blocks where the messages have them."""
    return [_recorded(message, turn) for message, turn in zip(messages, plain(messages), strict=True)]


def _recorded(message: Message, turn: dict[str, Any]) -> dict[str, Any]:
    if message.reasoning:
        turn["reasoning_content"] = message.reasoning
    if message.refused:
        turn |= {"content": None, "refusal": message.content}
    if message.blocked:
        turn["finish_reason"] = "content_filter"
    return turn


def _openai_turn(message: Message, ids: Sequence[str], answers: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        said["tool_calls"] = [
            {
                "id": id_,
                "type": "function",
                "function": {
                    "name": call["name"],
                    "arguments": json.dumps(call["arguments"], ensure_ascii=False, sort_keys=True),
                },
            }
            for id_, call in zip(ids, message.tool_calls, strict=True)
        ]
    if answers is not None:
        said["tool_call_id"] = answers
    return said


def _openai_body(settings: Settings, messages: Sequence[Message], tools: Sequence[Tool]) -> dict[str, Any]:
    body: dict[str, Any] = {"model": settings.model, "temperature": settings.temperature, "messages": plain(messages)}
    if tools:
        body["tools"] = [
            {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.parameters}}
            for t in tools
        ]
    if settings.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body


def _openai_endpoint(url: str) -> str:
    """What is given, or `/chat/completions` below it."""
    bare = url.rstrip("/")
    return bare if bare.endswith("/chat/completions") else f"{bare}/chat/completions"


def _openai_joined(chunks: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    text: dict[str, list[str]] = {}
    calls: dict[int, dict[str, str]] = {}
    finish, usage = None, None
    for chunk in chunks:
        if chunk.get("error"):
            return chunk
        usage = chunk.get("usage") or usage
        for choice in chunk.get("choices") or ():
            if choice.get("index", 0) != 0:
                continue
            finish = choice.get("finish_reason") or finish
            delta = choice.get("delta") or {}
            for key in ("content", "refusal", "reasoning_content", "reasoning"):
                if isinstance(delta.get(key), str):
                    text.setdefault(key, []).append(delta[key])
            for part in delta.get("tool_calls") or ():
                call = calls.setdefault(int(part.get("index", 0)), {"name": "", "arguments": ""})
                function = part.get("function") or {}
                for key in call:
                    call[key] += function.get(key) or ""
    if finish is None:
        return None
    message: dict[str, Any] = {"role": "assistant", **{key: "".join(parts) for key, parts in text.items()}}
    if calls:
        message["tool_calls"] = [{"type": "function", "function": calls[index]} for index in sorted(calls)]
    return {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}


# --- Anthropic ------------------------------------------------------------------------------------------------------------


def _anthropic_body(settings: Settings, messages: Sequence[Message], tools: Sequence[Tool]) -> dict[str, Any]:
    turns: list[dict[str, Any]] = []
    for message, ids, answers in numbered(messages):
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        parts = list(_anthropic_parts(message, ids, answers))
        # Two turns of one role in a row are refused by some servers: a tool's results are parts of one turn of the user.
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += parts
        else:
            turns.append({"role": role, "content": parts})
    body: dict[str, Any] = {
        "model": settings.model,
        "temperature": settings.temperature,
        "max_tokens": settings.max_tokens,
        "messages": turns,
    }
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    if system:
        body["system"] = system
    if tools:
        body["tools"] = [{"name": t.name, "description": t.description, "input_schema": t.parameters} for t in tools]
    if settings.stream:
        body["stream"] = True
    return body


def _anthropic_parts(message: Message, ids: Sequence[str], answers: str | None) -> Iterator[dict[str, Any]]:
    if answers is not None:
        yield {"type": "tool_result", "tool_use_id": answers, "content": message.content}
        return
    if message.content or not ids:
        yield {"type": "text", "text": message.content or "(empty)"}  # an empty part of text is refused
    for id_, call in zip(ids, message.tool_calls, strict=True):
        yield {"type": "tool_use", "id": id_, "name": call["name"], "input": call["arguments"]}


def _anthropic_endpoint(url: str) -> str:
    """What is given, or `/messages` below `/v1`."""
    bare = url.rstrip("/")
    if bare.endswith("/messages"):
        return bare
    return f"{bare}/messages" if bare.endswith("/v1") else f"{bare}/v1/messages"


def _anthropic_joined(chunks: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    parts: dict[int, dict[str, Any]] = {}
    whole: dict[str, Any] = {"role": "assistant"}
    usage: dict[str, int] = {}
    ended = False
    for chunk in chunks:
        kind = chunk.get("type")
        if kind == "error":
            return {"error": chunk.get("error") or True}
        if kind == "message_start":
            usage |= _counts((chunk.get("message") or {}).get("usage"))
        elif kind == "content_block_start":
            parts[int(chunk["index"])] = dict(chunk.get("content_block") or {})
        elif kind == "content_block_delta":
            _add(parts.setdefault(int(chunk["index"]), {}), chunk.get("delta") or {})
        elif kind == "message_delta":
            whole["stop_reason"] = (chunk.get("delta") or {}).get("stop_reason")
            usage |= _counts(chunk.get("usage"))
        elif kind == "message_stop":
            ended = True
    if not ended:
        return None
    for part in parts.values():
        written = part.pop("partial_json", None)
        if written:
            # A call whose arguments are not complete JSON is kept as the text that they are.
            part["input"] = written
    return {**whole, "content": [parts[index] for index in sorted(parts)], "usage": usage}


def _add(part: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for key in ("text", "thinking", "partial_json", "signature"):
        if isinstance(delta.get(key), str):
            part[key] = (part.get(key) or "") + delta[key]


def _counts(usage: object) -> dict[str, int]:
    return {k: v for k, v in usage.items() if isinstance(v, int)} if isinstance(usage, Mapping) else {}


WIRES: Mapping[str, Wire] = {
    wire.name: wire
    for wire in (
        Wire("openai", _openai_endpoint, {}, _openai_body, _openai_joined),
        Wire("anthropic", _anthropic_endpoint, {"anthropic-version": "2023-06-01"}, _anthropic_body, _anthropic_joined),
    )
}
"""By the name that a plan writes after `wire:`."""
