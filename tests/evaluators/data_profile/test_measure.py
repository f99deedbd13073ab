"""A profile counts exactly and shows no person."""

import pytest
from tests.evaluators.data_profile.support import one, profile, table
from tests.support import memory_table

from cardwright.errors import UsageError
from cardwright.evaluators.data_profile import DataProfile
from cardwright.evaluators.interface import Inputs
from cardwright.record import Measured, Unmeasured
from cardwright.testing import check_evaluator


def test_columns_whose_headings_speak_of_people_count_towards_k_whatever_the_plan_names():
    people = {
        "zip": [f"{10000 + n // 2}" for n in range(3000)],
        "birth_date": [f"19{50 + n % 50}-0{1 + n % 9}-01" for n in range(3000)],
        "sex": ["f", "m"] * 1500,
        "y": [0, 1] * 1500,
    }
    for options in ({}, {"quasi_identifiers": []}, {"quasi_identifiers": ["sex"]}):
        found = profile(people, sensitive=["sex"], **options)
        assert one(found, "k_anonymity").value == 1
        assert one(found, "unique_row_share").value > 0.9
        assert "sex, zip, birth_date" in found.method


def test_a_heading_that_misleads_is_left_out_of_k_with_a_reason_that_is_printed():
    sensors = {"city": ["a", "b"], "reading": [1, 2], "y": [0, 1]}
    found = profile(
        sensors, sensitive=(), quasi_identifiers=[], not_quasi_identifiers={"city": "where the sensor stands"}
    )
    assert one(found, "k_anonymity").code == "not_applicable"
    assert any("where the sensor stands" in left.why for left in found.coverage.not_tested)
    for wrong in ({"city": ""}, {"town": "no such column"}):
        with pytest.raises(UsageError):
            profile(sensors, sensitive=(), not_quasi_identifiers=wrong)
    with pytest.raises(UsageError, match="the plan names it"):
        profile(sensors, sensitive=(), quasi_identifiers=["city"], not_quasi_identifiers={"city": "a reason"})


def test_the_same_table_has_not_drifted_and_another_has():
    same = profile(table(), reference=table())
    moved = table()
    moved["income"] = [None if v is None else v + 2000 for v in moved["income"]]
    drifted = profile(moved, reference=table())
    key = {"column": "income"}
    assert one(same, "population_stability_index", slice=key).value < 0.01
    assert one(drifted, "population_stability_index", slice=key).value > 1
    assert one(drifted, "jensen_shannon_distance", slice=key).value > 0.5


def test_a_quasi_identifier_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match='"income"'):
        profile(table(), quasi_identifiers=["incom"])


def test_a_column_name_can_hold_anything():
    columns = {'we"ird; drop table rows': [1, 2, 3], "y": [0, 1, 1]}
    evaluation = profile(columns, sensitive=())
    assert isinstance(one(evaluation, "row_count"), Measured)


def test_the_evaluator_keeps_its_promises():
    sources = {"source": memory_table(table(), label="y", favourable="1", sensitive=["sex", "race"])}
    check_evaluator(DataProfile, Inputs(id="profile", sources=sources))


@pytest.mark.parametrize("column", ["n", "v", "b", "rows", "stream"])
def test_a_column_may_be_called_as_a_query_calls_its_own(column):
    columns = {column: ["x"] * 12 + ["z"] * 7 + ["q"], "number": [float(i) for i in range(20)], "y": [0, 1] * 10}
    evaluation = profile(columns, reference=columns, sensitive=(), quasi_identifiers=[column])
    assert next(t for t in profile(columns, sensitive=()).tables if t.id == "columns").rows[0][-1] == "x (12), z (7)"
    assert one(evaluation, "k_anonymity").value == 1
    assert one(evaluation, "population_stability_index", slice={"column": "number"}).value == 0


def test_columns_that_differ_in_case_alone_are_two():
    evaluation = profile({"Age": [1] * 6, "age": [None] * 4 + [2] * 2, "y": [0, 1] * 3}, sensitive=())
    assert one(evaluation, "missing_rate", slice={"column": "Age"}).numerator == 0
    assert one(evaluation, "missing_rate", slice={"column": "age"}).numerator == 4


def test_a_reference_with_words_for_numbers_is_not_compared_and_not_quoted():
    words = {"x": ["secret name"] * 20, "y": [0, 1] * 10}
    numbers = {"x": [float(i) for i in range(20)], "y": [0, 1] * 10}
    for here, there in ((words, numbers), (numbers, words)):
        found = one(profile(here, there, sensitive=()), "population_stability_index", slice={"column": "x"})
        assert isinstance(found, Unmeasured)
        assert "secret" not in found.reason


def test_rows_spill_to_a_private_folder_that_is_removed():
    import stat
    from pathlib import Path

    from cardwright.evaluators.rows.database import loaded as _load

    source = memory_table({"x": [1, 2, 3]})
    with _load(source.rows, ["x"]) as store:
        folder = Path(store.execute("select current_setting('temp_directory')").fetchone()[0])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert Path.cwd() not in (folder, *folder.parents)
    assert not folder.exists()


# ------------------------------------------------------------------------------------------------ which values are shown


def test_the_rule_stands_in_the_method():
    assert "only if it is a category" in profile(table()).method
