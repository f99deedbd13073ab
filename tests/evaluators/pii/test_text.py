"""The detector alone: what counts in one text, in its order and without overlaps."""

import itertools

import pytest

pytest.importorskip("presidio_analyzer", reason="the text extra")

from cardwright.evaluators.pii.text import scan_text

TEXT = "Write to ada@example.org or bo@example.org, card 4111 1111 1111 1111."


def found(text, **more):
    return [(hit.entity, text[hit.start : hit.end]) for hit in scan_text(text, **more)]


def test_what_counts_comes_in_the_order_of_the_text_and_nothing_lies_over_another():
    hits = scan_text(TEXT)
    assert [(hit.entity, TEXT[hit.start : hit.end]) for hit in hits] == [
        ("EMAIL_ADDRESS", "ada@example.org"),
        ("EMAIL_ADDRESS", "bo@example.org"),
        ("CREDIT_CARD", "4111 1111 1111 1111"),
    ]
    assert all(one.end <= other.start for one, other in itertools.pairwise(hits))


@pytest.mark.parametrize("text", ["", "   ", "Nothing to see here."])
def test_a_text_without_personal_data_has_no_hit(text):
    assert found(text) == []


def test_a_threshold_above_every_score_leaves_a_kind_out():
    assert [kind for kind, _ in found(TEXT, thresholds={"CREDIT_CARD": 1.01})] == ["EMAIL_ADDRESS", "EMAIL_ADDRESS"]
