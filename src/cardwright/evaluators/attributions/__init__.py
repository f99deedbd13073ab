"""Attributions: what drives a model's output, and the evidence that the explanation holds."""

from __future__ import annotations

from typing import ClassVar

from cardwright.evaluators.attributions.options import AttributionsOptions
from cardwright.evaluators.interface import Inputs, Need
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Model, Predictions
from cardwright.sources.interface import Table as TableSource


class Attributions(AttributionsOptions):
    """Which features drive a model's output, and whether the explanation holds.

    Parameters
    ----------
    rows
        How many rows are explained, chosen by a keyed hash.
    background_rows
        How many rows an explanation is counted from.
    seeds
        How many backgrounds and seeds are compared for the stability of the ranking.
    top
        How many features the table and the overlap of rankings show.
    method
        `auto`, `tree`, `linear`, `exact` (up to 16 features) or `permutation` (SHAP), or `integrated_gradients` (Captum, for
        torch).
    steps
        Steps of integrated gradients between the background's mean and a row.
    proxy_association
        From which association with a sensitive attribute, 0 to 1, a feature is called a proxy.
    level
        Confidence level of intervals.
    of_class
        The class that is explained, for a model of several; if omitted, the first.
    explained_output
        `auto`, what the model itself adds up (log odds of a logistic regression and of boosted trees), or `probability`.
    seconds
        How long it may take. Rows that are not explained by then are left out and counted, and the evaluation is *partial*.

    Notes
    -----
    An attribution says what the model used, not what causes the outcome. Features that move together share their attribution in a
    way that depends on the background.
    """

    name: ClassVar[str] = "attributions"
    version: ClassVar[str] = "4"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Predictions,), "the rows that are explained"),
        Need("model", (Model,), "the model whose output is explained"),
        Need("background", (TableSource, Predictions), "the rows that an explanation is counted from", optional=True),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            Where a parameter is below 1, the model's features are not known, or the class or method does not fit the model.
        MissingExtraError
            Where shap, or captum for a torch model, is not installed.
        """
        from cardwright.evaluators.attributions.measure import assess

        return assess(self, inputs)


__all__ = ["Attributions"]
