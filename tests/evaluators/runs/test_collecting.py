"""Runs that say the same are one configuration, and nothing that was tried is lost."""

from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.runs.support import BASE, CLAIM, keys, look, one, run, study

from cardwright.evaluators.runs.collecting import collected, differing


def test_settings_that_differ_in_type_alone_are_one_configuration_and_said():
    runs = [
        run("a", {"lr": 0.1}, 0.8, seed=1, purpose="candidate"),
        run("b", {"lr": "0.10"}, 0.8, seed=2, purpose="candidate"),
    ]
    seen = look(runs)
    assert one(seen, "configurations_tried").value == 1
    assert one(seen, "seeds_of_claim").value == 2
    assert "types_only" in keys(seen)


def test_other_data_or_another_commit_are_another_configuration():
    runs = [run("a", BASE, 0.8), run("b", BASE, 0.8, commit="fffffff"), run("c", BASE, 0.8, data={"train": "v4"})]
    assert len(collected(runs, ["accuracy"], [], []).configurations) == 3


def test_a_run_that_ended_without_a_number_is_counted():
    seen = look([*study(), run("silent", CLAIM, seed=7, purpose="candidate")])
    assert one(seen, "runs_without_number").value == 1
    assert one(seen, "seeds_of_claim").value == 5
    assert "no_number" in keys(seen)


def test_a_run_deleted_in_its_store_was_dropped():
    deleted = run("gone", CLAIM, 0.5, seed=8, gaps={"deleted": "it was deleted"})
    assert one(look([*study(), deleted]), "runs_dropped", reason="deleted").value == 1


def test_a_run_that_began_before_the_one_that_started_it_shows_that_clocks_disagree():
    runs = [
        *study(),
        run("parent", CLAIM, 0.8, started="2026-01-02T00:00:00Z"),
        run("child", CLAIM, 0.8, started="2026-01-01T00:00:00Z", parent="parent"),
    ]
    assert "clocks" in keys(look(runs))
    assert "clocks" not in keys(look(study()))


def test_untraceable_runs_are_listed_with_what_they_lack():
    seen = look([*study(), run("lost", CLAIM, 0.8, commit=None, data={})])
    assert one(seen, "untraceable_runs").value == 1
    (table,) = [table for table in seen.tables if table.id == "untraceable"]
    assert table.rows == (("lost", "commit, data, seed"),)


def test_a_setting_that_one_lacks_differs():
    first, second = (
        next(iter(collected([run("x", config, 0.8)], ["accuracy"], [], []).configurations.values()))
        for config in ({"a": None}, {})
    )
    assert differing(first, second) == ("a",)


@given(st.lists(st.sampled_from(["finished", "failed", "killed", "running", "not_stated"]), max_size=30))
def test_every_run_is_compared_dropped_or_without_a_number(statuses):
    runs = [run(str(n), BASE, 0.5 if n % 2 else None, status=status) for n, status in enumerate(statuses)]
    seen = collected(runs, ["accuracy"], [], [])
    compared = sum(len(one.trials) for one in seen.configurations.values())
    assert compared + sum(seen.dropped.values()) == seen.tried == len(runs)
