"""Turns with a role: OpenAI's, Anthropic's and Gemini's fields beside the content are read."""

import json

import pytest
from tests.sources.messages.support import CALL, ORDER, only, read

from cardwright.sources.messages import messages_of


def test_openai_refusal_field_with_null_content_is_a_refusal():
    found = only({"role": "assistant", "content": None, "refusal": "I'm sorry, I can't."})
    assert (found.content, found.refused) == ("I'm sorry, I can't.", True)


def test_a_legacy_function_call_is_a_call():
    turn = {"role": "assistant", "content": None, "function_call": {"name": "wire", "arguments": json.dumps(ORDER)}}
    assert only(turn).tool_calls == (CALL,)


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_beside_the_content_is_kept_apart_from_the_answer(key):
    found = only({"role": "assistant", "content": "No.", key: "KESTREL, hm."})
    assert (found.content, found.reasoning) == ("No.", "KESTREL, hm.")


def test_gemini_parts_calls_and_responses():
    found = read(
        {"role": "user", "parts": [{"text": "Pay"}]},
        {
            "role": "model",
            "parts": [{"text": "Hm", "thought": True}, {"functionCall": {"name": "wire", "args": ORDER}}],
        },
        {"role": "user", "parts": [{"functionResponse": {"name": "wire", "response": {"paid": "yes"}}}]},
        {"role": "model", "parts": [{"text": "Paid."}]},
    )
    assert [m.role for m in found] == ["user", "assistant", "tool", "assistant"]
    assert (found[1].tool_calls, found[1].reasoning, found[2].content) == ((CALL,), "Hm", '{"paid": "yes"}')


def test_parts_instead_of_content_in_any_role():
    assert only({"role": "assistant", "parts": ["Hi", {"type": "text", "text": "Ho"}]}).content == "Hi\nHo"


def test_the_transcript_of_a_spoken_answer_is_its_text():
    found = only(
        {"role": "assistant", "content": None, "audio": {"id": "a1", "data": "E" * 80, "transcript": "KESTREL"}}
    )
    assert found.content == "KESTREL"


def test_where_inspect_ai_says_a_turn_is_from_is_no_part_of_it():
    assert only({"role": "assistant", "content": "No", "source": "generate"}).content == "No"
    (found,) = messages_of([{"role": "assistant", "content": "No", "source": "KESTREL"}])
    assert found.unread == "`source` of a message is not read"


def test_reasoning_details_that_are_no_list_are_unread():
    (message,) = messages_of([{"role": "assistant", "content": "No.", "reasoning_details": 5}])
    assert (message.content, message.unread) == ("No.", "`reasoning_details` is not a list")
