"""What was tried, what is gained, and whether the two can be compared."""

import numpy as np
import pytest
from scipy import stats
from tests.evaluators.runs.support import BASE, CLAIM, NOISE, keys, look, one, run, several, source, study

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.runs import Runs
from cardwright.record import Measured, Unmeasured
from cardwright.record.run import Unread
from cardwright.testing import check_evaluator


def test_every_run_that_was_tried_is_counted_and_those_that_were_dropped_by_reason():
    seen = look(study())
    assert one(seen, "runs_tried").value == 22
    assert one(seen, "runs_tried", purpose="ablation").value == 10
    assert one(seen, "runs_tried", status="failed").value == 1
    assert one(seen, "runs_dropped").value == 2
    assert {m.slice["reason"]: m.value for m in seen.find("runs_dropped") if m.slice} == {"failed": 1, "debug": 1}
    assert one(seen, "configurations_tried").value == 4


def test_a_mean_over_seeds_has_students_interval():
    values = np.array([0.86 + n for n in NOISE])
    found = one(look(study()), "seed_mean", configuration="claim")
    assert found.value == pytest.approx(values.mean())
    assert (found.interval.lower, found.interval.upper) == pytest.approx(
        stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    )
    assert one(look(study()), "seeds_of_claim").value == 5


def test_an_improvement_is_paired_by_seed():
    runs = [
        *several("base", BASE, 0.80, "baseline"),
        *[run(f"c{s}", CLAIM, 0.85 + NOISE[s] + 0.001 * s, seed=s, purpose="candidate") for s in range(5)],
    ]
    found = one(look(runs), "improvement")
    differences = [0.05 + 0.001 * s for s in range(5)]
    peer = stats.ttest_1samp(differences, 0)
    assert found.value == pytest.approx(np.mean(differences))
    assert found.test.p_value == pytest.approx(peer.pvalue)
    assert (found.interval.lower, found.interval.upper) == pytest.approx(tuple(peer.confidence_interval(0.95)))
    assert found.interval.method == "student_t_paired"


def test_without_common_seeds_it_is_welchs():
    claim = [run(f"c{s}", CLAIM, 0.86 + NOISE[s], seed=10 + s, purpose="candidate") for s in range(4)]
    found = one(look([*several("base", BASE, 0.80, "baseline"), *claim]), "improvement")
    peer = stats.ttest_ind([0.86 + n for n in NOISE[:4]], [0.80 + n for n in NOISE], equal_var=False)
    assert found.test.p_value == pytest.approx(peer.pvalue)
    assert (found.interval.lower, found.interval.upper) == pytest.approx(tuple(peer.confidence_interval(0.95)))


def test_where_less_is_better_an_improvement_is_still_positive():
    runs = [
        *several("base", BASE, 0.9, "baseline"),
        *[run(f"c{s}", CLAIM, 0.5 + 2 * NOISE[s], seed=s, purpose="candidate") for s in range(5)],
    ]
    found = one(look(runs, higher_is_better=False), "improvement")
    assert found.value > 0
    assert found.interval.lower > 0


def test_seeds_that_change_nothing_give_no_interval():
    runs = [*several("base", BASE, 0.80, "baseline"), *several("claim", CLAIM, 0.86, "candidate")]
    found = one(look(runs), "improvement")
    assert (found.interval, found.test) == (None, None)


def test_one_seed_has_no_spread_and_is_a_finding():
    seen = look([run("b", BASE, 0.8, seed=1, purpose="baseline"), run("c", CLAIM, 0.9, seed=1, purpose="candidate")])
    assert isinstance(one(seen, "seed_sd", configuration="claim"), Unmeasured)
    assert one(seen, "improvement").interval is None
    assert {"few_seeds", "no_ablation"} <= keys(seen)


def test_several_runs_of_one_seed_count_once():
    again = run("claim-again", CLAIM, 0.90, seed=0, purpose="candidate")
    assert one(look([*study(), again]), "seeds_of_claim").value == 5


def test_no_baseline_leaves_the_gain_unmeasured():
    seen = look(several("claim", CLAIM, 0.86, "candidate"))
    assert "purpose baseline" in one(seen, "improvement").reason
    assert isinstance(one(seen, "same_data"), Unmeasured)
    assert "no_baseline" in keys(seen)


def test_the_claimed_configuration_can_be_named_by_a_run_a_name_or_its_digest():
    runs = study()
    digest = next(r.config_sha256 for r in runs if r.id == "a-0")
    for word in ("a-0", digest[:10]):
        assert one(look(runs, claim=word), "seed_mean", configuration="claim").value == pytest.approx(
            0.82 + 0.9 * np.mean(NOISE)
        )
    seen = look(runs, claim="base-0", baseline="base-0")
    assert one(seen, "improvement").reason == "The claimed configuration is the baseline."


@pytest.mark.parametrize(("data", "same", "key"), [({"train": "v4"}, 0.0, "other_data"), ({}, None, "data_unknown")])
def test_other_or_unknown_data_are_no_equal_data(data, same, key):
    seen = look([*several("base", BASE, 0.80, "baseline", data=data), *several("claim", CLAIM, 0.86, "candidate")])
    found = one(seen, "same_data")
    assert (found.value if isinstance(found, Measured) else None) == same
    assert key in keys(seen)


def test_guardrails_hold_together_and_the_worst_of_them_stands_for_all():
    def metrics(seed, off):
        return {"latency": 10 + off + seed, "recall": 0.5 + NOISE[seed] - off / 100}

    runs = [run(f"b{s}", BASE, 0.8 + NOISE[s], seed=s, purpose="baseline", metrics=metrics(s, 0)) for s in range(5)]
    runs += [run(f"c{s}", CLAIM, 0.86, seed=s, purpose="candidate", metrics=metrics(s, 1 + s / 10)) for s in range(5)]
    seen = look(runs, guardrails={"recall": 0.05}, guardrails_lower={"latency": 0.5})
    latency, recall = (one(seen, "guardrail_slack", guardrail=name) for name in ("latency", "recall"))
    low, high = stats.ttest_1samp([1 + s / 10 for s in range(5)], 0).confidence_interval(1 - 0.05 / 2)
    assert (latency.interval.lower, latency.interval.upper) == pytest.approx((0.5 - high, 0.5 - low))
    assert recall.interval.lower > 0 > latency.interval.upper
    worst = one(seen, "guardrail_slack")
    assert (worst.value, worst.interval.lower) == (latency.value, latency.interval.lower)


def test_a_guardrail_that_no_run_logged_or_that_nobody_named_passes_nothing():
    seen = look(study(), guardrails={"f1": 0.1})
    assert isinstance(one(seen, "guardrail_slack"), Unmeasured)
    assert one(look(study()), "guardrail_slack").reason == "The plan names no guardrail."


def test_uses_of_the_same_data_are_counted_with_their_age():
    runs = [
        one if one.id != "base-0" else one.model_copy(update={"started": "2026-01-01T00:00:00Z"}) for one in study()
    ]
    runs += [run("late", {**CLAIM, "x": 1}, 0.8, seed=1, purpose="search", started="2026-01-31T00:00:00Z")]
    seen = look(runs)
    assert (one(seen, "benchmark_uses").value, one(seen, "benchmark_age").value) == (21, 30)
    assert isinstance(one(look(study()), "benchmark_age"), Unmeasured)


def test_what_is_obtained_again_is_compared_with_the_earlier_value():
    again = [run(f"r{s}", BASE, 0.79 + NOISE[s], seed=20 + s, purpose="reproduction") for s in range(4)]
    found = one(look([*study(), *again], earlier=0.80), "reproduction_error")
    assert found.value == pytest.approx(abs(0.79 + np.mean(NOISE[:4]) - 0.80))
    assert found.interval.lower == 0.0
    assert found.interval.upper > found.value
    assert look(study()).find("reproduction_error") == ()


def test_the_best_of_many_is_flagged_and_what_chance_alone_gives_is_said():
    runs = study() + [
        r for n in range(8) for r in several(f"s{n}", {**CLAIM, "width": n}, 0.85 + n / 1000, "search", seeds=2)
    ]
    runs += several("other", {**CLAIM, "width": 99}, 0.84, "candidate")
    seen = look(runs)
    assert "best_of_n" in keys(seen)
    assert one(seen, "selection_optimism").denominator == 13
    assert one(seen, "selection_optimism").value > 0


def test_what_could_not_be_read_is_counted_and_leaves_the_evaluation_partial():
    seen = look([*study(), Unread(unread="store/x", why="it is cut off")])
    assert one(seen, "runs_unread").value == 1
    assert seen.completeness == "partial"
    assert "unread" in keys(seen)


def test_settings_that_are_ignored_make_no_configuration():
    runs = [
        run(f"c{s}", {**CLAIM, "out": f"/runs/{s}"}, 0.86 + NOISE[s], seed=s, purpose="candidate") for s in range(5)
    ]
    assert one(look(runs, ignore=["out"]), "configurations_tried").value == 1
    assert one(look(runs, claim="c0"), "seeds_of_claim").value == 1


def test_it_keeps_an_evaluators_promises():
    check_evaluator(Runs, Inputs(id="runs", sources={"source": source(study())}, parameters={"metric": "accuracy"}))


def test_runs_of_a_store_whose_version_no_test_has_read_are_named_as_such():
    runs = [one.model_copy(update={"tool": "wandb", "tool_version": "0.25.1"}) for one in study()]
    said = {one.what: one.why for one in look(runs).coverage.not_tested}
    assert "no test has read a store of it" in said["whether 22 runs of wandb 0.25.1 are read as they were meant"]
    tested = [one.model_copy(update={"tool": "wandb", "tool_version": "0.31.0"}) for one in study()]
    assert not [one for one in look(tested).coverage.not_tested if "wandb" in one.what]
