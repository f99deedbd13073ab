"""The record in other systems' formats: valid by their own schemas, exact, and silent about nothing."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from tests.documents.exports.support import edition
from tests.strategies import good_case, records

from cardwright import documents
from cardwright.documents.audience import edition_for
from cardwright.documents.exports import FORMATS, cyclonedx, export, files, model_card_toolkit
from cardwright.errors import UsageError
from cardwright.record import Answer, Measured
from cardwright.record.detail_fields import FIELDS

pytest.importorskip("cyclonedx", reason="the official schemas come with the exports extra")


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_the_same_edition_gives_the_same_valid_bytes(format):
    assert export(edition(), format) == export(edition(), format)


RUN = good_case().run


@settings(max_examples=15)
@given(records())
def test_any_record_exports_and_fits_the_schemas(record):
    results_of_models = {"every-eval-ever"} if record.subject.kind not in ("model", "system") else set()
    for format in {*FORMATS} - results_of_models:
        export(documents.Edition(record=record, run=RUN), format)
    for format in results_of_models:
        with pytest.raises(UsageError, match=record.subject.kind):
            export(documents.Edition(record=record, run=RUN), format)


def test_every_number_reads_back_as_the_same_number():
    record = good_case().record
    numbers = [m.value for e in record.evaluations for m in e.measurements if isinstance(m, Measured)]
    card = json.loads(export(edition(good_case()), "cyclonedx"))["metadata"]["component"]["modelCard"]
    metrics = card["quantitativeAnalysis"]["performanceMetrics"]
    assert [float(metric["value"]) for metric in metrics] == numbers
    toolkit = json.loads(export(edition(good_case()), "mct"))["quantitative_analysis"]["performance_metrics"]
    assert [float(metric["value"]) for metric in toolkit] == numbers
    assert "denominator 100" in json.dumps(card["properties"])


def test_a_wrong_export_would_be_seen():
    made = json.loads(export(edition(), "cyclonedx"))
    made["metadata"]["component"]["modelCard"]["threshold"] = 1
    assert cyclonedx.problem(json.dumps(made).encode()) is not None
    toolkit = json.loads(export(edition(), "mct"))
    toolkit["model_details"]["owners"] = "nobody"
    assert model_card_toolkit.problem(json.dumps(toolkit).encode()) is not None


ASKED_OF_MODELS = (
    "architecture", "base_model", "languages", "compute", "environmental_impact", "quick_start", "funding", "regulatory_status",
    "standards", "cybersecurity", "instructions_for_use",
)  # fmt: skip


@pytest.mark.parametrize("format", ["cyclonedx", "mct", "hf"])
@pytest.mark.parametrize("kind", ["model", "dataset"])
def test_what_people_said_is_in_the_export_once_whether_or_not_the_format_has_a_place_for_it(format, kind):
    record = good_case().record
    names = [name for name in ASKED_OF_MODELS if kind in FIELDS[name].kinds]
    assert names
    answers = {
        name: Answer(text=f"Said of {name.replace('_', ' ')}.", stated_by="A", stated_on="2026-11-23") for name in names
    }
    told = record.model_copy(
        update={
            "details": record.details.model_copy(update={"answers": answers}),
            "subject": record.subject.model_copy(update={"kind": kind}),
        }
    )
    one = documents.Edition(record=told)
    if format == "hf":
        made = documents.render(one, document=f"{kind}_card", format="markdown").decode()
    else:
        made = export(one, format).decode()
    assert {name: made.count(answers[name].text) for name in names} == dict.fromkeys(names, 1)


@pytest.mark.parametrize("format", ["hf", "hf-short"])
def test_a_card_is_no_json_and_the_error_says_what_makes_it(format):
    with pytest.raises(UsageError, match="files"):
        export(edition(good_case()), format)
    assert "README.md" in files(edition(good_case()), format)


def test_the_architecture_stands_in_its_own_element():
    record = good_case().record
    answers = {"architecture": Answer(text="Trees.", stated_by="A", stated_on="2026-11-23")}
    one = documents.Edition(
        record=record.model_copy(update={"details": record.details.model_copy(update={"answers": answers})})
    )
    card = json.loads(export(one, "cyclonedx"))["metadata"]["component"]["modelCard"]
    assert card["modelParameters"]["modelArchitecture"] == "Trees."
    assert json.loads(export(one, "mct"))["model_parameters"]["model_architecture"] == "Trees."


def test_an_edition_for_the_public_exports_without_names():
    public = edition_for(edition(good_case(), audience="public"))
    for format in FORMATS:
        assert public.record.sha256 in export(public, format).decode()


@pytest.mark.parametrize("format", ["spdx", "openlineage", "every-eval-ever"])
def test_nobody_s_name_is_in_what_systems_read_whoever_it_is_for(format):
    case = good_case()
    names = ("Ines Okafor", "Bo Lind", "Cleo Marsh")
    stated = {"stated_by": names[0], "stated_on": "2026-11-23"}
    risk = {
        "risk": "Stale data",
        "mitigation": "Refreshed",
        "residual": "low",
        "decision": "accept",
        "accepted_by": names[1],
    }
    answers = {
        "owners": Answer(entries=({"name": names[0], "role": "owner", "contact": "ines@example.com"},), **stated),
        "risks": Answer(entries=({**risk, "evaluated": "yes", "threshold": "none"},), **stated),
    }
    provenance = case.record.provenance.model_copy(update={"author": names[2]})
    record = case.record.model_copy(
        update={"details": case.record.details.model_copy(update={"answers": answers}), "provenance": provenance}
    )
    claims = tuple(claim.model_copy(update={"person": names[1]}) for claim in case.claims)
    one = edition(replace(case, record=record, claims=claims), claims=claims)
    made = export(one, format).decode()
    assert not [
        name
        for name in (*names, "ines@example.com", "@")
        if name in made.replace("@context", "").replace("@graph", "").replace("@id", "")
    ]
    assert format != "spdx" or "Stale data" in made


def test_the_card_loads_on_the_hub():
    hub = pytest.importorskip("huggingface_hub")
    text = documents.render(edition(good_case()), document="model_card", format="markdown").decode()
    card = hub.ModelCard(text, ignore_metadata_errors=False)
    assert card.data.to_dict()["cardwright"]["record_sha256"] == good_case().record.sha256
    assert card.data.eval_results


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(UsageError, match="cyclonedx"):
        export(edition(), "cyclonedxx")
