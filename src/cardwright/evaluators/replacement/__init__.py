"""Replacement: what a new model fixes and what it breaks, on the same rows as the model that is in use."""

from __future__ import annotations

from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.replacement.options import ReplacementOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Predictions


class Replacement(ReplacementOptions):
    """A challenger and the champion that it would replace, row by row and group by group.

    A model that is better on average can be worse for many of those for whom the old one was right. The share of rows that it
    breaks is the negative flip rate, the share that it fixes the positive flip rate; their difference is the change of accuracy.

    Parameters
    ----------
    min_denominator
        Rows a group must have to be measured.
    level
        Confidence level of intervals; those of groups hold for all groups at once (Bonferroni).

    Notes
    -----
    Only whether each is right is compared: two models that are both right in a row may have given other scores.

    References
    ----------
    Yan et al. (2021), Positive-Congruent Training: Towards Regression-Free Model Updates, CVPR. Tango (1998), Statistics in
    Medicine 17:891. McNemar (1947), Psychometrika 12:153.
    """

    name: ClassVar[str] = "replacement"
    version: ClassVar[str] = "1"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Predictions,), "predictions of the challenger, the model that is assessed"),
        Need("champion", (Predictions,), "predictions of the model in use, for the same rows"),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        SourceError
            Where the two are about other rows, or have another outcome in one.
        UsageError
            Where they predict numbers or an order, which are neither right nor wrong.
        """
        try:
            import scipy  # noqa: F401
        except ImportError as exc:
            raise MissingExtraError(exc.name or "scipy", "tabular", "comparing two models") from exc
        from cardwright.evaluators.replacement.measure import assess

        return assess(self, inputs)


__all__ = ["Replacement"]
