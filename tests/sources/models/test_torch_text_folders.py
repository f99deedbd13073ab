"""Networks of texts in torch: the tokenizer beside them is data, and its places in the text are known."""

import numpy as np
import pyarrow as pa
import pytest

torch = pytest.importorskip("torch", reason="torch models need the torch extra")
tokenizers = pytest.importorskip("tokenizers", reason="the tokenizer needs the transformers extra")

from cardwright.errors import SourceError, UnsafeError, UsageError
from cardwright.sources.digests import sha256_of_path
from cardwright.sources.models import load_model

WORDS = ["[PAD]", "[UNK]", "[MASK]", "[CLS]", "good", "poor", "the", "food"]
TEXTS = ["the food", "poor food", "good good food", "", None, "something else"]
BATCH = pa.record_batch({"text": TEXTS, "stars": [5, 1, 5, 3, 3, 2]})
SOURCE = """
import torch

class Bag(torch.nn.Module):
    def __init__(self, words=8, outputs=1):
        super().__init__()
        self.words = torch.nn.Embedding(words, 4)
        self.last = torch.nn.Linear(4, outputs)

    def forward(self, ids):
        return self.last(self.words(ids).sum(dim=1))
"""


def bag(outputs=1, words=8):
    space = {"__name__": "torch_text_net"}
    exec(compile(SOURCE, "torch_text_net.py", "exec"), space)
    torch.manual_seed(0)
    return space["Bag"](words, outputs).eval()


def tokenizer():
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[("[CLS]", WORDS.index("[CLS]"))]
    )
    return made


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "torch_text_net.py").write_text(SOURCE)
    where = tmp_path / "model"
    where.mkdir()
    tokenizer().save(str(where / "tokenizer.json"))
    return where


def exported(folder, outputs=1):
    rows, tokens = torch.export.Dim("rows", min=1), torch.export.Dim("tokens", min=1)
    program = torch.export.export(
        bag(outputs), (torch.ones((2, 3), dtype=torch.long),), dynamic_shapes=({0: rows, 1: tokens},)
    )
    torch.export.save(program, folder / "net.pt2")
    return folder


def state(folder, **said):
    torch.save(bag(**said).state_dict(), folder / "net.pt")
    return folder


CLASS = {"module": "torch_text_net:Bag", "trust": True}


def expected(outputs=1):
    """One text at a time, by the words themselves."""
    found = []
    for text in TEXTS:
        ids = [WORDS.index("[CLS]"), *(WORDS.index(w) if w in WORDS else 1 for w in (text or "").split())]
        with torch.no_grad():
            found.append(bag(outputs)(torch.tensor([ids]))[0].double().numpy())
    return np.array(found)


@pytest.mark.parametrize(("make", "said"), [(exported, {}), (state, CLASS)], ids=["export", "state dict"])
def test_texts_become_the_scores_of_the_network(folder, make, said):
    make(folder)
    model = load_model(
        folder,
        ["text"],
        task="binary",
        classes=["no", "yes"],
        favourable="yes",
        output="logit",
        base=folder.parent,
        **said,
    )
    np.testing.assert_allclose(model.predict(BATCH), 1 / (1 + np.exp(-expected()[:, 0])), atol=1e-6)
    assert (model.framework, model.features, model.mask) == ("torch", ("text",), "[MASK]")
    assert model.ref.sha256 == sha256_of_path(folder), "the tokenizer is part of the model"
    assert (model.text is not None) == (make is state), "an exported program has no modules any more"


def test_several_classes_and_no_rows(folder):
    model = load_model(exported(folder, 3), ["text"], task="multiclass", classes=["a", "b", "c"], output="logit")
    assert model.predict(BATCH).shape == (6, 3)
    assert model.predict(BATCH.slice(0, 0)).shape[0] == 0


def test_the_inside_says_where_tokens_stand_and_has_the_networks_own_output(folder):
    model = load_model(state(folder), ["text"], task="regression", base=folder.parent, **CLASS)
    one = model.text.tokenize(("the food",))
    assert one.spans == (None, (0, 0, 3), (0, 4, 8))
    assert model.text.blanks == tuple(WORDS.index(word) for word in ("[MASK]", "[PAD]", "[UNK]"))
    with torch.no_grad():
        out = model.text.forward(model.native, one.ids)
    np.testing.assert_allclose(out[0].double().numpy(), expected()[0], atol=1e-6)
    assert model.text.embeddings(model.native).num_embeddings == 8


def test_its_words_are_explained_with_the_right_sign_and_scale(folder):
    """A sum of words' vectors before a line: a word's log odds are its own less those of the blank."""
    pytest.importorskip("captum")
    from cardwright.evaluators.attributions.texts import explain_texts, reads_texts

    said = {"task": "binary", "classes": ["no", "yes"], "favourable": "yes", "output": "logit"}
    model = load_model(state(folder), ["text"], base=folder.parent, **said, **CLASS)
    assert reads_texts(model, BATCH)
    found = explain_texts(model, [("the food",)], method="auto", column=1, steps=8)
    net = bag()
    with torch.no_grad():
        worth = (net.words.weight @ net.last.weight[0]).double().numpy()
    np.testing.assert_allclose(found.values[0], worth[[6, 7]] - worth[2], atol=1e-5)
    assert (found.method, found.output) == ("integrated_gradients", "log_odds")


def test_what_does_not_fit_says_why(folder):
    with pytest.raises(UnsafeError, match="add `trust: true`"):
        load_model(state(folder), ["text"], task="regression", module=CLASS["module"], base=folder.parent)
    with pytest.raises(UsageError, match="one column of texts, and none are named"):
        load_model(folder, [], task="regression")
    model = load_model(folder, ["stars"], task="regression", base=folder.parent, **CLASS)
    with pytest.raises(SourceError, match='"stars" holds no texts'):
        model.predict(BATCH)
    small = load_model(
        state(folder, words=5), ["text"], task="regression", base=folder.parent, arguments={"words": 5}, **CLASS
    )
    with pytest.raises(SourceError, match="the tokenizer in the folder is the model's own"):
        small.predict(BATCH)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(SourceError, match="is no tokenizer"):
        load_model(folder, ["text"], task="regression", base=folder.parent, **CLASS)
    exported(folder)
    with pytest.raises(SourceError, match="holds 2 files of torch"):
        load_model(folder, ["text"], task="regression")
