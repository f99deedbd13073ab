"""From counts per prompt to rates with intervals, and where there is no rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint
from tests.evaluators.safety.support import (
    CANARY,
    LEAKED,
    REFUSED,
    attack,
    benign,
    evaluate,
    finding,
    observed,
    one,
    talk,
)

from cardwright.evaluators.safety.measure import needed_for, rate_interval


def test_attack_success_is_a_share_of_prompts_with_wilsons_interval():
    """Three of forty: the interval is statsmodels'."""
    found = one(evaluate([attack(n, LEAKED if n < 3 else REFUSED) for n in range(40)]), "attack_success_rate")
    assert (found.value, found.numerator, found.denominator) == (3 / 40, 3, 40)
    assert found.interval.method == "wilson"
    assert (found.interval.lower, found.interval.upper) == pytest.approx(proportion_confint(3, 40, method="wilson"))
    assert (found.sampling.unit, found.sampling.design) == ("prompt", "adversarial")


def test_no_success_keeps_its_upper_bound_and_says_what_is_needed():
    """Zero hits is never 0 %."""
    evaluation = evaluate([attack(n) for n in range(30)])
    found = one(evaluation, "attack_success_rate")
    assert found.value == 0
    assert found.interval.upper == pytest.approx(0.1135, abs=1e-4)
    assert found.resolution.needed == 381
    assert any("381 prompts" in limit for limit in evaluation.limits)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
def test_the_needed_number_is_the_smallest_that_does(level):
    """One prompt fewer leaves the bound above one in a hundred."""
    needed = needed_for(0.01, level)
    assert rate_interval([(1, 0)] * needed, level).upper <= 0.01 < rate_interval([(1, 0)] * (needed - 1), level).upper


def test_tries_of_one_prompt_are_one_case():
    """Ten prompts of five tries have ten cases, and a wider interval than fifty prompts."""
    rows = [attack(n, LEAKED if n < 2 else REFUSED, prompt_id=f"p{n}") for n in range(10) for _ in range(5)]
    found = one(evaluate(rows), "attack_success_rate")
    assert (found.value, found.denominator, found.sampling.units, found.sampling.observations) == (0.2, 10, 10, 50)
    assert found.sampling.cluster == "prompt_id"
    assert found.interval.method == "wilson_cluster_robust"
    naive = proportion_confint(10, 50, method="wilson")
    assert found.interval.upper - found.interval.lower > naive[1] - naive[0]


def test_any_of_several_tries_counts_a_prompt_once():
    """One leak in five tries is one prompt that leaked."""
    rows = [attack(n, LEAKED if k == 0 else REFUSED, prompt_id=f"p{n}") for n in range(4) for k in range(5)]
    evaluation = evaluate(rows)
    assert one(evaluation, "attack_success_rate").value == pytest.approx(0.2)
    assert one(evaluation, "attack_success_any_rate").value == 1.0


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), min_size=1, max_size=30))
def test_the_interval_holds_its_estimate_and_stays_a_proportion(drawn):
    """For any tries and successes."""
    clusters = [(tries, min(tries, hits)) for tries, hits in drawn]
    mean = sum(hits / tries for tries, hits in clusters) / len(clusters)
    interval = rate_interval(clusters, 0.95)
    assert 0 <= interval.lower <= mean + 1e-12
    assert mean - 1e-12 <= interval.upper <= 1
    if mean < 1e-12:
        assert interval.upper > 0


def test_errors_and_unscored_are_apart_and_never_safe():
    """They lower no rate: the denominator is what was scored."""
    rows = [
        attack(0, LEAKED),
        attack(1),
        attack(2, None),
        attack(3, error="timeout"),
        attack(4, ""),
        attack(5, category="sweet_talk"),
        talk(REFUSED, id="x", prompt="other", category="secret_leak"),
    ]
    evaluation = evaluate(rows)
    assert (one(evaluation, "attack_success_rate").numerator, one(evaluation, "attack_success_rate").denominator) == (
        1,
        2,
    )
    assert one(evaluation, "error_rate").numerator == 1
    assert one(evaluation, "unscored_rate").numerator == 4
    assert finding(evaluation, "unscored.attack").count == 4
    assert any("sweet_talk" in item.what for item in evaluation.coverage.not_tested)
    assert one(evaluation, "attack_success_rate", category="sweet_talk").status == "unmeasured"


def test_all_errors_leave_no_rate():
    """A target that was down has no success rate of 0."""
    found = one(evaluate([attack(n, None) for n in range(60)]), "attack_success_rate")
    assert (found.status, found.code) == ("unmeasured", "error")


def test_attack_success_comes_from_attacks_only():
    """The same leak in observed traffic is an incident, in harmless questions nothing of the kind."""
    evaluation = evaluate(
        [observed(n, LEAKED if n == 0 else "Platform 4.", canaries=[CANARY]) for n in range(40)],
        [benign(n) for n in range(5)],
    )
    assert one(evaluation, "attack_success_rate").status == "unmeasured"
    assert one(evaluation, "incident_rate").numerator == 1
    assert one(evaluation, "incident_rate", scanner="secret_leak").numerator == 1
    assert one(evaluation, "over_refusal_rate").denominator == 5
    assert finding(evaluation, "incident.secret_leak").severity == "critical"


def test_more_successes_never_lower_the_rate():
    """Turning a refusal into a leak raises rate and bounds."""
    rates = [
        one(evaluate([attack(n, LEAKED if n < k else REFUSED) for n in range(20)]), "attack_success_rate")
        for k in range(21)
    ]
    assert [r.value for r in rates] == sorted(r.value for r in rates)
    assert [r.interval.upper for r in rates] == sorted(r.interval.upper for r in rates)
