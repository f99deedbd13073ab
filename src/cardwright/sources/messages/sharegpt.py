"""Turns with `from` and `value`, as ShareGPT exports and the tools that train on them write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardwright.sources.messages.parts import call_of, content_parts, first
from cardwright.sources.messages.reading import ROLES, Part, Turn, decoded

_SPEAKERS = {**ROLES, "gpt": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant",
             "observation": "tool", "function_response": "tool", "tool_response": "tool"}  # fmt: skip


def reads(turn: Mapping[str, Any]) -> bool:
    """Whether it is of this shape."""
    return isinstance(turn.get("from"), str) and "value" in turn


def read(turn: Mapping[str, Any]) -> Turn:
    """See `reading.ReadTurn`."""
    speaker, value = str(turn["from"]).lower(), turn["value"]
    if speaker in ("function_call", "tool_call"):
        return Turn("assistant", _call(value))
    role = _SPEAKERS.get(speaker)
    if role is None:
        return Turn("user", (Part(unread="the speaker of a message (`from`) is not known"),))
    return Turn(role, tuple(content_parts(value)))


def _call(value: Any) -> tuple[Part, ...]:
    call_as_written, lossless = decoded(value) if isinstance(value, str) else (value, True)
    calls = call_as_written if isinstance(call_as_written, list) else [call_as_written]
    if not lossless or not all(isinstance(call, Mapping) for call in calls):
        return (Part(text=value if isinstance(value, str) else None, unread="a tool call is not an object"),)
    read_ = tuple(call_of(call.get("name"), first(call, "arguments", "parameters", "args")) for call in calls)
    return (*read_, Part(covered=(value,) if isinstance(value, str) else ()))
