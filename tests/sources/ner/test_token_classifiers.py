"""A token classifier's words become names: subwords joined, windows merged, pickles and code refused."""

import json
import shutil

import pytest

torch = pytest.importorskip("torch", reason="transformers need torch")
transformers = pytest.importorskip("transformers", reason="comes with the extra ner-transformers")

from cardwright.errors import SourceError, UnsafeError
from cardwright.sources.interface import NamedSpan
from cardwright.sources.ner import ner_models
from cardwright.sources.ner.token_classifiers import _Word, spans_of


def seen(text, spans):
    return [(text[one.start : one.end], one.entity) for one in spans]


def test_names_in_pieces_of_words_are_found_whole(classifier):
    models = ner_models(str(classifier))
    (model,) = models.models
    assert (model.library, model.entities, models.ref.format) == (
        "transformers",
        ("LOCATION", "PERSON"),
        "transformers",
    )
    texts = ["my name is Ada Lovelace", "", "she lives in Tartu", "the invoice is paid", "   "]
    found = model.find(texts)
    assert [seen(t, s) for t, s in zip(texts, found, strict=True)] == [
        [("Ada Lovelace", "PERSON")], [], [("Tartu", "LOCATION")], [], [],
    ]  # fmt: skip
    assert all(0.9 < one.score <= 1 for spans in found for one in spans)


def test_a_text_of_many_windows_gives_each_name_once_wherever_the_cut_falls(classifier):
    (model,) = ner_models(str(classifier)).models
    for before in range(12, 24):
        text = "paid " * before + "please call Mary Shelley back" + " paid" * 20
        assert seen(text, model.find([text])[0]).count(("Mary Shelley", "PERSON")) == 1, before


def test_texts_together_give_what_each_gives_alone(classifier):
    (model,) = ner_models(str(classifier)).models
    texts = ["my name is Ada Lovelace", "paid " * 40 + "we moved to Leiden last year", "she lives in Porto"]
    together = model.find(texts)
    for text, spans in zip(texts, together, strict=True):
        assert seen(text, spans) == seen(text, model.find([text])[0])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("B-PER", "I-PER", "O"), [(0, 7)]),
        (("B-PER", "B-PER", "O"), [(0, 3), (4, 7)]),
        (("PER", "PER", "O"), [(0, 7)]),
        (("I-PER", "I-PER", "O"), [(0, 7)]),
        (("S-PER", "S-PER", "O"), [(0, 3), (4, 7)]),
        (("B-PER", "E-PER", "B-PER"), [(0, 7), (8, 11)]),
        (("U-PER", "I-PER", "L-PER"), [(0, 3), (4, 11)]),
        (("B-PER", "I-ORG", "O"), [(0, 3), (4, 7)]),
        (("O", "O", "O"), []),
    ],
)
def test_every_scheme_of_marks_is_read(labels, expected):
    words = [_Word(4 * n, 4 * n + 3, label, 0.9, 5) for n, label in enumerate(labels)]
    assert [(one.start, one.end) for one in spans_of("aaa bbb ccc", words, {})] == expected


def test_a_label_that_stands_for_nothing_and_one_that_the_plan_names():
    words = [_Word(0, 3, "B-MISC", 0.5, 1), _Word(4, 7, "I-MISC", 1.0, 1)]
    assert [*spans_of("aaa bbb", words, {})] == []
    assert [*spans_of("aaa bbb", words, {"MISC": "NRP"})] == [NamedSpan(0, 7, "NRP", 0.75)]


def test_pickled_weights_are_not_loaded(classifier, tmp_path):
    shutil.copytree(classifier, tmp_path / "m")
    (tmp_path / "m" / "model.safetensors").rename(tmp_path / "m" / "pytorch_model.bin")
    with pytest.raises(UnsafeError, match="pickled"):
        ner_models(str(tmp_path / "m"))
    (tmp_path / "m" / "pytorch_model.bin").unlink()
    with pytest.raises(SourceError, match="no weights"):
        ner_models(str(tmp_path / "m"))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"auto_map": {"AutoModel": "code.Model"}}, UnsafeError, "code that comes with it"),
        ({"architectures": ["BertForSequenceClassification"]}, SourceError, "not a token classifier"),
        ({"id2label": {str(n): f"LABEL_{n}" for n in range(5)}}, SourceError, "no names"),
        ({"num_hidden_layers": 3}, SourceError, "never trained to find names"),
    ],
)
def test_what_cannot_be_trusted_to_find_names_is_refused(classifier, tmp_path, change, error, words):
    shutil.copytree(classifier, tmp_path / "m")
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    (tmp_path / "m" / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(error, match=words):
        ner_models(str(tmp_path / "m"))
