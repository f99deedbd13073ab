"""Tables and curves are bounded and complete."""

from __future__ import annotations

import numpy as np
from tests.evaluators.fairness.support import assess
from tests.support import memory_predictions


def test_tables_and_curves_are_bounded_and_complete():
    """One table per attribute and intersection with every group, unknown too; curves of at most 50 points."""
    rng = np.random.default_rng(16)
    size = 3000
    data = {
        "y": rng.integers(0, 2, size),
        "s": rng.random(size),
        "g": rng.choice(np.array(["a", "b", None]), size),
        "h": rng.choice(["x", "z"], size),
    }
    evaluation = assess(memory_predictions(data, score="s", threshold=0.5, sensitive=["g", "h"]))
    tables = {table.id: table for table in evaluation.tables}
    assert list(tables) == ["groups_1", "groups_2", "groups_1_2", "gaps", "changes"]
    # Print cuts a table after its first rows: the declared family stands first, over every attribute.
    assert [row[:2] for row in tables["gaps"].rows[:6]] == [
        (f"demographic parity {kind}", across) for across in ("g", "h", "g × h") for kind in ("difference", "ratio")
    ]
    assert [row[0] for row in tables["groups_1"].rows] == ["a", "b", "unknown"]
    assert all(len(curve.points) <= 50 for curve in evaluation.series)
    assert {curve.id.split("_")[0] for curve in evaluation.series} == {"roc", "calibration"}
