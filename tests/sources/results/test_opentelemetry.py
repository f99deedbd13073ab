"""OpenTelemetry's GenAI spans: messages as text or typed values, evaluations as events, content that was not recorded."""

import json

import pytest
from tests.sources.results.support import opened, value, verdicts

from cardwright.errors import SourceError

ASKED = [{"role": "user", "parts": [{"type": "text", "content": "Weather?"}]}]
ANSWERED = [
    {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "c", "name": "weather", "arguments": {"city": "Paris"}}],
    },
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "rain"}]},
    {"role": "assistant", "parts": [{"type": "text", "content": "Rain."}], "finish_reason": "stop"},
]


def text(key, held):
    return {"key": key, "value": {"stringValue": held if isinstance(held, str) else json.dumps(held)}}


def typed(held):
    if isinstance(held, list):
        return {"arrayValue": {"values": [typed(item) for item in held]}}
    if isinstance(held, dict):
        return {"kvlistValue": {"values": [{"key": key, "value": typed(item)} for key, item in held.items()]}}
    return {"stringValue": held}


def export(attributes, /, events=(), schema="https://opentelemetry.io/schemas/1.37.0"):
    called = [text("gen_ai.operation.name", "chat"), *attributes]
    agent = {"spanId": "s0", "attributes": [text("gen_ai.operation.name", "invoke_agent")]}
    span = {"spanId": "s1", "attributes": called, "events": list(events), "status": {}}
    return {"resourceSpans": [{"scopeSpans": [{"schemaUrl": schema, "spans": [agent, span]}]}]}


def test_text_typed_values_and_the_event_say_the_same(tmp_path):
    """Spans of agents around the call are no exchange of their own."""
    as_text = [text("gen_ai.input.messages", ASKED), text("gen_ai.output.messages", ANSWERED)]
    as_values = [
        {"key": "gen_ai.input.messages", "value": typed(ASKED)}, {"key": "gen_ai.output.messages", "value": typed(ANSWERED)},
    ]  # fmt: skip
    event = {"name": "gen_ai.client.inference.operation.details", "attributes": as_values}
    forms = (export(as_text), export(as_values), export([], events=[event]))
    found = [opened(value(tmp_path / "t.json", form), "opentelemetry", intent="observed") for form in forms]
    assert found[0] == found[1] == found[2]
    ((one,), *_) = found
    assert (one.prompt, one.response.strip()) == ("Weather?\nrain", "Rain.")
    assert one.tool_calls == ({"name": "weather", "arguments": {"city": "Paris"}},)
    assert one.unscored is None


def test_an_evaluation_is_a_verdict(tmp_path):
    """Its label, or a score of 0 or 1."""
    said = [text("gen_ai.evaluation.name", "Relevance"), text("gen_ai.evaluation.score.label", "fail")]
    event = {"name": "gen_ai.evaluation.result", "attributes": said}
    messages = [text("gen_ai.input.messages", ASKED), text("gen_ai.output.messages", ANSWERED)]
    (found,) = opened(value(tmp_path / "t.json", export(messages, events=[event])), "opentelemetry", intent="observed")
    assert verdicts(found) == {"opentelemetry.relevance": False}


def test_content_that_was_not_recorded_makes_the_row_unscored(tmp_path):
    """It is off by default."""
    (found,) = opened(value(tmp_path / "t.json", export([])), "opentelemetry", intent="observed")
    assert found.unscored == "the content was not recorded"


@pytest.mark.parametrize(
    "schema", ["https://opentelemetry.io/schemas/1.28.0", "https://opentelemetry.io/schemas/1.50.0"]
)
def test_other_conventions_are_refused(tmp_path, schema):
    """They name messages otherwise, and finding none must not look like silence."""
    with pytest.raises(SourceError, match=r"1\.37 to 1\.41 is read"):
        opened(value(tmp_path / "t.json", export([], schema=schema)), "opentelemetry", intent="observed")
