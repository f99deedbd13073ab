"""Attributions: what drives a model's output, and the evidence that the explanation holds."""

from __future__ import annotations

from typing import ClassVar

from cardwright.evaluators.attributions.options import AttributionsOptions
from cardwright.evaluators.interface import Inputs, Need
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Model, Predictions
from cardwright.sources.interface import Table as TableSource


class Attributions(AttributionsOptions):
    """See `Evaluator`. Parameters: rows explained, rows of background, seeds compared, top features shown, the method,
    and the class that is explained where there are several (the first one if none is named)."""

    name: ClassVar[str] = "attributions"
    version: ClassVar[str] = "2"
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
