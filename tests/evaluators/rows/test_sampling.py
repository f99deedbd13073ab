"""Rows chosen by a keyed hash of their place: the same rows of any file, in their order, whatever the batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import list_rows

from cardwright.evaluators.rows.sampling import choose, keyed_hash


def places(count, total, key, cuts=()):
    batch, seen = choose(list_rows({"n": range(total), "unread": [0] * total}, cuts=cuts), ["n"], count, key)
    assert seen == total
    assert batch.schema.names == ["n"]
    return batch.column("n").to_pylist()


@given(st.integers(1, 60), st.integers(1, 80), st.lists(st.integers(1, 60), max_size=4), st.integers(0, 2**63))
def test_where_the_file_is_cut_decides_nothing(total, count, cuts, key):
    chosen = places(count, total, key, cuts)
    assert chosen == places(count, total, key)
    assert chosen == sorted({*chosen})
    assert len(chosen) == min(count, total)


@given(st.integers(2, 60), st.integers(1, 20), st.integers(0, 2**32))
def test_a_smaller_sample_is_part_of_a_larger_one(total, count, key):
    assert {*places(count, total, key)} <= {*places(count + 5, total, key)}


def test_the_rows_chosen_are_those_of_the_smallest_hashes():
    hashes = keyed_hash(np.arange(50), 7)
    assert places(10, 50, 7) == sorted(np.argsort(hashes)[:10].tolist())


def test_another_key_chooses_other_rows_and_every_row_has_its_turn():
    assert places(10, 1000, 1) != places(10, 1000, 2)
    assert {n for key in range(200) for n in places(5, 20, key)} == {*range(20)}


def test_the_hash_is_splitmix64():
    """The reference implementation of Vigna (2015), in plain whole numbers."""

    def reference(position, key):
        mask = 2**64 - 1
        z = (position + key * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    for key in (0, 1, 2**40):
        assert keyed_hash(np.arange(20), key).tolist() == [reference(n, key) for n in range(20)]


def test_a_column_asked_for_twice_comes_once_and_no_batches_are_no_rows():
    batch, _ = choose(list_rows({"n": [1, 2]}), ["n", "n"], 5, 0)
    assert batch.schema.names == ["n"]

    class Nothing:
        def batches(self, columns):
            return iter(())

    with pytest.raises(ValueError, match="there are no rows"):
        choose(Nothing(), ["n"], 5, 0)
