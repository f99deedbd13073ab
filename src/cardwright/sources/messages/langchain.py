"""LangChain's messages: `type: human | ai | system | tool`, plain, under `data`, or serialised with `kwargs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cardwright.sources.messages import chat
from cardwright.sources.messages.parts import tool_call
from cardwright.sources.messages.reading import Turn, is_blocked

_TYPES = {
    "human": "user", "ai": "assistant", "system": "system", "developer": "system", "tool": "tool", "function": "tool",
    "HumanMessage": "user", "AIMessage": "assistant", "SystemMessage": "system", "ToolMessage": "tool",
    "FunctionMessage": "tool", "HumanMessageChunk": "user", "AIMessageChunk": "assistant",
}  # fmt: skip


def reads(turn: Mapping[str, Any]) -> bool:
    """Whether it is of this shape."""
    return isinstance(_type(turn), str) and (_type(turn) in _TYPES) and "role" not in turn and "from" not in turn


def read(turn: Mapping[str, Any]) -> Turn:
    """See `reading.ReadTurn`."""
    kind = str(_type(turn))
    inner = next((turn[key] for key in ("kwargs", "data") if isinstance(turn.get(key), Mapping)), turn)
    role = _TYPES[kind]
    more = inner.get("additional_kwargs")
    more = more if isinstance(more, Mapping) else {}
    plain = {key: value for key, value in inner.items() if key not in ("type", "additional_kwargs")}
    # The provider's own form of the calls is beside LangChain's; it is read only if that is missing.
    beside = {key: value for key, value in more.items() if key not in plain or not plain[key]}
    turn_read = chat.read({**plain, **beside, "role": role})
    invalid = inner.get("invalid_tool_calls")
    parts = turn_read.parts + tuple(tool_call(call) for call in (invalid if isinstance(invalid, list) else ()))
    return replace(
        turn_read,
        parts=parts,
        blocked=is_blocked(inner, inner.get("response_metadata"), more),
        covered=(kind, *(_raw_arguments(more) if "tool_calls" in plain else ())),
    )


def _type(turn: Mapping[str, Any]) -> Any:
    if isinstance(turn.get("kwargs"), Mapping) and isinstance(turn.get("id"), list) and turn["id"]:
        return turn["id"][-1]
    return turn.get("type")


def _raw_arguments(more: Mapping[str, Any]) -> tuple[str, ...]:
    calls = more.get("tool_calls")
    inner = (
        [call["function"] for call in calls if isinstance(call, Mapping) and isinstance(call.get("function"), Mapping)]
        if isinstance(calls, list)
        else []
    )
    return tuple(f["arguments"] for f in inner if isinstance(f.get("arguments"), str))
