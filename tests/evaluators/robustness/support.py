"""A model that is a rule, rows that it was made for, and what perturbations do to it."""

import numpy as np
import pandas as pd
from tests.support import memory_predictions

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.robustness import Robustness
from cardwright.sources.models import model_from_callable
from cardwright.testing import check_evaluator

N = 900


FEATURES = ("a", "b", "flag", "kind")


def columns(seed=1, n=N):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(50, 10, n), rng.normal(size=n)
    flag, kind = rng.integers(0, 2, n), rng.choice(["p", "q", "r"], n)
    pull = (a - 50) / 10 + b + 0.5 * flag + (kind == "p") + rng.normal(size=n)
    return {
        "a": a,
        "b": b,
        "flag": flag,
        "kind": kind,
        "g": rng.choice(["x", "z"], n),
        "who": np.arange(n) // 2,
        "w": rng.uniform(0.5, 2, n),
        "y": (pull > 0.6).astype(int),
    }


def rule(frame):
    """A model whose answer can be worked out by hand; missing values count as 0, unseen kinds as none."""
    a, b = frame["a"].fillna(0).to_numpy(float), frame["b"].fillna(0).to_numpy(float)
    pull = (a - 50) / 10 + b + 0.5 * frame["flag"].fillna(0).to_numpy(float) + (frame["kind"] == "p").to_numpy(float)
    return 1 / (1 + np.exp(-np.clip(pull - 0.6, -700, 700)))


def model(function=rule, **options):
    return model_from_callable(function, features=FEATURES, sha256="0" * 64, **{"task": "binary", **options})


def source(data=None, function=rule, **options):
    data = dict(data or columns())
    if "p" not in data:
        data["p"] = function(pd.DataFrame({name: data[name] for name in FEATURES}))
    options.setdefault("sensitive", ["g"])
    options.setdefault("score", "p")
    options.setdefault("threshold", 0.5)
    options.setdefault("classes", ("0", "1"))
    return memory_predictions(data, **options)


def run(predictions=None, made=None, drifted=None, seed=0, **parameters):
    sources = {"source": predictions or source(), "model": made or model()}
    if drifted is not None:
        sources["drifted"] = drifted
    return check_evaluator(Robustness, Inputs(id="robustness", sources=sources, parameters=parameters, seed=seed))


def one(evaluation, metric, across=(), **slice):
    (found,) = [m for m in evaluation.measurements if (m.metric, m.slice, m.across) == (metric, slice, across)]
    return found


def under(evaluation, metric, name, **slice):
    return one(evaluation, metric, perturbation=name, **slice)
