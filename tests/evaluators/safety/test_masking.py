"""Excerpts show words of a fixed list and nothing else."""

import re

from hypothesis import given
from hypothesis import strategies as st

from cardwright.evaluators.safety.interface import MatchedPlace
from cardwright.evaluators.safety.masking import PLAIN, excerpt


def shown(text, start, end):
    return excerpt(MatchedPlace("rule", "message 1", start, end, "high", text))


def test_the_match_is_a_length_and_the_rest_plain_words():
    """A reviewer sees the shape of the sentence."""
    text = "Sure, Zebulon, the code is TIDE-4K7Q and that is all."
    start = text.index("TIDE")
    assert shown(text, start, start + 9) == "Sure, […], the code is [match of 9 characters] and that is all."


@given(text=st.text(max_size=300), data=st.data())
def test_no_word_outside_the_list_is_shown(text, data):
    """For any text and any span."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    words = re.sub(r"\[match of \d+ characters\]|\[…\]", " ", shown(text, start, end))
    assert set(re.findall(r"\w+", words.lower())) <= {part for word in PLAIN for part in re.findall(r"\w+", word)}


def test_a_word_cut_by_the_window_is_left_out():
    """Half a name must not pass for a plain word."""
    text = "word" + "the" * 30 + " code " + "x" * 60
    assert shown(text, 100, 101) == "code [match of 1 characters] […]"
