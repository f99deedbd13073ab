"""What of the test data stood in the training data is counted exactly, and nobody's values are shown."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import memory_table

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.overlap import Overlap
from cardwright.record import Measured, Unmeasured, canonical
from cardwright.testing import check_evaluator


def look(test, training, *, label="y", **parameters):
    sources = {
        "source": memory_table(test, label=label if label in test else None, name="test"),
        "training": memory_table(training, label=label if label in training else None, name="training"),
    }
    return Overlap(**parameters).evaluate(Inputs(id="overlap", sources=sources, parameters=parameters))


def one(evaluation, metric, **slice):
    (found,) = evaluation.find(metric, slice=slice)
    return found


def keys(evaluation):
    return {f.key: f for f in evaluation.findings}


TRAIN = {"a": [1, 2, 3, 4, 5], "b": ["x", "y", None, "z", "w"], "y": [0, 1, 0, 1, 0]}


def test_rows_that_stand_in_training_are_counted_with_and_without_their_label():
    test = {"a": [1, 2, 9, 3], "b": ["x", "y", "x", None], "y": [0, 0, 1, 0]}
    seen = look(test, TRAIN)
    assert one(seen, "exact_overlap_rate").numerator == 3
    assert one(seen, "exact_overlap_with_label_rate").numerator == 2
    assert one(seen, "conflicting_overlap_rate").numerator == 1
    assert one(seen, "exact_overlap_rate").denominator == 4
    assert keys(seen)["exact_overlap"].severity == "high"


def test_missing_agrees_with_missing_and_with_nothing_else():
    test = {"a": [3, 3], "b": [None, "x"], "y": [0, 0]}
    assert one(look(test, TRAIN), "exact_overlap_rate").numerator == 1


def test_a_number_is_the_same_however_it_is_stored():
    seen = look({"a": [1.0, 2.5], "y": [0, 1]}, {"a": [1, 2], "y": [0, 1]}, columns=["a"])
    assert one(seen, "exact_overlap_rate").numerator == 1


def test_rounding_case_and_punctuation_make_near_duplicates():
    training = {"a": [1234.5, -0.00123456, 0.0], "t": ["The  Cat, sat.", "Ü-Boot", "x"], "y": [0, 1, 0]}
    test = {"a": [1234.4, -0.0012349, 0.0], "t": ["the cat sat", "ü boot!", "y"], "y": [0, 1, 0]}
    seen = look(test, training)
    assert one(seen, "exact_overlap_rate").numerator == 0
    assert one(seen, "near_overlap_rate").numerator == 2
    assert "near_overlap" in keys(seen)


def test_the_same_person_in_both_is_a_high_finding_without_a_name():
    test = {"a": [7, 8], "who": ["Ada Secret", "Bo Secret"], "y": [0, 1]}
    training = {"a": [1, 2], "who": ["Ada Secret", "Cy Secret"], "y": [0, 1]}
    seen = look(test, training, entity="who")
    assert (one(seen, "entity_overlap_rate").numerator, one(seen, "entity_overlap_rate").denominator) == (1, 2)
    assert keys(seen)["entity_overlap"].severity == "high"
    assert "Secret" not in canonical.dumps(seen).decode()


def test_a_test_row_that_is_not_later_than_training_is_counted():
    test = {"a": [7, 8, 9], "t": ["2026-01-01", "2026-02-01", None], "y": [0, 1, 0]}
    training = {"a": [1, 2], "t": ["2025-01-01", "2026-01-01"], "y": [0, 1]}
    seen = look(test, training, time="t")
    assert (one(seen, "time_overlap_rate").numerator, one(seen, "time_overlap_rate").denominator) == (1, 2)
    with pytest.raises(UsageError, match="are not times"):
        look({**test, "t": ["then", "now", None]}, training, time="t")


def test_a_column_that_gives_the_label_away_is_a_high_finding():
    rng = random.Random(1)
    y = [rng.randint(0, 1) for _ in range(400)]
    rows = {
        "leak": [10.0 * v + rng.random() for v in y],
        "noise": [rng.random() for _ in y],
        "id": [f"p{i}" for i in range(400)],
        "y": y,
    }
    seen = look(rows, rows, columns=["leak", "noise", "id"])
    assert one(seen, "goodman_kruskal_lambda", column="leak").value > 0.95
    assert one(seen, "goodman_kruskal_lambda", column="noise").value < 0.3
    assert one(seen, "goodman_kruskal_lambda", column="id").code == "not_applicable"
    assert [f.where for f in seen.findings if f.key == "target_leakage"] == ["leak"]


def test_what_chance_alone_brings_is_a_low_finding():
    """Two columns of three values: nearly every row agrees with another one of its own table, too."""
    rng = random.Random(2)
    table = {c: [rng.choice("abc") for _ in range(300)] for c in ("a", "b")} | {
        "y": [rng.choice([0, 1]) for _ in range(300)]
    }
    assert keys(look(table, table))["exact_overlap"].severity == "low"


@pytest.mark.parametrize(
    ("test", "training"), [({"a": [], "y": []}, TRAIN), ({"a": [1], "y": [0]}, {"a": [], "y": []})]
)
def test_empty_tables_give_reasons_and_no_numbers(test, training):
    seen = look(test, training, columns=["a"])
    assert isinstance(one(seen, "exact_overlap_rate"), Unmeasured)
    assert seen.findings == ()


def test_a_number_of_the_case_does_not_hide_that_rows_are_the_same():
    rows = {"case": list(range(40)), "a": [i / 7 for i in range(40)], "y": [i % 2 for i in range(40)]}
    seen = look({**rows, "case": list(range(100, 140))}, rows)
    assert one(seen, "exact_overlap_rate").numerator == 40
    assert any(gap.what == "case" for gap in seen.coverage.not_tested)


def test_tables_without_a_common_column_are_refused():
    with pytest.raises(UsageError, match="no column in common"):
        look({"a": [1]}, {"b": [1]}, label="none")
    with pytest.raises(UsageError, match="in both tables"):
        look(TRAIN, TRAIN, columns=["aa"])


cells = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["x", "y", None])), max_size=20)


@settings(max_examples=25)
@given(cells, cells)
def test_exact_overlap_is_that_of_plain_counting(test, training):
    seen = look(
        {"a": [t[0] for t in test], "b": [t[1] for t in test]},
        {"a": [t[0] for t in training], "b": [t[1] for t in training]},
        label="none",
        columns=["a", "b"],
    )
    found = one(seen, "exact_overlap_rate")
    if test and training:
        assert isinstance(found, Measured)
        assert found.numerator == sum(t in set(training) for t in test)
        assert one(seen, "test_duplicate_rate").numerator == sum(test.count(t) > 1 for t in test)


def test_it_keeps_an_evaluators_promises():
    sources = {
        "source": memory_table(TRAIN, label="y", name="test"),
        "training": memory_table(TRAIN, label="y", name="training"),
    }
    check_evaluator(Overlap, Inputs(id="overlap", sources=sources))
