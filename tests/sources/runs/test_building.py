"""From what a store keeps to a run: what counts as seed, data version and cost, and what becomes a gap."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.record.run import Run, Unread
from cardwright.sources.runs.building import StoredRun, flattened, run_of, setting


def built(**kept):
    return run_of(
        StoredRun(**{"id": "r", "status": "finished", **kept}), tool="csv", store_sha256="0" * 64, where="store"
    )


def test_the_seed_is_taken_out_of_the_settings():
    run = built(config={"train": {"random_state": "7"}, "lr": 0.1})
    assert (run.seed, run.config) == (7, {"lr": 0.1})


@pytest.mark.parametrize(("config", "why"), [
    ({"seed": 1, "model": {"random_state": 2}}, "differ"), ({"seed": "a"}, "no whole number"), ({"seed": True}, "no whole number"),
    ({"seed": 1.5}, "no whole number"),
])  # fmt: skip
def test_a_seed_that_cannot_be_told_is_a_gap_and_stays_a_setting(config, why):
    run = built(config=config)
    assert run.seed is None
    assert why in run.gaps["seed"]
    assert run.config == flattened(config)


def test_two_keys_that_say_the_same_seed_are_one():
    assert built(config={"seed": 3, "data": {"seed": "3"}}).seed == 3


def test_a_data_version_is_taken_out_of_settings_and_tags_and_two_that_differ_are_a_gap():
    run = built(config={"data_version": "v3", "lr": 1}, tags={"dataset_sha256": "ab"})
    assert (run.data, run.config) == ({"data_version": "v3", "dataset_sha256": "ab"}, {"lr": 1})
    run = built(config={"data_version": "v3"}, tags={"data_version": "v4"})
    assert "differ" in run.gaps["data"]


def test_a_purpose_is_one_of_six_words():
    assert built(tags={"purpose": "Ablation"}).purpose == "ablation"
    assert "none of" in built(config={"purpose": "fun"}).gaps["purpose"]
    assert built(tags={"purpose": "debug"}, config={"purpose": "search"}).gaps["purpose"] == "two are said"


def test_a_commit_is_hexadecimal():
    assert built(commit="ABCDEF1").commit == "abcdef1"
    assert built(commit="main").commit is None
    assert built(config={"git_sha": "1" * 40, "lr": 1}).config == {"lr": 1}


def test_numbers_that_are_none_say_why():
    run = built(metrics={"a": math.nan, "b": -math.inf, "c": "x", "d": True, "e": (10**400, 1), "f": 1})
    assert {name: one.value for name, one in run.metrics.items()} == {**dict.fromkeys("abcde"), "f": 1.0}
    assert run.metrics["b"].why == "the last value is infinite"


def test_costs_are_known_by_name_and_one_that_is_no_number_stays_a_metric():
    run = built(metrics={"energy_consumed": 1.5, "gpu_hours": math.nan})
    assert (run.cost, run.metrics["gpu_hours"].value) == ({"energy_kwh": 1.5}, None)


def test_more_settings_than_are_read_are_named():
    run = built(config={str(number): number for number in range(6000)})
    assert run == Unread(unread="store", why="it has more than 5000 settings")
    deep = {}
    for _ in range(100):
        deep = {"a": deep}
    assert "nested" in built(config=deep | {"b": 1}).why or built(config=deep).config is not None


def test_two_settings_that_flatten_to_one_key_are_refused():
    assert built(config={"a.b": 1, "a": {"b": 2}}).why == "two of its settings have the same key"


def test_a_mask_keeps_the_digest_true():
    run = built(config={"contact": "jo.public@example.org"}, name="jo.public@example.org")
    assert isinstance(run, Run)
    assert run.model_validate_json(run.model_dump_json()) == run
    assert (run.name, run.config["contact"]) == ("<EMAIL_ADDRESS>", "<EMAIL_ADDRESS>")


SETTINGS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=10), SETTINGS, max_size=5))
def test_whatever_a_store_keeps_becomes_a_run_or_says_why_not(config):
    run = built(config=config)
    assert isinstance(run, Unread) or run.model_validate_json(run.model_dump_json()) == run


@given(SETTINGS)
def test_a_setting_is_what_json_holds(value):
    found = setting(value)
    assert found is None or isinstance(found, bool | int | float | str)


@given(st.floats() | st.text(max_size=30), st.floats() | st.text(max_size=30))
def test_any_two_moments_are_kept_or_are_gaps(started, finished):
    run = built(started=started, finished=finished)
    assert isinstance(run, Run)
    assert run.finished is None or run.started is None or run.started <= run.finished


def test_a_run_that_was_built_has_every_field_and_is_the_one_that_validation_gives():
    run = built(config={"lr": 0.1, "seed": 1}, metrics={"a": 1.0}, started=1.8e9, finished=1.8e9 + 5)
    assert run.__dict__.keys() == Run.model_fields.keys()
    assert run.metrics["a"].__dict__.keys() == type(run.metrics["a"]).model_fields.keys()
    again = Run(**run.model_dump())
    assert (again, again.model_dump_json()) == (run, run.model_dump_json())
