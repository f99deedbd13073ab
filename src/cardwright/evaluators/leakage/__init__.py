"""Leakage: what a model or a synthetic table gives away of the data that it was made from."""

from __future__ import annotations

from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Interactions, LanguageModel, Model, Predictions, Table, Target, Texts


class Leakage(LeakageOptions):
    """Membership and attribute inference, canaries, verbatim extraction, attacks on synthetic data, stated privacy, and erasure.

    What is asked follows from what is given: `members` and `non_members`, `canaries`, `training_texts` with `control_texts` or
    `outputs`, `synthetic` with `training` and `holdout`, `differential_privacy`, `deletions` or `retain_until`. The rest is
    listed as not tested.

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
        Column of texts, read by the blind baseline, for the attack by compressed size, and by a language model that is given as
        `model`: it says how likely each token is, which is the loss of a row and of a canary.
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
    attributes
        Categories among the model's features whose value an attacker tries to infer.
    insertions
        Column of `canaries`: how often each was planted; 0 for references of its form that were not.
    canary_form
        Column of `canaries` that tells the forms apart, if there are several; references count for canaries of their own form.
    canary_space
        How many sequences of the form there are; exposure is then extrapolated too, and cut at its log2.
    rank
        Column of `canaries` with the known rank of each in the whole space, in place of losses.
    output
        Column of what the model wrote on the first `prefix` units of each text, if no `target` is asked; also of `outputs`.
    unit
        In what texts are cut and compared: `word` or `character`.
    prefix
        Units of a text that the model is given.
    match
        Units after them that are compared.
    run
        Units in common, in one run, from which a continuation counts as near.
    ngram
        Units of the runs by which outputs are looked up in the training texts.
    contained
        Share of an output that such runs must cover for it to count as contained.
    prompts
        Texts of each kind that a live `target` is asked to continue at most.
    least_texts
        Texts of each kind that a rate needs.
    attacks
        Tries of each attack on synthetic data.
    secrets
        Columns of the synthetic data whose value an attacker tries to infer; the last column if omitted.
    linked_columns
        Two lists of columns that an attacker knows of a person from two places; the first and the second half if omitted.
    differential_privacy
        What is stated of the training: `mechanism`, `epsilon`, `delta`, `unit`, `accountant`, and for DP-SGD `noise_multiplier`,
        `sample_rate` and `steps`, from which epsilon is recomputed.
    entity
        Column that names a person, in `training` and `deletions`; the `person` of the training source if omitted.
    retain_until
        Column of `training` with the day until which each row may be kept.
    as_of
        The day that `retain_until` is compared with.
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
    version: ClassVar[str] = "3"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("members", (Predictions, Table), "Rows that the model was trained on.", optional=True),
        Need(
            "non_members",
            (Predictions, Table),
            "Rows of the same population that it was not trained on.",
            optional=True,
        ),
        Need(
            "model",
            (Model, LanguageModel),
            "The model, which predicts both, or a language model, which says how likely it finds each text.",
            optional=True,
        ),
        Need("canaries", (Table,), "Planted sequences and references, each with its loss or rank.", optional=True),
        Need("training_texts", (Texts, Table), "Texts that the model was trained on.", optional=True),
        Need("control_texts", (Texts, Table), "Texts of the same kind that it was never trained on.", optional=True),
        Need("target", (Target,), "The model, live, which continues the texts.", optional=True),
        Need("outputs", (Interactions, Texts, Table), "What the model wrote in use.", optional=True),
        Need("synthetic", (Table,), "Synthetic rows.", optional=True),
        Need(
            "training", (Table, Predictions), "Rows that the model or the synthetic data was made from.", optional=True
        ),
        Need("holdout", (Table, Predictions), "Rows of the same population that it was not made from.", optional=True),
        Need("deletions", (Table,), "Persons who asked to be deleted.", optional=True),
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
