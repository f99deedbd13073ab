"""A model assessed, and the one number of a name."""

from __future__ import annotations

import numpy as np
from tests.support import inputs_of

from cardwright.evaluators.performance import Performance
from cardwright.record.evaluation import Evaluation


def assess(source, **parameters) -> Evaluation:
    return Performance(**parameters).evaluate(inputs_of(source, id="perf"))


def scored(seed, size=500):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, size)
    return {
        "y": y,
        "s": np.clip(np.round(rng.beta(2, 2, size) * 0.6 + 0.3 * y, 3), 0, 1),
        "w": rng.exponential(1, size),
    }


def one(evaluation, metric, of_class=None):
    (found,) = [m for m in evaluation.find(metric) if m.of_class == of_class]
    return found
