"""What the evaluation says of itself is cautious."""

from __future__ import annotations

from tests.evaluators.fairness.support import TWO, assess, decisions


def test_words_that_would_promise_too_much_are_not_used():
    """Neither in texts of an evaluation nor in its findings."""
    text = assess(decisions(TWO)).model_dump_json().lower()
    for word in ("unbiased", "debias", "compliant", "simply", "obviously"):
        assert word not in text
