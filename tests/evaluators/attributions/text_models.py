"""Models of texts whose attributions are known, and texts with people in them."""

from functools import partial

import numpy as np
import pyarrow as pa
from tests.support import memory_predictions

from cardwright.evaluators.interface import Inputs
from cardwright.sources.interface import Model, TextNetwork, TokenizedText
from cardwright.sources.models import model_from_callable
from cardwright.sources.models.outputs import logistic

WEIGHTS = {"broken": 2.0, "lift": 0.5, "please": -0.25, "thank": -2.0, "you": -0.5, "wheelchair": 1.0}
WORDS = ("[BLANK]", "[OTHER]", *WEIGHTS)


def texts(n=60, seed=0):
    """Messages of so many tenants, each signed with a name of its own; one group writes of a wheelchair, and of that alone."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["with", "without"], n)
    rows, labels = [], []
    for number, who in enumerate(group):
        urgent = bool(rng.random() < 0.5)
        words = ["the lift is broken"] if urgent else ["thank you"]
        words += ["please hurry"] * (rng.random() < 0.5) + ["with my wheelchair"] * (
            who == "with" and rng.random() < 0.9
        )
        rows.append(f"{' '.join(words)}, signed Ann Smith{'abcdefghijklmnopqrstuvwxyz'[number % 26]}.")
        labels.append(int(urgent))
    return {"text": rows, "y": labels, "p": [0.5] * n, "g": group.tolist(), "who": [f"w{i}" for i in range(n)]}


def weight_of(word):
    return WEIGHTS.get(word.lower(), 0.0)


def margin(text):
    import re

    return sum(weight_of(word) for word in re.findall(r"\w+", text))


def network(column="text"):
    """A network of one number for each word, summed: a token is a word, unknown words share one number of 0."""
    import re

    import torch

    native = torch.nn.Embedding(len(WORDS), 1)
    with torch.no_grad():
        native.weight.copy_(torch.tensor([[0.0], [0.0], *([value] for value in WEIGHTS.values())]))

    def tokenize(row):
        found = list(re.finditer(r"\w+|[^\w\s]", row[0]))
        ids = [WORDS.index(m.group().lower()) if m.group().lower() in WORDS else 1 for m in found]
        # A token at the start that the tokenizer adds, as [CLS] is.
        return TokenizedText(torch.tensor([[1, *ids]]), (), (None, *((0, *m.span()) for m in found)))

    def forward(module, ids):
        return module(ids).sum(dim=1)

    def predict(batch):
        return logistic(np.array([margin(text or "") for text in batch.column(0).to_pylist()]))

    bare = model_from_callable(partial(_nothing), (column,), classes=("0", "1"))
    return Model(
        ref=bare.ref,
        framework="torch",
        native=native,
        features=(column,),
        predict=predict,
        classes=("0", "1"),
        output="logit",
        text=TextNetwork(lambda module: module, tokenize, forward, (0, 1)),
        mask="[BLANK]",
    )


def _nothing(batch):
    return np.zeros(len(batch))


def function():
    """The same model, of which predictions alone are known."""
    return model_from_callable(
        lambda frame: logistic(np.array([margin(text or "") for text in frame["text"]])),
        ("text",),
        classes=("0", "1"),
        sha256="0" * 64,
    )


def source(columns=None):
    return memory_predictions(
        columns or texts(), score="p", threshold=0.5, sensitive=["g"], features=("text",), classes=("0", "1")
    )


def inputs(model, predictions=None, **said):
    return Inputs(id="attributions", sources={"source": predictions or source(), "model": model}, seed=5, **said)


def rows_of(columns):
    return pa.record_batch({"text": columns["text"]})
