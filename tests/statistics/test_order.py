"""The median of more numbers than memory holds: numpy's, exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.statistics.order import streaming_median

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@given(st.lists(st.one_of(FINITE, st.sampled_from([0.0, -0.0, 0.5, 1.0])), min_size=1, max_size=80), st.integers(1, 9))
def test_it_is_numpys_median_whatever_the_pieces(numbers, size):
    pieces = [np.array(numbers[i : i + size]) for i in range(0, len(numbers), size)]
    assert streaming_median(lambda: iter(pieces)) == np.median(numbers)


def test_no_numbers_have_no_median():
    assert streaming_median(lambda: iter([])) is None


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_misuse(bad):
    with pytest.raises(ValueError, match="not finite"):
        streaming_median(lambda: iter([np.array([0.5, bad])]))
