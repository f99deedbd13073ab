"""Test and training rows compared, and the one number or finding of a name."""

from tests.support import memory_table

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.overlap import Overlap


def look(test, training, *, label="y", **parameters):
    sources = {
        "source": memory_table(test, label=label if label in test else None, name="test"),
        "training": memory_table(training, label=label if label in training else None, name="training"),
    }
    return Overlap(**parameters).evaluate(Inputs(id="overlap", sources=sources, parameters=parameters))


def one(evaluation, metric, **slice):
    (found,) = evaluation.find(metric, slice=slice)
    return found


def keys(evaluation):
    return {f.key: f for f in evaluation.findings}


TRAIN = {"a": [1, 2, 3, 4, 5], "b": ["x", "y", None, "z", "w"], "y": [0, 1, 0, 1, 0]}
