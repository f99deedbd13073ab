"""The record in other systems' formats: valid by their own schemas, exact, and silent about nothing."""

import json

import pytest
from hypothesis import given, settings
from tests.documents.exports.support import edition
from tests.strategies import good_case, records

from cardwright import documents
from cardwright.documents.audience import edition_for
from cardwright.documents.exports import FORMATS, cyclonedx, export, model_card_toolkit
from cardwright.errors import UsageError
from cardwright.record import Measured

pytest.importorskip("cyclonedx", reason="the official schemas come with the exports extra")


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
