"""Croissant with RAI: the specification's own names, and a wrong one would be seen."""

import json

import pytest
from tests.documents.exports.support import edition
from tests.strategies import good_case

from cardwright import documents
from cardwright.documents.exports import croissant, export
from cardwright.record import Answer, DatasetRef
from cardwright.record.details import FIELDS
from cardwright.record.provenance import Column

pytest.importorskip("cyclonedx", reason="the official schemas come with the exports extra")


def test_croissant_uses_the_names_of_the_specification():
    made = export(edition(good_case()), "croissant").decode()
    assert "dataDataManipulationProtocol" not in made
    assert "dataCollectionTimeFrame" not in made
    assert croissant.problem(b'{"@context": {}}') == "@type is not there"
    wrong = json.loads(made) | {"rai:useCases": "x"}
    assert "no property of RAI" in croissant.problem(json.dumps(wrong).encode())


def made_of(case=None, **more):
    return json.loads(export(edition(case or good_case(), **more), "croissant"))


def test_every_name_of_the_details_is_one_of_the_specification():
    named = {spec.croissant for spec in FIELDS.values() if spec.croissant is not None}
    assert named <= {*croissant.RAI}
    assert len(croissant.RAI) == len({*croissant.RAI}) == 20


def test_what_the_format_asks_for_and_nobody_said_is_not_provided():
    record = good_case().record
    bare = record.model_copy(update={"details": record.details.model_copy(update={"answers": {}})})
    made = json.loads(export(documents.Edition(record=bare), "croissant"))
    assert {name for name in croissant.CORE if name not in made} == set()
    assert (
        "datePublished" not in made
    )  # a date is a date or is not there: the field's own library refuses words in its place
    assert made["description"] == (bare.subject.summary or "not provided")
    assert not [name for name in made if name.startswith("rai:")]


def test_what_people_said_stands_under_the_specifications_name():
    record = good_case().record
    answer = Answer(text="From 2020 to 2025.", stated_by="A", stated_on="2026-11-23")
    name = next(name for name, spec in FIELDS.items() if spec.croissant is not None and not spec.columns)
    told = record.model_copy(update={"details": record.details.model_copy(update={"answers": {name: answer}})})
    made = json.loads(export(documents.Edition(record=told), "croissant"))
    assert made[f"rai:{FIELDS[name].croissant}"] == "From 2020 to 2025."


def test_a_file_stands_with_its_digest_and_its_columns_with_their_types():
    record = good_case().record
    held = DatasetRef(
        name="rows", role="training", kind="table", format="csv", path="rows.csv", sha256="d" * 64, rows=2,
        columns=tuple(Column(name=kind, type=kind) for kind in ("int64", "uint8", "double", "bool", "string", "timestamp[us]")),
    )  # fmt: skip
    told = record.model_copy(update={"provenance": record.provenance.model_copy(update={"datasets": (held,)})})
    made = json.loads(export(documents.Edition(record=told), "croissant"))
    (file,), (rows,) = made["distribution"], made["recordSet"]
    assert (file["sha256"], file["contentUrl"], file["encodingFormat"]) == ("d" * 64, "rows.csv", "text/csv")
    assert [field["dataType"] for field in rows["field"]] == [
        "sc:Integer", "sc:Integer", "sc:Float", "sc:Boolean", "sc:Text", "sc:Text",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda made: {key: value for key, value in made.items() if key != "license"}, "license is not there"),
        (lambda made: {**made, "rai:dataCollectionTimeFrame": "x"}, "rai:dataCollectionTimeFrame is no property of RAI 1.0"),
        (lambda made: {**made, "distribution": [{"@id": "a"}, {"@id": "a"}]}, "stands twice"),
        (lambda made: made, None),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(change, says):
    found = croissant.problem(json.dumps(change(made_of())).encode())
    assert found is None if says is None else says in found
