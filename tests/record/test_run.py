"""Runs as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cardwright.record.measurement import Measured, Unmeasured
from cardwright.record.run import Run, RunMetric, config_sha256, seconds_between, spelled


def run(**said):
    config = said.pop("config", {"lr": 0.1})
    return Run(
        **{"id": "r", "tool": "csv", "store_sha256": "0" * 64, "status": "finished", "config": config, "config_sha256": config_sha256(config), **said}
    )  # fmt: skip


def test_what_a_run_lacks_is_listed():
    assert run().missing == ("commit", "data", "seed")
    whole = run(commit="ab", data={"a": "1"}, seed=0)
    assert whole.missing == ()
    assert run(config=None).missing == ("commit", "config", "data", "seed")


def test_a_digest_of_another_configuration_is_refused():
    with pytest.raises(ValidationError, match="is not the digest"):
        run(config_sha256="0" * 64)


def test_a_metric_is_a_number_or_a_reason():
    with pytest.raises(ValidationError, match="a value, or says why"):
        RunMetric()
    with pytest.raises(ValidationError, match="a value, or says why"):
        RunMetric(value=1.0, why="x")
    measured = RunMetric(value=0.5, n=10).measured("accuracy", direction="higher_is_better")
    assert isinstance(measured, Measured)
    assert (measured.value, measured.denominator) == (0.5, 10)
    missing = run().metric("accuracy").measured("accuracy")
    assert isinstance(missing, Unmeasured)
    assert missing.reason == "The run logged no number: it was not logged."


def test_digests_tell_types_apart_and_spelling_does_not():
    assert len({config_sha256({"a": value}) for value in (1, True, "1")}) == 3
    assert config_sha256({"a": 1, "b": 2}) == config_sha256({"b": 2, "a": 1})
    assert config_sha256(None) is None
    assert spelled("1_000") != spelled(1000)
    assert spelled("12345678901234567890") != spelled("12345678901234567891")
    assert spelled("nan") == spelled("nan")
    assert spelled("1e999") == ("text", "1e999")


@given(st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none())
def test_a_value_and_its_text_say_the_same(value):
    assert spelled(str(value)) == spelled(value)


def test_seconds_between_moments():
    assert seconds_between("2026-01-01T00:01:00Z", "2026-01-01T00:00:00Z") == -60
