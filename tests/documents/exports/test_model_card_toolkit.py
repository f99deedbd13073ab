"""Model Card Toolkit: every number reads back as it was, what nobody said is left out, and the official schema decides."""

import json

import pytest

pytest.importorskip("jsonschema", reason="the official schemas come with the exports extra")

from tests.documents.exports.support import edition
from tests.strategies import good_case

from cardwright import documents
from cardwright.documents.exports import export, model_card_toolkit
from cardwright.record import Answer, Measured


def card_of(**answers):
    record = good_case().record
    details = record.details.model_copy(update={"answers": answers})
    return json.loads(export(documents.Edition(record=record.model_copy(update={"details": details})), "mct"))


def said(text):
    return Answer(text=text, stated_by="A", stated_on="2026-11-23")


def test_every_measured_number_is_a_metric_with_its_rows_and_its_interval():
    record = good_case().record
    numbers = [m for e in record.evaluations for m in e.measurements if isinstance(m, Measured)]
    metrics = json.loads(export(edition(good_case()), "mct"))["quantitative_analysis"]["performance_metrics"]
    assert [float(one["value"]) for one in metrics] == [m.value for m in numbers]
    bounds = [one.get("confidence_interval") for one in metrics]
    assert [None if one is None else (float(one["lower_bound"]), float(one["upper_bound"])) for one in bounds] == [
        None if m.interval is None else (m.interval.lower, m.interval.upper) for m in numbers
    ]


def test_what_nobody_said_is_left_out():
    assert {*card_of()} == {"schema_version", "model_details", "quantitative_analysis"}
    assert {*card_of()["model_details"]} == {"name", "version", "documentation"}


def test_what_people_said_stands_where_the_toolkit_has_it():
    made = card_of(
        summary=said("Scores."),
        limitations=said("Small."),
        intended_use=said("Orders."),
        training_data=said("Ten years."),
    )
    assert made["model_details"]["overview"] == "Scores."
    assert made["considerations"] == {
        "limitations": [{"description": "Small."}],
        "use_cases": [{"description": "Orders."}],
    }
    assert made["model_parameters"]["data"] == [{"name": "training", "description": "Ten years."}]


def test_the_record_is_named_by_its_digest():
    made = json.loads(export(edition(good_case()), "mct"))
    assert good_case().record.sha256 in made["model_details"]["documentation"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"model_details": {"owners": "nobody"}}, "model_details.owners"),
        ({"schema_version": 3}, "schema_version"),
        ({}, None),
    ],
)
def test_what_does_not_fit_the_schema_is_said_with_its_place(change, place):
    made = {**json.loads(export(edition(good_case()), "mct")), **change}
    found = model_card_toolkit.problem(json.dumps(made).encode())
    assert found is None if place is None else found.startswith(f"{place}: ")
