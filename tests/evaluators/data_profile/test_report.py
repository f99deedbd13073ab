"""What documents show of a table, and what they hold back because it could be somebody's."""

import pytest
from tests.evaluators.data_profile.support import one, profile, table
from tests.support import memory_table

from cardwright.evaluators.data_profile import DataProfile
from cardwright.evaluators.interface import Inputs
from cardwright.record import canonical


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
    assert "not shown: nearly every row has its own value" in text


def test_a_rare_category_is_not_shown():
    columns = table()
    columns["colour"] = ["common"] * 196 + ["rare"] * 4
    text = canonical.dumps(profile(columns)).decode()
    assert "common (196)" in text
    assert "rare (" not in text


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
    assert "PHONE_NUMBER in 1 cell;" in found.explanation
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
