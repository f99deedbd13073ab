"""The public names, pinned."""

import pytest
from tests.small_plan import write_plan

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


def test_run_stays_the_function_when_the_room_of_that_name_has_been_imported(tmp_path):
    pytest.importorskip("pyarrow", reason="sources need the tabular extra")
    from cardwright.run import prepare  # the room

    made = cardwright.run(
        cardwright.load(write_plan(tmp_path)), cardwright.policy_of("research"), only=("performance",)
    )
    assert made.record.subject.name == "loans"
    from cardwright import run

    assert callable(run) and prepare is run.prepare
