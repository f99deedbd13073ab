"""The last word of each person counts, and a no is not outvoted."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import P, outcome
from tests.strategies import NOW, good_case

from cardwright.policy.gate import decide
from cardwright.record.claim import Attest


def answered(*answers):
    """The good case in which these (person's key, answer) were attested, in this order."""
    case = good_case()
    (attested,) = [claim for claim in case.claims if isinstance(claim, Attest)]
    rest = tuple(claim for claim in case.claims if claim is not attested)
    said = tuple(
        attested.model_copy(update={"id": f"{number:064x}", "key": key * 64, "person": key, "answer": answer})
        for number, (key, answer) in enumerate(answers)
    )
    return outcome(decide(replace(case, claims=(*said, *rest)), P, NOW), "checklist").status


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([("a", "met")], "passed"),
        ([("a", "met"), ("b", "not_met")], "failed"),
        ([("b", "not_met"), ("a", "met")], "failed"),
        ([("b", "not_met"), ("b", "met")], "passed"),
        ([("b", "met"), ("b", "not_met")], "failed"),
        ([], "missing"),
    ],
)
def test_who_says_that_an_item_is_not_met_is_not_outvoted_and_may_change_their_mind(answers, status):
    assert answered(*answers) == status
