"""A measurement is a finite number with what it was counted from, or the reason why there is none."""

import json
import math

import pytest
from hypothesis import given
from pydantic import ValidationError
from tests.strategies import measured, unmeasured

from cardwright.record import Groups, Interval, Measured, Unmeasured, canonical


@given(measured() | unmeasured)
def test_a_measurement_survives_the_round_trip_exactly(measurement):
    data = canonical.dumps(measurement)
    assert canonical.parse(type(measurement), data, where="m") == measurement


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "0.5", True, None])
def test_a_value_is_a_finite_number_and_never_a_string(value):
    with pytest.raises(ValidationError):
        Measured(metric="m", value=value, unit="u", direction="neither")


def test_a_negative_zero_is_a_zero():
    assert str(Measured(metric="m", value=-0.0, unit="u", direction="neither").value) == "0.0"


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="thresold"):
        Measured.model_validate({"metric": "m", "value": 1, "unit": "u", "direction": "neither", "thresold": 1})


def test_the_bounds_of_an_interval_are_in_order():
    with pytest.raises(ValidationError):
        Interval(level=0.95, lower=1, upper=0, method="wilson")


def test_a_gap_cannot_cover_more_groups_than_are_expected():
    with pytest.raises(ValidationError):
        Groups(compared=3, expected=2, rows=10)


def test_unknown_membership_is_null_and_stays():
    one = Unmeasured(metric="m", slice={"race": None}, code="undefined", reason="r")
    assert json.loads(canonical.dumps(one))["slice"] == {"race": None}
    assert one.key != Unmeasured(metric="m", slice={}, code="undefined", reason="r").key
