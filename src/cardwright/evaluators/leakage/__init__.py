"""Leakage: what a model or a synthetic table gives away of the data that it was made from."""

from __future__ import annotations

from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Model, Predictions, Table


class Leakage(LeakageOptions):
    """Membership inference with a blind baseline.

    Parameters
    ----------
    loss
        Column of each row's loss under the model, the same in members and non-members. If omitted, the loss is computed: from the
        loaded model, or from the scores or predictions of the source.
    log_prob
        Column of the log-probability that the model gives to the truth, in place of `loss`; for a text, summed over its tokens.
    token_log_probs
        Column of lists: the log-probability of each token of a text. Adds the attack Min-K%.
    text
        Column of texts, read by the blind baseline, and for the attack by compressed size.
    reference_loss
        Columns of losses under reference models that were trained on other data of the same kind. Adds the calibrated attack.
    shadow_in
        Columns of losses under shadow models that were trained with the row: numbers, empty if a model was not, or lists.
    shadow_out
        The same of shadow models that were trained without it. Adds LiRA: online with both, offline with `shadow_out` alone.
    inputs
        Columns that the blind baseline reads. If omitted: what the model reads and the outcome, if the source names them, else
        all columns but those of losses.
    false_positive_rates
        Shares of non-members that are accused, at which the members found are counted.
    min_denominator
        Members and non-members that a number needs.
    folds
        Folds of the blind baseline.
    rows
        Rows of each side that the blind baseline reads at most, chosen by a keyed hash.
    level
        Confidence level; intervals of several attacks hold together.

    Notes
    -----
    Members and non-members must come from one population, drawn at random. Where a classifier that never saw the model tells them
    apart, all attacks are unmeasured: what they find may be that difference.
    """

    name: ClassVar[str] = "leakage"
    version: ClassVar[str] = "1"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("members", (Predictions, Table), "Rows that the model was trained on.", optional=True),
        Need(
            "non_members",
            (Predictions, Table),
            "Rows of the same population that it was not trained on.",
            optional=True,
        ),
        Need("model", (Model,), "The model, which predicts both.", optional=True),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            If a parameter is out of its range, a column or a source is missing, or nothing is given to look at.
        SourceError
            If rows have no finite loss, or the model cannot predict them.
        """
        try:
            import numpy  # noqa: F401
            import pyarrow  # noqa: F401
            import scipy  # noqa: F401
            import sklearn  # noqa: F401
        except ImportError as exc:
            raise MissingExtraError(exc.name or "numpy", "tabular", "measuring leakage") from exc
        from cardwright.evaluators.leakage.measure import assess

        return assess(self, inputs)


__all__ = ["Leakage"]
