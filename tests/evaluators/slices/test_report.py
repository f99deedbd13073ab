"""What documents print of slices, and what was not looked at."""

import numpy as np
from tests.evaluators.slices.support import columns, one, run, source

from cardwright.record.measurement import Unmeasured


def test_scores_without_decisions_are_said_to_have_no_errors():
    data = columns()
    data["p"] = np.full(4000, 0.5)
    evaluation = run(source(data, prediction=None, score="p"))
    (only,) = evaluation.measurements
    assert isinstance(only, Unmeasured) and only.code == "not_applicable"


def test_a_few_rows_have_no_slices_and_say_so():
    data = {name: values[:20] for name, values in columns().items()}
    evaluation = run(source(data))
    assert isinstance(one(evaluation, "largest_slice_difference"), Unmeasured)
    assert any("no split" in n.why for n in evaluation.coverage.not_tested)
