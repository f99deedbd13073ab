"""The table of words that announce names, as a table."""

from cardwright.evaluators.pii import announcing_words as words

LISTS = (
    "GREETINGS",
    "INTRODUCTIONS",
    "NAME_LABELS",
    "SHORT_LABELS",
    "CLOSINGS",
    "STREETS_AFTER",
    "BIRTH",
    "LEGAL_FORMS",
)


def test_no_list_has_an_entry_twice():
    for name in LISTS:
        entries = [*getattr(words, name)]
        assert len(set(entries)) == len(entries), name


def test_every_introduction_holds_one_of_the_words_by_which_texts_are_passed_over():
    assert [one for one in words.INTRODUCTIONS if not any(word in one for word in words.IN_INTRODUCTIONS)] == []


def test_words_that_are_no_names_are_in_small_letters():
    assert [word for word in words.NOT_NAMES if word != word.lower()] == []
