"""Turns with a `role`: OpenAI chat, Anthropic messages, Gemini contents; their parts may be mixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cardwright.sources.messages.parts import call_of, content_parts, first, part_of, result_text, tool_call
from cardwright.sources.messages.reading import ROLES, Part, Turn, decoded, is_blocked


def reads(turn: Mapping[str, Any]) -> bool:
    """Whether it is of this shape."""
    return isinstance(turn.get("role"), str) or "parts" in turn


def read(turn: Mapping[str, Any]) -> Turn:
    """See `reading.ReadTurn`."""
    stated_role = turn.get("role") or "user"  # Gemini's contents may leave the user's role out
    role = ROLES.get(str(stated_role).lower())
    if role is None:
        return Turn("user", (Part(unread="the role of a message is not one of system, user, assistant, tool"),))
    parts = [*_reasoning(turn), *_content(turn, role), *_beside(turn)]
    origin = turn.get("source")
    covered = (origin,) if origin in _ORIGINS else ()
    return Turn(role, tuple(parts), blocked=is_blocked(turn), covered=covered)


_ORIGINS = ("input", "generate")
"""What inspect_ai writes beside a turn under `source`: whether a person or the model made it."""


def _content(turn: Mapping[str, Any], role: str) -> Iterator[Part]:
    for key in ("content", "parts"):
        content = turn.get(key)
        if role == "tool":
            # A tool's message is one result, be it text, parts or data.
            if content is not None:
                yield result_text(content)
        else:
            yield from content_parts(content)


def _reasoning(turn: Mapping[str, Any]) -> Iterator[Part]:
    """Reasoning beside the content: DeepSeek's and vLLM's `reasoning_content`, OpenRouter's `reasoning`, Ollama's `thinking`."""
    for key in ("reasoning_content", "reasoning", "thinking"):
        value = turn.get(key)
        if isinstance(value, str):
            yield Part(reasoning=value)
        elif value is not None:
            yield from (
                replace(part, text=None, reasoning=part.text or part.reasoning) for part in content_parts(value)
            )
    details = turn.get("reasoning_details")
    if details is not None and not isinstance(details, (list, tuple)):
        yield Part(unread="`reasoning_details` is not a list")
        return
    for detail in details or ():
        kind = "reasoning" if isinstance(detail, Mapping) else None
        yield from part_of({**detail, "type": kind} if kind else detail)


def _beside(turn: Mapping[str, Any]) -> Iterator[Part]:
    refusal = turn.get("refusal")
    if isinstance(refusal, str) and refusal:
        yield Part(text=refusal, refused=True)
    calls = turn.get("tool_calls")
    if isinstance(calls, str):
        text = calls
        calls, lossless = decoded(text)
        if lossless:
            yield Part(covered=(text,))
        else:
            calls = None
            yield Part(unread="`tool_calls` is not valid JSON")
    if isinstance(calls, (list, tuple)):
        yield from (tool_call(call) for call in calls)
    elif calls is not None:
        yield Part(unread="`tool_calls` is not a list")
    legacy = turn.get("function_call")
    if isinstance(legacy, Mapping):
        yield call_of(legacy.get("name"), first(legacy, "arguments", "args"))
    audio = turn.get("audio")
    if isinstance(audio, Mapping):
        # The transcript is what was said; the sound of it is left out.
        data = audio.get("data")
        words = audio.get("transcript")
        yield Part(
            text=words if isinstance(words, str) else "[audio]",
            medium=None if isinstance(words, str) else "audio",
            covered=(data,) if isinstance(data, str) else (),
        )
    for key in ("annotations", "citations"):
        if turn.get(key):
            yield from part_of({"type": "text", "text": "", key: turn[key]})
    images = turn.get("images")  # Ollama, OpenRouter
    for image in images if isinstance(images, list) else ():
        yield from part_of({"type": "image", "data": image} if isinstance(image, str) else image)
