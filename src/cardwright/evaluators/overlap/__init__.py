"""Overlap: what of the test data the model may have seen in training, and what of the label that gives away."""

from __future__ import annotations

from typing import ClassVar

from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.overlap.options import OverlapOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Model, Predictions, Table


class Overlap(OverlapOptions):
    """Exact and near duplicates, shared entities and time between test and training data, and columns that give the label away.

    Parameters
    ----------
    columns
        Columns that make two rows the same. If omitted: the columns that the model reads, if `model` is given or a source names
        its `features`, else all that both tables have, without label, prediction, score, weight, entity, time, columns that
        number the rows and columns that are called like what a model says.
    entity
        Column that names a person or thing; if omitted, the source's `person`, if both tables have it.
    time
        Column of dates or moments: a test row should be later than all of training.
    digits
        Significant figures to which numbers are rounded before near copies are counted.
    similar
        Jaccard similarity, 0.5 to 1, from which two rows are near duplicates: the share of their tokens that both have. A number
        or a short text is a token; of ten such columns one may differ at 0.8.
    similar_rows
        Test rows that are looked for as near duplicates at most; of more, a seeded sample, and the evaluation is then `sampled`.
    shingle
        Words of one token of a longer text.
    level
        Confidence level of intervals.

    Notes
    -----
    Rows of few columns agree by chance; the share of training rows that equal another training row says how often. Paraphrases
    and data that are not in the training table are not found. Up to 25 million pairs of rows every pair is compared; above,
    MinHash proposes pairs, and the method states the probability with which it misses one.
    """

    name: ClassVar[str] = "overlap"
    version: ClassVar[str] = "2"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Predictions, Table), "the rows that the model is tested on"),
        Need("training", (Table, Predictions), "the rows that it was trained on"),
        Need("model", (Model,), "the model, which says what it reads", optional=True),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            If a column is not in both tables, or the two have none in common.
        """
        from cardwright.evaluators.overlap.measure import assess

        return assess(self, inputs)


__all__ = ["Overlap"]
