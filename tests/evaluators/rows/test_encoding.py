"""Columns to codes: one value is one code however it is written, and persons are told apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from tests.evaluators.rows.support import tally
from tests.support import memory_predictions

from cardwright.evaluators.rows.encoding import encode, person_hashes


def test_one_value_is_one_group_however_it_is_written():
    """1, 1.0 and "1" are one group; true is not 1."""
    data = {"y": [1, 0, 1, 0], "d": [1, 1, 0, 0], "g": pa.array([1.0, 1.0, 2.0, None])}
    found = tally(memory_predictions(data, prediction="d", sensitive=["g"]))
    assert found.view((0,)).slices == ({"g": "1"}, {"g": "2"}, {"g": None})


def test_whole_numbers_and_truth_values_take_the_short_way_to_the_same_codes():
    """Small whole numbers are codes already, and get the labels that the long way gives."""
    for values in ([3, 5, 3], [True, False, True], [-2, 0, 7]):
        short = encode(pa.array(values), limit=100, blank=True, where="", what="")
        long = encode(pa.array(values).dictionary_encode(), limit=100, blank=True, where="", what="")
        assert [short.labels[code] for code in short.codes] == [long.labels[code] for code in long.codes]
        assert short.seen() == long.seen()


def test_persons_are_told_apart_and_told_alike_across_batches():
    """Equal ids have equal hashes in any batch and encoding; 100,000 different ones differ; the key matters."""
    names = [f"applicant-{number:07d}" for number in range(100_000)]
    whole = person_hashes(pa.array(names), b"k")
    assert len(np.unique(whole)) == len(names)
    assert person_hashes(pa.array(names[500:510]), b"k").tolist() == whole[500:510].tolist()
    assert person_hashes(pa.array(names[500:510]).dictionary_encode(), b"k").tolist() == whole[500:510].tolist()
    assert person_hashes(pa.array(names).slice(7, 3), b"k").tolist() == whole[7:10].tolist()
    assert person_hashes(pa.array(names[:3]), b"other").tolist() != whole[:3].tolist()
    odd = person_hashes(pa.array(["", "a", "a\0", "a" * 8, "a" * 9, "a" * 300, None, "ä"]), b"k")
    assert len(set(odd.tolist())) == 8 and odd[6] == 0
    assert person_hashes(pa.array([5, 5, None]), b"k").tolist()[2] == 0
