"""Slices: where the errors are, in parts of the rows that people declare and in parts that a shallow tree finds."""

from __future__ import annotations

from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.slices.options import SlicesOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Predictions


class Slices(SlicesOptions):
    """How often the model errs in each slice of the rows, beside the rest of the rows.

    Parameters
    ----------
    columns
        Columns whose values are slices; if omitted, the sensitive attributes and strata of the source. A column of numbers with
        more than ten different values is cut into `quantiles` parts of about as many rows each.
    edges
        Where columns of numbers are cut instead, e.g. `{debt_ratio: [30, 36]}`: below 30, 30 to below 36, 36 and above.
    quantiles
        Into how many parts columns of numbers without edges are cut.
    find
        Whether a shallow tree looks for further slices.
    search
        The columns that the tree may use; if omitted, the declared slices and the model's features.
    max_depth
        The tree's depth, at most 5.
    min_leaf
        Rows of the finding half that each leaf holds at least.
    min_denominator
        Rows that a slice needs for a number; of a smaller one only the number of rows is stated.
    alpha
        The false discovery rate at which a slice is pointed out.
    level
        Confidence level of intervals, each by itself.
    rows
        How many rows are read at most, chosen by a keyed hash.

    Notes
    -----
    A slice with more errors does not say why. Found slices are exploratory: they are judged on rows that did not choose them, and
    another seed finds others.
    """

    name: ClassVar[str] = "slices"
    version: ClassVar[str] = "2"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Predictions,), "Predictions with true outcomes, and the columns that make slices."),
    )

    def reads_here(self, inputs: Inputs) -> tuple[str, ...]:
        """See `cardwright.evaluators.interface.reads_here`: rows are chosen where they lie, by a keyed hash of their place."""
        return ()

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            Where a parameter is out of its range, or a column makes no slices: it is not there, plays a part that slices cannot
            be made of, or has too many different values.
        SourceError
            Where rows cannot be counted.
        """
        try:
            import numpy  # noqa: F401
            import pyarrow  # noqa: F401
            import scipy  # noqa: F401
            import sklearn  # noqa: F401
        except ImportError as exc:
            raise MissingExtraError(exc.name or "scikit-learn", "tabular", "looking for slices") from exc
        from cardwright.evaluators.slices.measure import assess

        return assess(self, inputs)


__all__ = ["Slices"]
