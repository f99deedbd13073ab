"""OpenTelemetry spans of GenAI calls as OTLP JSON (semantic conventions 1.37 to 1.41, gen_ai 0.1).

What was said is in `gen_ai.input.messages`, `gen_ai.output.messages` and `gen_ai.system_instructions`, as JSON text or typed
values of OTLP, on the span or on its `gen_ai.client.inference.operation.details` event. Events named `gen_ai.evaluation.result`
are verdicts. Recording content is off by default: a span without it is read as unscored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.sources.interface import Judgement
from cardwright.sources.json_text import decode
from cardwright.sources.results.interface import Look, Reader, Recorded, judged, listed, mapping, not_of, refuse_version
from cardwright.sources.results.json_files import json_objects

VERSIONS = "semantic conventions 1.37 to 1.41"
_CALLS = ("chat", "text_completion", "generate_content")
"""`gen_ai.operation.name` of spans in which a model was asked; agents and tools have spans of their own around and inside."""
_SCHEMA = re.compile(r"/schemas/(?:gen-?ai/)?1\.(\d+)\.\d+$")


def recognises(look: Look) -> bool:
    """An OTLP export of traces."""
    return look.has("resourceSpans")


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    count = 0
    for location, export in json_objects(path, where):
        for resource in listed(export.get("resourceSpans")):
            for scope in listed(mapping(resource).get("scopeSpans")):
                _refuse_schema(mapping(scope).get("schemaUrl"), location)
                for span in listed(mapping(scope).get("spans")):
                    attributes = _attributes(mapping(span).get("attributes"))
                    if _asks(attributes):
                        count += 1
                        yield _span(mapping(span), attributes, f"{location}, span {count}", count)
    if not count:
        raise not_of("OpenTelemetry", "no span is a call of a model (`gen_ai.operation.name`)", where)


def _refuse_schema(url: object, location: str) -> None:
    version = _SCHEMA.search(url) if isinstance(url, str) else None
    if version is not None and not 37 <= int(version[1]) <= 41:
        # Older conventions wrote the messages as events of other names; that none are seen must not look like silence.
        raise refuse_version(f"1.{version[1]}", VERSIONS, location)


def _asks(attributes: Mapping[str, Any]) -> bool:
    name = attributes.get("gen_ai.operation.name")
    return name in _CALLS or (name is None and any(key.startswith("gen_ai.request.") for key in attributes))


def _span(span: Mapping[str, Any], attributes: Mapping[str, Any], location: str, number: int) -> Recorded:
    events = [(mapping(e).get("name"), _attributes(mapping(e).get("attributes"))) for e in listed(span.get("events"))]
    for name, inner in events:
        if name == "gen_ai.client.inference.operation.details":
            attributes = {**inner, **attributes}
    asked, answered = _value(attributes.get("gen_ai.input.messages")), _value(attributes.get("gen_ai.output.messages"))
    system = _value(attributes.get("gen_ai.system_instructions"))
    turns: list[Any] = []
    if system:
        turns.append({"role": "system", "content": system})
    turns += listed(asked) + listed(answered)
    old = any(key.startswith(("gen_ai.prompt", "gen_ai.completion")) for key in attributes)
    unread = None
    if not isinstance(asked, list) or not isinstance(answered, list):
        unread = "the messages are written by an older convention" if old else "the content was not recorded"
    row: dict[str, Any] = {"id": str(span.get("spanId") or number)[:64], "messages": turns}
    if mapping(span.get("status")).get("code") in (2, "STATUS_CODE_ERROR") and not isinstance(answered, list):
        row["error"], unread = "error", None if isinstance(asked, list) else unread
    verdicts = tuple(_judgement(inner) for name, inner in events if name == "gen_ai.evaluation.result")
    return Recorded(location, row, verdicts, unread)


def _judgement(attributes: Mapping[str, Any]) -> Judgement:
    label, value = attributes.get("gen_ai.evaluation.score.label"), attributes.get("gen_ai.evaluation.score.value")
    verdict = {"pass": 1, "passed": 1, "true": 1, "fail": 0, "failed": 0, "false": 0}.get(str(label).lower(), value)
    return judged("opentelemetry", attributes.get("gen_ai.evaluation.name"), "task_success", verdict)


def _attributes(held: object) -> dict[str, Any]:
    """OTLP's list of keys and typed values as a mapping; some exporters write a plain object."""
    if isinstance(held, Mapping):
        return dict(held)
    return {str(mapping(one).get("key")): _any(mapping(one).get("value")) for one in listed(held)}


def _any(value: object) -> Any:
    """OTLP's `AnyValue`: the one field that is set."""
    for key, inner in mapping(value).items():
        if key == "arrayValue":
            return [_any(item) for item in listed(mapping(inner).get("values"))]
        if key == "kvlistValue":
            return _attributes(mapping(inner).get("values"))
        if key == "intValue":
            return int(inner) if isinstance(inner, str) and inner.lstrip("-").isdigit() else inner
        return inner
    return None


def _value(raw: object) -> Any:
    if isinstance(raw, str):
        try:
            return decode(raw)
        except ValueError:
            return None
    return raw


OPENTELEMETRY = Reader("opentelemetry", "OpenTelemetry GenAI spans, OTLP JSON", VERSIONS, recognises, read)
