"""Overlap: what of the test data the model may have seen in training, counted exactly."""

from __future__ import annotations

from typing import ClassVar

from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.overlap.options import OverlapOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Predictions, Table


class Overlap(OverlapOptions):
    """Exact and near duplicates, shared entities and time between test and training data, and columns that give the label away.

    Parameters
    ----------
    columns
        Columns that make two rows the same. If omitted: the columns the model reads, if the source names them, else all that
        both tables have, without label, prediction, score, weight, entity, time and columns that number the rows.
    entity
        Column that names a person or thing; if omitted, the source's `person`, if both tables have it.
    time
        Column of dates or moments: a test row should be later than all of training.
    digits
        Significant figures to which numbers are rounded before near duplicates are counted.
    level
        Confidence level of intervals.

    Notes
    -----
    Rows of few columns agree by chance; the share of training rows that equal another training row says how often. Paraphrases
    and data that are not in the training table are not found.
    """

    name: ClassVar[str] = "overlap"
    version: ClassVar[str] = "1"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Predictions, Table), "the rows that the model is tested on"),
        Need("training", (Table, Predictions), "the rows that it was trained on"),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            Where a column is not in both tables, or the two have none in common.
        """
        from cardwright.evaluators.overlap.measure import assess

        return assess(self, inputs)


__all__ = ["Overlap"]
