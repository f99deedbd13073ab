"""Sums and samples that merge exactly."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cardwright.statistics.sampling import (
    BottomK,
    ExactSum,
    Moments,
    keyed_hash,
    keyed_hashes,
    kish_effective_size,
)

FLOATS = st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), max_size=40)
HASHES = [2214582166709667633, 7458474976423500307, 4233726931985980027]
ROW_HASH = 16116658776617135649
TAME = st.lists(st.floats(-1e150, 1e150), max_size=40)


@given(st.one_of(FLOATS, st.lists(st.floats(-1e6, 1e6), max_size=40), st.lists(st.floats(1e-150, 1e120), max_size=40)))
def test_a_sum_is_exact(values):
    assert ExactSum.of(values).exact == sum(map(Fraction, values), Fraction(0))


@given(TAME)
def test_the_rounded_sum_is_that_of_fsum(values):
    assert ExactSum.of(values).value == math.fsum(values)


def test_the_smallest_and_largest_doubles_add_up():
    tiny, huge = 5e-324, 1.7976931348623157e308
    assert ExactSum.of([huge, tiny, -huge]).value == tiny
    assert ExactSum.of([tiny] * 3).exact == 3 * Fraction(tiny)
    with pytest.raises(OverflowError):
        _ = ExactSum.of([huge, huge]).value
    assert ExactSum.of([huge, huge, -huge]).value == huge


@given(FLOATS, st.randoms(use_true_random=False), st.integers(1, 5))
def test_batches_in_any_order_give_the_same_sum(values, random, parts):
    shuffled = list(values)
    random.shuffle(shuffled)
    total = ExactSum()
    for part in range(parts):
        total += ExactSum.of(shuffled[part::parts])
    assert total == ExactSum.of(values)


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.int32, np.uint8, np.bool_, np.float32])
def test_whole_numbers_of_any_type_add_up(dtype):
    limits = (
        (0, 1)
        if dtype == np.bool_
        else (0, 1000)
        if dtype == np.float32
        else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    )
    values = np.array([limits[0], limits[1], limits[1]], dtype)
    assert ExactSum.of(values).exact == sum(int(v) for v in values)


def test_more_values_than_one_chunk_add_up():
    values = np.random.default_rng(0).normal(size=4_200_000)
    assert ExactSum.of(values).value == math.fsum(values)


def test_what_is_not_finite_is_refused():
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite"):
            ExactSum.of([1.0, wrong])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.integers(1, 4))
def test_moments_of_batches_are_those_of_the_whole(values, parts):
    total = Moments()
    for part in range(parts):
        total += Moments.of(values[part::parts])
    whole = Moments.of(values)
    assert total == whole
    assert whole.mean == pytest.approx(np.mean(values), abs=1e-6)
    if len(values) > 1:
        assert whole.variance == pytest.approx(np.var(values, ddof=1), rel=1e-6, abs=1e-3)


def test_a_variance_far_from_0_keeps_its_digits():
    """In floating point the sums of squares of 1e8 + {0, 1, 2} differ in nothing but noise."""
    assert Moments.of([1e8, 1e8 + 1, 1e8 + 2]).variance == pytest.approx(1.0, abs=0.5)
    assert Moments.of([1e6, 1e6 + 1, 1e6 + 2]).variance == 1.0


def test_without_values_there_is_no_mean():
    assert Moments().mean is None
    assert Moments.of([1.0]).variance is None


def test_kishs_effective_size():
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    assert kish_effective_size(weights.sum(), (weights**2).sum()) == pytest.approx(100 / 30)
    assert kish_effective_size(0, 0) is None
    with pytest.raises(ValueError, match="negative"):
        kish_effective_size(-1, 1)


@given(st.integers(0, 200), st.integers(0, 20), st.randoms(use_true_random=False), st.integers(1, 5))
def test_a_sample_is_the_same_whatever_the_batches(rows, size, random, parts):
    numbers = list(range(rows))
    whole = BottomK.of(numbers, lambda i: f"row {numbers[i]}", size, b"key")
    random.shuffle(numbers)
    merged = BottomK(size)
    for part in range(parts):
        batch = numbers[part::parts]
        merged += BottomK.of(batch, lambda i, batch=batch: f"row {batch[i]}", size, b"key")
    assert merged == whole
    assert len(merged.entries) == min(rows, size)
    assert merged + whole == whole


def test_payloads_are_asked_for_kept_rows_only_and_belong_to_them():
    asked = []
    sample = BottomK.of(range(10_000), lambda i: asked.append(i) or i, 5, b"key")
    assert len(asked) == 5
    assert sample.payloads == tuple(number for _, number, _ in sample.entries)


def test_another_key_gives_another_sample_and_each_row_the_same_chance():
    samples = [BottomK.of(range(100), lambda i: i, 10, bytes([k])).payloads for k in range(200)]
    assert len({tuple(sorted(s)) for s in samples}) == 200
    drawn = np.bincount(np.concatenate(samples), minlength=100)
    assert drawn.sum() == 2000
    assert drawn.max() < 45
    assert drawn.min() > 4


def test_samples_of_different_sizes_do_not_merge():
    with pytest.raises(ValueError, match="sizes"):
        _ = BottomK(3) + BottomK(4)


def test_hashes_are_the_same_on_every_machine():
    """Literal values: a change would change every published sample."""
    assert keyed_hashes([0, 1, 2**63], b"key").tolist() == HASHES
    assert keyed_hash([b"a", b"bc"], b"key") == ROW_HASH
    assert keyed_hash([b"ab", b"c"], b"key") != ROW_HASH


@given(arrays(np.uint64, 50, elements=st.integers(0, 2**64 - 1), unique=True))
def test_different_rows_have_different_hashes(numbers):
    """The mixing is a bijection."""
    assert len(np.unique(keyed_hashes(numbers, b"key"))) == 50
