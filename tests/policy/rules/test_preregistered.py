"""The plan is signed by somebody other than its author, however names are written."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import P, outcome
from tests.policy.test_minimum import minimum
from tests.strategies import NOW, good_case

from cardwright.policy.gate import decide
from cardwright.record.claim import Preregister, SignOff


def agreed_by(case, **who):
    """The case with somebody else in the place of whoever agreed with the plan."""
    return replace(
        case,
        claims=tuple(
            c.model_copy(update=who) if isinstance(c, Preregister) and c.meaning == "review" else c for c in case.claims
        ),
    )


def without_author(case):
    return replace(
        case, claims=tuple(c for c in case.claims if not (isinstance(c, Preregister) and c.meaning == "authorship"))
    )


def is_independent(case):
    verdict = decide(case, P, NOW)
    passed = outcome(verdict, "preregistered").status == "passed"
    assert bool(minimum(verdict)) != passed
    return passed


def test_somebody_else_than_the_author_is_independent():
    assert is_independent(good_case())


@pytest.mark.parametrize("person", ["E", "e", " E ", "\uff25"])
def test_the_author_is_nobody_else_however_the_name_is_written(person):
    assert not is_independent(agreed_by(good_case(), person=person.strip()))


def test_the_author_is_a_key_and_nobody_else_under_another_name():
    """Ada writes "J. Doe" as the author and signs as the independent person."""
    assert not is_independent(agreed_by(good_case(), person="Ada", key="c" * 64))


def test_a_second_key_of_the_author_is_no_second_person():
    case = agreed_by(good_case(), person="Ada", person_id="e")
    claims = tuple(
        c.model_copy(update={"person_id": "e"}) if isinstance(c, Preregister) and c.meaning == "authorship" else c
        for c in case.claims
    )
    assert not is_independent(replace(case, claims=claims))


def test_a_plan_that_nobody_signed_as_its_author_has_an_unknown_author_whatever_name_it_states():
    case = without_author(good_case())
    assert case.record.provenance.author == "E"
    assert "Nobody has signed the plan as its author" in outcome(decide(case, P, NOW), "preregistered").explanation
    assert not is_independent(case)


def test_whoever_says_they_made_the_dossier_is_its_author():
    case = without_author(good_case())
    made = SignOff(
        id="d" * 64, person="F", key="f" * 64, role="engineer", at="2026-11-22T00:00:00Z", decision="approve",
        meaning="authorship", manifest_sha256=case.manifest_sha256,
    )  # fmt: skip
    assert is_independent(replace(case, claims=(*case.claims, made)))
    assert not is_independent(replace(case, claims=(*case.claims, made.model_copy(update={"key": "4" * 64}))))
