"""Two models on the same rows."""

import numpy as np
from tests.support import memory_predictions

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.replacement import Replacement

KNOWN = {"label": "y", "prediction": "p", "favourable": "1", "sensitive": ["sex"]}


def rows(n=600, seed=3, classes=2):
    """The champion errs in a fifth of rows; the challenger mends half of those of men, and breaks rows of women."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, n)
    sex = np.array(["f", "m", "x"], dtype=object)[rng.choice(3, n, p=[0.45, 0.545, 0.005])]
    champion = np.where(rng.random(n) < 0.2, (truth + 1) % classes, truth)
    wrong = champion != truth
    challenger = np.where((sex == "m") & wrong & (rng.random(n) < 0.5), truth, champion)
    challenger = np.where((sex == "f") & ~wrong & (rng.random(n) < 0.15), (truth + 1) % classes, challenger)
    return {"y": truth.tolist(), "p": challenger.tolist(), "q": champion.tolist(), "sex": sex.tolist()}


def sources(held, **more):
    known = {**KNOWN, **more}
    first = memory_predictions({"y": held["y"], "p": held["p"], "sex": held["sex"]}, **known)
    second = memory_predictions({"y": held["y"], "p": held["q"], "sex": held["sex"]}, **known)
    return {"source": first, "champion": second}


def look(held, *, more=None, **parameters):
    inputs = Inputs(id="replacement", sources=sources(held, **(more or {})), parameters=parameters)
    return Replacement(**parameters).evaluate(inputs)


def one(evaluation, metric, **slice_):
    (found,) = evaluation.find(metric, slice=slice_)
    return found
