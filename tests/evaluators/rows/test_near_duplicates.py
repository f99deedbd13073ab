"""Near duplicates are those whose sets are as similar as is said, whether every pair is compared or MinHash proposes them."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardwright.evaluators.rows import near_duplicates
from cardwright.evaluators.rows.near_duplicates import Banding, banding, nearest_rows, shingles, token

sets = st.lists(st.frozensets(st.integers(0, 12), min_size=1, max_size=8).map(lambda s: tuple(sorted(s))), max_size=12)


def similarity(first, second):
    return len({*first} & {*second}) / len({*first} | {*second})


@settings(max_examples=60)
@given(sets, sets, st.sampled_from([0.5, 0.8, 1.0]))
def test_all_pairs_are_those_of_plain_counting(held, read, threshold):
    found, cut = nearest_rows(held, ((tokens, None) for tokens in read), len(read), threshold)
    assert cut is None
    for tokens, near in zip(held, found, strict=True):
        values = [v for v in (similarity(tokens, other) for other in read) if v >= threshold - 1e-9]
        assert near.similarity == pytest.approx(max(values, default=0.0))
        assert near.identical == sum(v == 1 for v in values)
        assert near.others == any(v < 1 for v in values)


def planted(rng, rows, size=20):
    """Rows of random tokens, and each again with two tokens of its own in place of two: similarity 18/22."""
    first = [tuple(sorted(rng.sample(range(10**6), size))) for _ in range(rows)]
    second = [tuple(sorted([*row[:-2], *rng.sample(range(2 * 10**6, 3 * 10**6), 2)])) for row in first]
    return first, second


def test_minhash_finds_what_all_pairs_find_but_for_the_stated_share():
    first, second = planted(random.Random(5), 1500)
    read = [(row, None) for row in second]
    every, _ = nearest_rows(first, read, len(read), 0.8)
    proposed, cut = nearest_rows(first, read, len(read), 0.8, exact_pairs=0, seed=3)
    assert all(near.similarity for near in every)
    assert cut == banding(0.8)
    missed = sum(not near.similarity for near in proposed)
    assert missed <= 3 + 3 * 1500 * cut.miss_probability(18 / 22)
    assert all(b == a for a, b in zip(every, proposed, strict=True) if b.similarity)


def test_minhash_never_reports_a_pair_below_the_threshold():
    first, second = planted(random.Random(6), 200)
    found, _ = nearest_rows(first, [(row, None) for row in second], 200, 0.9, exact_pairs=0)
    assert not any(near.similarity for near in found)


def test_the_same_seed_finds_the_same():
    first, second = planted(random.Random(7), 300, size=12)
    runs = [nearest_rows(first, [(row, None) for row in second], 300, 0.7, exact_pairs=0, seed=9)[0] for _ in range(2)]
    assert runs[0] == runs[1]


def test_the_label_is_that_of_most_of_the_nearest_rows():
    read = [
        ((1, 2, 3), "a"),
        ((1, 2, 3), "b"),
        ((1, 2, 3), "a"),
        ((1, 2, 3, 4), "b"),
        ((1, 2, 3, 4), "b"),
        ((1, 2, 3), None),
    ]
    (near,), _ = nearest_rows([(1, 2, 3)], read, len(read), 0.5)
    assert (near.label, near.identical, near.others) == ("a", 4, True)
    (tied,), _ = nearest_rows([(1, 2, 3)], read[:2], 2, 0.5)
    assert tied.label is None


def test_rows_are_counted_over_chunks():
    (near,), _ = nearest_rows([(1, 2)], [((1, 2), "a")] * 5, 5, 0.8, chunk=2)
    assert (near.identical, near.labels) == (5, (("a", 5),))


def test_an_empty_side_has_no_near_duplicates():
    assert nearest_rows([], [((1,), None)], 1, 0.8)[0] == []
    assert nearest_rows([(1,)], [], 0, 0.8)[0][0].similarity == 0


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9, 0.95])
def test_banding_misses_at_the_threshold_as_rarely_as_is_said(threshold):
    cut = banding(threshold)
    assert cut.bands * cut.rows <= near_duplicates.PERMUTATIONS
    assert cut.miss_probability(threshold) <= near_duplicates.MISSED_AT_THRESHOLD
    assert Banding(cut.bands, cut.rows).miss_probability(min(1.0, threshold + 0.04)) < cut.miss_probability(threshold)


def test_a_short_text_is_one_shingle():
    assert list(shingles(["one", "two"], 3)) == ["one two"]
    assert token("ab", "c") != token("a", "bc")
