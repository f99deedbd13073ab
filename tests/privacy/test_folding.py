"""Numbers and addresses are seen however their blanks, hyphens, digits and letters are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.privacy.folding import fold, unfolded
from cardwright.privacy.patterns import scan_light

WRITTEN = {
    "CREDIT_CARD": ["4111\u00a01111\u00a01111\u00a01111", "4111\u20111111\u20111111\u20111111", "4111.1111.1111.1111",
                    "\uff14\uff11\uff11\uff11 1111 1111 1111"],
    "IBAN_CODE": ["DE89\u00a03704\u202f0044\u20090532\u00a00130\u00a000"],
    "PHONE_NUMBER": ["+44\u00a07911\u00a0123456", "+\uff14\uff14\uff17\uff19\uff11\uff11\uff11\uff12\uff13\uff14\uff15\uff16",
                     "\uff0b44 7911 123456", "+\u0664\u0664 7911 123456"],
    "US_SSN": ["536\u201122\u20111845", "536\u221222\u22121845", "536\u00a022\u00a01845"],
    "EMAIL_ADDRESS": ["thor\uff20quigg-mail.com", "\uff54\uff48\uff4f\uff52\uff20\uff51\uff55\uff49\uff47\uff47\uff0e\uff43\uff4f\uff4d",
                      "thor\u200b@quigg.com", '"thor quigg"@quigg.com', "th\u00ador@quigg.com"],
}  # fmt: skip


@pytest.mark.parametrize(("entity", "text"), [(entity, text) for entity, texts in WRITTEN.items() for text in texts])
def test_another_blank_hyphen_digit_or_width_hides_nothing(entity, text):
    before, after = "Ring \u201e", "\u201c now"
    (hit,) = scan_light(before + text + after)
    assert hit.entity == entity
    assert (before + text + after)[hit.start : hit.end] == text


@given(st.text())
def test_places_of_a_folded_text_are_those_of_the_original(text):
    folded, places = fold(text)
    assert len(folded) == len(text if places is None else places)
    for place in range(len(folded)):
        start, end = unfolded(place, place + 1, places)
        assert fold(text[start:end])[0] == folded[place]


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_stays_as_it_is(text):
    assert fold(text) == (text, None)


@pytest.mark.parametrize("text", ["Zürich", "Иван Петров", "½ cup", "ﬁne", "a\nb\tc", "山田"])
def test_words_lines_and_letters_of_other_scripts_are_left(text):
    assert fold(text) == (text, None)
