"""LangChain's messages in each of the forms that it writes."""

import json

import pytest
from tests.sources.messages.support import CALL, ORDER, only, read

from cardwright.sources.interface import Message

LANGCHAIN = {"content": "", "tool_calls": [{"name": "wire", "args": ORDER, "id": "c1", "type": "tool_call"}]}


@pytest.mark.parametrize(
    "turn",
    [
        {"type": "ai", **LANGCHAIN},
        {"type": "ai", "data": {**LANGCHAIN, "type": "ai"}},
        {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "AIMessage"], "kwargs": LANGCHAIN},
        {
            "type": "ai",
            "content": "",
            "additional_kwargs": {
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "wire", "arguments": json.dumps(ORDER)}}
                ]
            },
        },
    ],
)
def test_langchain_calls_in_each_of_its_forms(turn):
    assert only(turn) == Message("assistant", "", (CALL,))


def test_langchain_turns_and_calls_that_it_could_not_parse():
    found = read(
        {"type": "system", "content": "Be kind."},
        {"type": "human", "content": "Pay", "additional_kwargs": {}, "response_metadata": {"model_name": "a model"}},
        {
            "type": "ai",
            "content": "",
            "invalid_tool_calls": [{"name": "wire", "args": "{KESTREL", "id": "c", "type": "x"}],
        },
        {"type": "tool", "content": "paid", "tool_call_id": "c"},
    )
    assert [m.role for m in found] == ["system", "user", "assistant", "tool"]
    assert found[2].tool_calls[0]["arguments"] == {"unparsed": "{KESTREL"}
