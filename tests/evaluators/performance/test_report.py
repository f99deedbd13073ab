"""Findings, the confusion matrix and curves of performance."""

from __future__ import annotations

from sklearn import metrics as sk
from tests.evaluators.performance.support import assess, scored
from tests.support import memory_predictions


def test_confusion_counts_and_curves_stand_beside_the_numbers():
    """The table has the four counts, the curves at most fifty points from corner to corner."""
    data = scored(16)
    evaluation = assess(memory_predictions(data, score="s", threshold=0.5))
    tn, fp, fn, tp = sk.confusion_matrix(data["y"], data["s"] >= 0.5).ravel()
    (table,) = evaluation.tables
    assert [row[1:] for row in table.rows] == [(tp, fn), (fp, tn)]
    roc = next(curve for curve in evaluation.series if curve.id == "roc")
    assert roc.points[0] == (0, 0) and roc.points[-1] == (1, 1) and len(roc.points) <= 50


def test_few_rows_and_a_threshold_chosen_here_are_findings():
    """A person has to know both before reading a number."""
    evaluation = assess(memory_predictions(scored(18, 40), score="s", threshold=0.5, threshold_selected_on="test"))
    assert {(f.severity, f.key) for f in evaluation.findings} == {
        ("high", "threshold_selected_on_test"),
        ("medium", "few_rows"),
    }
