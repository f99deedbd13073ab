"""Both wire shapes carry tools, their results and streams, and what is cut off is no answer."""

import pytest

from cardwright.errors import SourceError
from cardwright.sources import wires
from cardwright.sources.interface import Message, Tool

TOOL = Tool("look", "Looks.", {"type": "object", "properties": {}})
TALK = (
    Message("system", "S"),
    Message("user", "U"),
    Message("assistant", "Wait", ({"name": "look", "arguments": {"q": 1}}, {"name": "look", "arguments": {"q": 2}})),
    Message("tool", "one"),
    Message("tool", "two"),
    Message("assistant", "", ({"name": "look", "arguments": {}},)),
    Message("tool", "three"),
)
SETTINGS = wires.Settings("m", 0.5, 100)


def test_a_result_names_the_call_that_it_answers_in_openai_s_shape():
    """Ids are not repeated over a conversation, and several calls are answered in their order."""
    body = wires.WIRES["openai"].body(SETTINGS, TALK, [TOOL])
    called = [call["id"] for turn in body["messages"] for call in turn.get("tool_calls", ())]
    answered = [turn["tool_call_id"] for turn in body["messages"] if turn["role"] == "tool"]
    assert called == answered
    assert len(set(called)) == 3
    assert body["tools"][0]["function"]["name"] == "look"
    assert "stream" not in body


def test_results_are_parts_of_one_turn_of_the_user_in_anthropic_s_shape():
    """The system prompt stands apart, and roles alternate."""
    body = wires.WIRES["anthropic"].body(SETTINGS, TALK, [TOOL])
    assert (body["system"], body["max_tokens"]) == ("S", 100)
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user", "assistant", "user"]
    uses = [part["id"] for turn in body["messages"] for part in turn["content"] if part["type"] == "tool_use"]
    results = [
        part["tool_use_id"] for turn in body["messages"] for part in turn["content"] if part["type"] == "tool_result"
    ]
    assert uses == results
    assert body["tools"] == [{"name": "look", "description": "Looks.", "input_schema": TOOL.parameters}]


OPENAI = [
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}}]},
    {"choices": [{"index": 0, "delta": {"content": "lo"}}]},
    {
        "choices": [
            {
                "index": 0,
                "delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "look", "arguments": '{"q"'}}]},
            }
        ]
    },
    {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    {"choices": [], "usage": {"total_tokens": 12}},
]
ANTHROPIC = [
    {"type": "message_start", "message": {"usage": {"input_tokens": 7, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo"}},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "c", "name": "look", "input": {}},
    },
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"q": '}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "1}"}},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
]


@pytest.mark.parametrize(("name", "stream"), [("openai", OPENAI), ("anthropic", ANTHROPIC)])
def test_a_stream_is_the_answer_that_it_adds_up_to(name, stream):
    """Words, calls and tokens."""
    found = wires.answer(wires.WIRES[name].joined(stream), "x")
    assert found == Message("assistant", "Hello", ({"name": "look", "arguments": {"q": 1}},))
    assert found.tokens == 12


@pytest.mark.parametrize(("name", "stream"), [("openai", OPENAI[:4]), ("anthropic", ANTHROPIC[:-1])])
def test_a_stream_that_ends_before_its_end_is_no_answer(name, stream):
    """Half an answer would be scored as a whole one."""
    assert wires.WIRES[name].joined(stream) is None


def test_blocks_refusals_and_errors_are_told_apart():
    """As they are in transcripts."""
    blocked = wires.answer({"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]}, "x")
    refused = wires.answer(
        {"choices": [{"message": {"content": None, "refusal": "No."}, "finish_reason": "stop"}]}, "x"
    )
    assert blocked.blocked
    assert refused.refused
    for body in ({"error": {"message": "x"}}, {"choices": []}, {"odd": 1}, [1]):
        with pytest.raises(SourceError):
            wires.answer(body, "x")


def test_events_are_read_from_lines_and_the_mark_of_the_end_is_none():
    """Comments keep a line open and say nothing."""
    lines = [b": ping", b'data: {"a": 1}', b"", b"event: x", b"data: [DONE]"]
    assert list(wires.events(lines)) == [{"a": 1}]
