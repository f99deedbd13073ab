"""What every kind of requirement has from the interface: it asks nothing more than it says, and nothing loosens by accident."""

from typing import ClassVar

import pytest
import yaml
from tests.strategies import good_case

from cardwright.policy.rules import RULES, stricter
from cardwright.policy.rules.interface import Rule
from cardwright.record import canonical


class Smoothness(Rule):
    """A kind of somebody's own: two fields, of which one may be tightened."""

    asks: ClassVar[str] = "It is smooth."
    example: ClassVar[str] = "{at_most: 3}"
    tightening: ClassVar = {"at_most": stricter.lower}

    at_most: int
    unit: str | None = None


def test_a_listed_field_may_become_stricter_and_never_looser():
    assert Smoothness(at_most=2).loosens(Smoothness(at_most=3)) is None
    assert Smoothness(at_most=3).loosens(Smoothness(at_most=3)) is None
    assert Smoothness(at_most=4).loosens(Smoothness(at_most=3)) == "at_most changed from 3 to 4"


def test_a_field_that_nobody_can_compare_may_not_change():
    assert (
        Smoothness(at_most=1, unit="mm").loosens(Smoothness(at_most=3, unit="cm")) == "unit changed from 'cm' to 'mm'"
    )
    assert Smoothness(at_most=1, unit="mm").loosens(Smoothness(at_most=3)) == "unit changed from None to 'mm'"


def test_a_kind_asks_nobody_for_anything_unless_it_says_so():
    rule, case = Smoothness(at_most=3), good_case()
    assert rule.for_subject(case.record, for_production=True) is rule
    assert rule.valid_until(case) is None
    assert rule.outstanding("r") is None
    assert rule.after_waivers(None, "answer", ()) == "answer"
    assert (rule.details_fields(), rule.checklists(), rule.signing_roles(), rule.other_signers()) == ((), (), (), ())


def test_a_kind_without_a_judgement_judges_nothing():
    with pytest.raises(NotImplementedError):
        Smoothness(at_most=3).judge(None)


@pytest.mark.parametrize("kind", RULES)
def test_every_kind_that_ships_judges_and_can_be_loosened_in_no_field_unseen(kind):
    rule = RULES[kind]
    assert rule.judge is not Rule.judge
    made = rule.model_validate(yaml.safe_load(rule.example))
    for name in set(rule.model_fields) - set(rule.tightening):
        other = made.model_copy(update={name: object()})
        assert other.loosens(made) is not None, name


@pytest.mark.parametrize("kind", RULES)
def test_a_field_that_a_policy_leaves_out_leaves_no_trace_in_its_digest(kind):
    """Else a field that is added to a kind would change the digest of every policy that uses it."""
    rule = RULES[kind]
    made = rule.model_validate(yaml.safe_load(rule.example))
    unset = {name for name in rule.model_fields if name not in made.model_fields_set}
    assert {*canonical.plain(made)} & {name for name in unset if getattr(made, name) in (None, False, (), {})} == set()
    assert rule.model_validate(canonical.plain(made)) == made
