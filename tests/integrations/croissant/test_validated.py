"""What the format's own library says of our Croissant export: it reads it without an error or a warning, and its rows from it."""

import json
import shutil

import pytest

mlcroissant = pytest.importorskip("mlcroissant", reason="it has an environment of its own: .ci/run integrations")

from mlcroissant._src.core.context import Context, CroissantVersion
from mlcroissant._src.core.issues import GenerationError
from mlcroissant._src.core.rdf import make_context
from tests.conftest import ROOT, command
from tests.documents.exports.support import edition
from tests.strategies import good_case

from cardwright import documents
from cardwright.documents.exports import export
from cardwright.record import Answer
from cardwright.record.details import FIELDS


@pytest.fixture(scope="module")
def census(tmp_path_factory):
    """The export of a dataset that others made, beside its file."""
    place = tmp_path_factory.mktemp("census")
    command("run", ROOT / "examples" / "census_extract" / "assessment.yaml", "-o", place / "dossier")
    assert command("export", place / "dossier", "--format", "croissant", "-o", place / "croissant.json").code == 0
    return place


def issues(path):
    read = mlcroissant.Dataset(str(path)).metadata.ctx.issues
    return read.errors, read.warnings


def test_the_export_of_a_record_is_read_without_an_error_or_a_warning(tmp_path):
    (tmp_path / "croissant.json").write_bytes(export(edition(good_case()), "croissant"))
    assert issues(tmp_path / "croissant.json") == (set(), set())
    read = mlcroissant.Dataset(str(tmp_path / "croissant.json")).metadata
    assert read.name == good_case().record.subject.name
    assert read.cite_as


def test_a_dataset_with_every_answer_of_responsible_ai_is_read_without_an_error_or_a_warning(tmp_path):
    record = good_case().record
    said = {
        name: Answer(text=f"What is known of {name}.", stated_by="A", stated_on="2026-11-23")
        for name, spec in FIELDS.items()
        if spec.croissant is not None and not spec.columns
    }
    told = record.model_copy(update={"details": record.details.model_copy(update={"answers": said})})
    (tmp_path / "croissant.json").write_bytes(export(documents.Edition(record=told), "croissant"))
    errors, warnings = issues(tmp_path / "croissant.json")
    assert errors == set()
    # Nobody knows when this one was published, and no date is made up.
    assert ["date_published" in warning or "datePublished" in warning for warning in warnings] == [True]
    read = mlcroissant.Dataset(str(tmp_path / "croissant.json")).metadata
    assert read.data_collection == "What is known of collection."


def test_the_rows_of_a_real_dataset_are_read_through_its_export(census):
    shutil.copytree(ROOT / "examples" / "census_extract" / "data", census / "data", dirs_exist_ok=True)
    assert issues(census / "croissant.json") == (set(), set())
    dataset = mlcroissant.Dataset(str(census / "croissant.json"))
    (rows,) = dataset.metadata.record_sets
    held = list(dataset.records(rows.id))
    assert len(held) == 5634
    assert {key.rpartition("/")[2] for key in held[0]} >= {"race", "age", "in_work"}


def test_a_file_of_another_digest_is_not_read_through_it(census, tmp_path):
    shutil.copy(census / "croissant.json", tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "extract.parquet").write_bytes(b"another file")
    dataset = mlcroissant.Dataset(str(tmp_path / "croissant.json"))
    with pytest.raises(GenerationError) as refused:
        list(dataset.records(dataset.metadata.record_sets[0].id))
    assert "Hash of downloaded file" in str(refused.value.__cause__)


def test_what_is_wrong_in_it_is_an_error_here(census, tmp_path):
    wrong = json.loads((census / "croissant.json").read_text())
    del wrong["distribution"]
    (tmp_path / "croissant.json").write_text(json.dumps(wrong))
    with pytest.raises(mlcroissant.ValidationError):
        mlcroissant.Dataset(str(tmp_path / "croissant.json"))


def test_the_context_is_the_standard_one():
    standard = make_context(Context(conforms_to=CroissantVersion.V_1_1))
    made = json.loads(export(edition(good_case()), "croissant"))["@context"]
    assert {name: made.get(name) for name in standard} == dict(standard)
