"""The plan is signed by somebody else than its author, however names are written."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import P, outcome
from tests.policy.test_minimum import minimum
from tests.strategies import NOW, good_case

from cardwright.policy.gate import decide
from cardwright.record.claim import Preregister


def signed_by(case, person):
    return replace(
        case,
        claims=tuple(c.model_copy(update={"person": person}) if isinstance(c, Preregister) else c for c in case.claims),
    )


@pytest.mark.parametrize("person", ["E", "e", " E ", "\uff25"])
def test_the_author_is_nobody_else_however_the_name_is_written(person):
    verdict = decide(signed_by(good_case(), person.strip()), P, NOW)
    assert outcome(verdict, "preregistered").status == "missing"
    assert minimum(verdict)


def test_a_plan_that_does_not_name_its_author_is_signed_by_nobody_known_to_be_another():
    case = good_case()
    provenance = case.record.provenance.model_copy(update={"author": None})
    case = replace(case, record=case.record.model_copy(update={"provenance": provenance}))
    verdict = decide(case, P, NOW)
    assert "nobody can be told to be somebody else" in outcome(verdict, "preregistered").explanation
    assert minimum(verdict)
