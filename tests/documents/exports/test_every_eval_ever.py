"""Every Eval Ever: scores read back, a number of no direction is no score, nothing vanishes, and the official schema decides."""

import json

import pytest

pytest.importorskip("jsonschema", reason="the official schemas come with the exports extra")

from hypothesis import given, settings
from tests.documents.exports.support import edition
from tests.strategies import good_case, records

from cardwright import documents
from cardwright.documents.exports import every_eval_ever, export
from cardwright.documents.exports.words import parts
from cardwright.record import Measured, Unmeasured
from cardwright.record.subject import Reference


def made_of(case=None, **more):
    return json.loads(export(edition(case or good_case(), **more), "every-eval-ever"))


def numbers(record, kind):
    return [(e.id, m) for e in record.evaluations for m in e.measurements if isinstance(m, kind)]


def listed(made, name):
    return json.loads(made["source_metadata"]["additional_details"].get(name, "[]"))


def test_every_score_reads_back_with_its_interval_and_which_way_is_better():
    results = made_of()["evaluation_results"]
    ranked = [m for _, m in numbers(good_case().record, Measured) if m.direction != "neither"]
    assert [one["score_details"]["score"] for one in results] == [m.value for m in ranked]
    assert [one["metric_config"]["lower_is_better"] for one in results] == [
        m.direction == "lower_is_better" for m in ranked
    ]
    bounds = [one["score_details"].get("uncertainty", {}).get("confidence_interval") for one in results]
    assert [None if one is None else (one["lower"], one["upper"], one["confidence_level"]) for one in bounds] == [
        None if m.interval is None else (m.interval.lower, m.interval.upper, m.interval.level) for m in ranked
    ]
    assert results[0]["score_details"]["details"]["denominator"] == "100"


def test_a_number_of_no_direction_is_told_and_is_no_score():
    case = good_case()
    evaluation = case.record.evaluations[0]
    rate = Measured(metric="selection_rate", value=0.25, unit="proportion", direction="neither")
    record = case.record.model_copy(
        update={
            "evaluations": (
                evaluation.model_copy(update={"measurements": (*evaluation.measurements, rate)}),
                *case.record.evaluations[1:],
            )
        }
    )
    made = json.loads(export(documents.Edition(record=record), "every-eval-ever"))
    assert "selection_rate" not in {one["metric_config"]["metric_id"] for one in made["evaluation_results"]}
    assert [(one["metric"], one["value"]) for one in listed(made, "of_no_direction")] == [("selection_rate", 0.25)]


@settings(max_examples=20)
@given(records())
def test_nothing_vanishes(record):
    if record.subject.kind not in ("model", "system"):
        return
    one = documents.Edition(record=record)
    made = json.loads(export(one, "every-eval-ever"))
    counted = parts(one)
    assert len(made["evaluation_results"]) + len(listed(made, "of_no_direction")) == counted.get("measured", 0)
    assert len(listed(made, "not_measured")) == len(numbers(record, Unmeasured))
    assert len(listed(made, "not_evaluated")) == len(record.not_evaluated)
    left = json.loads(made["source_metadata"]["additional_details"].get("only_in_record", "{}"))
    held = {"measured", "not_measured", "not_evaluated", "files"}
    assert left == {name: count for name, count in counted.items() if name not in held}
    ids = [result["evaluation_result_id"] for result in made["evaluation_results"]]
    assert len(set(ids)) == len(ids)


def test_what_the_record_does_not_say_is_unknown_and_never_now():
    record = good_case().record
    made = json.loads(export(documents.Edition(record=record), "every-eval-ever"))
    assert made["retrieved_timestamp"] == "unknown"
    assert "evaluation_timestamp" not in made
    assert made["model_info"]["additional_details"]["model_availability"] == "unknown"
    assert made_of()["retrieved_timestamp"].isdigit()


def test_a_hosted_model_is_named_as_its_provider_names_it():
    record = good_case().record
    hosted = Reference(
        provider="Acme", model_id="acme/small", revision="3", settings={"temperature": 0.0, "seed": None}
    )
    subject = record.subject.model_copy(update={"files": (), "reference": hosted})
    model = json.loads(
        export(documents.Edition(record=record.model_copy(update={"subject": subject})), "every-eval-ever")
    )["model_info"]
    assert (model["id"], model["inference_platform"]) == ("acme/small", "Acme")
    details = model["additional_details"]
    assert details["deployment_type"] == "externally_managed"
    assert (details["revision"], details["setting:temperature"]) == ("3", "0")
    assert "setting:seed" not in details


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"schema_version": 3}, "schema_version"),
        ({"fair": True}, "(top)"),
        ({"evaluation_results": [{}]}, "evaluation_results.0"),
        ({}, None),
    ],
)
def test_what_does_not_fit_the_schema_is_said_with_its_place(change, place):
    found = every_eval_ever.problem(json.dumps({**made_of(), **change}).encode())
    assert found is None if place is None else found.startswith(f"{place}: ")
