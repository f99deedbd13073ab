"""What documents print of robustness: a model that made other predictions, and what was not asked for."""

import pandas as pd
from tests.evaluators.robustness.support import FEATURES, N, columns, one, rule, run, source


def test_a_model_that_did_not_make_the_predictions_is_a_finding():
    data = columns()
    data["p"] = 1 - rule(pd.DataFrame({k: data[k] for k in FEATURES}))
    evaluation = run(source(data))
    (finding,) = [f for f in evaluation.findings if f.key == "model_differs_from_file"]
    assert finding.count == N and finding.severity == "medium"


def test_nothing_asked_for_is_said_to_be_not_tested():
    evaluation = run(noise=[], missing=[], shuffled=[], unseen=[])
    assert one(evaluation, "largest_accuracy_drop").code == "not_applicable"
    assert {"the perturbation noise", "the perturbation missing", "changes of units", "drift"} <= {
        n.what for n in evaluation.coverage.not_tested
    }


def test_the_worst_group_is_headed_by_what_the_number_is_and_the_bounds_by_whether_they_are_adjusted():
    (dropped,) = [t for t in run(missing=[], shuffled=[], unseen=[]).tables if t.id == "perturbations"]
    assert "Drop, worst group of g" in [c.title for c in dropped.columns]
    assert dropped.title.endswith("bounds of each alone; those of the largest are adjusted")
