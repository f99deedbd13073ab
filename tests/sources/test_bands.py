"""Groups made of a column of numbers: the same rows with one more column, whose groups the plan declares."""

import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.support import inputs_of, list_rows

from cardwright.errors import SourceError
from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.impact_ratio import ImpactRatio
from cardwright.evaluators.slices import Slices
from cardwright.sources.bands import BandedRows, banded
from cardwright.sources.load import load
from cardwright.sources.spec import SensitiveSpec, TableOptions, parse_source

AGES = {"age_band": {"column": "age", "bands": [30, 50]}}


def opened(folder, ages, **said):
    """Decisions about people of these ages, from a file."""
    size = len(ages)
    table = {"y": [n % 2 for n in range(size)], "d": [n // 2 % 2 for n in range(size)], "age": pa.array(ages)}
    pq.write_table(pa.table(table), folder / "x.parquet")
    spec = {"predictions": "x.parquet", "label": "y", "prediction": "d", "favourable": 1, "sensitive": AGES, **said}
    return load(parse_source(spec), "test", folder)


def test_bands_reach_every_evaluation_of_groups_and_the_numbers_stay_for_the_model(tmp_path):
    source = opened(tmp_path, list(range(20, 80)) * 5)
    (attribute,) = source.sensitive
    assert (attribute.name, attribute.groups) == ("age_band", ("30 to under 50", "50 and over", "under 30"))
    (batch,) = source.rows.batches(["age", "age_band"])
    assert batch.to_pylist()[:2] == [{"age": 20, "age_band": "under 30"}, {"age": 21, "age_band": "under 30"}]
    for evaluator in (Fairness(), ImpactRatio(), Slices(columns=["age_band"])):
        found = evaluator.evaluate(inputs_of(source))
        assert {m.slice.get("age_band") for m in found.measurements} >= {"under 30", "30 to under 50", "50 and over"}
    assert "age_band" not in {column.name for column in source.ref.columns}


def test_a_band_without_people_is_expected_all_the_same(tmp_path):
    source = opened(tmp_path, [35] * 40)
    assert source.sensitive[0].groups == ("30 to under 50", "50 and over", "under 30")


@given(st.lists(st.none() | st.floats() | st.sampled_from([30.0, 50.0]), min_size=1), st.lists(st.integers(0, 9)))
def test_a_number_is_in_the_band_that_begins_at_or_below_it_and_a_missing_one_in_none(ages, cuts):
    rows = BandedRows(list_rows({"age": pa.array(ages, pa.float64())}, cuts), {"b": SensitiveSpec(**AGES["age_band"])})
    expected = [
        None if a is None or math.isnan(a) else "under 30" if a < 30 else "30 to under 50" if a < 50 else "50 and over"
        for a in ages
    ]
    assert [value for batch in rows.batches(["b"]) for value in batch.column("b").to_pylist()] == expected
    assert [value for batch in rows.coded(["b"], ["b"]) for value in batch.column("b").to_pylist()] == expected
    assert rows.schema.names == ["age", "b"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"bands": [30]}, "go together"),
        ({"column": "age"}, "go together"),
        ({"column": "age", "bands": []}, "at least 1"),
        ({"column": "age", "bands": [50, 30]}, "rising order"),
        ({"column": "age", "bands": [30, 30]}, "rising order"),
        ({"column": "age", "bands": [30], "groups": ["a"]}, "bands are the groups"),
    ],
)
def test_bands_that_make_no_groups_are_refused(said, why):
    with pytest.raises(ValidationError, match=why):
        TableOptions(sensitive={"age_band": said})


def test_bands_of_what_is_no_column_of_numbers_or_named_like_a_column_are_refused():
    rows = list_rows({"age": [1, 2], "word": ["a", "b"]})
    for said, why in [
        ({"b": {"column": "aeg", "bands": [1]}}, 'Did you mean "age"'),
        ({"b": {"column": "word", "bands": [1]}}, "needs numbers"),
        ({"word": {"column": "age", "bands": [1]}}, "word_band"),
    ]:
        with pytest.raises(SourceError, match=why):
            banded(TableOptions(sensitive=said), rows, "x.csv")


def test_an_outcome_is_not_cut_into_its_own_groups():
    with pytest.raises(ValidationError, match="both"):
        TableOptions(label="age", sensitive=AGES)


def test_a_file_of_another_digest_than_the_plan_names_is_refused(tmp_path):
    source = opened(tmp_path, [35] * 40)
    assert opened(tmp_path, [35] * 40, sha256=source.ref.sha256).ref == source.ref
    with pytest.raises(SourceError, match="its digest is another one"):
        opened(tmp_path, [36] * 40, sha256=source.ref.sha256)
