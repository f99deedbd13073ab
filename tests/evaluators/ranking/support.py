"""Queries with candidates, ranked and assessed."""

import numpy as np
from tests.support import memory_table

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.ranking import Ranking
from cardwright.testing import check_evaluator


def queries(count, seed=3, each=12):
    """Candidates whose score follows their relevance, with noise, for so many queries."""
    rng = np.random.default_rng(seed)
    n = count * each
    relevance = rng.integers(0, 4, n).astype(float)
    return {
        "q": np.repeat([f"q{i:04d}" for i in range(count)], each),
        "rel": relevance,
        "s": relevance + rng.normal(0, 1.5, n) + rng.uniform(0, 1e-6, n),
        "g": rng.choice(["a", "b"], n),
    }


def assess(data, **parameters):
    parameters = {"query": "q", "score": "s", **parameters}
    source = memory_table(data, label="rel", sensitive=["g"])
    return check_evaluator(Ranking, Inputs(id="r", sources={"source": source}, parameters=parameters))


def one(evaluation, metric, **slice):
    (found,) = [m for m in evaluation.measurements if m.metric == metric and m.slice == slice and not m.across]
    return found
