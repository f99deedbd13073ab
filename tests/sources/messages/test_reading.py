"""What one turn gives: blocks are told from refusals, and every string is read or the turn says that it is not."""

import pytest
from tests.sources.messages.support import only

from cardwright.sources.interface import Message
from cardwright.sources.messages import messages_of
from cardwright.sources.messages.reading import Part, Turn, decoded, leaves, messages_from, shown, unreadable


def test_an_answer_in_pictures_is_not_read():
    """No scorer looks into a picture, so that an answer which holds one cannot be called safe."""
    (found,) = messages_of([{"role": "assistant", "content": [{"type": "image", "image": "https://a.example/x.png"}]}])
    assert found.unread == "the assistant's answer holds image, which no scorer reads"


@pytest.mark.parametrize(
    "turn",
    [
        {"role": "assistant", "content": "", "finish_reason": "content_filter"},
        {"role": "assistant", "content": [], "stop_reason": "refusal"},
        {"role": "model", "parts": [], "finishReason": "SAFETY"},
        {"type": "ai", "content": "", "response_metadata": {"finish_reason": "content_filter"}},
    ],
)
def test_a_provider_block_is_told_from_a_refusal(turn):
    found = only(turn)
    assert (found.blocked, found.refused) == (True, False)


@pytest.mark.parametrize(
    ("text", "value", "lossless"),
    [
        ('{"a": 1}', {"a": 1}, True),
        ('{"a": 1, "a": 2}', {"a": 2}, False),
        ('{"b": {"a": 1, "a": 1}}', {"b": {"a": 1}}, False),
        ("[1, {}]", [1, {}], True),
        ("{", None, False),
        ("", None, False),
    ],
)
def test_json_text_that_says_a_key_twice_is_not_read_without_loss(text, value, lossless):
    assert decoded(text) == (value, lossless)


@pytest.mark.parametrize(("key", "printed"), [
    ("tool_calls", "`tool_calls`"), ("x-y.z", "`x-y.z`"), ("Ada Lovelace", "a key (name withheld)"), ("", "a key (name withheld)"),
    ("a" * 40, f"`{'a' * 40}`"), ("a" * 41, "a key (name withheld)"), ("1a", "a key (name withheld)"),
])  # fmt: skip
def test_a_key_that_may_hold_data_is_not_printed(key, printed):
    assert shown(key) == printed


def test_every_string_and_every_key_is_a_leaf_in_its_order():
    assert [*leaves({"a": ["b", {"c": "d"}], "e": 1, "f": ""})] == ["a", "e", "f", "b", "c", "d", "f"]


def test_strings_nested_a_hundred_thousand_deep_are_found():
    nested = "x"
    for _ in range(100_000):
        nested = [nested]
    assert [*leaves(nested)] == ["x"]


def test_a_result_of_a_tool_in_a_turn_of_the_user_is_a_message_of_the_tool_between_the_words_around_it():
    turn = Turn("user", (Part(text="before"), Part(result="42"), Part(text="after"), Part(text="and on")))
    said = {"content": ["before", "42", "after", "and on"]}
    found = messages_from(said, turn)
    assert [(message.role, message.content) for message in found] == [
        ("user", "before"),
        ("tool", "42"),
        ("user", "after\nand on"),
    ]


def test_a_string_that_stands_in_no_message_makes_the_turn_unread_and_is_not_quoted():
    (found,) = messages_from({"content": "said", "aside": "a secret"}, Turn("assistant", (Part(text="said"),)))
    assert found.unread == "`aside` of a message is not read"


def test_what_the_api_says_of_the_call_is_no_part_of_the_turn():
    said = {"content": "said", "usage": {"note": "of no matter"}, "finish_reason": "stop", "id": "msg_1"}
    (found,) = messages_from(said, Turn("assistant", (Part(text="said"),)))
    assert found.unread is None
    (found,) = messages_from({**said, "id": "words that are no id"}, Turn("assistant", (Part(text="said"),)))
    assert found.unread == "`id` of a message is not read"


def test_the_block_is_of_the_last_message_of_a_turn():
    found = messages_from({}, Turn("user", (Part(result="r"), Part(text="t")), blocked=True))
    assert [message.blocked for message in found] == [False, True]


def test_a_turn_without_parts_is_one_empty_message():
    assert messages_from({}, Turn("assistant")) == (Message("assistant", ""),)
    assert unreadable("tool", "why") == Message("tool", "", unread="why")
