"""Text classifiers: which labels mean yes, a long text read to its end, one label or several at once."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.models.test_transformers_folders import folder, network

from cardwright.errors import SourceError
from cardwright.sources.interface import TextClassifier
from cardwright.sources.load import load as load_source
from cardwright.sources.models.text_classifiers import load, stretches
from cardwright.sources.spec import parse_source

torch = pytest.importorskip("torch", reason="transformers need torch")
transformers = pytest.importorskip("transformers", reason="Hugging Face folders need the transformers extra")

__all__ = ["folder"]


def probabilities(native, where, text, several=False):
    tokenizer = transformers.AutoTokenizer.from_pretrained(where)
    with torch.no_grad():
        logits = native(**tokenizer([text], return_tensors="pt")).logits.double()[0]
    return (torch.sigmoid(logits) if several else torch.softmax(logits, 0)).numpy()


def labels(*names):
    return {"id2label": dict(enumerate(names)), "label2id": {name: n for n, name in enumerate(names)}}


def test_the_usual_labels_say_which_mean_yes(folder):
    native = network(**labels("Neutral", "toxic"))
    where = folder(native)
    found = load(where)
    assert (found.positive, found.threshold, found.ref.kind) == (("toxic",), 0.5, "classifier")
    np.testing.assert_allclose(found.scores(["good"]), [probabilities(native, where, "good")[1]], atol=1e-6)


def test_of_several_labels_at_once_the_highest_counts(folder):
    native = network(num_labels=3, problem_type="multi_label_classification", **labels("toxic", "insult", "threat"))
    where = folder(native)
    expected = probabilities(native, where, "poor food", several=True)
    np.testing.assert_allclose(load(where).scores(["poor food"]), [expected.max()], atol=1e-6)
    np.testing.assert_allclose(load(where, ["insult"]).scores(["poor food"]), [expected[1]], atol=1e-6)


def test_of_labels_that_exclude_each_other_those_that_mean_yes_add_up(folder):
    native = network(num_labels=3, **labels("hate speech", "offensive language", "neither"))
    where = folder(native)
    np.testing.assert_allclose(
        load(where).scores(["poor"]), [probabilities(native, where, "poor")[:2].sum()], atol=1e-6
    )


@pytest.mark.parametrize(
    ("names", "positive", "why"),
    [
        (("LABEL_0", "LABEL_1"), (), "do not say which of them mean yes"),
        (("neutral", "clean"), (), "do not say which of them mean yes"),
        (("toxic", "male"), (), "do not say which of them mean yes"),
        (("neutral", "toxic"), ("toxik",), "has no label"),
        (("neutral", "toxic"), ("neutral", "toxic"), "every label of the classifier means yes"),
    ],
)
def test_labels_that_leave_it_open_are_refused_with_their_names(folder, names, positive, why):
    where = folder(network(**labels(*names)))
    with pytest.raises(SourceError, match=why) as refused:
        load(where, positive)
    assert names[0] in str(refused.value)


def test_labels_without_names_are_named_by_the_plan(folder, tmp_path):
    where = folder(network())
    source = load_source(
        parse_source({"classifier": where.name, "positive": ["LABEL_1"], "threshold": 0.3}), "tox", tmp_path
    )
    assert isinstance(source, TextClassifier)
    assert (source.positive, source.threshold, source.ref.path) == (("LABEL_1",), 0.3, where.name)


def test_a_long_text_is_read_to_its_end(folder):
    """The network reads 32 tokens; what stands after ten thousand others decides."""
    where = folder(network(**labels("neutral", "toxic")))
    found = load(where)
    words = ("good", "poor", "the", "service", "was", "food")
    alone = dict(zip(words, found.scores([f"{word} " * 60 for word in words]), strict=True))
    dull, loud = min(words, key=alone.__getitem__), max(words, key=alone.__getitem__)
    (whole,) = found.scores([f"{dull} " * 9_999 + f"{loud} " * 9])
    assert whole > alone[dull] + (alone[loud] - alone[dull]) / 2


def test_no_text_and_an_empty_one_are_read(folder):
    found = load(folder(network(**labels("neutral", "toxic"))))
    assert found.scores([]) == []
    assert len(found.scores([""])) == 1


@given(st.text(max_size=200), st.integers(4, 40))
def test_stretches_leave_nothing_out_and_none_is_too_long(text, size):
    found, position = list(stretches(text, size)), 0
    for piece in found:
        assert len(piece.encode("utf-8", "surrogatepass")) <= max(size, 4)
        at = text.find(piece, max(0, position - len(piece)))
        assert 0 <= at <= position
        position = max(position, at + len(piece))
    assert position == len(text) or found == [""]


def test_a_model_that_is_no_classifier_or_was_never_trained_is_refused(folder, tmp_path):
    where = folder(network(**labels("neutral", "toxic")))
    config = json.loads((where / "config.json").read_text())
    (where / "config.json").write_text(json.dumps({**config, "architectures": ["BertModel"]}))
    with pytest.raises(SourceError, match="classifiers of texts are read"):
        load(where)
    with pytest.raises(SourceError, match="there is no such folder"):
        load(tmp_path / "nowhere")
