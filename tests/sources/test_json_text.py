"""JSON of others is read whole, or refused in words that hold nothing of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.sources.json_text import MAX_DEPTH, UnreadableJsonError, decode

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(VALUES, st.booleans())
def test_whatever_json_can_hold_is_read_as_it_was_written(value, escaped):
    text = json.dumps(value, ensure_ascii=escaped)
    assert decode(text) == decode(text.encode("utf-8")) == value


@pytest.mark.parametrize("kind", ["[]", "{}"])
def test_nesting_is_read_as_deep_as_it_may_be_and_refused_beyond(kind):
    def nested(depth):
        return ('{"a":' * depth + "1" + "}" * depth) if kind == "{}" else "[" * depth + "1" + "]" * depth

    decode(nested(MAX_DEPTH))
    with pytest.raises(UnreadableJsonError, match="deep"):
        decode(nested(MAX_DEPTH + 1))
    with pytest.raises(UnreadableJsonError, match="deep"):
        decode(nested(100_000))


def test_many_brackets_beside_each_other_are_not_deep():
    assert decode(json.dumps([[1]] * 1000)) == [[1]] * 1000


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("9" * 5000, "more than 4,300 digits"),
        ('{"name": "Jo Public \\ud83d"}', "half a character"),
        ('{"\\udc00": 1}', "half a character"),
    ],
)
def test_what_no_file_can_keep_is_refused_without_a_word_of_it(text, why):
    with pytest.raises(UnreadableJsonError, match=why) as caught:
        decode(text)
    assert "Public" not in str(caught.value)


def test_a_whole_character_written_as_two_halves_is_read():
    assert decode('"\\ud83d\\ude00"') == "\U0001f600"


def test_the_caller_sees_every_pair_of_a_repeated_key():
    assert decode('{"a": 1, "a": 2}', pairs=list) == [("a", 1), ("a", 2)]


@pytest.mark.parametrize("text", ["", "{", "[1,]", b"\xff", "1 2"])
def test_what_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError):
        decode(text)
