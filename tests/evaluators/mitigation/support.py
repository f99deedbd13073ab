"""A model whose scores lean against one group, and rows to mend it with."""

import numpy as np
from tests.support import memory_predictions

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.mitigation import Mitigation

KNOWN = {"label": "y", "score": "s", "threshold": 0.5, "favourable": "1", "sensitive": {"sex": ["f", "m"]}}


def rows(n=3000, seed=3, lean=0.15, bias=0.0):
    """Scores that tell the outcome, lowered by `lean` for women; `bias` of women's good outcomes are missing."""
    rng = np.random.default_rng(seed)
    sex = np.array(["f", "m"], dtype=object)[rng.integers(0, 2, n)]
    good = rng.normal(size=n) + np.where(sex == "f", -bias, 0.0)
    other = rng.normal(size=n)
    truth = (good + 0.6 * rng.normal(size=n) > 0).astype(int)
    score = 1 / (1 + np.exp(-(2 * good - np.where(sex == "f", 8 * lean, 0.0))))
    return {
        "y": truth.tolist(),
        "s": score.tolist(),
        "sex": sex.tolist(),
        "good": good.tolist(),
        "other": other.tolist(),
        "code": rng.choice(["a", "b"], n).tolist(),
    }


def source(held, name, **more):
    return memory_predictions(held, name=name, features=("good", "other", "code"), **{**KNOWN, **more})


def look(source_rows=None, fit_rows=None, *, seed=0, more=None, **parameters):
    """The evaluation of a mitigation learnt from other rows."""
    sources = {
        "source": source(source_rows or rows(), "test", **(more or {})),
        "fit": source(fit_rows or rows(seed=4), "validation", **(more or {})),
    }
    inputs = Inputs(id="mitigation", sources=sources, parameters=parameters, seed=seed)
    return Mitigation(**parameters).evaluate(inputs)


def one(evaluation, metric, **slice_):
    (found,) = evaluation.find(metric, slice=slice_)
    return found
