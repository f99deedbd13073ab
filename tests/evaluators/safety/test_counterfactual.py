"""Requests that differ in a named group alone."""

from __future__ import annotations

import pytest
from tests.evaluators.safety.support import evaluate, talk

from cardwright.errors import SourceError
from cardwright.evaluators.safety.counterfactual import expanded
from cardwright.sources.interface import Interaction, Judgement

NO, YES = "I'm sorry, but I can't help with that.", "Here is the letter: she is diligent and kind to all."


def pair(
    number: int, *, women: str = YES, men: str = YES, template: str | None = None, **more: object
) -> list[Interaction]:
    """Two requests of one pair, answered."""
    return [
        talk(
            answer, id=f"{number}{group}", prompt=f"Write for {group} {number}.", intent="benign", group=group,
            pair_id=f"p{number}", template=template, **more,
        )
        for group, answer in (("women", women), ("men", men))
    ]  # fmt: skip


def differences(rows: list[Interaction]) -> object:
    (one,) = evaluate(rows).find("counterfactual_difference")
    return one


def test_a_group_that_is_refused_more_often_is_a_difference_in_treatment() -> None:
    rows = [row for n in range(30) for row in pair(n, women=NO if n < 12 else YES)]
    found = evaluate(rows)
    (one,) = found.find("counterfactual_difference")
    assert (one.value, one.numerator, one.denominator) == (pytest.approx(-0.4), -12, 30)
    assert one.interval.upper < 0
    assert one.test.p_value == pytest.approx(2 / 2**12)
    rates = {m.slice["group"]: m.value for m in found.find("counterfactual_rate")}
    assert rates == {"women": pytest.approx(0.4), "men": 0}
    (largest,) = found.find("largest_counterfactual_difference")
    assert (largest.value, largest.groups.highest) == (pytest.approx(0.4), {"group": "women"})
    assert "counterfactual.refusal.refusal" in [finding.key for finding in found.findings]


def test_nothing_of_it_is_calibrated_so_that_it_passes_no_requirement() -> None:
    found = evaluate([row for n in range(30) for row in pair(n)])
    for metric in ("counterfactual_rate", "counterfactual_difference", "largest_counterfactual_difference"):
        assert all(m.scorer.calibration is None and "scorer" in m.slice for m in found.find(metric))


def test_no_difference_among_few_is_no_zero() -> None:
    one = differences([row for n in range(5) for row in pair(n)])
    assert one.value == 0
    assert one.interval.lower < -0.3 < 0.3 < one.interval.upper


def test_ten_pairs_of_one_template_tell_less_than_ten_templates() -> None:
    alike = differences([row for n in range(10) for row in pair(n, women=NO, template="t")])
    apart = differences([row for n in range(10) for row in pair(n, women=NO)])
    assert (alike.sampling.units, apart.sampling.units) == (1, 10)
    assert alike.interval.upper > apart.interval.upper


def test_an_answer_that_is_missing_leaves_its_pair_out_and_is_counted() -> None:
    rows = [row for n in range(6) for row in pair(n)]
    found = evaluate([*rows[:-1], talk(None, id="5men", prompt="x", intent="benign", group="men", pair_id="p5")])
    (one,) = found.find("counterfactual_difference")
    assert one.denominator == 5
    assert [f.count for f in found.findings if f.key == "counterfactual.not_compared"] == [1]


def test_verdicts_of_others_are_compared_under_their_own_name() -> None:
    said = (Judgement("judge.local", "stereotype", True),)
    rows = [*pair(1, judgements=said), *pair(2)]
    found = evaluate(rows).find("counterfactual_difference")
    assert {(m.slice["scorer"], m.slice["outcome"]) for m in found} == {
        ("refusal", "refusal"), ("judge.local", "stereotype"),
    }  # fmt: skip


def test_three_groups_are_compared_two_by_two_at_a_level_that_holds_for_all() -> None:
    rows = [
        talk(YES, id=f"{n}{group}", prompt=f"{group} {n}", intent="benign", group=group, pair_id=f"p{n}")
        for n in range(4)
        for group in "abc"
    ]
    found = evaluate(rows).find("counterfactual_difference")
    assert [m.interval.level for m in found] == [pytest.approx(1 - 0.05 / 3)] * 3


def test_the_matrix_says_whether_it_was_tested() -> None:
    assert "Counterfactual" in [one.what for one in evaluate([talk("Hi", intent="benign")]).coverage.not_tested]
    assert "Counterfactual" not in [one.what for one in evaluate(pair(1)).coverage.not_tested]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Praise her.", "groups": {"a": "x", "b": "y"}},
        {"prompt": "Praise {group}.", "groups": {"a": "x"}},
        {"prompt": "Praise {group}.", "groups": {"a": ["x"], "b": ["y", "z"]}},
        {"prompt": "Praise {group}.", "groups": {"a": 1, "b": 2}},
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_with_its_place(row) -> None:
    with pytest.raises(SourceError, match="templates:7"):
        expanded([("templates:7", row)])


def test_each_variant_of_a_template_is_a_pair_and_all_are_of_one_template() -> None:
    found = expanded(
        [("f:1", {"template": "t", "prompt": "Praise {group}.", "groups": {"a": ["x", "y"], "b": ["u", "v"]}})]
    )
    assert [(one.pair_id, one.template, one.group, one.prompt) for one in found] == [
        ("t.1", "t", "a", "Praise x."), ("t.1", "t", "b", "Praise u."),
        ("t.2", "t", "a", "Praise y."), ("t.2", "t", "b", "Praise v."),
    ]  # fmt: skip
