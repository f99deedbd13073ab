"""Mitigation: what a method against gaps between groups would change, and for whom, beside the model as it is."""

from __future__ import annotations

from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.mitigation.options import MitigationOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Model, Predictions


class Mitigation(MitigationOptions):
    """A mitigated candidate beside the original, on rows that the mitigation has not seen.

    The method learns from `fit` and decides on `source`; then the gaps, the accuracy, and each group's rates are compared with
    the original decisions, row by row. It says what would change. Whether that is better is for people to decide: a gap can
    also shrink because one group is decided worse.

    Parameters
    ----------
    method
        `threshold_optimizer` (fairlearn): a threshold of its own for each group, on the scores as they are, drawn by chance
        between two where the constraint needs it. `exponentiated_gradient` (fairlearn): the model trained again under the
        constraint, as a mixture of models. `reweighing`: the model trained again with weights that make group and outcome
        independent.
    constraint
        The gap that is to shrink: `demographic_parity`, `equal_opportunity`, `false_positive_rate` or `equalized_odds`.
        Reweighing aims at demographic parity whatever is written here; the gap that is judged is this one.
    attribute
        The sensitive attribute whose groups it is about; may be omitted if the source has one.
    learner
        What is trained again if no scikit-learn `model` is named: `logistic_regression` or `gradient_boosting`, over `features`.
    min_denominator
        Rows of each outcome a group needs in both sources to be mitigated and compared.
    level
        Confidence level of intervals; those of groups hold for all groups at once (Bonferroni).

    Notes
    -----
    A threshold for each group needs the attribute when decisions are made, which the law forbids in some fields (credit in the
    United States, 12 CFR 1002.4). The finding `uses_attribute` says so wherever it is so.

    References
    ----------
    Hardt, Price and Srebro (2016), Equality of Opportunity in Supervised Learning, NeurIPS. Agarwal et al. (2018), A Reductions
    Approach to Fair Classification, ICML. Kamiran and Calders (2012), Knowledge and Information Systems 33:1. Mittelstadt,
    Wachter and Russell (2023), The Unfairness of Fair Machine Learning, on levelling down.
    """

    name: ClassVar[str] = "mitigation"
    version: ClassVar[str] = "1"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Predictions,), "predictions of the model as it is, on rows that nothing was fitted to"),
        Need("fit", (Predictions,), "predictions for other rows, from which the mitigation learns"),
        Need(
            "model", (Model,), "a scikit-learn model that is trained again, for the methods that do so", optional=True
        ),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        SourceError
            Where the two sources are the same file, share rows by key, or miss a column that is needed.
        UsageError
            Where there are no decisions between two outcomes, no such attribute, or no features to train on.
        """
        try:
            import fairlearn  # noqa: F401
            import scipy  # noqa: F401
            import sklearn  # noqa: F401
        except ImportError as exc:
            raise MissingExtraError(exc.name or "fairlearn", "tabular", "comparing a mitigation") from exc
        from cardwright.evaluators.mitigation.measure import assess

        return assess(self, inputs)


__all__ = ["Mitigation"]
