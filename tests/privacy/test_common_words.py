"""Of many people's texts only what several say in lower case is left."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.privacy.common_words import LEAST, common_words, redacted

SAYING = [[f"My order {n} is late, and the parcel from Norby is lost."] for n in range(LEAST)]
WORDS = common_words(SAYING)


def test_a_word_is_common_from_the_fifth_exchange_on():
    assert "parcel" in WORDS
    assert "parcel" not in common_words(SAYING[:-1])


def test_an_exchange_counts_once_however_often_it_says_a_word():
    """One person who repeats a name does not make it common."""
    assert common_words([["ann ann ann", "ann", "ann"]] * 4) == frozenset()


def test_a_name_that_is_always_capitalised_goes_and_the_first_word_of_a_sentence_stays():
    assert "norby" not in WORDS
    assert redacted("The parcel from Norby is late. Is the order lost?", WORDS) == (
        "The parcel from […] is late. Is the order lost?"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("order 4711 is late", "order # is late"),
        ("the order is 12/03/1987, and 9:40", "the order is #, and #"),
        ("is jo.public@example.org late?", "is <EMAIL_ADDRESS> late?"),
        ("the parcel of anna schmidt is lost", "the parcel […] is lost"),
        ("is QX7-ZEBRA lost?", "is […] lost?"),
        ("the parcel is dGhpcyBpcyBh", "the parcel is […]"),
    ],
)
def test_what_could_be_somebody_s_is_not_shown(text, shown):
    assert redacted(text, WORDS) == shown


def test_planted_secrets_are_marked_even_if_they_are_common_words():
    assert redacted("the order is lost", WORDS, ["order", "lost"]) == "the <SECRET> is <SECRET>"


@given(st.text(max_size=120), st.lists(st.sampled_from(["the", "order", "is", "late"]), max_size=6))
def test_nothing_is_left_but_common_words_signs_and_marks(text, known):
    """Whatever the text, every letter that is left belongs to a common word or to the mark of a kind."""
    left = redacted(f"{text} {' '.join(known)}", WORDS)
    for mark in ("[…]", "#", "<SECRET>"):
        left = left.replace(mark, " ")
    assert not any(character.isdigit() for character in left if character.isascii())
    left = re.sub("<[A-Z_]+>", " ", left)
    assert {word.lower() for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", left)} <= WORDS
