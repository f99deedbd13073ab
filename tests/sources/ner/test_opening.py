"""From what a plan says to models: found on this machine, hashed, their labels read; nothing is fetched."""

import json
import shutil
import socket

import pytest

pytest.importorskip("spacy", reason="comes with the text extra")

from cardwright.errors import SourceError
from cardwright.sources.interface import NerModels
from cardwright.sources.load import load
from cardwright.sources.ner import ner_models
from cardwright.sources.spec import parse_source


def test_a_source_of_the_plan_is_loaded_with_its_digest_path_and_role(pipeline, tmp_path):
    shutil.copytree(pipeline, tmp_path / "models" / "names")
    source = load(parse_source({"ner_model": "models/names", "language": "nl"}), "names", tmp_path)
    assert isinstance(source, NerModels)
    assert (source.ref.kind, source.ref.path, source.ref.format, source.ref.rows) == (
        "ner_model",
        "models/names",
        "spacy",
        None,
    )
    assert (source.ref.role, source.models[0].language) == ("names", "nl")
    assert source.ref.sha256 == source.models[0].sha256


def test_a_changed_file_changes_the_digest_and_a_compiled_cache_does_not(pipeline, tmp_path):
    shutil.copytree(pipeline, tmp_path / "m")
    before = ner_models("m", base=tmp_path).ref.sha256
    (tmp_path / "m" / "__pycache__").mkdir()
    (tmp_path / "m" / "__pycache__" / "x.pyc").write_bytes(b"compiled")
    assert ner_models("m", base=tmp_path).ref.sha256 == before
    meta = json.loads((tmp_path / "m" / "meta.json").read_text())
    (tmp_path / "m" / "meta.json").write_text(json.dumps(meta | {"version": "0.1.1"}))
    after = ner_models("m", base=tmp_path)
    assert after.ref.sha256 != before and after.models[0].version == "0.1.1"


def test_several_models_are_one_source_whose_digest_is_of_all(pipeline, classifier):
    both = ner_models(str(pipeline), str(classifier))
    assert [one.library for one in both.models] == ["spacy", "transformers"]
    assert both.ref.format == "several"
    assert both.ref.sha256 not in {one.sha256 for one in both.models}
    assert ner_models(str(classifier), str(pipeline)).ref.sha256 == both.ref.sha256


def test_labels_mean_what_the_plan_says_and_others_are_named(pipeline):
    (model,) = ner_models(str(pipeline), entities={"GPE": None}).models
    assert (model.entities, model.other_labels) == (("PERSON",), ("GPE",))
    assert model.find(["she lives in Porto"]) == ((),)
    with pytest.raises(SourceError, match=r"no label .*Its labels: GPE, PERSON"):
        ner_models(str(pipeline), entities={"SHIP": "LOCATION"})
    with pytest.raises(SourceError, match=r"none of the model's labels .*`entities: \{LABEL: PERSON\}`"):
        ner_models(str(pipeline), entities={"GPE": None, "PERSON": None})


def test_what_is_neither_a_folder_nor_installed_is_refused_and_nothing_is_looked_up(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(SourceError, match=r"nothing is downloaded.*install the package"):
        ner_models("en_core_web_of_nobody", base=tmp_path)
    with pytest.raises(SourceError, match="nothing is downloaded"):
        ner_models("somebody/model-on-a-hub", base=tmp_path)
    with pytest.raises(SourceError, match="holds no spaCy pipeline"):
        ner_models("json", base=tmp_path)


def test_a_file_and_a_folder_of_something_else_are_refused(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"x")
    with pytest.raises(SourceError, match="is a folder, and this is a file"):
        ner_models("model.bin", base=tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="neither a spaCy pipeline"):
        ner_models("empty", base=tmp_path)


def test_a_plan_names_no_path_outside_its_folder():
    for path in ("/models/names", "../names"):
        with pytest.raises(ValueError, match="path"):
            parse_source({"ner_model": path})
