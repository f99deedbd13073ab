"""Robustness: how much worse the model gets when its inputs are perturbed in stated ways, on slices, and on a drifted sample."""

from __future__ import annotations

from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.robustness.options import RobustnessOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Model, Predictions


class Robustness(RobustnessOptions):
    """The drop of a model's performance under stated changes, measured on the same rows before and after.

    Parameters
    ----------
    noise
        Standard deviations of the Gaussian noise that is added to every feature of numbers, in units of the feature's own; flags
        of two values are left alone.
    missing
        Probabilities with which each value of each feature is removed.
    units
        Features in another unit, by the factor their values are multiplied by: `{income: [1000, 0.01]}`.
    shuffled
        Shares of the rows in which the categories of each feature are shuffled among these rows.
    unseen
        Shares of the rows in which the categories of each feature of strings become one that the model has not seen.
    metric
        The metric that groups and the largest drop are stated in: `accuracy`, `balanced_accuracy` or (binary) `roc_auc`; for
        a regression `mean_absolute_error` or `standardized_mean_absolute_error`; for a ranking `ndcg`, at 10, whose intervals are
        over queries. The others that the task has are stated for all rows.
    columns
        The columns whose slices are compared with the rest of the rows, as in the evaluator `slices`.
    edges
        Where columns of numbers are cut, as in `slices`.
    quantiles
        Into how many parts columns of numbers without edges are cut.
    min_denominator
        Rows that a group or slice needs for a number.
    level
        Confidence level of intervals, each by itself; for the largest drops, for all at once.
    rows
        How many rows are perturbed at most, chosen by a keyed hash; of a ranking always all, since a part is in another order.

    Notes
    -----
    Perturbations are made by a formula; what goes wrong in use can be larger and hit other columns together. Each was drawn once,
    with the seed of the record. Inputs chosen by an adversary are not tested.
    """

    name: ClassVar[str] = "robustness"
    version: ClassVar[str] = "2"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Predictions,), "Predictions with true outcomes, and the features the model reads."),
        Need("model", (Model,), "The model, which predicts the perturbed rows."),
        Need(
            "drifted",
            (Predictions,),
            "Predictions for rows of another time or place, with true outcomes.",
            optional=True,
        ),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            Where a parameter is out of its range, a column is not there, or the model's features are not known.
        SourceError
            Where rows cannot be counted, or the model cannot predict the rows as they are.
        """
        try:
            import numpy  # noqa: F401
            import pyarrow  # noqa: F401
            import scipy  # noqa: F401
        except ImportError as exc:
            raise MissingExtraError(exc.name or "numpy", "tabular", "perturbing rows") from exc
        from cardwright.evaluators.robustness.measure import assess

        return assess(self, inputs)


__all__ = ["Robustness"]
