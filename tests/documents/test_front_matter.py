"""What a card says of the model on the Hub is about that model."""

import pytest
import yaml
from tests.policy.test_gate import changed
from tests.strategies import good_record

from cardwright import documents
from cardwright.documents import front_matter
from cardwright.record import Answer, Measured


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
    tasks = [result["task"] for result in head["model-index"][0]["results"]]
    types = [task["type"] for task in tasks]
    assert types
    assert {task["name"].lower().replace(" ", "-") for task in tasks} == set(types)
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


def test_the_hubs_own_reader_takes_the_card_of_a_dataset():
    hub = pytest.importorskip("huggingface_hub")
    one = documents.Edition(record=good_record())
    text = documents.render(one, document="dataset_card", format="markdown").decode()
    card = hub.DatasetCard(text, ignore_metadata_errors=False)
    assert card.data.to_dict()["cardwright"]["record_sha256"] == one.record.sha256


def _with(*, dataset=False, answers=None, rows=None, **subject):
    record = good_record()
    details = record.details.model_copy(
        update={
            "answers": {n: Answer(text=t, stated_by="A", stated_on="2026-11-23") for n, t in (answers or {}).items()}
        }
    )
    held = tuple(d.model_copy(update={"rows": rows or d.rows}) for d in record.provenance.datasets)
    told = record.model_copy(
        update={
            "details": details,
            "subject": record.subject.model_copy(update=subject),
            "provenance": record.provenance.model_copy(update={"datasets": held}),
        }
    )
    return yaml.safe_load(front_matter.make(documents.Edition(record=told), dataset=dataset))


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("GPL-3.0-only", {"license": "gpl-3.0"}),
        ("ODbL-1.0", {"license": "odbl"}),
        ("GPL-3.0-or-later", {"license": "other", "license_name": "gpl-3.0-or-later"}),
        ("Acme, internal use", {"license": "other", "license_name": "acme-internal-use"}),
        (None, {}),
    ],
)
def test_a_licence_is_the_hubs_name_or_other_with_its_own(licence, expected):
    head = _with(licence=licence)
    assert {key: value for key, value in head.items() if key.startswith("license")} == expected


@pytest.mark.parametrize(
    ("rows", "size"),
    [
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (20_000_000, "10M<n<100M"),
        (3_000_000_000, "1B<n<10B"),
        (2 * 10**12, "n>1T"),
    ],
)
def test_a_dataset_is_in_one_of_the_hubs_bins_of_size(rows, size):
    assert _with(dataset=True, rows=rows)["size_categories"] == [size]


def test_languages_and_base_models_that_are_the_hubs_names_are_metadata_and_sentences_are_not():
    head = _with(answers={"languages": "en, de, pt-BR", "base_model": "acme/encoder-small"}, parents=())
    assert (head["language"], head["base_model"]) == (["en", "de", "pt-BR"], ["acme/encoder-small"])
    said = {"languages": "English alone was evaluated.", "base_model": "A client/server model of our own."}
    assert not {"language", "base_model"} & _with(answers=said, parents=()).keys()
    assert _with(answers={"base_model": "acme/other"}, parents=("acme/parent",))["base_model"] == ["acme/parent"]


def test_one_metric_across_two_attributes_has_two_names():
    record = good_record()
    fair = next(e for e in record.evaluations if e.evaluator == "fairness")
    gap = Measured(metric="selection_rate_difference", value=0.1, unit="difference", direction="lower_is_better")
    both = tuple(gap.model_copy(update={"across": (name,)}) for name in ("race", "sex"))
    (names,) = [
        [metric["name"] for metric in result["metrics"]]
        for result in _head(changed(record, fair.id, measurements=both))["model-index"][0]["results"]
        if result["metrics"][0]["type"] == "selection_rate_difference"
    ]
    assert names == ["selection rate difference across race", "selection rate difference across sex"]


def test_base_rates_alone_are_the_datas_and_no_result_of_the_model():
    record = good_record()
    fair = next(e for e in record.evaluations if e.evaluator == "fairness")
    rate = Measured(metric="base_rate", value=0.4, unit="proportion", direction="neither")
    assert "model-index" not in _head(changed(record, fair.id, measurements=(rate,)))
    selected = rate.model_copy(update={"metric": "selection_rate"})
    assert "model-index" in _head(changed(record, fair.id, measurements=(rate, selected)))


def test_numbers_of_one_task_on_one_dataset_are_one_result_and_stand_there_once():
    record = good_record()
    fair = next(e for e in record.evaluations if e.evaluator == "fairness")
    rate = Measured(metric="selection_rate", value=0.4, unit="proportion", direction="neither")
    own = Measured(metric="accuracy", value=0.8, unit="proportion", direction="higher_is_better")
    other = fair.model_copy(update={"id": "again", "measurements": (rate, own)})
    one = changed(record, fair.id, measurements=(rate,))
    both = documents.Edition(record=one.model_copy(update={"evaluations": (*one.evaluations, other)}))
    head = yaml.safe_load(front_matter.make(both, dataset=False))
    (result,) = head["model-index"][0]["results"]
    assert [(metric["type"], metric["value"]) for metric in result["metrics"]] == [
        ("selection_rate", 0.4),
        ("accuracy", 0.8),
    ]
