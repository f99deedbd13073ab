"""What is stated of differential privacy is recorded, recomputed where it can be, and never understated in silence."""

import pytest
from tests.evaluators.leakage.support import keys, look, one

from cardwright.errors import UsageError
from cardwright.record import Measured, Unmeasured

STATED = {"mechanism": "DP-SGD", "epsilon": 2.6, "delta": 1e-5, "unit": "example", "accountant": "rdp"}
PARAMETERS = {"noise_multiplier": 1.1, "sample_rate": 256 / 60000, "steps": 14062}


def stated(**changes):
    said = {**STATED, **changes}
    return look({"differential_privacy": {key: value for key, value in said.items() if value is not None}})


def epsilon(seen):
    (found,) = seen.find("differential_privacy_epsilon")
    return found


def test_epsilon_is_recomputed_from_the_parameters():
    seen = stated(**PARAMETERS)
    found = epsilon(seen)
    assert isinstance(found, Measured)
    assert found.value == pytest.approx(2.597, abs=0.001)
    assert found.at == {"delta": 1e-5}
    assert seen.findings == ()


def test_a_smaller_stated_epsilon_than_the_parameters_give_is_a_finding():
    assert keys(stated(**PARAMETERS, epsilon=1.0))["epsilon_understated"].severity == "high"
    none = stated(**{**PARAMETERS, "noise_multiplier": 0.0})
    assert isinstance(epsilon(none), Unmeasured)
    assert "epsilon_understated" in keys(none)


def test_what_is_only_stated_is_recorded_and_not_measured():
    seen = stated()
    assert isinstance(epsilon(seen), Unmeasured)
    assert ("mechanism", "DP-SGD") in seen.tables[0].rows
    assert ("epsilon, recomputed", "not recomputed") in seen.tables[0].rows


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unit": None}, "does not state `unit`"),
        ({"epsilon": None}, "states no `epsilon`"),
        ({"epsilon": -1.0}, "must lie between"),
        ({"delta": 1.0}, "below 1"),
        ({"steps": 1.5, **{k: v for k, v in PARAMETERS.items() if k != "steps"}}, "whole number"),
        ({"colour": "red"}, "no key of that name"),
    ],
)
def test_misuse_is_said(changes, said):
    with pytest.raises(UsageError, match=said):
        stated(**changes)


def test_a_delta_of_zero_is_pure_and_only_stated():
    assert one(stated(delta=0), "differential_privacy_epsilon").at is None
