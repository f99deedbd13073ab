"""A card's text is cut into passages by its headings and labels, and no line of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.plan.card_sections import Passage, fold, labels, passages
from cardwright.record.details import FIELDS


def cut(text):
    return list(passages(text))


@pytest.mark.parametrize(
    ("label", "folded"),
    [
        ("**3.1 Bias, Risks & Limitations:**", "bias risks and limitations"),
        ("Out-of-Scope Use [optional]", "out of scope use"),
        ("Language(s) (NLP)", "language"),
        ("⚠️ Limitations", "limitations"),
        ("Who are the annotators?", "who are the annotators"),
    ],
)
def test_a_label_is_read_without_its_numbers_marks_and_brackets(label, folded):
    assert fold(label) == folded


def test_every_field_of_the_table_of_labels_exists_and_each_label_stands_as_it_is_folded():
    known = labels()
    assert {*known.model.values(), *known.dataset.values()} <= set(FIELDS)
    written = [*known.model, *known.dataset, *known.measured, *known.elsewhere, *known.weak]
    assert [one for one in written if fold(one) != one and one != "language(s)"] == []


def test_headings_above_a_passage_are_those_it_stands_below():
    assert cut("# A\n## B\nb\n# C\nc\n") == [Passage(("A", "B"), None, "b\n"), Passage(("C",), None, "c\n")]


def test_a_heading_in_html_and_one_that_is_underlined_are_headings():
    assert [one.headings for one in cut("<h2>Limits <i>all</i></h2>\n\nx\n")] == [("Limits all",)]
    assert [one.headings for one in cut("Limits\n------\n\nx\n")] == [("Limits",)]


def test_a_mark_of_a_heading_inside_code_is_no_heading():
    assert [one.headings for one in cut("# Quick start\n\n```python\n# Limitations\nx = 1\n```\n")] == [
        ("Quick start",)
    ]


def test_an_item_with_items_below_it_keeps_them():
    (passage,) = cut("- **Intended Users**:\n  - clerks\n  - teachers\n")
    assert passage.label == "Intended Users"
    assert passage.text.split() == ["-", "clerks", "-", "teachers"]


def test_a_table_without_a_known_label_stays_as_it_is():
    text = "| a | b |\n| - | - |\n| 1 | 2 |\n"
    assert cut(text) == [Passage((), None, text)]


@given(
    st.lists(
        st.sampled_from(
            ["word", "# Head", "- **Intended use**: x", "**Limitations**", "| a | b |", "", "> q", "1. one"]
        )
    )
)
def test_every_word_of_a_card_is_in_a_passage_or_a_heading(lines):
    text = "\n\n".join(lines)
    found = cut(text)
    seen = " ".join([*(one.text for one in found), *(one.label or "" for one in found)])
    assert text.count("word") == seen.count("word")
    assert text.count("one") == seen.count("one")
