"""Several runs of one model on the same rows."""

import numpy as np
from tests.support import memory_predictions

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.seeds import Seeds

RUNS = ["p1", "p2", "p3"]


def table(n=300, seed=1):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    base = np.clip(0.5 + 0.3 * (y - 0.5) + rng.normal(0, 0.2, n), 0, 1)
    rows = {"y": y.tolist(), "p": base.tolist(), "sex": [["f", "m", None][i % 3] for i in range(n)]}
    for i, name in enumerate(RUNS):
        rows[name] = np.clip(base + np.random.default_rng(i).normal(0, 0.05, n), 0, 1).tolist()
    return rows


def look(rows, *, task="binary", **parameters):
    known = {"label": "y", "score": "p", "threshold": 0.5, "favourable": "1", "sensitive": ["sex"]}
    if task != "binary":
        known = {"label": "y", "prediction": "p", "task": task}
    source = memory_predictions(rows, **known)
    return Seeds(**parameters).evaluate(Inputs(id="seeds", sources={"source": source}, parameters=parameters))


def one(evaluation, metric, across=()):
    (found,) = evaluation.find(metric, across=across)
    return found
