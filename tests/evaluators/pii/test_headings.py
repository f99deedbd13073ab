"""What headings say is found, counted and listed, whatever the cells hold."""

import pytest

pytest.importorskip("presidio_analyzer")
pytest.importorskip("pyarrow")

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.pii import Pii
from cardwright.sources.frames import interactions_from, table_from

OPEN = {
    "full_name": ["x", "y"],
    "religion": ["a", "b"],
    "zip": [1, 2],
    "api_key": ["k", "l"],
    "income": [1.5, 2.5],
}


def evaluate(source):
    return Pii().evaluate(Inputs("pii", {"source": source}))


def counts(evaluation):
    return {m.slice.get("class"): m.value for m in evaluation.find("personal_column_count")}


def test_an_openly_personal_table_is_found_by_its_headings_though_no_cell_has_a_form():
    result = evaluate(table_from(OPEN))
    assert {(f.key, f.severity, f.where) for f in result.findings} == {
        ("heading.secret.password", "critical", "api_key"),
        ("heading.direct_identifier.person_name", "high", "full_name"),
        ("heading.special_category.religion", "high", "religion"),
        ("heading.quasi_identifier.postcode", "medium", "zip"),
    }
    assert counts(result) == {
        None: 4,
        "direct identifier": 1,
        "quasi-identifier": 1,
        "special category (GDPR Art. 9, 10)": 1,
        "secret": 1,
    }
    (listed,) = [table for table in result.tables if table.id == "headings"]
    assert [row[0] for row in listed.rows] == ["full_name", "religion", "api_key", "zip"]


def test_a_table_of_numbers_alone_is_found_by_its_headings_too():
    result = evaluate(table_from({"age": [31, 42], "diagnosis": [1, 0]}))
    assert result.not_applicable is None
    assert counts(result)[None] == 2
    assert {f.severity for f in result.findings} == {"low", "high"}


def test_a_table_of_things_has_no_such_column_and_the_count_says_so():
    result = evaluate(table_from({"colour": ["red", "blue"]}))
    assert not result.findings
    assert set(counts(result).values()) == {0}


def test_the_parts_of_an_interaction_are_no_headings():
    result = evaluate(interactions_from([{"messages": [{"role": "user", "content": "hello"}]}], intent="observed"))
    assert not result.find("personal_column_count")
