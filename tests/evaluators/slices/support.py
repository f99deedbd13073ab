"""Rows with a planted slice of errors, and the slices found in them."""

import numpy as np
from tests.support import memory_predictions

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.slices import Slices
from cardwright.testing import check_evaluator


def columns(n=4000, seed=1, planted=0.45, base=0.08):
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n), rng.normal(size=n)
    group = rng.choice(["a", "b", "c"], n)
    y = rng.integers(0, 2, n)
    wrong = rng.random(n) < np.where((x > 0.5) & (group == "b"), planted, base)
    return {"x": x, "z": z, "g": group, "y": y, "d": np.where(wrong, 1 - y, y)}


def source(data=None, **options):
    options.setdefault("prediction", "d")
    options.setdefault("sensitive", ["g"])
    options.setdefault("features", ("x", "z"))
    return memory_predictions(data or columns(), **options)


def run(predictions=None, seed=0, **parameters):
    inputs = Inputs(id="slices", sources={"source": predictions or source()}, parameters=parameters, seed=seed)
    return check_evaluator(Slices, inputs)


def one(evaluation, metric, **slice):
    (found,) = [m for m in evaluation.measurements if m.metric == metric and m.slice == slice]
    return found


def found_slices(evaluation):
    return [m for m in evaluation.measurements if m.metric == "error_lift"]
