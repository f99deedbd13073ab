"""Phoenix's spans: flat and nested attributes are one, annotations are verdicts."""

import pytest
from tests.sources.results.support import lines, opened, value, verdicts

from cardwright.errors import SourceError

FLAT = {
    "openinference.span.kind": "LLM",
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "S",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.contents.0.message_content.type": "text",
    "llm.input_messages.1.message.contents.0.message_content.text": "U",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "A",
    "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "f",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"x": 1}',
}
NESTED = {
    "context.span_id": "s1",
    "attributes.openinference.span.kind": "LLM",
    "attributes.llm.input_messages": [
        {"message.role": "system", "message.content": "S"},
        {"message.role": "user", "message.contents": [{"message_content.type": "text", "message_content.text": "U"}]},
    ],
    "attributes.llm.output_messages": [
        {"message.role": "assistant", "message.content": "A", "message.tool_calls": [
            {"tool_call.id": "c", "tool_call.function.name": "f", "tool_call.function.arguments": '{"x": 1}'}]},
    ],
}  # fmt: skip


def span(attributes, /, **more):
    return {"name": "llm", "context": {"span_id": "s1"}, "attributes": attributes, "status_code": "OK", **more}


def test_flat_attributes_and_rows_of_a_dataframe_say_the_same(tmp_path):
    """System, user, answer and call."""
    (one,) = opened(lines(tmp_path / "s.jsonl", [span(FLAT)]), "phoenix", intent="observed")
    (two,) = opened(value(tmp_path / "s.json", [NESTED]), "phoenix", intent="observed")
    assert one == two
    assert (one.system, one.prompt, one.response) == ("S", "U", "A")
    assert one.tool_calls == ({"name": "f", "arguments": {"x": 1}},)
    assert one.unscored is None


def test_annotations_are_verdicts_and_other_spans_are_no_exchanges(tmp_path):
    """A page of the API holds spans under `data`."""
    said = [{"name": "correctness", "annotator_kind": "LLM", "result": {"label": "incorrect", "score": 0.2}}]
    held = {"data": [span(FLAT, annotations=said), span({"openinference.span.kind": "CHAIN"})]}
    (found,) = opened(value(tmp_path / "s.json", held), "phoenix", intent="observed")
    assert verdicts(found) == {"phoenix.correctness": False}


def test_messages_that_were_not_recorded_make_the_row_unscored(tmp_path):
    """Hidden inputs are a setting of the instrumentation."""
    (found,) = opened(
        lines(tmp_path / "s.jsonl", [span({"openinference.span.kind": "LLM"})]), "phoenix", intent="observed"
    )
    assert found.unscored == "the messages were not recorded"


def test_spans_without_a_call_of_a_model_are_refused(tmp_path):
    """They hold no exchange."""
    with pytest.raises(SourceError, match="no span is of the kind LLM"):
        opened(lines(tmp_path / "s.jsonl", [span({"openinference.span.kind": "CHAIN"})]), "phoenix", intent="observed")
