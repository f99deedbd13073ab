"""Causal language models: each token's log-probability is the network's own, whatever is padded, batched or cut into windows."""

import json

import pytest

torch = pytest.importorskip("torch", reason="language models need torch")
transformers = pytest.importorskip("transformers", reason="Hugging Face folders need the transformers extra")
tokenizers = pytest.importorskip("tokenizers", reason="comes with transformers")

from cardwright.errors import SourceError, UnsafeError
from cardwright.sources.load import load as load_source
from cardwright.sources.models import language_models
from cardwright.sources.spec import ModelSpec

LETTERS = "abcdefghijklmnopqrstuvwxyz 0123456789"
TEXTS = ["a short one", "b", "another text of a different length 42", "x" * 70, ""]


def save(folder, *, begins=True, positions=32, kind="GPT2LMHeadModel"):
    """A tiny network and a tokenizer of letters, as `save_pretrained` writes them."""
    vocabulary = {letter: place for place, letter in enumerate(["<s>", "<unk>", *LETTERS])}
    plain = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
    plain.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("."), "isolated")
    special = {"bos_token": "<s>"} if begins else {}
    transformers.PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="<unk>", **special).save_pretrained(folder)
    torch.manual_seed(3)
    config = transformers.GPT2Config(vocab_size=len(vocabulary), n_positions=positions, n_embd=16, n_layer=1, n_head=2)
    native = getattr(transformers, kind)(config).eval()
    native.save_pretrained(folder)
    return native, vocabulary


def expected(native, ids):
    """Log-probabilities of all tokens but the first, one text at a time."""
    if len(ids) < 2:
        return []
    with torch.no_grad():
        said = torch.log_softmax(native(input_ids=torch.tensor([ids])).logits[0].double(), dim=1)
    return [float(said[place - 1, ids[place]]) for place in range(1, len(ids))]


@pytest.mark.parametrize("begins", [True, False])
def test_each_token_is_given_the_networks_own_log_probability(tmp_path, begins):
    native, vocabulary = save(tmp_path / "lm", begins=begins, positions=128)
    model = language_models.load(tmp_path / "lm")
    first = [0] if begins else []
    for text, found in zip(TEXTS, model.token_log_probs(TEXTS), strict=True):
        assert found == pytest.approx(expected(native, [*first, *(vocabulary[letter] for letter in text)]), abs=1e-5)
        assert len(found) == max(len(text) - (not begins), 0)


def test_a_text_longer_than_the_network_reads_is_scored_once_per_token_with_half_a_window_before_it(tmp_path):
    native, vocabulary = save(tmp_path / "lm", positions=32)
    text = ("the rain in spain " * 6)[:100]
    ids = [0, *(vocabulary[letter] for letter in text)]
    (found,) = language_models.load(tmp_path / "lm").token_log_probs([text])
    assert len(found) == 100
    assert found[:31] == pytest.approx(expected(native, ids[:32]), abs=1e-5)
    assert found[31:47] == pytest.approx(expected(native, ids[16:48])[15:], abs=1e-5)


def test_texts_together_and_alone_are_scored_alike(tmp_path):
    save(tmp_path / "lm")
    model = language_models.load(tmp_path / "lm")
    alone = [model.token_log_probs([text])[0] for text in TEXTS]
    for found, one in zip(model.token_log_probs(TEXTS), alone, strict=True):
        assert found == pytest.approx(one, abs=1e-5)


def test_a_plan_that_names_the_folder_gets_a_language_model(tmp_path):
    save(tmp_path / "lm")
    source = load_source(ModelSpec(model="lm"), "lm", tmp_path)
    assert (type(source).__name__, source.ref.kind, source.ref.format) == ("LanguageModel", "model", "transformers")
    assert not language_models.claims(tmp_path)


def test_code_that_comes_with_the_model_is_refused(tmp_path):
    save(tmp_path / "lm")
    said = json.loads((tmp_path / "lm/config.json").read_text())
    said |= {"auto_map": {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"}, "model_type": "own"}
    (tmp_path / "lm/config.json").write_text(json.dumps(said))
    (tmp_path / "lm/own.py").write_text("raise SystemExit('it ran')\n")
    with pytest.raises(UnsafeError, match="that code is not run"):
        language_models.load(tmp_path / "lm")


def test_pickled_weights_and_a_missing_tokenizer_are_refused(tmp_path):
    save(tmp_path / "lm")
    (tmp_path / "lm/model.safetensors").rename(tmp_path / "lm/pytorch_model.bin")
    with pytest.raises(UnsafeError, match="pickled"):
        language_models.load(tmp_path / "lm")
    save(tmp_path / "bare")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "bare" / name).unlink()
    with pytest.raises(SourceError, match="holds no tokenizer"):
        language_models.load(tmp_path / "bare")


def test_a_tokenizer_of_another_model_is_said(tmp_path):
    save(tmp_path / "lm")
    said = json.loads((tmp_path / "lm/tokenizer.json").read_text())
    said["model"]["vocab"]["z"] = 9000
    (tmp_path / "lm/tokenizer.json").write_text(json.dumps(said))
    with pytest.raises(SourceError, match="tokenizer in the folder is the model's own"):
        language_models.load(tmp_path / "lm").token_log_probs(["zz"])
