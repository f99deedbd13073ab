"""Which columns are read: every kind of string, and whole numbers that may be a telephone or identity number."""

from __future__ import annotations

import datetime
import decimal

import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.pii.columns import (
    Survey,
    SurveyTally,
    cells,
    column_context,
    digits_of,
    eligible,
    kind_of,
    of_texts,
    plan,
)

WORDS = frozenset(["phone", "telephone", "mobile", "ssn", "number", "card", "api_key", "license", "account"])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pa.string(), "text"),
        (pa.large_string(), "text"),
        (pa.string_view(), "text"),
        (pa.dictionary(pa.int8(), pa.string()), "text"),
        (pa.dictionary(pa.int8(), pa.int64()), "whole"),
        (pa.list_(pa.string()), "nested"),
        (pa.struct([("a", pa.list_(pa.large_string()))]), "nested"),
        (pa.map_(pa.string(), pa.int64()), "nested"),
        (pa.list_(pa.float32()), "none"),
        (pa.int8(), "whole"),
        (pa.uint64(), "whole"),
        (pa.float64(), "real"),
        (pa.decimal128(12, 0), "real"),
        (pa.bool_(), "none"),
        (pa.binary(), "none"),
        (pa.timestamp("us"), "none"),
        (pa.date32(), "none"),
    ],
    ids=str,
)
def test_how_a_type_is_read(kind, expected):
    assert kind_of(kind) == expected


def test_digits_are_counted_for_every_integer_type():
    import numpy as np

    assert digits_of(np.array([0, 9, 10, 9999999, 10000000, 2**63 - 1])).tolist() == [1, 1, 2, 7, 8, 19]
    assert digits_of(np.array([2**64 - 1], np.uint64)).tolist() == [20]
    assert digits_of(np.array([-1, -(2**63)])).tolist() == [0, 0]
    assert digits_of(np.array([1e7, 9999999.0, 1e300])).tolist() == [8, 7, 0]


def planned(batch, wanted=None):
    kinds = eligible(batch.schema, wanted)
    numbers = tuple(name for name, kind in kinds.items() if kind in ("whole", "real"))
    survey = Survey(numbers).tally(Inputs("x", {}), batch)
    return plan(batch.schema, kinds, survey, wanted, WORDS)


def test_numbers_are_read_where_one_is_as_long_as_a_telephone_number():
    batch = pa.record_batch(
        {
            "short": [1, 999_999],
            "long": [1, 2125552368],
            "stored_as_real": [2125552368.0, None],
            "measure": [2125552368.0, 0.5],
            "negative": [-2125552368, 1],
            "exact": pa.array([decimal.Decimal("2125552368"), None], pa.decimal128(12, 0)),
            "empty": pa.array([None, None], pa.int64()),
            "day": [datetime.date(2026, 11, 23), None],
            "bytes": [b"jane@example.com", None],
            "flag": [True, False],
        }
    )
    made = planned(batch)
    assert dict(made.read) == {"long": "whole", "stored_as_real": "real", "exact": "real"}
    assert {name for name, _, _ in made.skipped} == {"short", "measure", "negative", "empty", "day", "bytes", "flag"}
    assert made.opaque == ("bytes",)
    assert "fractions" in next(why for name, _, why in made.skipped if name == "measure")


def test_a_column_that_the_plan_names_is_read_whatever_its_length():
    batch = pa.record_batch({"pin": [1234, 99], "note": ["a", "b"], "other": [1, 2]})
    made = planned(batch, ["pin"])
    assert made.read == (("pin", "whole"),)
    assert made.left_out == ("note",)
    assert cells("pin", batch.column("pin"), "whole", named=True).texts == ("1234", "99")


def test_a_column_that_is_not_there_or_cannot_be_read_is_named():
    schema = pa.schema([("note", pa.string()), ("day", pa.date32())])
    with pytest.raises(UsageError, match='Did you mean "note"'):
        eligible(schema, ["notes"])
    with pytest.raises(UsageError, match="date32"):
        eligible(schema, ["day"])


def test_a_survey_adds_up_in_any_order():
    column = pa.record_batch({"x": pa.array([1, 2125552368, None, 12345678], pa.int64())})
    whole = Survey(("x",)).tally(Inputs("x", {}), column)
    parts = [Survey(("x",)).tally(Inputs("x", {}), column.slice(i, 1)) for i in (3, 0, 2, 1)]
    assert sum(parts, SurveyTally()) == whole


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("phone", ("phone",)),
        ("homePhone", ("phone",)),
        ("PHONE_NUMBER", ("phone",)),
        ("phones", ("phone",)),
        ("tel_no", ("telephone",)),
        ("applicant.ssn", ("ssn",)),
        ("creditCard", ("card",)),
        ("api-key", ("api_key",)),
        ("driver_licence", ("license",)),
        ("number", ()),
        ("discard_pile", ()),
        ("cancelled", ()),
        ("x1", ()),
    ],
)
def test_words_of_a_column_name_are_context(name, expected):
    assert column_context(name, WORDS) == expected


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())], ids=str
)
def test_cells_of_every_string_type_are_the_same(kind):
    column = pa.array(["b", None, "a", "b"], pa.string()).cast(kind)
    made = cells("x", column, "text")
    assert [made.texts[p] if p >= 0 else None for p in made.places] == ["b", None, "a", "b"]
    assert made.filled == 3


def test_a_dictionary_with_a_missing_value_is_read():
    words = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2], pa.int8()), pa.array(["a", None, "b"]))
    made = cells("x", words, "text")
    assert [made.texts[p] if p >= 0 else None for p in made.places] == ["a", None, None, "b"]
    numbers = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2], pa.int8()), pa.array([2125552368, None, 5]))
    made = cells("x", numbers, "whole")
    assert [made.texts[p] if p >= 0 else None for p in made.places] == ["2125552368", None, None, None]
    assert made.filled == 2


def test_a_slice_holds_its_own_rows():
    column = pa.array(["a", "b", "c", "d"]).dictionary_encode().slice(2)
    made = cells("x", column, "text")
    assert [made.texts[p] for p in made.places] == ["c", "d"]


def test_numbers_lose_nothing():
    column = pa.array([2125552368.0, float("nan"), None, float("inf"), 12.0])
    made = cells("x", column, "real")
    assert [made.texts[p] if p >= 0 else None for p in made.places] == ["2125552368", None, None, None, None]
    exact = pa.array([9007199254740993, 2**63 - 1])
    assert cells("x", exact, "whole").texts == ("9007199254740993", "9223372036854775807")
    unsigned = pa.array([2**64 - 1, 12345678901234567], pa.uint64())
    assert cells("x", unsigned, "whole").texts == ("", "12345678901234567")


def test_texts_inside_lists_and_structures_are_read():
    column = pa.array([{"a": ["x@example.com", None], "b": 3}, None, {"a": [], "b": None}])
    made = cells("x", column, "nested")
    assert [made.texts[p] if p >= 0 else None for p in made.places] == ["x@example.com", None, ""]


def test_texts_of_rows():
    made = of_texts("x", ["a", None, "a"])
    assert (made.texts, made.places.tolist(), made.filled) == (("a",), [0, -1, 0], 2)
