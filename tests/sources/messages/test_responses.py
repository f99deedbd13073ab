"""Items of OpenAI's Responses API."""

import json

import pytest
from tests.sources.messages.support import CALL, ORDER, only, read

from cardwright.sources.messages import responses


def test_responses_items():
    found = read(
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Pay"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "KESTREL"}]},
        {"type": "function_call", "call_id": "c1", "name": "wire", "arguments": json.dumps(ORDER)},
        {"type": "function_call_output", "call_id": "c1", "output": "paid"},
        {"type": "custom_tool_call", "call_id": "c2", "name": "shell", "input": "ls"},
        {"type": "web_search_call", "id": "ws", "status": "completed", "action": {"type": "search", "query": "tide"}},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Paid.", "annotations": []}],
        },
    )
    assert [m.role for m in found] == ["user", "assistant", "assistant", "tool", "assistant", "assistant", "assistant"]
    assert (found[1].reasoning, found[2].tool_calls, found[3].content) == ("KESTREL", (CALL,), "paid")
    assert found[4].tool_calls[0]["arguments"] == {"unparsed": "ls"}
    assert found[5].tool_calls[0] == {
        "name": "web_search",
        "arguments": {"action": {"type": "search", "query": "tide"}},
    }


def test_responses_reasoning_that_is_encrypted_has_a_placeholder():
    found = only({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA=="})
    assert found.reasoning == "[reasoning, withheld]"


@pytest.mark.parametrize(
    ("turn", "ours"),
    [
        ({"type": "function_call"}, True),
        ({"type": "computer_call_output"}, True),
        ({"type": "reasoning"}, True),
        ({"type": "message", "role": "user"}, True),
        ({"type": "message"}, False),
        ({"type": "human"}, False),
        ({"role": "user"}, False),
        ({"type": 1}, False),
    ],
)
def test_items_are_told_by_their_type(turn, ours):
    assert responses.reads(turn) == ours


def test_a_picture_that_was_made_is_a_medium_and_its_bytes_are_no_text():
    turn = responses.read({"type": "image_generation_call", "id": "i", "result": "iVBORw0KGgo="})
    assert [part.text for part in turn.parts if part.medium] == ["[image]"]
    assert turn.parts[0].call == {"name": "image_generation", "arguments": {}}


def test_a_call_that_came_back_with_an_error_says_it_as_its_result():
    turn = responses.read(
        {"type": "mcp_call", "name": "wire", "arguments": "{}", "output": None, "error": "no such account"}
    )
    assert [part.result for part in turn.parts if part.result is not None] == ["no such account"]
