"""A comparison that is looked at more often than was declared is found, and a declared look concludes at its share of alpha."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.runs.support import BASE, CLAIM, NOISE, keys, look, one, run

from cardwright.statistics.sequential import boundaries


def at(name, config, mean, purpose, hours, **more):
    """Runs of half an hour each, one seed each, that begin at these hours of a month."""
    return [
        run(
            f"{name}-{seed}", config, mean + NOISE[seed % 5] * (1.5 if purpose == "candidate" else 1.0), seed=seed, purpose=purpose,
            started=_moment(hour), finished=_moment(hour + 0.5), **more,
        )
        for seed, hour in enumerate(hours)
    ]  # fmt: skip


def _moment(hour):
    day, hour = divmod(hour, 24)
    return f"2026-11-{1 + int(day):02d}T{int(hour):02d}:{round(hour % 1 * 60):02d}:00Z"


def compared(claim, baseline=None, **parameters):
    hours = range(len(claim)) if baseline is None else baseline
    return look(
        [*at("base", BASE, 0.8, "baseline", hours), *at("claim", CLAIM, 0.86, "candidate", claim)], **parameters
    )


def counts(found):
    return {name: one(found, f"looks_{name}").value for name in ("declared", "taken", "undeclared")}


def test_seeds_that_run_one_after_the_other_are_looked_at_once():
    found = compared([0.5, 1.0, 1.5, 2.0, 2.5], baseline=range(5))
    assert counts(found) == {"declared": 1, "taken": 1, "undeclared": 0}
    assert one(found, "alpha_spent").value == pytest.approx(0.05)
    assert "undeclared_look" not in keys(found)


def test_seeds_that_were_added_after_a_pause_are_a_look_that_nobody_declared():
    found = compared([0, 1, 2, 48, 49], baseline=range(5))
    assert counts(found) == {"declared": 1, "taken": 2, "undeclared": 1}
    (said,) = [one for one in found.findings if one.key == "undeclared_look"]
    assert (said.severity, "with 3 seeds" in said.explanation) == ("high", True)
    assert counts(compared([0, 1, 2, 48, 49], baseline=range(5), pause=60.0 * 48))["undeclared"] == 0


def test_a_baseline_that_runs_in_between_leaves_no_pause():
    assert counts(compared([0, 1, 2, 5, 6], baseline=[0, 2.5, 3, 3.5, 4.5]))["taken"] == 1


def test_a_baseline_that_is_run_again_after_the_claim_is_no_look_at_it():
    assert counts(compared([0, 1, 2], baseline=[0, 1, 48]))["taken"] == 1


def test_a_look_that_was_declared_concludes_at_its_share_of_alpha():
    declared = {"looks": [0.5, 1.0], "seeds_planned": 4}
    first, last = boundaries([0.5, 1.0], 0.05)
    early = compared([0, 1], **declared)
    assert one(early, "alpha_spent").value == pytest.approx(first.spent)
    assert one(early, "improvement").interval.level == pytest.approx(1 - first.nominal_p)
    late = compared([0, 1, 48, 49], **declared)
    assert counts(late) == {"declared": 2, "taken": 2, "undeclared": 0}
    assert one(late, "alpha_spent").value == pytest.approx(0.05)
    assert one(late, "improvement").interval.level == pytest.approx(1 - last.nominal_p)
    # Looking twice costs: the interval is wider than that of a comparison that was looked at once.
    once = one(compared([0, 1, 48, 49], pause=60.0 * 48), "improvement").interval
    twice = one(late, "improvement").interval
    assert twice.upper - twice.lower > once.upper - once.lower


def test_more_seeds_than_were_planned_and_fewer_are_looks_that_nobody_declared():
    declared = {"looks": [0.5, 1.0], "seeds_planned": 4}
    for seeds in (3, 5):
        found = compared(range(seeds), **declared)
        assert counts(found)["undeclared"] == 1
        assert one(found, "alpha_spent").status == "unmeasured"


@pytest.mark.parametrize("missing", ["started", "finished"])
def test_runs_without_times_leave_the_number_of_looks_unmeasured(missing):
    runs = [
        *at("base", BASE, 0.8, "baseline", range(3)),
        *(
            one.model_copy(update={missing: None}) if one.seed == 1 else one
            for one in at("c", CLAIM, 0.86, "candidate", range(3))
        ),
    ]
    found = look(runs)
    assert one(found, "looks_taken").status == one(found, "looks_undeclared").status == "unmeasured"
    assert one(found, "alpha_spent").value == pytest.approx(0.05)


@given(st.lists(st.integers(0, 200), min_size=2, max_size=8, unique=True))
def test_a_longer_pause_never_finds_more_looks_and_there_are_never_more_than_seeds(hours):
    claim = sorted(hours)
    taken = [one(compared(claim, pause=pause), "looks_taken").value for pause in (0.0, 60.0, 600.0, 1e6)]
    assert taken == sorted(taken, reverse=True)
    assert 1 == taken[-1] <= taken[0] <= len(claim)
