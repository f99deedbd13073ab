"""The record in other systems' formats: valid by their own schemas, exact, and silent about nothing."""

import json

import pytest
from hypothesis import given, settings
from tests.policy.test_gate import FAILED, P, with_gap
from tests.strategies import NOW, good_case, records

from cardwright import documents
from cardwright.documents.audience import edition_for
from cardwright.documents.exports import FORMATS, croissant, cyclonedx, export, model_card_toolkit
from cardwright.errors import UsageError
from cardwright.policy.gate import decide
from cardwright.record import Component, FileDigest, Measured, Unmeasured

pytest.importorskip("cyclonedx", reason="the official schemas come with the exports extra")


def edition(case=None, **more):
    case = case or with_gap(FAILED)
    return documents.Edition(record=case.record, verdict=decide(case, P, NOW, "review"), run=case.run, **more)


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_the_same_edition_gives_the_same_valid_bytes(format):
    assert export(edition(), format) == export(edition(), format)


@settings(max_examples=15)
@given(records())
def test_any_record_exports_and_fits_the_schemas(record):
    for format in FORMATS:
        export(documents.Edition(record=record), format)


def test_every_number_reads_back_as_the_same_number():
    record = good_case().record
    numbers = [m.value for e in record.evaluations for m in e.measurements if isinstance(m, Measured)]
    card = json.loads(export(edition(good_case()), "cyclonedx"))["metadata"]["component"]["modelCard"]
    metrics = card["quantitativeAnalysis"]["performanceMetrics"]
    assert [float(metric["value"]) for metric in metrics] == numbers
    toolkit = json.loads(export(edition(good_case()), "mct"))["quantitative_analysis"]["performance_metrics"]
    assert [float(metric["value"]) for metric in toolkit] == numbers
    assert "denominator 100" in json.dumps(card["properties"])


def test_what_is_not_measured_is_said_and_is_no_number():
    record = good_case().record
    absent = [m for e in record.evaluations for m in e.measurements if isinstance(m, Unmeasured)]
    assert absent
    made = json.loads(export(edition(good_case()), "cyclonedx"))["metadata"]["component"]["modelCard"]
    said = [p for p in made["properties"] if p["name"].startswith("cardwright:not_measured:")]
    assert len(said) == len(absent)
    assert not any(absent[0].metric in metric["type"] for metric in made["quantitativeAnalysis"]["performanceMetrics"])


def test_the_policy_is_a_standard_and_each_outcome_a_claim_for_or_against():
    made = json.loads(export(edition(), "cyclonedx"))
    outcomes = edition().verdict.outcomes
    assert len(made["definitions"]["standards"][0]["requirements"]) == len(outcomes)
    failed = next(o for o in outcomes if o.status == "failed")
    entry = next(
        m for m in made["declarations"]["attestations"][0]["map"] if m["requirement"] == f"requirement-{failed.number}"
    )
    assert "claims" not in entry
    assert entry["conformance"]["score"] == 0


def test_croissant_uses_the_names_of_the_specification():
    made = export(edition(good_case()), "croissant").decode()
    assert "dataDataManipulationProtocol" not in made
    assert "dataCollectionTimeFrame" not in made
    assert croissant.problem(b'{"@context": {}}') == "@type is not there"
    wrong = json.loads(made) | {"rai:useCases": "x"}
    assert "no property of RAI" in croissant.problem(json.dumps(wrong).encode())


def test_a_wrong_export_would_be_seen():
    made = json.loads(export(edition(), "cyclonedx"))
    made["metadata"]["component"]["modelCard"]["threshold"] = 1
    assert cyclonedx.problem(json.dumps(made).encode()) is not None
    toolkit = json.loads(export(edition(), "mct"))
    toolkit["model_details"]["owners"] = "nobody"
    assert model_card_toolkit.problem(json.dumps(toolkit).encode()) is not None


def test_an_edition_for_the_public_exports_without_names():
    public = edition_for(edition(good_case(), audience="public"))
    for format in FORMATS:
        assert public.record.sha256 in export(public, format).decode()


def test_the_card_loads_on_the_hub():
    hub = pytest.importorskip("huggingface_hub")
    text = documents.render(edition(good_case()), document="model_card", format="markdown").decode()
    card = hub.ModelCard(text, ignore_metadata_errors=False)
    assert card.data.to_dict()["cardwright"]["record_sha256"] == good_case().record.sha256
    assert card.data.eval_results


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(UsageError, match="cyclonedx"):
        export(edition(), "cyclonedxx")


def test_a_part_of_a_system_that_is_one_of_its_files_is_listed_once():
    case = good_case()
    files = (
        FileDigest(path="prompt.md", sha256="1" * 64, size=3),
        FileDigest(path="b/tools.json", sha256="2" * 64, size=3),
    )
    parts = (
        Component(role="prompt", name="prompt.md", sha256="1" * 64),
        Component(role="tool", name="the tools", sha256="2" * 64),
        Component(role="retrieval", name="corpus", sha256="3" * 64),
    )
    subject = case.record.subject.model_copy(update={"kind": "system", "files": files, "components": parts})
    made = json.loads(
        export(documents.Edition(record=case.record.model_copy(update={"subject": subject})), "cyclonedx")
    )
    listed = made["metadata"]["component"]["components"]
    assert [one["name"] for one in listed] == ["prompt.md", "b/tools.json", "corpus"]
