"""Langfuse's exports: generations of a trace, with the trace's scores."""

import json

import pytest
from tests.sources.results.support import lines, opened, value, verdicts

from cardwright.errors import SourceError

CHAT = {"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}], "tools": []}
ANSWER = {
    "role": "assistant",
    "content": "A",
    "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
}


def generation(**more):
    return {
        "id": "o1",
        "traceId": "t1",
        "type": "GENERATION",
        "input": CHAT,
        "output": ANSWER,
        "level": "DEFAULT",
        **more,
    }


def test_a_trace_with_its_scores(tmp_path):
    """A score of the trace counts for its generations, one of another observation does not."""
    scores = [
        {"name": "helpful", "dataType": "BOOLEAN", "value": 1, "observationId": None},
        {"name": "toxic", "dataType": "BOOLEAN", "value": 0, "observationId": "other"},
        {"name": "quality", "dataType": "NUMERIC", "value": 0.7, "observationId": "o1"},
    ]
    held = {"id": "t1", "observations": [{"id": "x", "type": "SPAN", "traceId": "t1"}, generation()], "scores": scores}
    (found,) = opened(value(tmp_path / "trace.json", held), "langfuse", intent="observed")
    assert (found.system, found.prompt, found.response) == ("S", "U", "A")
    assert found.tool_calls == ({"name": "f", "arguments": {}},)
    assert verdicts(found) == {"langfuse.helpful": True, "langfuse.quality": None}


def test_rows_of_a_blob_export_hold_json_as_text(tmp_path):
    """In snake case."""
    row = {
        "id": "o",
        "trace_id": "t",
        "type": "GENERATION",
        "input": json.dumps(CHAT["messages"]),
        "output": json.dumps(ANSWER),
    }
    (found,) = opened(lines(tmp_path / "o.jsonl", [row]), "langfuse", intent="observed")
    assert (found.prompt, found.response) == ("U", "A")


def test_an_input_that_is_no_conversation_makes_the_row_unscored(tmp_path):
    """Variables of a template are not what was asked."""
    (found,) = opened(lines(tmp_path / "o.jsonl", [generation(input={"topic": "x"})]), "langfuse", intent="observed")
    assert found.unscored == "the input is neither text nor turns"


def test_an_export_without_generations_is_refused(tmp_path):
    """Spans alone hold no exchange."""
    with pytest.raises(SourceError, match="no observation is of type GENERATION"):
        opened(lines(tmp_path / "o.jsonl", [generation(type="SPAN")]), "langfuse", intent="observed")
