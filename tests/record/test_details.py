"""Details are answers of people: named, dated, and not placeholders."""

import pytest

from cardwright.record.details import FIELDS, Details, read_details

HEAD = {"schema": "cardwright/details/1", "stated_by": "A. Okafor, model owner", "stated_on": "2026-11-20"}


def test_an_answer_takes_its_author_and_date_from_the_top_of_the_file():
    details = read_details({**HEAD, "summary": "Scores applications."})
    assert details.answers["summary"].stated_by == "A. Okafor, model owner"


def test_an_answer_can_name_its_own_author():
    details = read_details({**HEAD, "summary": {"text": "Scores.", "stated_by": "B", "stated_on": "2026-11-21"}})
    assert (details.answers["summary"].stated_by, details.answers["summary"].stated_on) == ("B", "2026-11-21")


def test_an_answer_without_an_author_is_refused():
    with pytest.raises(ValueError, match="who answers and when"):
        read_details({"schema": "cardwright/details/1", "summary": "Scores."})


def test_an_unknown_field_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match='"limitations"'):
        read_details({**HEAD, "limitation": "x"})


def test_an_unknown_key_of_an_entry_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match='"contact"'):
        read_details({**HEAD, "owners": [{"name": "A", "role": "r", "contct": "c"}]})


def test_a_field_that_nobody_filled_is_not_provided():
    details = read_details({**HEAD, "summary": None, "limitations": "TBD"})
    assert details.missing(("summary", "limitations")) == ("summary", "limitations")


def test_an_entry_counts_only_if_all_its_keys_are_filled():
    half = read_details({**HEAD, "owners": [{"name": "A", "role": "model owner"}]})
    whole = read_details({**HEAD, "owners": [{"name": "A", "role": "model owner", "contact": "a@example.com"}]})
    assert (half.provided("owners"), whole.provided("owners")) == (False, True)


def test_the_help_copied_is_not_an_answer():
    details = read_details({**HEAD, "intended_use": FIELDS["intended_use"].good})
    assert not details.provided("intended_use")


def test_a_list_where_prose_is_asked_for_reads_as_bullets():
    assert read_details({**HEAD, "limitations": ["one", "two"]}).answers["limitations"].text == "- one\n- two"


def test_a_hidden_character_is_refused():
    with pytest.raises(ValueError, match="U\\+202E"):
        Details.model_validate(
            {"answers": {"summary": {"text": "a\u202eb", "stated_by": "A", "stated_on": "2026-11-20"}}}
        )


def test_a_key_that_came_later_may_be_left_out_and_counts_where_it_is_there():
    entry = dict.fromkeys(("risk", "evaluated", "mitigation", "residual", "decision", "accepted_by"), "said")
    without = read_details({**HEAD, "risks": [entry]})
    filled = read_details({**HEAD, "risks": [{**entry, "threshold": "a gap of at most 0.1"}]})
    placeholder = read_details({**HEAD, "risks": [{**entry, "threshold": "TBD"}]})
    assert [details.provided("risks") for details in (without, filled, placeholder)] == [True, True, False]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"text": "Scores.", "txt": "x"}, 'summary has no "txt"'),
        ({"text": ["Scores."]}, "`text` is prose"),
        ({"text": "Scores.", "entries": "x"}, "`entries` is a list"),
        ([{"name": "A"}], "summary is prose, not a list"),
    ],
)
def test_prose_in_a_form_that_is_none_is_refused(content, why):
    with pytest.raises(ValueError, match=why):
        read_details({**HEAD, "summary": content})


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("A. Okafor", "owners is a list of entries with name"),
        (["A. Okafor"], "owners is a list of entries with name"),
        ([{"name": ["A", "B"]}], "each part of an entry is a text"),
        ({"entries": [{"name": {"first": "A"}}]}, "each part of an entry is a text"),
    ],
)
def test_entries_in_a_form_that_is_none_are_refused(content, why):
    with pytest.raises(ValueError, match=why):
        read_details({**HEAD, "owners": content})


def test_a_list_where_prose_is_asked_for_reads_as_bullets_and_one_entry_as_a_list_of_one():
    details = read_details(
        {**HEAD, "summary": {"entries": ["Scores.", "Ranks."]}, "owners": {"name": "A", "role": "r", "contact": "c"}}
    )
    assert details.answers["summary"].text == "- Scores.\n- Ranks."
    assert details.answers["owners"].entries == ({"name": "A", "role": "r", "contact": "c"},)


def test_prose_of_blanks_is_not_provided():
    assert read_details({**HEAD, "summary": {"text": "  "}}).missing(("summary",)) == ("summary",)


@pytest.mark.parametrize(
    ("answer", "name", "why"),
    [
        ({}, "summary", "either text or entries"),
        ({"text": "x", "entries": ({"name": "A"},)}, "summary", "either text or entries"),
        ({"text": "x"}, "owners", "is a list of entries with"),
        ({"entries": ({"name": "A"},)}, "summary", "is prose, not a list"),
    ],
)
def test_a_record_holds_no_answer_that_its_field_cannot_have(answer, name, why):
    """What `read_details` refuses is refused of a record that was written by hand, too."""
    with pytest.raises(ValueError, match=why):
        Details.model_validate({"answers": {name: {**answer, "stated_by": "A", "stated_on": "2026-11-20"}}})
