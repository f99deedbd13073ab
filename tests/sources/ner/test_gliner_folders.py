"""A GLiNER folder is read through the library's own interface, and only if nothing of it would be fetched or run.

The library allows no transformers of the lock, so a stand-in that obeys its `from_pretrained` and `inference` takes its place.
"""

import json
import sys
from types import SimpleNamespace

import pytest

from cardwright.errors import MissingExtraError, SourceError, UnsafeError
from cardwright.sources.ner import ner_models
from cardwright.sources.ner.gliner_folders import ASKED


class StandIn:
    """Finds every "Ada Lovelace", as a person, in texts of at most 384 words."""

    def __init__(self, calls):
        self.calls = calls

    def from_pretrained(self, folder, *, local_files_only, map_location, strict):
        assert local_files_only is True and strict is True and map_location == "cpu"
        return self

    def eval(self):
        return self

    def inference(self, texts, labels, *, threshold, batch_size):
        assert all(len(text.split()) <= 384 for text in texts)
        self.calls.append((tuple(labels), len(texts)))
        found = []
        for text in texts:
            start = text.find("Ada Lovelace")
            named = {"start": start, "end": start + 12, "text": "Ada Lovelace", "label": labels[0], "score": 0.7}
            found.append([named] if start >= 0 else [])
        return found


@pytest.fixture
def folder(tmp_path):
    where = tmp_path / "gliner"
    where.mkdir()
    config = {"model_name": "somebody/model", "encoder_config": {"model_type": "bert"}}
    (where / "gliner_config.json").write_text(json.dumps(config))
    (where / "tokenizer_config.json").write_text("{}")
    (where / "model.safetensors").write_bytes(b"weights")
    return where


@pytest.fixture
def calls(monkeypatch):
    made = []
    monkeypatch.setitem(sys.modules, "gliner", SimpleNamespace(GLiNER=StandIn(made)))
    return made


def test_it_is_asked_in_words_for_what_the_plan_names(folder, calls):
    (model,) = ner_models(str(folder), labels=["person", "organisation"]).models
    text = "the invoice is paid, " * 200 + "says Ada Lovelace"
    found = model.find(["", text, "Ada Lovelace"])
    assert [[(one.start, one.end, one.entity, one.score) for one in spans] for spans in found] == [
        [], [(len(text) - 12, len(text), "PERSON", 0.7)], [(0, 12, "PERSON", 0.7)],
    ]  # fmt: skip
    assert {labels for labels, _ in calls} == {("person", "organisation")}
    assert max(size for _, size in calls) <= 8


def test_it_is_asked_for_persons_addresses_and_more_if_the_plan_says_nothing(folder, calls):
    (model,) = ner_models(str(folder)).models
    model.find(["a"])
    assert calls[0][0] == ASKED
    assert {"PERSON", "STREET_ADDRESS", "DATE_OF_BIRTH", "LOCATION", "ORGANIZATION", "NRP"} == {*model.entities}


def test_what_the_library_would_fetch_or_run_is_refused_before_it_is_imported(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "gliner", None)
    with pytest.raises(MissingExtraError, match="gliner"):
        ner_models(str(folder))
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(SourceError, match="model hub"):
        ner_models(str(folder))
    config = {"encoder_config": {"auto_map": {"AutoModel": "code.Model"}}}
    (folder / "gliner_config.json").write_text(json.dumps(config))
    with pytest.raises(UnsafeError, match="code that comes with it"):
        ner_models(str(folder))


def test_pickled_weights_are_not_loaded(folder, calls):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UnsafeError, match="pickled"):
        ner_models(str(folder))
