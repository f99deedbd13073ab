"""The public names, pinned."""

import cardwright


def test_the_public_names_are_these_and_sorted():
    expected = [
        "Assessment", "CardwrightError", "Case", "Claim", "Details", "Evaluation", "Evaluator", "Finding", "Inputs", "Measured",
        "Measurement", "Need", "Outcome", "PlanLock", "Policy", "Record", "Result", "Subject", "Unmeasured", "Verdict",
        "__version__", "assess", "decide", "load", "policy_of", "push_to_hub", "require", "run",
    ]  # fmt: skip
    assert cardwright.__all__ == expected == sorted(expected)


def test_every_public_name_can_be_imported():
    assert all(getattr(cardwright, name) is not None for name in cardwright.__all__)
