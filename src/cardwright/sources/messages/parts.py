"""Parts of content: text, reasoning, calls, results and media, by their type or, without one, by their keys."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cardwright.sources.messages.reading import Part, decoded, leaves, shown

BARE = "value"
"""The key under which arguments are kept that are a list, a number or another value and no object."""
UNPARSED = "unparsed"
"""The key under which the arguments of a call are kept as the text they are, if that is not a JSON object that can be read."""


def content_parts(content: Any) -> Iterator[Part]:
    """The parts of `content`, which is nothing, text, one part or a list of parts."""
    if content is None:
        return
    if isinstance(content, str):
        yield Part(text=content)
    elif isinstance(content, Mapping):
        yield from part_of(content)
    elif isinstance(content, (list, tuple)):
        for part in content:
            yield from part_of(part)
    else:
        yield Part(unread="the content of a message is neither text nor parts")


def part_of(part: Any) -> Iterator[Part]:
    """What one part holds."""
    if isinstance(part, str):
        yield Part(text=part)
        return
    if not isinstance(part, Mapping):
        yield Part(unread="a part of a message is not an object")
        return
    kind = part.get("type")
    if isinstance(kind, str):
        reader = _by_type(kind)
        yield from reader(part) if reader is not None else [_unknown(kind)]
        return
    key = next((key for key in _BY_KEY if part.get(key) is not None), None)
    yield from _BY_KEY[key](part) if key is not None else [_unknown("part without a type")]


def _unknown(kind: str) -> Part:
    return Part(unread=f"a part of a message is of a type that is not known ({shown(kind).strip('`')})")


def result_text(value: Any) -> Part:
    """What a tool returned as one text; parts as their text, other objects as JSON."""
    if value is None:
        return Part(result="")
    if isinstance(value, str):
        return Part(result=value)
    inner = list(content_parts(value)) if isinstance(value, list) else []
    if inner and not any(part.unread or part.call for part in inner):
        return Part(
            result="\n".join(part.text or part.result or part.reasoning or "" for part in inner),
            covered=tuple(text for part in inner for text in part.covered),
        )
    # A list of data rather than of parts.
    return Part(result=json.dumps(value, ensure_ascii=False), covered=tuple(leaves(value)))


def call_of(name: Any, arguments: Any) -> Part:
    """A call by its name and arguments; text that is not a JSON object is kept as the text it is."""
    if not isinstance(name, str) or not name:
        return Part(unread="a tool call has no name")
    covered: tuple[str, ...] = ()
    if isinstance(arguments, str):
        value, lossless = decoded(arguments) if arguments.strip() else ({}, True)
        covered = (arguments,) if lossless else ()
        arguments = value if lossless else {UNPARSED: arguments}
    if arguments is None:
        arguments = {}
    given = dict(arguments) if isinstance(arguments, Mapping) else {BARE: arguments}
    return Part(call={"name": name, "arguments": given}, covered=covered)


def tool_call(call: Any) -> Part:
    """An entry of `tool_calls`: OpenAI's functions and custom tools, LangChain's calls, plain ones."""
    if not isinstance(call, Mapping):
        return Part(unread="a tool call is not an object")
    inner = next((call[key] for key in ("function", "custom") if isinstance(call.get(key), Mapping)), call)
    return call_of(inner.get("name"), first(inner, "arguments", "args", "input", "parameters"))


def first(mapping_of_part: Mapping[str, Any], *keys: str) -> Any:
    """The first value that is there and not null."""
    return next((mapping_of_part[key] for key in keys if mapping_of_part.get(key) is not None), None)


# --- readers, one for each kind of part ----------------------------------------------------------------------------------


def _text(part: Mapping[str, Any]) -> Iterator[Part]:
    words = first(part, "text", "content", "value")
    if isinstance(words, Mapping):  # {"type": "text", "text": {"value": …}}, as the Assistants API writes it
        words = first(words, "value", "text")
    if isinstance(words, str):
        yield Part(reasoning=words) if part.get("thought") is True else Part(text=words)
    elif words is not None:
        yield from content_parts(words)
    # Citations and links are beside the text, and a reader of the answer sees them.
    for key in ("annotations", "citations"):
        if part.get(key):
            yield Part(text="\n".join(value for value in _values(part[key])))


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _values(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _values(inner)
    elif isinstance(value, str):
        yield value


def _refusal(part: Mapping[str, Any]) -> Iterator[Part]:
    words = first(part, "refusal", "text", "content")
    yield Part(text=words, refused=True) if isinstance(words, str) else _unknown("refusal")


def _thinking(part: Mapping[str, Any]) -> Iterator[Part]:
    any_thinking = False
    for key in ("thinking", "reasoning", "text", "summary", "content"):
        value = part.get(key)
        if isinstance(value, (str, list)):
            for inner in content_parts(value):
                any_thinking = True
                yield replace(inner, text=None, reasoning=inner.text or inner.reasoning)
    hidden = tuple(value for key in ("data", "encrypted_content") if isinstance(value := part.get(key), str) and value)
    if hidden or not any_thinking:
        yield Part(reasoning="[reasoning, withheld]" if hidden else "", covered=hidden)


def _call(part: Mapping[str, Any]) -> Iterator[Part]:
    inner = first(part, "functionCall", "function_call")
    if not isinstance(inner, Mapping):
        inner = part
    yield (
        tool_call(inner)
        if "function" in inner
        else call_of(inner.get("name"), first(inner, "input", "args", "arguments"))
    )


def _result(part: Mapping[str, Any]) -> Iterator[Part]:
    inner = first(part, "functionResponse", "function_response")
    if isinstance(inner, Mapping):
        yield result_text(first(inner, "response", "content", "parts"))
        return
    yield result_text(first(part, "content", "output", "text", "result", "response", "tools"))


def _code(part: Mapping[str, Any]) -> Iterator[Part]:
    inner = first(part, "executableCode", "executable_code")
    yield call_of("code_execution", inner)


def _ran(part: Mapping[str, Any]) -> Iterator[Part]:
    yield result_text(first(part, "codeExecutionResult", "code_execution_result"))


def _document(part: Mapping[str, Any]) -> Iterator[Part]:
    """A document is text if its source says so, else a file."""
    source = part.get("source")
    if isinstance(source, Mapping) and source.get("type") in ("text", "content"):
        headings = [part.get("title"), part.get("context")]
        yield from (Part(text=words) for words in headings if isinstance(words, str))
        yield Part(covered=("text/plain",))
        yield from content_parts(first(source, "data", "content"))
    else:
        yield from _medium(part)


def _search_result(part: Mapping[str, Any]) -> Iterator[Part]:
    yield result_text({key: value for key, value in part.items() if key != "type"})


_PAYLOAD = frozenset({"data", "file_data", "b64_json", "bytes"})
_DATA_URL = re.compile(r"data:([\w.+/-]{0,80})[^,]{0,200},", re.IGNORECASE)


def _medium(part: Mapping[str, Any]) -> Iterator[Part]:
    """An image, a sound or a file as a placeholder that names it; only its bytes are left out."""
    kind = str(part.get("type") or next(iter(part), "file"))
    named: list[str] = []
    covered: list[str] = []
    stack: list[tuple[str, Any]] = [("", {key: value for key, value in part.items() if key != "type"})]
    while stack:
        key, value = stack.pop()
        if isinstance(value, Mapping):
            stack += [(str(k), v) for k, v in reversed(list(value.items()))]
        elif isinstance(value, list):
            stack += [(key, v) for v in reversed(value)]
        elif isinstance(value, str) and value:
            inline = _DATA_URL.match(value)
            if inline is not None or (key in _PAYLOAD and len(value) >= 64):
                covered.append(value)
                named += [inline[1]] if inline is not None and inline[1] else []
            elif key not in ("type", "detail"):
                named.append(value)
    word = shown(kind).strip("`")
    yield Part(text=f"[{word}: {', '.join(named)}]" if named else f"[{word}]", medium=word, covered=tuple(covered))


Reader = Callable[[Mapping[str, Any]], Iterator[Part]]
_TYPES: Mapping[str, Reader] = {
    **dict.fromkeys(("text", "input_text", "output_text", "summary_text", "plain_text"), _text),
    "refusal": _refusal,
    **dict.fromkeys(("thinking", "redacted_thinking", "reasoning", "reasoning_text"), _thinking),
    **dict.fromkeys(("tool_use", "server_tool_use", "mcp_tool_use", "tool_call", "function_call"), _call),
    **dict.fromkeys(("tool_result", "function_response", "tool_reference", "tool_call_response"), _result),
    **dict.fromkeys(("image", "image_url", "input_image", "output_image"), _medium),
    **dict.fromkeys(("input_audio", "audio", "output_audio", "video", "video_url"), _medium),
    **dict.fromkeys(("file", "input_file", "media", "container_upload", "blob", "uri"), _medium),
    "document": _document,
    "search_result": _search_result,
}
_BY_KEY: Mapping[str, Reader] = {
    "text": _text,
    "refusal": _refusal,
    "thinking": _thinking,
    "functionCall": _call,
    "function_call": _call,
    "functionResponse": _result,
    "function_response": _result,
    "executableCode": _code,
    "executable_code": _code,
    "codeExecutionResult": _ran,
    "code_execution_result": _ran,
    **dict.fromkeys(("inlineData", "inline_data", "fileData", "file_data", "image_url"), _medium),
    "content": _text,
}


def _by_type(kind: str) -> Reader | None:
    reader = _TYPES.get(kind)
    # web_search_tool_result, code_execution_tool_result, … of Anthropic's own tools.
    return _result if reader is None and kind.endswith("_tool_result") else reader
