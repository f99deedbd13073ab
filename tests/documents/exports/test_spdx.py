"""SPDX 3: numbers read back, what was not measured is no metric, nothing vanishes, and SPDX's own classes decide."""

import copy
import json

import pytest

pytest.importorskip("spdx_python_model", reason="SPDX's own classes come with the exports extra")

from hypothesis import given, settings
from tests.documents.exports.support import edition
from tests.strategies import good_case, records

from cardwright import documents
from cardwright.documents.exports import export, spdx
from cardwright.documents.exports.words import parts, said
from cardwright.record import Answer, Column, DatasetRef, Measured, Unmeasured
from cardwright.record.detail_fields import FIELDS


def made_of(case=None, **more):
    return json.loads(export(edition(case or good_case(), **more), "spdx"))["@graph"]


def of(record, **more):
    return json.loads(export(documents.Edition(record=record, **more), "spdx"))["@graph"]


def only(graph, kind):
    (found,) = (one for one in graph if one["type"] == kind)
    return found


def notes(graph):
    """Annotations by the end of their id; those that are JSON are read."""
    return {
        one["spdxId"].partition("#note-")[2]: json.loads(one["statement"])
        if one["contentType"] == "application/json"
        else one["statement"]
        for one in graph
        if one["type"] == "Annotation"
    }


def numbers(record, kind):
    return [(e.id, m) for e in record.evaluations for m in e.measurements if isinstance(m, kind)]


def test_every_number_is_a_metric_and_reads_back_with_its_interval_and_denominator():
    record, graph = good_case().record, made_of()
    measured = numbers(record, Measured)
    assert [float(one["value"]) for one in only(graph, "ai_AIPackage")["ai_metric"]] == [m.value for _, m in measured]
    whole = notes(graph)["measurements"]["measurements"]
    assert [Measured.model_validate({k: v for k, v in one.items() if k != "evaluation"}) for one in whole] == [
        m for _, m in measured
    ]
    assert [one["evaluation"] for one in whole] == [id for id, _ in measured]


def test_what_was_not_measured_has_its_reason_and_is_no_metric():
    record = good_case().record
    absent = numbers(record, Unmeasured)
    assert absent
    told = notes(made_of())["not-measured"]["not_measured"]
    assert [(one["evaluation"], one["metric"], one["reason"]) for one in told] == [
        (id, m.metric, m.reason) for id, m in absent
    ]
    assert not [one for one in told if "value" in one]


@settings(max_examples=20)
@given(records())
def test_nothing_vanishes_what_has_no_place_is_counted(record):
    graph, one = of(record), documents.Edition(record=record)
    told = notes(graph)
    left = told.get("only-in-record", {}).get("only_in_record", {})
    counted = parts(one)
    found = {
        "measured": len(told["measurements"]["measurements"]),
        "not_measured": len(told["not-measured"]["not_measured"]),
        "not_evaluated": len(told.get("not-evaluated", {}).get("not_evaluated", ())),
        "files": sum("#file-" in one.get("spdxId", "") for one in graph),
        "components": sum("#component-" in one.get("spdxId", "") for one in graph),
        "parents": len(told.get("parents", {}).get("parents", ())),
    }
    assert {name: count for name, count in found.items() if count} == {
        name: counted[name] for name in found if name in counted
    }
    assert {name: count for name, count in left.items() if name not in ("answers", "sources")} == {
        name: counted[name] for name in counted if name not in {*found, "answers", "sources"}
    }


@pytest.mark.parametrize("kind", ["model", "dataset"])
def test_every_answer_stands_once_in_its_property_or_as_an_annotation(kind):
    record = good_case().record
    names = [name for name, field in FIELDS.items() if field.shape == "text" and kind in field.kinds]
    answers = {
        name: Answer(text=FIELDS[name].choices[0] if FIELDS[name].choices else f"Said of {name.replace('_', ' ')}.",
                     stated_by="A", stated_on="2026-11-23")
        for name in names
    }  # fmt: skip
    told = record.model_copy(
        update={
            "details": record.details.model_copy(update={"answers": answers}),
            "subject": record.subject.model_copy(update={"kind": kind}),
        }
    )
    text = json.dumps(of(told), ensure_ascii=False)
    free = [name for name in names if not FIELDS[name].choices and said(told, name) is not None]
    assert len(free) > 15
    assert {name: text.count(answers[name].text) for name in free} == dict.fromkeys(free, 1)


def test_answers_that_are_nothing_but_people_are_counted_and_not_written():
    record = good_case().record
    owner = {"name": "Ines Okafor", "role": "owner", "contact": "ines@example.com"}
    answers = {"owners": Answer(entries=(owner,), stated_by="A", stated_on="2026-11-23")}
    graph = of(record.model_copy(update={"details": record.details.model_copy(update={"answers": answers})}))
    assert notes(graph)["only-in-record"]["only_in_record"]["answers"] == 1
    assert "Okafor" not in json.dumps(graph)


def test_a_standard_that_people_name_is_not_said_to_be_complied_with():
    record = good_case().record
    answers = {"standards": Answer(text="ISO/IEC 42001.", stated_by="A", stated_on="2026-11-23")}
    graph = of(record.model_copy(update={"details": record.details.model_copy(update={"answers": answers})}))
    assert "ai_standardCompliance" not in only(graph, "ai_AIPackage")
    assert "ISO/IEC 42001." in notes(graph)["answer-standards"]


def source(name, role, kind="predictions", **more):
    column = (Column(name="x", type="int64"),)
    return DatasetRef(name=name, role=role, kind=kind, format="csv", sha256="9" * 64, columns=column, **more)


def test_data_are_what_the_model_was_trained_or_tested_on_only_if_their_role_says_so():
    record = good_case().record
    read = (
        source("a", "training", rows=5),
        source("b", "test"),
        source("c", "population"),
        source("d", "x", "ner_model"),
    )
    graph = of(
        record.model_copy(update={"provenance": record.provenance.model_copy(update={"datasets": read})})
    )  # fmt: skip
    ends = {one["relationshipType"]: one["to"] for one in graph if one["type"] == "Relationship"}
    assert {kind: [id.partition("#")[2] for id in ends[kind]] for kind in ("trainedOn", "testedOn", "other")} == {
        "trainedOn": ["dataset-a"],
        "testedOn": ["dataset-b"],
        "other": ["dataset-c"],
    }
    assert notes(graph)["only-in-record"]["only_in_record"]["sources"] == 1
    (five,) = (one for one in graph if one.get("spdxId", "").endswith("#dataset-a"))
    assert "dataset_datasetSize" not in five  # SPDX counts bytes there, and the record knows rows


def test_a_licence_of_spdx_is_an_expression_and_any_other_a_text():
    record = good_case().record

    def licence(name):
        graph = of(record.model_copy(update={"subject": record.subject.model_copy(update={"licence": name})}))
        return next((one for one in graph if one["type"].startswith("simplelicensing_")), None), graph

    assert licence("apache-2.0")[0]["simplelicensing_licenseExpression"] == "Apache-2.0"
    assert licence("Internal use only")[0]["simplelicensing_licenseText"] == "Internal use only"
    none, graph = licence(None)
    assert none is None
    ends = [one["to"] for one in graph if one.get("relationshipType") == "hasDeclaredLicense"]
    assert ends == [["expandedlicensing_NoAssertionLicense"]]


def test_the_profiles_that_ask_for_more_than_the_record_has_are_used_and_not_claimed():
    graph = made_of()
    assert only(graph, "SpdxDocument")["profileConformance"] == ["core", "software", "simpleLicensing"]
    assert "downloadLocation" in notes(graph)["profiles"]["not_provided"]["ai"]


def test_an_outcome_that_is_waived_keeps_what_it_waives():
    outcomes = edition().verdict.outcomes
    told = notes(json.loads(export(edition(), "spdx"))["@graph"])["verdict"]
    assert [(one["requirement"], one["status"]) for one in told["requirements"]] == [
        (o.requirement, o.status) for o in outcomes
    ]
    assert told["decision"] == "refused"


@pytest.mark.parametrize(
    ("kind", "change", "told"),
    [
        ("ai_AIPackage", {"ai_threshold": 1}, "ai_threshold"),
        ("ai_AIPackage", {"software_primaryPurpose": "fairness"}, "not a valid value"),
        ("ai_AIPackage", {"suppliedBy": "urn:x:nobody"}, "urn:x:nobody is no element"),
        ("ai_AIPackage", {"creationInfo": None}, "creationInfo"),
        ("dataset_DatasetPackage", {"dataset_datasetType": []}, "dataset_datasetType"),
        ("dataset_DatasetPackage", {"type": "dataset_Other"}, ""),
        ("SpdxDocument", {"profileConformance": ["governance"]}, "not a valid value"),
    ],
)
def test_what_does_not_fit_the_classes_of_spdx_is_seen(kind, change, told):
    graph = copy.deepcopy(made_of())
    document = {"@context": spdx.CONTEXT, "@graph": graph}
    assert spdx.problem(json.dumps(document).encode()) is None
    next(one for one in graph if one["type"] == kind).update(change)
    assert told in spdx.problem(json.dumps(document).encode())


def test_an_id_that_stands_twice_is_seen():
    graph = made_of()
    wrong = spdx.problem(json.dumps({"@context": spdx.CONTEXT, "@graph": [*graph, graph[-1]]}).encode())
    assert wrong.endswith("stands twice")
