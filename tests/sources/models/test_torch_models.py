"""torch modules as models of rows: logits, shapes that do not fit, digests of weights."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch models need the torch extra")
import torch
from tests.sources.test_torch_files import BATCH, FEATURES, MATRIX

from cardwright.errors import SourceError, UsageError
from cardwright.sources.models import model_from_module


class Logits(torch.nn.Module):
    """Gives its first columns as they are."""

    def __init__(self, columns):
        super().__init__()
        self.columns = columns

    def forward(self, x):
        return x[:, : self.columns] if self.columns else x.sum()


def test_logits_become_probabilities():
    """A model of logits gives probabilities: the sigmoid of one column, the softmax of several."""
    one = model_from_module(Logits(1), FEATURES, task="binary", output="logit")
    np.testing.assert_allclose(one.predict(BATCH), 1 / (1 + np.exp(-MATRIX[:, 0].numpy())), rtol=1e-6)
    said = {"task": "binary", "classes": ["no", "yes"], "output": "logit"}
    two = model_from_module(Logits(2), FEATURES, favourable="no", **said)
    soft = torch.softmax(MATRIX[:, :2].double(), 1).numpy()
    np.testing.assert_allclose(two.predict(BATCH), soft[:, 0])
    flipped = model_from_module(Logits(1), FEATURES, favourable="no", **said)
    np.testing.assert_allclose(flipped.predict(BATCH), 1 - one.predict(BATCH))
    three = model_from_module(Logits(3), FEATURES, task="multiclass", classes=["a", "b", "c"], output="logit")
    np.testing.assert_allclose(three.predict(BATCH), torch.softmax(MATRIX.double(), 1).numpy())


@pytest.mark.parametrize(
    ("columns", "said", "error", "words"),
    [
        (1, {"task": "binary"}, SourceError, "`output: logit`"),
        (2, {"task": "binary", "output": "logit"}, UsageError, "`classes: \\[first, second\\]`"),
        (2, {"task": "regression"}, SourceError, "several numbers for each row"),
        (
            1,
            {"task": "multiclass", "classes": ["a", "b", "c"], "output": "logit"},
            SourceError,
            "one number for each row",
        ),
        (
            2,
            {"task": "multiclass", "classes": ["a", "b", "c"], "output": "logit"},
            SourceError,
            "puts out 2 classes, and 3",
        ),
        (0, {"task": "regression"}, SourceError, "one row of numbers for each row"),
        (1, {"task": "regression", "output": "logit"}, UsageError, "does not fit the task"),
    ],
)
def test_an_output_that_does_not_fit_is_refused(columns, said, error, words):
    """An output of the wrong shape or range is an error that says what to write."""
    with pytest.raises(error, match=words):
        model_from_module(Logits(columns), FEATURES, **said).predict(BATCH)


def test_a_module_in_python_is_known_by_its_weights():
    """A module's digest is that of its weights and its structure, and it is put into evaluation mode."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Dropout(0.5))
    model = model_from_module(net, FEATURES, task="regression")
    assert not net.training
    assert model.ref.sha256 == model_from_module(net, FEATURES).ref.sha256
    np.testing.assert_array_equal(model.predict(BATCH), model.predict(BATCH))
    with torch.no_grad():
        net[0].bias += 1
    assert model_from_module(net, FEATURES).ref.sha256 != model.ref.sha256
    with pytest.raises(UsageError, match="names of its features"):
        model_from_module(net, [])
