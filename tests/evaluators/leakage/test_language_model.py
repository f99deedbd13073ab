"""A language model that has learnt its texts by heart gives them and its canaries away; one that has seen others does not."""

import random

import pytest
from tests.evaluators.leakage.support import keys, look, one

from cardwright.record import Measured
from cardwright.sources.models import language_models

torch = pytest.importorskip("torch", reason="language models need torch")
transformers = pytest.importorskip("transformers", reason="Hugging Face folders need the transformers extra")
tokenizers = pytest.importorskip("tokenizers", reason="comes with transformers")

LETTERS = "abcdefghij"


def lines(seed, count, length=14):
    rng = random.Random(seed)
    return ["".join(rng.choice(LETTERS) for _ in range(length)) for _ in range(count)]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A tiny network of letters that has learnt 130 texts by heart; one of them was planted as a canary."""
    folder = tmp_path_factory.mktemp("lm") / "model"
    vocabulary = {letter: place for place, letter in enumerate(["<s>", *LETTERS])}
    plain = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<s>"))
    plain.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("."), "isolated")
    transformers.PreTrainedTokenizerFast(tokenizer_object=plain, bos_token="<s>", unk_token="<s>").save_pretrained(
        folder
    )
    torch.manual_seed(1)
    config = transformers.GPT2Config(
        vocab_size=len(vocabulary), n_positions=16, n_embd=64, n_layer=2, n_head=4, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0
    )  # fmt: skip
    network = transformers.GPT2LMHeadModel(config)
    rows = torch.tensor([[0, *(vocabulary[letter] for letter in text)] for text in [*lines(1, 129), "abcdefghijabcd"]])
    steps = torch.optim.AdamW(network.parameters(), lr=5e-3)
    for _ in range(90):
        network(input_ids=rows, labels=rows).loss.backward()
        steps.step()
        steps.zero_grad()
    network.eval().save_pretrained(folder)
    return language_models.load(folder)


def test_members_are_told_by_the_log_probabilities_that_the_model_gives(learnt):
    seen = look({"text": "text"}, members={"text": lines(1, 129)}, non_members={"text": lines(2, 129)}, model=learnt)
    assert one(seen, "blind_baseline_auc").interval.lower <= 0.5
    for attack in ("loss", "zlib", "min_k"):
        assert one(seen, "membership_inference_auc", attack=attack).value > 0.9
    assert keys(seen)["membership_inference"].severity == "high"
    assert "loaded language model" in seen.method


def test_texts_that_the_model_has_not_seen_are_not_told_apart(learnt):
    seen = look({"text": "text"}, members={"text": lines(3, 129)}, non_members={"text": lines(4, 129)}, model=learnt)
    found = one(seen, "largest_membership_inference_auc")
    assert isinstance(found, Measured)
    assert found.interval is not None
    assert found.interval.lower <= 0.5


def test_a_planted_canary_stands_out_among_references_of_its_form(learnt):
    planted = {"text": ["abcdefghijabcd", *lines(5, 200)], "insertions": [1, *[0] * 200]}
    seen = look({"text": "text"}, canaries=planted, model=learnt)
    assert one(seen, "largest_canary_exposure").value == pytest.approx(7.65, abs=0.01)
    assert "memorised_canary" in keys(seen)
