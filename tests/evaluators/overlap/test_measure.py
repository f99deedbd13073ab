"""What of the test data stood in the training data is counted exactly, and nobody's values are shown."""

import pytest
from tests.evaluators.overlap.support import TRAIN, keys, look, one
from tests.support import memory_table

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.overlap import Overlap
from cardwright.record import Unmeasured
from cardwright.testing import check_evaluator


def test_rows_that_stand_in_training_are_counted_with_and_without_their_label():
    test = {"a": [1, 2, 9, 3], "b": ["x", "y", "x", None], "y": [0, 0, 1, 0]}
    seen = look(test, TRAIN)
    assert one(seen, "exact_overlap_rate").numerator == 3
    assert one(seen, "exact_overlap_with_label_rate").numerator == 2
    assert one(seen, "conflicting_overlap_rate").numerator == 1
    assert one(seen, "exact_overlap_rate").denominator == 4
    assert keys(seen)["exact_overlap"].severity == "high"


def test_a_test_row_that_is_not_later_than_training_is_counted():
    test = {"a": [7, 8, 9], "t": ["2026-01-01", "2026-02-01", None], "y": [0, 1, 0]}
    training = {"a": [1, 2], "t": ["2025-01-01", "2026-01-01"], "y": [0, 1]}
    seen = look(test, training, time="t")
    assert (one(seen, "time_overlap_rate").numerator, one(seen, "time_overlap_rate").denominator) == (1, 2)
    with pytest.raises(UsageError, match="are not times"):
        look({**test, "t": ["then", "now", None]}, training, time="t")


@pytest.mark.parametrize(
    ("test", "training"), [({"a": [], "y": []}, TRAIN), ({"a": [1], "y": [0]}, {"a": [], "y": []})]
)
def test_empty_tables_give_reasons_and_no_numbers(test, training):
    seen = look(test, training, columns=["a"])
    assert isinstance(one(seen, "exact_overlap_rate"), Unmeasured)
    assert seen.findings == ()


def test_tables_without_a_common_column_are_refused():
    with pytest.raises(UsageError, match="no column in common"):
        look({"a": [1]}, {"b": [1]}, label="none")
    with pytest.raises(UsageError, match="in both tables"):
        look(TRAIN, TRAIN, columns=["aa"])


def test_it_keeps_an_evaluators_promises():
    sources = {
        "source": memory_table(TRAIN, label="y", name="test"),
        "training": memory_table(TRAIN, label="y", name="training"),
    }
    check_evaluator(Overlap, Inputs(id="overlap", sources=sources))
