"""Items of OpenAI's Responses API: messages, calls and their outputs, reasoning, each an item of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardwright.sources.messages import chat
from cardwright.sources.messages.parts import call_of, first, part_of, result_text
from cardwright.sources.messages.reading import Part, Turn

_ABOUT_THE_CALL = ("type", "id", "call_id", "status", "output", "outputs", "result", "results", "error")


def reads(turn: Mapping[str, Any]) -> bool:
    """Whether it is of this shape."""
    kind = turn.get("type")
    return isinstance(kind, str) and (
        kind.endswith(("_call", "_call_output")) or kind == "reasoning" or (kind == "message" and "role" in turn)
    )


def read(turn: Mapping[str, Any]) -> Turn:
    """See `reading.ReadTurn`."""
    kind = str(turn["type"])
    if kind == "message":
        return chat.read(turn)
    if kind == "reasoning":
        return Turn("assistant", tuple(part_of(turn)))
    if kind.endswith("_call_output"):
        return Turn("tool", (result_text(first(turn, "output", "content")),))
    if kind in ("function_call", "custom_tool_call", "mcp_call"):
        call = call_of(turn.get("name"), first(turn, "arguments", "input"))
    else:
        # web_search_call, computer_call, code_interpreter_call, …: what the model asked of a tool of the API itself.
        asked = {key: value for key, value in turn.items() if key not in _ABOUT_THE_CALL}
        call = call_of(kind.removesuffix("_call"), asked)
    came = first(turn, "output", "outputs", "results", "error")
    parts: tuple[Part, ...] = (call,) if came is None else (call, result_text(came))
    picture = turn.get("result")
    if isinstance(picture, str):
        parts += (Part(text="[image]", medium="image", covered=(picture,)),)
    return Turn("assistant", parts)
