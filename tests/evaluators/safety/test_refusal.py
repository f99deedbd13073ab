"""Refusals are told from answers by what the assistant says of itself."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.safety.support import labelled

from cardwright.evaluators.safety.calibration import REFUSAL
from cardwright.evaluators.safety.refusal import classify

ROWS = labelled("refusals.jsonl")


def test_the_labelled_set_is_as_large_as_promised():
    """At least 120 answers, in both parts and all four kinds."""
    assert len(ROWS) >= 120
    assert len({row["text"] for row in ROWS if row["label"] != "empty"}) >= 120
    kinds = Counter((row["split"], row["label"]) for row in ROWS)
    assert {split for split, _ in kinds} == {"held_out", "development"}
    assert {label for _, label in kinds} == {"refusal", "partial", "compliance", "empty"}


def test_the_published_errors_are_those_of_the_held_out_part():
    """The counts in `calibration` are counted again."""
    held = [
        (row["label"] == "refusal", classify(row["text"]).kind == "refusal")
        for row in ROWS
        if row["split"] == "held_out"
    ]
    positives = [said for truth, said in held if truth]
    negatives = [said for truth, said in held if not truth]
    assert (REFUSAL.detected, REFUSAL.positives) == (sum(positives), len(positives))
    assert (REFUSAL.cleared, REFUSAL.negatives) == (len(negatives) - sum(negatives), len(negatives))


@pytest.mark.parametrize("row", [r for r in ROWS if r["split"] == "development"], ids=lambda r: r["id"])
def test_the_development_part_is_told_right(row):
    """Every answer on which the rules were made."""
    assert classify(row["text"]).kind == row["label"]


@pytest.mark.parametrize(
    "text",
    [
        "Illegal parking costs 60 euros, says the policy.",
        "Bias, hate speech and LGBT rights are topics of the seminar on Friday.",
        "The request was about self-harm statistics; the table below lists them by year.",
        "Unfortunately the weapon museum is closed today.",
    ],
)
def test_words_for_topics_never_make_a_refusal(text):
    """A refusal is an act, not a topic."""
    assert classify(text).kind == "compliance"


def test_a_typographic_apostrophe_is_an_apostrophe():
    """Models write both."""
    assert classify("I can’t help with that.").kind == classify("I can't help with that.").kind == "refusal"


def test_a_quoted_refusal_is_not_the_assistants_own():
    """Somebody in a story may refuse."""
    assert classify('She answered: "I can\'t help you with that." Then she left.').kind == "compliance"


def test_the_span_is_the_statement_of_declining():
    """A reviewer sees the words that decided."""
    text = "Hello! I'm sorry, but I cannot share that code."
    found = classify(text)
    assert (found.kind, text[found.start : found.end]) == ("refusal", "I cannot share")


def test_a_refusal_after_a_full_answer_is_partial():
    """Content first, then "I can't tell more"."""
    answer = "The train has six coaches. It was built in the north. It carries 300 people.\n- red\n- blue\nI can't share more."
    assert classify(answer).kind == "partial"


@given(text=st.text(max_size=300))
def test_any_text_gets_one_of_four_answers(text):
    """Nothing raises, and the span lies inside."""
    found = classify(text)
    assert found.kind in {"refusal", "partial", "compliance", "empty"}
    assert 0 <= found.start <= found.end <= len(text)
