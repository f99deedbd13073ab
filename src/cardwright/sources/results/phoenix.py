"""Phoenix's spans by the OpenInference conventions (JSON, JSON Lines of `get_spans`, or a dataframe's rows; Phoenix 4 to 13).

Messages are flat attributes, `llm.input_messages.0.message.content`, or the same nested; with or without `attributes.` in front.
Annotations of a span are verdicts, by their label (pass, fail) or a score of 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.sources.interface import Judgement
from cardwright.sources.results.interface import Look, Reader, Recorded, judged, listed, mapping, not_of
from cardwright.sources.results.json_files import json_objects

VERSIONS = "4 to 13 (OpenInference)"
_KIND = "openinference.span.kind"


def recognises(look: Look) -> bool:
    """A span names its kind in OpenInference's words."""
    first = look.first[0] if isinstance(look.first, list) and look.first else look.first
    spans = listed(first.get("data")) if isinstance(first, Mapping) and "data" in first else [first]
    return bool(spans) and isinstance(spans[0], Mapping) and _kind(spans[0]) is not None


def _kind(span: Mapping[str, Any]) -> str | None:
    attributes = _nested(span).get("openinference")
    kind = mapping(mapping(attributes).get("span")).get("kind") or span.get("span_kind")
    return kind if isinstance(kind, str) else None


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    count = 0
    for location, entry in json_objects(path, where):
        for span in listed(entry.get("data")) or [entry]:
            if _kind(mapping(span)) == "LLM":
                count += 1
                yield _span(mapping(span), f"{location}, span {count}", count)
    if not count:
        raise not_of("Phoenix", "no span is of the kind LLM", where)


def _nested(span: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as a tree: dotted keys are split, so that the flat and the nested form are one."""
    held = mapping(span.get("attributes"))
    prefix = "attributes."
    flat = {key.removeprefix(prefix): value for key, value in span.items() if key.startswith(prefix)}
    tree: dict[str, Any] = {}
    for key, value in {**held, **flat}.items():
        at = tree
        *path, last = str(key).split(".")
        for word in path:
            inner = at.setdefault(word, {})
            if not isinstance(inner, dict):
                inner = at[word] = {}
            at = inner
        at[last] = {**at[last], **value} if isinstance(at.get(last), dict) and isinstance(value, dict) else value
    return tree


def _listed(value: object) -> list[Any]:
    """A list, or an object whose keys are its numbers."""
    if isinstance(value, Mapping) and all(str(key).isdigit() for key in value):
        return [value[key] for key in sorted(value, key=int)]
    return listed(value)


def _span(span: Mapping[str, Any], location: str, number: int) -> Recorded:
    llm = mapping(_nested(span).get("llm"))
    asked, answered = (
        [_message(one) for one in _listed(llm.get(key))] for key in ("input_messages", "output_messages")
    )
    context = mapping(span.get("context"))
    failed = str(span.get("status_code")).upper() == "ERROR" and not answered
    row = {
        "id": str(context.get("span_id") or span.get("context.span_id") or span.get("id") or number)[:64],
        "messages": [*asked, *answered],
        "error": "error" if failed else None,
    }
    unread = None if asked and (answered or failed) else "the messages were not recorded"
    return Recorded(location, row, tuple(_verdicts(span)), unread)


def _message(held: object) -> dict[str, Any]:
    """`message.role`, `message.content` or `message.contents`, `message.tool_calls`; each below `message` or flat."""
    tree = _tree(held)
    message = mapping(tree.get("message")) or tree
    contents = [_content(one) for one in _listed(message.get("contents"))]
    calls = [mapping(_tree(one).get("tool_call")) or _tree(one) for one in _listed(message.get("tool_calls"))]
    turn: dict[str, Any] = {"role": message.get("role"), "content": contents or message.get("content")}
    if calls:
        turn["tool_calls"] = [
            {"function": {key: mapping(call.get("function")).get(key) for key in ("name", "arguments")}}
            for call in calls
        ]
    return turn


def _tree(held: object) -> dict[str, Any]:
    return _nested({"attributes": mapping(held)})


def _content(held: object) -> dict[str, Any]:
    tree = _tree(held)
    part = mapping(tree.get("message_content")) or tree
    image = mapping(part.get("image"))
    return {"type": "image", **image} if image else dict(part)


def _verdicts(span: Mapping[str, Any]) -> Iterator[Judgement]:
    for one in listed(span.get("annotations")):
        result = mapping(mapping(one).get("result")) or mapping(one)
        label = str(result.get("label")).lower()
        verdict = {"pass": 1, "true": 1, "correct": 1, "fail": 0, "false": 0, "incorrect": 0}.get(
            label, result.get("score")
        )
        yield judged("phoenix", mapping(one).get("name"), "task_success", verdict)


PHOENIX = Reader("phoenix", "Phoenix spans (OpenInference)", VERSIONS, recognises, read)
