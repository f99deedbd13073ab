"""A whole response of an API as the last turns of a conversation: choices, candidates, output items, or one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cardwright.sources.interface import Message
from cardwright.sources.messages import responses
from cardwright.sources.messages.reading import is_blocked, unreadable
from cardwright.sources.messages.turns import messages_of


def answer_of(body: Any) -> list[Message] | None:
    """What came back; None where the API answered with an error.

    All choices are read, one after another: a second sample that gives a secret away has given it away.
    """
    if isinstance(body, list):
        return messages_of(_as_turns(body))
    if not isinstance(body, Mapping):
        return [unreadable("assistant", "the response is neither text nor an object")]
    error = body.get("error")
    if error:
        inner = error.get("code") if isinstance(error, Mapping) else error
        blocked = is_blocked({"finish_reason": inner})  # Azure refuses a prompt with an error of this code
        beside = {key: value for key, value in body.items() if key != "error"}
        if any(
            isinstance(beside.get(key), list) and beside[key] for key in ("choices", "candidates", "output", "content")
        ):
            found = answer_of(beside) or [Message("assistant", "")]
            why = found[0].unread or "the response holds both an answer and an error"
            return [replace(found[0], unread=why, blocked=found[0].blocked or blocked), *found[1:]]
        return [Message("assistant", "", blocked=True)] if blocked else None
    for key, read in (("choices", _choices), ("candidates", _candidates), ("output", _output)):
        if isinstance(body.get(key), list):
            return read(body)
    if _prompt_blocked(body):
        return [Message("assistant", "", blocked=True)]
    return messages_of([{"role": "assistant", **body} if "from" not in body else body])


def _prompt_blocked(body: Mapping[str, Any]) -> bool:
    """Whether Gemini refused the prompt itself; any reason it gives is a block."""
    feedback = body.get("promptFeedback") or body.get("prompt_feedback")
    return isinstance(feedback, Mapping) and bool(feedback.get("blockReason") or feedback.get("block_reason"))


def _as_turns(items: list[Any]) -> list[Any]:
    """Items of the Responses API as they are; a list of parts as one turn of the assistant."""
    turns = all(isinstance(item, Mapping) and ("role" in item or "from" in item) for item in items)
    if turns or all(isinstance(item, Mapping) and responses.reads(item) for item in items):
        return items
    return [{"role": "assistant", "content": items}]


def _choices(body: Mapping[str, Any]) -> list[Message]:
    found: list[Message] = []
    for choice in body["choices"]:
        message = choice.get("message") if isinstance(choice, Mapping) else None
        if message is None and isinstance(choice, Mapping) and isinstance(choice.get("text"), str):
            message = {"content": choice["text"]}
        if not isinstance(message, Mapping):
            found.append(unreadable("assistant", "a choice of the response holds no message"))
            continue
        found += messages_of([{**message, "role": "assistant", "finish_reason": choice.get("finish_reason")}])
    return found


def _candidates(body: Mapping[str, Any]) -> list[Message]:
    found: list[Message] = []
    for candidate in body["candidates"]:
        if not isinstance(candidate, Mapping):
            found.append(unreadable("assistant", "a candidate of the response is not an object"))
            continue
        content = candidate.get("content")
        turn = content if isinstance(content, Mapping) else {"parts": content}
        found += messages_of([{**turn, "role": "assistant", "finishReason": candidate.get("finishReason")}])
    if not found and _prompt_blocked(body):
        return [Message("assistant", "", blocked=True)]
    return found


def _output(body: Mapping[str, Any]) -> list[Message]:
    found = messages_of(body["output"])
    details = body.get("incomplete_details")
    reason = {"finish_reason": details.get("reason")} if isinstance(details, Mapping) else {}
    if is_blocked(reason):
        last = found[-1] if found else Message("assistant", "")
        return [*found[:-1], replace(last, blocked=True)]
    return found
