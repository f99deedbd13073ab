"""A whole response of an API as the last turns of a conversation: choices, candidates, output items, or one message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cardwright.sources.interface import Message
from cardwright.sources.messages import responses
from cardwright.sources.messages.reading import accounted, is_blocked, unreadable
from cardwright.sources.messages.turns import messages_of


def answer_of(body: Any) -> list[Message] | None:
    """What came back; None if the API answered with an error.

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
            messages = answer_of(beside) or [Message("assistant", "")]
            why = messages[0].unread or "the response holds both an answer and an error"
            return [replace(messages[0], unread=why, blocked=messages[0].blocked or blocked), *messages[1:]]
        return [Message("assistant", "", blocked=True)] if blocked else None
    held = [key for key in _READ if isinstance(body.get(key), list)]
    if held:
        messages = [message for key in held for message in _READ[key](body)]
        told = {key: body[key] for key in _TELLING if key in body}
        return accounted([*messages, *_sources(body)], _around(body), told, _SETTINGS)
    if _prompt_blocked(body):
        return [Message("assistant", "", blocked=True)]
    return messages_of([{"role": "assistant", **body} if "from" not in body else body])


def _sources(body: Mapping[str, Any]) -> list[Message]:
    """Pages that an answer names, where the API lists them beside it (Perplexity); a reader of the answer sees them."""
    listed = {key: body[key] for key in ("citations", "search_results") if body.get(key)}
    return messages_of([{"role": "assistant", "citations": list(listed.values())}]) if listed else []


def _around(body: Mapping[str, Any]) -> list[Any]:
    """What a response holds beside the turns in it: each object on its own, without what is read and what echoes the request."""
    echoed = _ECHOED if isinstance(body.get("output"), list) else ()
    left = [{k: v for k, v in body.items() if k not in (*_READ, *_TELLING, *echoed, "citations", "search_results")}]
    for choice in body["choices"] if isinstance(body.get("choices"), list) else ():
        if isinstance(choice, Mapping):
            read = "message" if choice.get("message") is not None else "text"
            left.append({k: v for k, v in choice.items() if k not in (read, *_TELLING)})
    for candidate in body["candidates"] if isinstance(body.get("candidates"), list) else ():
        if isinstance(candidate, Mapping):
            left.append({k: v for k, v in candidate.items() if k not in ("content", *_NAMED, *_TELLING)})
    return left


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
    messages: list[Message] = []
    for choice in body["choices"]:
        message = choice.get("message") if isinstance(choice, Mapping) else None
        if message is None and isinstance(choice, Mapping) and isinstance(choice.get("text"), str):
            message = {"content": choice["text"]}
        if not isinstance(message, Mapping):
            messages.append(unreadable("assistant", "a choice of the response holds no message"))
            continue
        messages += messages_of([{**message, "role": "assistant", "finish_reason": choice.get("finish_reason")}])
    return messages


def _candidates(body: Mapping[str, Any]) -> list[Message]:
    messages: list[Message] = []
    for candidate in body["candidates"]:
        if not isinstance(candidate, Mapping):
            messages.append(unreadable("assistant", "a candidate of the response is not an object"))
            continue
        content = candidate.get("content")
        turn = content if isinstance(content, Mapping) else {"parts": content}
        named = [candidate[key] for key in _NAMED if candidate.get(key)]
        more = {"citations": named} if named else {}
        messages += messages_of([{**turn, "role": "assistant", "finishReason": candidate.get("finishReason"), **more}])
    if not messages and _prompt_blocked(body):
        return [Message("assistant", "", blocked=True)]
    return messages


def _output(body: Mapping[str, Any]) -> list[Message]:
    messages = messages_of(body["output"])
    details = body.get("incomplete_details")
    reason = {"finish_reason": details.get("reason")} if isinstance(details, Mapping) else {}
    if is_blocked(reason):
        last = messages[-1] if messages else Message("assistant", "")
        return [*messages[:-1], replace(last, blocked=True)]
    return messages


_READ: Mapping[str, Callable[[Mapping[str, Any]], list[Message]]] = {
    "choices": _choices,
    "candidates": _candidates,
    "output": _output,
}
_NAMED = ("citationMetadata", "groundingMetadata", "citation_metadata", "grounding_metadata")
"""Where Gemini lists the pages that an answer rests on."""
_ECHOED = ("instructions", "tools", "tool_choice", "metadata", "text", "prompt", "max_tool_calls")
"""What the Responses API repeats of the request (https://platform.openai.com/docs/api-reference/responses/object)."""
_TELLING = (
    "usage", "usage_metadata", "usageMetadata", "logprobs", "logprobsResult", "prompt_logprobs", "safetyRatings",
    "content_filter_results", "prompt_filter_results", "promptFeedback", "prompt_feedback", "content_filters", "x_groq",
    "billing",
)  # fmt: skip
"""What tells of the call; a secret in it is looked for in `Message.beside` all the same."""
_SETTINGS = (
    "provider", "native_finish_reason", "done_reason", "modelVersion", "model_version", "responseId", "response_id",
    "truncation", "effort", "summary", "previous_response_id", "user", "reason", "prompt_cache_key",
    "prompt_cache_retention", "safety_identifier", "verbosity", "conversation",
)  # fmt: skip
"""Words of APIs about the call beside `reading`'s own; they are passed over if they look like one."""
