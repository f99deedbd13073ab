"""Hugging Face folders: a tiny transformer predicts from its files alone; what is missing, pickled or code is refused."""

import json

import numpy as np
import pyarrow as pa
import pytest

torch = pytest.importorskip("torch", reason="transformers need torch")
transformers = pytest.importorskip("transformers", reason="Hugging Face folders need the transformers extra")

from cardwright.errors import SourceError, UnsafeError, UsageError
from cardwright.sources.models import load_model

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "poor", "the", "service", "was", "food"]
TEXTS = ["the service was good", "the food was poor", "good " * 100, "", None]
BATCH = pa.record_batch({"text": TEXTS, "stars": [5, 1, 5, 3, 3], "title": ["good", "poor", "good", "", "the"]})


def network(kind=transformers.BertForSequenceClassification, **said):
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        **said,
    )
    return kind(config).eval()


@pytest.fixture
def folder(tmp_path):
    """A folder as `save_pretrained` writes it."""

    def save(native, where=tmp_path / "model"):
        native.save_pretrained(where)
        tokenizer = transformers.BertTokenizer(vocab={word: place for place, word in enumerate(WORDS)})
        tokenizer.save_pretrained(where)
        return where

    return save


def expected(native, where, *columns):
    """Probabilities one text at a time, without padding."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(where)
    found = []
    for texts in zip(*columns, strict=True):
        tokens = tokenizer(*[[text or ""] for text in texts], truncation=True, max_length=32, return_tensors="pt")
        with torch.no_grad():
            found.append(torch.softmax(native(**tokens).logits.double(), dim=1)[0].numpy())
    return np.array(found)


def test_a_classifier_of_texts_reads_one_column_or_a_pair(folder):
    native = network(id2label={0: "bad", 1: "fine"})
    where = folder(native)
    model = load_model(where, ["text"], favourable="bad", where="model")
    assert (model.framework, model.classes, model.ref.format) == ("transformers", ("bad", "fine"), "transformers")
    np.testing.assert_allclose(model.predict(BATCH), expected(native, where, TEXTS)[:, 0], atol=1e-6)
    pair = load_model(where, ["title", "text"]).predict(BATCH)
    np.testing.assert_allclose(pair, expected(native, where, BATCH["title"].to_pylist(), TEXTS)[:, 1], atol=1e-6)


def test_several_classes_under_the_labels_of_the_plan_and_numbers(folder, tmp_path):
    native = network(num_labels=3)
    where = folder(native)
    model = load_model(where, ["text"], classes=["a", "b", "c"], task="multiclass")
    assert model.classes == ("a", "b", "c")
    np.testing.assert_allclose(model.predict(BATCH), expected(native, where, TEXTS), atol=1e-6)
    value = load_model(folder(network(num_labels=1), tmp_path / "value"), ["text"], task="regression")
    assert value.predict(BATCH).shape == (5,)


def test_labels_that_nobody_has_given_a_name_are_asked_for(folder):
    where = folder(network())
    with pytest.raises(SourceError, match=r"Write `classes: \[first, second, …\]`"):
        load_model(where, ["text"], favourable="fine")
    assert load_model(where, ["text"], classes=["bad", "fine"], favourable="fine").predict(BATCH).shape == (5,)


def test_the_digest_is_that_of_every_file_of_the_folder(folder):
    where = folder(network())
    before = load_model(where, ["text"]).ref.sha256
    (where / "tokenizer_config.json").write_text(
        (where / "tokenizer_config.json").read_text().replace("{", '{"note": 1,', 1)
    )
    assert load_model(where, ["text"]).ref.sha256 != before


def test_pickled_weights_are_refused(folder):
    where = folder(network())
    (where / "model.safetensors").rename(where / "pytorch_model.bin")
    with pytest.raises(UnsafeError, match=r"pickled \(pytorch_model.bin\)"):
        load_model(where, ["text"])


def test_code_of_its_own_is_refused_and_never_runs(folder):
    where = folder(network())
    config = json.loads((where / "config.json").read_text())
    config |= {
        "model_type": "own",
        "architectures": ["OwnForSequenceClassification"],
        "auto_map": {
            "AutoConfig": "own.OwnConfig",
            "AutoModelForSequenceClassification": "own.OwnForSequenceClassification",
        },
    }
    (where / "config.json").write_text(json.dumps(config))
    (where / "own.py").write_text(f"open({str(where / 'trace')!r}, 'w')\n")
    with pytest.raises(UnsafeError, match="needs code that comes with it"):
        load_model(where, ["text"])
    assert not (where / "trace").exists()


def test_a_part_that_is_missing_is_named(folder, tmp_path):
    where = folder(network())
    for file in [*where.glob("tokenizer*"), *where.glob("vocab*")]:
        file.unlink()
    with pytest.raises(SourceError, match="holds no tokenizer"):
        load_model(where, ["text"])
    (where / "model.safetensors").unlink()
    with pytest.raises(SourceError, match="holds no weights"):
        load_model(where, ["text"])
    (where / "config.json").unlink()
    with pytest.raises(SourceError, match=r"holds no `config\.json`"):
        load_model(where, ["text"])


def test_a_model_that_was_never_trained_to_classify_is_refused(folder):
    where = folder(network(transformers.BertModel))
    config = json.loads((where / "config.json").read_text()) | {"architectures": ["BertForSequenceClassification"]}
    (where / "config.json").write_text(json.dumps(config))
    with pytest.raises(SourceError, match="weights are not in its files"):
        load_model(where, ["text"])


def test_other_kinds_and_damaged_files_are_refused(folder, tmp_path):
    with pytest.raises(SourceError, match="BertForMaskedLM"):
        load_model(folder(network(transformers.BertForMaskedLM), tmp_path / "masked"), ["text"])
    where = folder(network())
    (where / "model.safetensors").write_bytes((where / "model.safetensors").read_bytes()[:200])
    with pytest.raises(SourceError, match="cannot load the model"):
        load_model(where, ["text"])
    (where / "config.json").write_text("{")
    with pytest.raises(SourceError, match="not JSON"):
        load_model(where, ["text"])


def test_the_columns_have_to_be_texts(folder):
    where = folder(network())
    with pytest.raises(SourceError, match='"stars" holds no texts'):
        load_model(where, ["stars"]).predict(BATCH)
    with pytest.raises(UsageError, match="one column of texts"):
        load_model(where)


def test_a_tokenizer_of_which_only_the_settings_are_there_is_missing_too(folder):
    where = folder(network())
    for file in [*where.glob("vocab*"), where / "tokenizer.json"]:
        file.unlink(missing_ok=True)
    assert (where / "tokenizer_config.json").exists()
    with pytest.raises(SourceError, match=r"tokenizer.*Save it beside the model: `tokenizer\.save_pretrained"):
        load_model(where, ["text"], where="model").predict(BATCH)


def test_the_inside_of_a_transformer_says_where_its_tokens_stand(folder):
    """What attributions to words need: places in the texts, none for tokens that were added, cut off where it reads no further."""
    model = load_model(folder(network()), ["title", "text"])
    one = model.text.tokenize(("good", "the food"))
    assert one.spans == (None, (0, 0, 4), None, (1, 0, 3), (1, 4, 8), None)
    assert one.ids.shape == (1, 6)
    assert len(model.text.tokenize(("good", "good " * 100)).spans) == 32
    assert model.mask == "[MASK]"
    assert model.text.blanks == (WORDS.index("[MASK]"), WORDS.index("[PAD]"), WORDS.index("[UNK]"))
    assert model.text.embeddings(model.native).num_embeddings == len(WORDS)
    with torch.no_grad():
        logits = model.text.forward(model.native, one.ids, *one.others).double().numpy()
    chance = model.predict(pa.record_batch({"title": ["good"], "text": ["the food"]}))
    np.testing.assert_allclose(np.exp(logits[0, 1]) / np.exp(logits[0]).sum(), chance[0], atol=1e-6)
