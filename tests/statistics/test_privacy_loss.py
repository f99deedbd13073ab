"""Epsilon of DP-SGD against values of the library dp-accounting, and against closed forms."""

import math

import pytest

from cardwright.statistics.privacy_loss import epsilon_of_sampled_gaussian


@pytest.mark.parametrize(
    ("noise", "rate", "steps", "expected"),
    [
        # RdpAccountant of dp-accounting 0.6.0, delta 1e-5; it also searches orders that are no whole numbers, so it is never above.
        (1.1, 256 / 60000, 14062, 2.5965557698943036),
        (1.0, 0.01, 1000, 2.101366525420273),
        (2.0, 1.0, 10, 8.079406222420491),
        (0.7, 0.02, 500, 7.664087767817467),
    ],
)
def test_it_is_at_most_one_percent_above_that_of_dp_accounting(noise, rate, steps, expected):
    found = epsilon_of_sampled_gaussian(noise, rate, steps, 1e-5)
    assert expected - 1e-9 <= found <= 1.01 * expected


def test_without_sampling_it_is_that_of_one_gaussian_with_less_noise():
    assert epsilon_of_sampled_gaussian(10.0, 1.0, 100, 1e-6) == pytest.approx(
        epsilon_of_sampled_gaussian(1.0, 1.0, 1, 1e-6)
    )


def test_more_steps_and_less_noise_cost_more():
    base = epsilon_of_sampled_gaussian(1.0, 0.01, 1000, 1e-5)
    assert base < epsilon_of_sampled_gaussian(1.0, 0.01, 2000, 1e-5)
    assert base < epsilon_of_sampled_gaussian(0.8, 0.01, 1000, 1e-5)
    assert base < epsilon_of_sampled_gaussian(1.0, 0.01, 1000, 1e-7)


def test_no_noise_has_no_finite_bound_and_nonsense_is_refused():
    assert epsilon_of_sampled_gaussian(0.0, 0.01, 10, 1e-5) is None
    assert math.isfinite(epsilon_of_sampled_gaussian(0.01, 0.01, 1, 1e-5))
    with pytest.raises(ValueError, match="delta"):
        epsilon_of_sampled_gaussian(1.0, 0.01, 10, 0.0)
