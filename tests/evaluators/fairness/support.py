"""Rows and predictions for the tests of fairness."""

from __future__ import annotations

import numpy as np
from tests.support import inputs_of, memory_predictions, memory_table

from cardwright.evaluators.fairness import Fairness
from cardwright.record.evaluation import Evaluation


def assess(source, *, seed=0, id="fair", **parameters) -> Evaluation:
    return Fairness(**parameters).evaluate(inputs_of(source, id=id, seed=seed))


def one(evaluation, metric, *, slice=None, across=(), given=(), of_class=None):
    """The one measurement with this key."""
    found = [
        m
        for m in evaluation.find(metric, slice=slice or {}, across=tuple(across), given=tuple(given))
        if m.of_class == of_class
    ]
    (measurement,) = found
    return measurement


def rows_of(cells, columns=("g", "y", "d")):
    """Columns of rows from counts: {(group, outcome, decision): rows}."""
    parts = [[] for _ in columns]
    for key, times in cells.items():
        for part, value in zip(parts, key, strict=True):
            part.extend([value] * times)
    return dict(zip(columns, parts, strict=True))


def decisions(cells, **options):
    columns = ("g", "y", "d")
    return memory_predictions(
        rows_of(cells, columns), prediction="d", classes=("0", "1"), **{"sensitive": ["g"], **options}
    )


def by_rate(group, positives, negatives, tpr, fpr):
    """Counts of one group from its positives, negatives and the selected of each."""
    return {
        (group, 1, 1): tpr,
        (group, 1, 0): positives - tpr,
        (group, 0, 1): fpr,
        (group, 0, 0): negatives - fpr,
    }


TWO = {**by_rate("a", 60, 40, 45, 10), **by_rate("b", 50, 70, 25, 14)}


def random_rows(seed, size=None):
    rng = np.random.default_rng(seed)
    size = size or int(rng.integers(8, 120))
    groups = list("abcde")[: int(rng.integers(2, 6))]
    g = rng.choice(groups, size)
    y = (rng.random(size) < rng.random()).astype(int)
    d = (rng.random(size) < np.where(y == 1, rng.random(), rng.random())).astype(int)
    y[0] = 1
    return rng, {"g": g, "h": rng.choice(["x", "z"], size), "y": y, "d": d, "s": np.round(rng.random(size), 2)}


def counted(groups, n="n", k="selected"):
    """A table of labels from published counts."""
    cells = {}
    for group, (selected, total) in groups.items():
        cells[(group, 1)] = selected
        cells[(group, 0)] = total - selected
    return memory_table(rows_of(cells, ("g", "y")), label="y", favourable="1", classes=("0", "1"), sensitive=["g"])
