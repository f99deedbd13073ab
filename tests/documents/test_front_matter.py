"""What a card says of the model on the Hub is about that model."""

import pytest
import yaml
from tests.policy.test_gate import changed
from tests.strategies import good_record

from cardwright import documents


def test_results_on_the_hub_are_those_of_the_model_of_the_card():
    record = good_record()
    bound = next(e for e in record.evaluations if e.binding is not None)
    other = changed(record, bound.id, binding=bound.binding.model_copy(update={"model_sha256": "e" * 64}))
    mine, theirs = (
        documents.render(documents.Edition(record=r), document="model_card", format="markdown") for r in (record, other)
    )
    assert b"model-index" in mine
    assert b"model-index" not in theirs


def _head(record):
    card = documents.render(documents.Edition(record=record), document="model_card", format="markdown").decode()
    return yaml.safe_load(card.split("---")[1])


def test_tasks_of_results_are_the_hubs_and_never_an_evaluators_name():
    head = _head(good_record())
    types = [result["task"]["type"] for result in head["model-index"][0]["results"]]
    assert types
    assert set(types) <= {"tabular-classification", "tabular-regression", "text-generation", "other"}


@pytest.mark.parametrize(
    ("paths", "library"),
    [
        (("model.skops",), "sklearn"),
        (("m/config.json", "m/model.safetensors"), "transformers"),
        (("model.onnx",), "onnx"),
        (("model.json",), None),
        (("a.skops", "b.cbm"), None),
    ],
)
def test_the_library_is_named_where_the_files_belong_to_one(paths, library):
    record = good_record()
    files = tuple(record.subject.files[0].model_copy(update={"path": path}) for path in paths)
    renamed = record.model_copy(update={"subject": record.subject.model_copy(update={"files": files})})
    assert _head(renamed).get("library_name") == library


def test_the_hubs_own_reader_takes_the_results_back():
    hub = pytest.importorskip("huggingface_hub")
    card = documents.render(documents.Edition(record=good_record()), document="model_card", format="markdown").decode()
    results = hub.ModelCard(card).data.eval_results
    assert results
    assert all(isinstance(result.metric_value, float) for result in results)
