"""A profile counts exactly and shows no person."""

import random

import pytest
from tests.support import memory_table

from cardwright.errors import UsageError
from cardwright.evaluators.data_profile import DataProfile
from cardwright.evaluators.interface import Inputs
from cardwright.record import Measured, Unmeasured, canonical
from cardwright.testing import check_evaluator


def table(n=200, seed=1, **more):
    rng = random.Random(seed)
    rows = {
        "id": list(range(n)),
        "name": [f"person {i}" for i in range(n)],
        "sex": [rng.choice(["f", "m", None]) for _ in range(n)],
        "race": [rng.choice(["a", "b"]) for _ in range(n)],
        "income": [rng.random() * 1000 if rng.random() > 0.3 else None for _ in range(n)],
        "constant": ["k"] * n,
        "y": [rng.choice([0, 1]) for _ in range(n)],
    }
    return {**rows, **more}


def profile(columns, reference=None, sensitive=("sex", "race"), **parameters):
    sources = {"source": memory_table(columns, label="y", favourable="1", sensitive=list(sensitive))}
    if reference is not None:
        sources["reference"] = memory_table(reference, label="y", name="reference")
    return DataProfile(**parameters).evaluate(Inputs(id="profile", sources=sources, parameters=parameters))


def one(evaluation, metric, **key):
    (found,) = [
        m for m in evaluation.find(metric, slice=key.get("slice", {})) if key.get("of_class") in (None, m.of_class)
    ]
    return found


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_plain_counting(seed):
    columns = table(seed=seed)
    evaluation = profile(columns)
    n = len(columns["id"])
    assert one(evaluation, "row_count").value == n
    assert one(evaluation, "missing_rate", slice={"column": "income"}).numerator == columns["income"].count(None)
    assert one(evaluation, "group_share", slice={"sex": "f"}).numerator == columns["sex"].count("f")
    assert one(evaluation, "group_share", slice={"sex": None}).numerator == columns["sex"].count(None)
    both = sum(s == "f" and r == "a" for s, r in zip(columns["sex"], columns["race"], strict=True))
    assert one(evaluation, "group_share", slice={"sex": "f", "race": "a"}).numerator == both
    assert one(evaluation, "label_rate", of_class="1").numerator == columns["y"].count(1)


def test_k_anonymity_is_the_smallest_class():
    columns = {"a": ["x", "x", "x", "z", "z", None], "b": [1, 1, 1, 1, 1, 1], "y": [0, 1, 1, 0, 0, 1]}
    evaluation = profile(columns, sensitive=(), quasi_identifiers=["a", "b"])
    assert one(evaluation, "k_anonymity").value == 1
    assert one(evaluation, "unique_row_share").numerator == 1
    assert one(evaluation, "l_diversity").value == 1


def test_equal_rows_are_duplicates():
    evaluation = profile({"a": [1, 1, 2, 2, 2], "y": [0, 0, 1, 1, 1]}, sensitive=())
    assert one(evaluation, "duplicate_row_rate").numerator == 3
    assert "duplicates" in {f.key for f in evaluation.findings}


def test_a_column_that_tells_the_label_is_a_finding():
    columns = table()
    columns["leak"] = ["yes" if y else "no" for y in columns["y"]]
    found = [f for f in profile(columns).findings if f.key == "equals_label"]
    assert [(f.severity, f.where) for f in found] == [("high", "leak")]


def test_missing_and_constant_columns_are_findings():
    found = {(f.key, f.where) for f in profile(table()).findings}
    assert ("missing", "income") in found
    assert ("constant", "constant") in found


def test_no_value_of_a_column_that_names_people_is_shown():
    text = canonical.dumps(profile(table())).decode()
    assert "person 1" not in text
    assert "not shown: nearly every row has its own" in text


def test_a_rare_category_is_not_shown():
    columns = table()
    columns["colour"] = ["common"] * 196 + ["rare"] * 4
    text = canonical.dumps(profile(columns)).decode()
    assert "common (196)" in text
    assert "rare (" not in text


def test_without_quasi_identifiers_nobody_can_say_who_could_be_told_apart():
    things = {"size": [1, 2, 3], "y": [0, 1, 0]}
    silent = one(profile(things, sensitive=()), "k_anonymity")
    said = one(profile(things, sensitive=(), quasi_identifiers=[]), "k_anonymity")
    assert isinstance(silent, Unmeasured)
    assert isinstance(said, Unmeasured)
    assert (silent.code, said.code) == ("undefined", "not_applicable")


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


def test_nan_is_missing():
    evaluation = profile({"x": [float("nan")] * 8 + [float(i) for i in range(12)], "y": [0, 1] * 10}, sensitive=())
    assert one(evaluation, "missing_rate", slice={"column": "x"}).numerator == 8
    assert "nan" not in canonical.dumps(evaluation).decode()


def test_a_reference_with_words_for_numbers_is_not_compared_and_not_quoted():
    words = {"x": ["secret name"] * 20, "y": [0, 1] * 10}
    numbers = {"x": [float(i) for i in range(20)], "y": [0, 1] * 10}
    for here, there in ((words, numbers), (numbers, words)):
        found = one(profile(here, there, sensitive=()), "population_stability_index", slice={"column": "x"})
        assert isinstance(found, Unmeasured)
        assert "secret" not in found.reason


def test_a_table_without_rows_has_no_rates():
    import pyarrow as pa

    evaluation = profile(pa.table({"x": pa.array([], pa.int64()), "y": pa.array([], pa.int64())}), sensitive=["x"])
    assert one(evaluation, "row_count").value == 0
    for metric in ("k_anonymity", "unique_row_share", "duplicate_row_rate"):
        assert isinstance(one(evaluation, metric), Unmeasured)
    assert evaluation.findings == ()


def test_a_predicted_number_has_no_rate_per_value():
    from tests.support import memory_predictions

    source = memory_predictions({"y": [10.5, 11.5, 99.25], "p": [1.0, 2.0, 3.0]}, task="regression", prediction="p")
    evaluation = DataProfile().evaluate(Inputs(id="profile", sources={"source": source}))
    assert "label_rate" not in {m.metric for m in evaluation.measurements}
    assert "99.25" not in canonical.dumps(evaluation).decode()


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

PEOPLE = ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Edsger Dijkstra"]


def values(evaluation, column):
    return next(row[-1] for row in next(t for t in evaluation.tables if t.id == "columns").rows if row[0] == column)


@pytest.mark.parametrize("heading", ["patient", "patient_id", "x"])
def test_names_of_people_are_not_shown_however_common_and_whatever_the_heading(heading):
    evaluation = profile(table(**{heading: PEOPLE * 50}))
    text = canonical.dumps(evaluation).decode()
    assert not [name for name in PEOPLE if name in text]
    assert values(evaluation, heading).startswith("not shown")


def test_the_person_column_is_never_shown_even_if_its_values_look_like_a_category():
    source = memory_table(table(who=["a", "b"] * 100), label="y", favourable="1", person="who")
    evaluation = DataProfile().evaluate(Inputs(id="profile", sources={"source": source}))
    assert values(evaluation, "who") == "not shown: it could tell persons apart"


def test_a_named_quasi_identifier_is_never_shown_even_if_it_is_sensitive():
    assert values(profile(table(), quasi_identifiers=["race"]), "race").startswith("not shown")
    assert values(profile(table()), "race").startswith(("a (", "b ("))


@pytest.mark.parametrize("column", ["size", "race"])
def test_one_cell_with_a_telephone_number_hides_the_column_and_keeps_the_profile(column):
    cells = ["a", "b"] * 99 + ["a", "+44 7911 123456"]
    evaluation = profile(table(**{column: cells}), sensitive=("sex",))
    assert "7911" not in canonical.dumps(evaluation).decode()
    assert values(evaluation, column) == "not shown: a cell holds personal data or a secret"
    (found,) = [f for f in evaluation.findings if f.key == "personal_data"]
    assert (found.where, found.count) == (column, 1)
    assert "PHONE_NUMBER in 1 cells" in found.explanation
    assert one(evaluation, "row_count").value == 200


def test_the_plan_s_small_cell_raises_the_least_number_of_rows():
    columns = table(colour=["common"] * 190 + ["rare"] * 10)
    source = memory_table(columns, label="y", favourable="1")
    shown = [
        values(DataProfile().evaluate(Inputs(id="p", sources={"source": source}, small_cell=least)), "colour")
        for least in (5, 20)
    ]
    assert shown == ["common (190), rare (10)", "common (190)"]


def test_percentiles_of_a_handful_of_rows_are_somebody_s_values_and_not_shown():
    few = {"income": [float(i * 1111) for i in range(8)], "y": [0, 1] * 4}
    assert values(profile(few, sensitive=()), "income").startswith("not shown")


def test_the_rule_stands_in_the_method():
    assert "only if it is a category" in profile(table()).method
