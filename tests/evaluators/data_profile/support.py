"""A table profiled, and the one number of a name."""

import random

from tests.support import memory_table

from cardwright.evaluators.data_profile import DataProfile
from cardwright.evaluators.interface import Inputs


def table(n=200, seed=1, **more):
    rng = random.Random(seed)
    rows = {
        "id": list(range(n)),
        "name": [f"person {i}" for i in range(n)],
        "sex": [rng.choice(["f", "m", None]) for _ in range(n)],
        "race": [rng.choice(["a", "b"]) for _ in range(n)],
        "income": [rng.random() * 1000 if rng.random() > 0.3 else None for _ in range(n)],
        "constant": ["k"] * n,
        "y": [rng.choice([0, 1]) for _ in range(n)],
    }
    return {**rows, **more}


def profile(columns, reference=None, sensitive=("sex", "race"), **parameters):
    sources = {"source": memory_table(columns, label="y", favourable="1", sensitive=list(sensitive))}
    if reference is not None:
        sources["reference"] = memory_table(reference, label="y", name="reference")
    return DataProfile(**parameters).evaluate(Inputs(id="profile", sources=sources, parameters=parameters))


def one(evaluation, metric, **key):
    (found,) = [
        m for m in evaluation.find(metric, slice=key.get("slice", {})) if key.get("of_class") in (None, m.of_class)
    ]
    return found
