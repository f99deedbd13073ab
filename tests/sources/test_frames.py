"""Frames and arrays as sources: one digest for the same rows, and a shuffled index is an error."""

import hashlib

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardwright.errors import SourceError, UsageError
from cardwright.sources.frames import (
    interactions_from,
    predictions_from,
    predictions_from_arrays,
    rows_from,
    table_from,
    texts_from,
)
from cardwright.sources.interface import Attribute

DATA = {"y": [1, 0, 1, 0], "p": [0.9, 0.2, 0.6, None], "g": ["a", "b", None, "a"], "f": [True, False, True, True]}
FRAMES = {
    "pandas": pd.DataFrame(DATA),
    "pandas, other index": pd.DataFrame(DATA, index=[7, 3, 3, 1]),
    "polars": pl.DataFrame(DATA),
    "arrow": pa.table(DATA),
    "arrow batch": pa.record_batch(DATA),
    "arrow, in pieces": pa.concat_tables([pa.table(DATA).slice(0, 1), pa.table(DATA).slice(1)]),
    "arrow, a slice of more": pa.table({name: [values[-1], *values] for name, values in DATA.items()}).slice(1),
    "categories": pd.DataFrame(DATA).astype({"g": "category"}),
    "mapping of lists": DATA,
    "mapping of arrays": {**DATA, "y": np.array(DATA["y"]), "p": np.array([0.9, 0.2, 0.6, np.nan])},
    "mapping of series": {**DATA, "y": pd.Series(DATA["y"]), "g": pl.Series(DATA["g"])},
}


@pytest.mark.parametrize("kind", FRAMES)
def test_the_same_rows_have_one_digest_whatever_holds_them(kind):
    """pandas, polars, Arrow and mappings of arrays with the same rows give the same rows, types and digest."""
    rows = rows_from(FRAMES[kind])
    assert pa.Table.from_batches(rows.batches()).to_pydict() == DATA
    assert [str(kind) for kind in rows.schema.types] == ["int64", "double", "string", "bool"]
    assert rows.sha256 == rows_from(pa.table(DATA)).sha256
    assert rows.num_rows == 4


def test_the_digest_is_that_of_the_arrow_stream():
    """The digest is that of an Arrow stream in which every byte is defined, so that others can take it too."""
    table = pa.table({"n\0int64": pa.array([1, 2, 3])})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    assert rows_from({"n": [1, 2, 3]}).sha256 == hashlib.sha256(sink.getvalue()).hexdigest()


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.none() | st.integers(-5, 5), min_size=1, max_size=9), change=st.data())
def test_another_value_has_another_digest(values, change):
    """Changing one cell, also from missing to zero, changes the digest."""
    place = change.draw(st.integers(0, len(values) - 1))
    value = change.draw((st.none() | st.integers(-5, 5)).filter(lambda new: new != values[place]))
    other = [*values[:place], value, *values[place + 1 :]]
    column = pa.array(values, pa.int64())
    assert rows_from({"n": column}).sha256 == rows_from({"n": pa.array(list(values), pa.int64())}).sha256
    assert rows_from({"n": column}).sha256 != rows_from({"n": pa.array(other, pa.int64())}).sha256
    assert rows_from({"n": column}).sha256 != rows_from({"m": column}).sha256


def test_what_lies_under_a_missing_value_does_not_count():
    """Two arrays that differ only in the bytes under a missing value have one digest."""
    mask = np.array([False, True])
    first = pa.array(np.array([1, 2]), mask=mask)
    second = pa.array(np.array([1, 99]), mask=mask)
    assert rows_from({"n": first}).sha256 == rows_from({"n": second}).sha256


@pytest.mark.parametrize(
    "kind",
    [
        pa.date32(),
        pa.timestamp("us"),
        pa.time32("s"),
        pa.float32(),
        pa.int8(),
        pa.string(),
        pa.bool_(),
        pa.duration("s"),
    ],
)
def test_missing_values_of_every_type_have_a_digest(kind):
    """A column of any plain type may have missing values."""
    rows = rows_from({"n": pa.array([None, None], kind)})
    assert len(rows.sha256) == 64


def test_batches_are_bounded_and_read_again():
    """A frame is read in bounded batches, as often as needed, in the order of the columns asked for."""
    rows = rows_from({"n": np.arange(300_000), "m": np.arange(300_000)})
    assert max(batch.num_rows for batch in rows.batches()) <= 131_072
    assert [sum(b.num_rows for b in rows.batches(["m"])) for _ in range(2)] == [300_000, 300_000]
    assert next(rows.batches(["m", "n"])).schema.names == ["m", "n"]
    with pytest.raises(SourceError, match='there is no column "q"'):
        rows.batches(["q"])


@pytest.mark.parametrize(
    "data", [3, "x", object(), [1, 2], {"a": [1], "b": [1, 2]}, {"a": [1, "x"]}, {"a": np.ones((2, 2))}]
)
def test_what_is_no_table_is_refused(data):
    """What cannot be read as a table, and arrays of unequal length, are an error of use."""
    with pytest.raises(UsageError):
        rows_from(data)


def test_a_pandas_column_of_mixed_types_is_refused_without_its_values():
    """A column that holds several types is refused, and no value of it is printed."""
    with pytest.raises(UsageError) as caught:
        rows_from(pd.DataFrame({"a": ["Jane Roe", 3, b"x"]}, dtype=object))
    assert "Jane Roe" not in str(caught.value)


@pytest.mark.parametrize(
    "data", [pd.DataFrame({"a": []}), pa.table({"a": pa.array([], pa.int64())}), pl.DataFrame({"a": []})]
)
def test_no_rows_are_refused(data):
    """A frame without rows is refused."""
    with pytest.raises(SourceError, match="there are no rows"):
        rows_from(data)


def test_predictions_from_a_frame_say_what_the_plan_would():
    """A frame gives predictions with digest, groups and classes, as a file does."""
    frame = pd.DataFrame({"y": [1, 0], "p": [0.9, 0.1], "g": ["a", "unknown"]})
    source = predictions_from(frame, label="y", score="p", threshold=0.5, favourable=1, sensitive=["g"], role="holdout")
    assert source.ref.format == "memory"
    assert (source.ref.role, source.ref.name, source.ref.path, source.ref.rows) == ("holdout", "test", None, 2)
    assert source.sensitive == (Attribute("g", ("a",), ("unknown",)),)
    with pytest.raises(UsageError, match="`threshhold`: Extra inputs"):
        predictions_from(frame, label="y", score="p", threshhold=0.5, favourable=1)
    with pytest.raises(UsageError, match="name what the model said"):
        predictions_from(frame, label="y")


def test_arrays_with_the_signature_of_scikit_learn():
    """y_true, y_pred, y_score and sensitive_features give the same predictions as one frame with those columns."""
    y, d, p = np.array([1, 0, 1]), np.array([1, 0, 0]), np.array([0.9, 0.2, 0.4])
    source = predictions_from_arrays(
        y, d, y_score=p, sensitive_features=pd.Series(["a", "b", "a"], name="race"), favourable=1, threshold=0.5
    )
    assert (source.label, source.prediction, source.score) == ("y_true", "y_pred", "y_score")
    assert source.sensitive == (Attribute("race", ("a", "b")),)
    frame = pd.DataFrame({"y_true": y, "y_pred": d, "y_score": p, "race": ["a", "b", "a"]})
    same = predictions_from(
        frame, label="y_true", prediction="y_pred", score="y_score", favourable=1, threshold=0.5, sensitive="race"
    )
    assert source.ref == same.ref


@pytest.mark.parametrize(
    ("features", "names"),
    [
        (["a", "b"], ["sensitive"]),
        (np.array(["a", "b"]), ["sensitive"]),
        (np.array([["a", "x"], ["b", "y"]]), ["sensitive_0", "sensitive_1"]),
        ({"race": ["a", "b"], "sex": ["x", "y"]}, ["race", "sex"]),
        (pd.DataFrame({"race": ["a", "b"]}), ["race"]),
        (pl.DataFrame({"race": ["a", "b"]}), ["race"]),
        (pl.Series("race", ["a", "b"]), ["race"]),
        (pa.table({"race": ["a", "b"]}), ["race"]),
    ],
)
def test_sensitive_features_come_in_any_shape(features, names):
    """One array, several columns, or a frame of any library name the sensitive attributes."""
    source = predictions_from_arrays([1, 0], [1, 0], sensitive_features=features, favourable=1)
    assert [attribute.name for attribute in source.sensitive] == names
    assert source.sensitive[0].groups == ("a", "b")


def test_a_shuffled_index_is_an_error_not_a_wrong_answer():
    """pandas objects whose index differs, in order or in members, are refused wherever they meet."""
    y = pd.Series([1, 0, 1], index=[10, 11, 12], name="y")
    shuffled = pd.Series(["a", "b", "c"], index=[12, 10, 11], name="race")
    other = pd.Series(["a", "b", "c"], index=[0, 1, 2], name="race")
    with pytest.raises(UsageError, match="the index of race has the same rows in another order than that of y_true"):
        predictions_from_arrays(y, np.array([1, 0, 1]), sensitive_features=shuffled, favourable=1)
    with pytest.raises(UsageError, match="has other rows"):
        predictions_from_arrays(y, np.array([1, 0, 1]), sensitive_features=other, favourable=1)
    with pytest.raises(UsageError, match=r"race\.loc\[y\.index\]"):
        rows_from({"y": y, "race": shuffled})
    with pytest.raises(UsageError, match="the index of race has the same rows"):
        predictions_from_arrays(y, sensitive_features=shuffled.to_frame(), y_pred=[1, 0, 1], favourable=1)
    aligned = predictions_from_arrays(y, np.array([1, 0, 1]), sensitive_features=shuffled.loc[y.index], favourable=1)
    assert next(aligned.rows.batches(["race"])).to_pydict() == {"race": ["b", "c", "a"]}


def test_arrays_of_unequal_length_are_refused():
    """Arrays of unequal length, and a sensitive feature called like another part, are refused."""
    with pytest.raises(UsageError, match="not equally long: y_true 2, y_pred 3"):
        predictions_from_arrays([1, 0], [1, 0, 1], favourable=1)
    with pytest.raises(UsageError, match='may not be called "y_pred"'):
        predictions_from_arrays([1, 0], [1, 0], sensitive_features={"y_pred": ["a", "b"]}, favourable=1)


def test_tables_texts_and_interactions_from_memory():
    """Tables, texts and interactions come from memory too, with digests of their own."""
    table = table_from({"y": [1, 0], "g": ["a", "b"]}, label="y", sensitive="g")
    assert (table.classes, table.ref.kind) == (("0", "1"), "table")
    texts = texts_from(["one", "two"], name="notes")
    assert (texts.columns, texts.ref.name, texts.ref.rows) == (("text",), "notes", 2)
    records = [{"prompt": "hi", "response": "hello", "intent": "benign"}, {"prompt": "do it", "intent": "attack"}]
    interactions = interactions_from(records)
    assert [i.intent for i in interactions] == ["benign", "attack"]
    assert [i.error for i in interactions] == [None, "no answer came back"]
    assert interactions.ref.sha256 == interactions_from([dict(reversed(r.items())) for r in records]).ref.sha256
    with pytest.raises(SourceError, match="interactions, record 1: there is no intent"):
        interactions_from([{"prompt": "hi", "response": "x"}])
    with pytest.raises(SourceError, match="no interactions"):
        interactions_from([])
