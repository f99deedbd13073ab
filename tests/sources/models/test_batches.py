"""From an Arrow batch to what a native model takes: names matched, numbers as numbers, categories as they were trained."""

from pathlib import Path

import pytest

pa = pytest.importorskip("pyarrow", reason="models need the tabular extra")
pytest.importorskip("pandas")
import numpy as np

from cardwright.errors import SourceError, UsageError
from cardwright.sources.models import batches
from cardwright.sources.models.interface import ModelRequest

BATCH = pa.RecordBatch.from_pydict(
    {"a": [1, None, 3], "b": [True, False, None], "c": ["x", "y", None], "d": [0.5, float("nan"), 2.0]}
)


def request(features=(), columns=()):
    return ModelRequest(path=Path("m"), where="m", features=tuple(features), columns=tuple(columns))


def underscored(name):
    return name.replace(" ", "_")


@pytest.mark.parametrize(
    ("known", "count", "features", "found"),
    [
        (("b", "a"), 2, (), ("b", "a")),
        (("b", "a"), 2, ("a", "b"), ("b", "a")),
        ((), 2, ("a", "b"), ("a", "b")),
        ((), None, ("a",), ("a",)),
    ],
    ids=["the model's order", "the model's order whatever the plan's", "named by the plan", "nobody knows how many"],
)
def test_features_are_read_in_the_models_own_order(known, count, features, found):
    assert batches.features_of(known, count, request(features)) == found


@pytest.mark.parametrize(
    ("known", "count", "features", "error", "says"),
    [
        ((), None, (), UsageError, "does not know the names of its features"),
        ((), 3, ("a",), SourceError, "reads 3 features, and 1 are named"),
        (("age",), 1, ("agee",), SourceError, 'not trained with the feature "agee".*"age"'),
        (("age", "income"), 2, ("age",), SourceError, 'trained with "income", which is not among `features:`'),
    ],
)
def test_features_that_are_not_the_models_are_refused(known, count, features, error, says):
    with pytest.raises(error, match=says):
        batches.features_of(known, count, request(features))


def test_a_name_that_the_format_respelled_is_found_among_the_columns():
    assert batches.features_of(("the_age",), 1, request(columns=("the age", "x")), underscored) == ("the age",)
    assert batches.features_of(("the_age",), 1, request(columns=("the_age", "x")), underscored) == ("the_age",)
    with pytest.raises(SourceError, match="are one feature to the model's format"):
        batches.features_of(("the_age_x",), 1, request(columns=("the age_x", "the_age x")), underscored)


def test_a_matrix_is_doubles_in_the_order_asked_for_and_what_is_missing_is_nan():
    np.testing.assert_array_equal(
        batches.matrix(("d", "a", "b"), "m", BATCH), [[0.5, 1, 1], [np.nan, np.nan, 0], [2, 3, np.nan]]
    )
    assert batches.matrix((), "m", BATCH).shape == (3, 0)


def test_a_word_is_no_number():
    with pytest.raises(SourceError, match='feature "c" holds string, and the model reads numbers'):
        batches.matrix(("c",), "m", BATCH)
    with pytest.raises(SourceError, match='feature "c" holds string'):
        batches.mixed_frame(("c",), ("c",), {}, "m", BATCH)


def test_a_frame_has_the_columns_asked_for_in_that_order():
    found = batches.frame(("c", "a"), "m", BATCH)
    assert [*found.columns] == ["c", "a"]
    assert found["c"].tolist()[:2] == ["x", "y"]


def test_categories_have_the_codes_that_the_model_knows_and_stand_under_its_names():
    found = batches.mixed_frame(("c", "a"), ("Column_0", "Column_1"), {"c": ["y", "x"]}, "m", BATCH)
    assert [*found.columns] == ["Column_0", "Column_1"]
    assert found["Column_0"].cat.codes.tolist() == [1, 0, -1]
    assert found["Column_1"].tolist()[::2] == [1.0, 3.0]


def test_a_category_that_was_not_trained_is_counted_and_not_shown():
    with pytest.raises(SourceError, match="in 1 rows, a category that the model was not trained with") as stopped:
        batches.mixed_frame(("c",), ("c",), {"c": ["x"]}, "m", BATCH)
    assert '"y"' not in str(stopped.value)


def test_categories_that_the_library_looks_after_are_those_of_the_rows():
    assert [*batches.mixed_frame(("c",), ("c",), {"c": None}, "m", BATCH)["c"].cat.categories] == ["x", "y"]


@pytest.mark.parametrize(("kind", "words"), [
    (pa.string(), True), (pa.large_string(), True), (pa.dictionary(pa.int8(), pa.string()), True), (pa.int64(), False),
    (pa.dictionary(pa.int8(), pa.int64()), False), (pa.binary(), False),
], ids=str)  # fmt: skip
def test_a_column_of_words_is_one_in_whatever_form(kind, words):
    assert batches.is_text(kind) == words


def test_a_frame_of_doubles_is_made_without_arrow_and_is_the_same():
    import numpy as np
    import pandas as pd

    from cardwright.sources.models.batches import frame

    rng = np.random.default_rng(0)
    batch = pa.record_batch({"a": rng.normal(size=9), "b": [*rng.normal(size=8), float("nan")], "c": [1.0] * 9})
    made, arrows = frame(("b", "a"), "model", batch), batch.select(["b", "a"]).to_pandas()
    pd.testing.assert_frame_equal(made, arrows, check_exact=True, check_index_type="exact", check_column_type="exact")
    assert made.to_numpy().flags.f_contiguous == arrows.to_numpy().flags.f_contiguous
    made.loc[0, "a"] = 5.0
    assert batch["a"][0].as_py() != 5.0, "what a model writes into its frame is not written into the rows"
    with_gap = pa.record_batch({"a": [1.0, None]})
    pd.testing.assert_frame_equal(frame(("a",), "model", with_gap), with_gap.to_pandas())
