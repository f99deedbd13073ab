"""Turns with from and value."""

import json

import pytest
from tests.sources.messages.support import CALL, only, read

from cardwright.sources.messages import messages_of


def test_sharegpt_turns():
    found = read(
        {"from": "system", "value": "Be kind."},
        {"from": "human", "value": "Pay"},
        {"from": "function_call", "value": json.dumps(CALL)},
        {"from": "observation", "value": "paid"},
        {"from": "gpt", "value": "Paid."},
    )
    assert [m.role for m in found] == ["system", "user", "assistant", "tool", "assistant"]
    assert found[2].tool_calls == (CALL,)


@pytest.mark.parametrize(("speaker", "role"), [
    ("gpt", "assistant"), ("ChatGPT", "assistant"), ("Human", "user"), ("system", "system"), ("observation", "tool"),
])  # fmt: skip
def test_speakers_have_the_roles_of_messages_whatever_their_case(speaker, role):
    assert only({"from": speaker, "value": "x"}).role == role


def test_a_speaker_that_nobody_knows_makes_the_turn_unread_and_is_not_named():
    (found,) = messages_of([{"from": "Ada", "value": "x"}])
    assert found.unread == "the speaker of a message (`from`) is not known"


@pytest.mark.parametrize("value", ["{", '["x"]', '{"name": "n", "name": "m"}', 3])
def test_a_call_that_is_no_object_makes_the_turn_unread(value):
    (found,) = messages_of([{"from": "function_call", "value": value}])
    assert found.unread == "a tool call is not an object"


def test_several_calls_of_one_turn_are_all_there():
    said = '[{"name": "a", "arguments": {}}, {"name": "b", "parameters": {"x": "y"}}]'
    found = only({"from": "tool_call", "value": said})
    assert found.tool_calls == ({"name": "a", "arguments": {}}, {"name": "b", "arguments": {"x": "y"}})
