"""Parameters and columns, compared with the source."""

import numpy as np
import pytest
from tests.evaluators.slices.support import columns, run, source

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.slices import Slices
from cardwright.record import canonical


def test_only_declared_columns_and_features_are_looked_at():
    """A column of names, declared nowhere, comes into no text of the evaluation; declared, it is refused for its many values."""
    data = {**columns(), "name": np.array([f"Zacharias {i}" for i in range(4000)])}
    evaluation = run(source(data))
    assert b"Zacharias" not in canonical.dumps(evaluation)
    with pytest.raises(UsageError, match="more than 50 different values") as caught:
        run(source(data), columns=["name"])
    assert "Zacharias" not in str(caught.value)
    evaluation = run(source(data), search=["name", "x"])
    assert b"Zacharias" not in canonical.dumps(evaluation)
    assert any("name" in n.what and "50" in n.why for n in evaluation.coverage.not_tested)


@pytest.mark.parametrize(
    "parameters",
    [
        {"columns": ["nowhere"]},
        {"columns": "g"},
        {"columns": ["d"]},
        {"edges": {"g": [1, 2]}},
        {"edges": {"x": [2, 1]}},
        {"edges": {"x": [float("nan")]}},
        {"edges": {"x": []}},
        {"quantiles": 1},
        {"max_depth": 9},
        {"min_leaf": 0},
        {"alpha": 1.0},
        {"level": "high"},
        {"search": "x"},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(parameters):
    inputs = Inputs(id="s", sources={"source": source()}, seed=0)
    with pytest.raises(UsageError):
        Slices(**parameters).evaluate(inputs)
