"""From rows of members and non-members to one loss each: read from a column, or computed from what the model says."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cardwright.errors import CardwrightError, SourceError, UsageError
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.evaluators.rows.encoding import numbers
from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label as as_label
from cardwright.sources.interface import LanguageModel, Model, Predictions, Table

_ROWS = 16_384
"""Rows that the model predicts at a time."""

_LEAST_PROBABILITY = 1e-12
"""A model that gives the truth the probability 0 would lose infinitely much; the cut keeps the order of all other rows."""

MIN_K = 0.2
"""The share of the least likely tokens that Min-K% takes (Shi et al. 2024)."""


@dataclass(frozen=True)
class FittedSide:
    """Members, or non-members: what an attacker sees of each row."""

    source: Predictions | Table
    loss: FloatArray
    """How badly the model fits each row."""
    cross_entropy: bool
    """Whether the loss is -log of the probability of the truth, so that a logit can be made of it."""
    how: str
    """Where the losses come from, in words."""
    reference: FloatArray | None
    """Mean loss of the reference models."""
    shadow_in: FloatArray | None
    shadow_out: FloatArray | None
    """Losses of shadow models, rows by models, NaN where a model is not of that kind."""
    bits: FloatArray | None
    """Bytes of each text after zlib."""
    least_likely: FloatArray | None
    """Mean loss of the least likely fifth of a text's tokens."""
    person: Any | None
    """Whose row it is; `None` where each row is a case of its own."""
    tokens: FloatArray | None = None
    """How many tokens of each text have a log-probability."""


@dataclass(frozen=True)
class FittedOutcome:
    """What the losses are about, the same for members and non-members."""

    task: str
    label: str
    favourable: str | None
    classes: tuple[str, ...]
    score: str | None
    prediction: str | None


def outcome_of(members: Predictions | Table, non_members: Predictions | Table) -> FittedOutcome | None:
    """The task and the columns of whichever source is predictions; `None` where both are tables."""
    told = next((one for one in (members, non_members) if isinstance(one, Predictions)), None)
    if told is None:
        return None
    return FittedOutcome(told.task, told.label, told.favourable, told.classes, told.score, told.prediction)


def side(
    source: Predictions | Table,
    options: LeakageOptions,
    outcome: FittedOutcome | None,
    model: Model | LanguageModel | None,
    where: str,
) -> FittedSide:
    """The losses of every row of a source, read batch by batch.

    Raises
    ------
    UsageError
        If a column does not exist, or nothing says how well the model fits a row.
    SourceError
        If rows have no finite loss, or the model cannot predict them.
    """
    tokens = tokens_of(options, model, where)
    loss: Reader | None = None
    wanted: list[str] = []
    if tokens is not None and options.loss is None and options.log_prob is None:
        how, entropy = tokens.how, False
    else:
        assert not isinstance(model, LanguageModel)  # `tokens_of` refuses one beside columns
        loss, wanted, how, entropy = _loss(source, options, outcome, model, where)
    several = {"reference": options.reference_loss, "in": options.shadow_in, "out": options.shadow_out}
    columns = [*wanted, *(c for names in several.values() for c in names)]
    columns += [
        c for c in (options.text, tokens.column if tokens is not None else None, source.person) if c is not None
    ]
    _require(source, columns, where)
    losses: list[FloatArray] = []
    collected: dict[str, list[FloatArray]] = {name: [] for name in several}
    bits: list[int] = []
    least: list[float] = []
    lengths: list[int] = []
    persons: list[str] = []
    for batch in source.rows.batches(list(dict.fromkeys(columns))):
        log_probs = tokens.read(batch) if tokens is not None else []
        losses.append(loss(batch) if loss is not None else _mean_loss(log_probs))
        for name, names in several.items():
            if names:
                collected[name].append(_wide(batch, names, where))
        if options.text is not None:
            bits += [len(zlib.compress(str(text or "").encode())) for text in batch.column(options.text).to_pylist()]
        if tokens is not None:
            for one in log_probs:
                values = np.sort(np.asarray([t for t in one or () if t is not None], float))
                least.append(float(-values[: max(1, round(MIN_K * len(values)))].mean()) if len(values) else np.nan)
                lengths.append(len(values))
        if source.person is not None:
            persons += [as_label(value) for value in batch.column(source.person).to_pylist()]
    own = np.concatenate(losses) if losses else np.empty(0)
    bad = int(np.count_nonzero(~np.isfinite(own)))
    if bad:
        raise SourceError(
            f"{bad} of {len(own)} rows have no finite loss",
            where=source.ref.path or source.ref.name,
            do="Fill them in, or leave those rows out of the file and say so with `filter:`.",
        )
    reference = _mean(collected["reference"])
    if reference is not None and not np.isfinite(reference).all():
        raise SourceError(
            f"{int((~np.isfinite(reference)).sum())} of {len(own)} rows have no finite loss of a reference model",
            where=source.ref.path or source.ref.name,
            do="Fill them in, or leave that column out of `reference_loss:`.",
        )
    return FittedSide(
        source=source,
        loss=own,
        cross_entropy=entropy,
        how=how,
        reference=reference,
        shadow_in=np.concatenate(collected["in"]) if collected["in"] else None,
        shadow_out=np.concatenate(collected["out"]) if collected["out"] else None,
        bits=np.asarray(bits, float) if options.text is not None else None,
        least_likely=np.asarray(least) if tokens is not None else None,
        person=np.asarray(persons, dtype=object) if source.person is not None else None,
        tokens=np.asarray(lengths, float) if tokens is not None else None,
    )


Reader = Callable[[Any], FloatArray]


def _loss(
    source: Predictions | Table, options: LeakageOptions, outcome: FittedOutcome | None, model: Model | None, where: str
) -> tuple[Reader, list[str], str, bool]:
    """How the loss of a batch is found, from which columns, in words, and whether it is a cross-entropy."""
    if options.loss is not None and options.log_prob is not None:
        raise UsageError("`loss` and `log_prob` both name the loss", where=where, do="Leave one of them out.")
    if options.loss is not None:
        return _of_column(options.loss, 1.0), [options.loss], f"column {as_label(options.loss)}", _is_entropy(outcome)
    if options.log_prob is not None:
        return (
            _of_column(options.log_prob, -1.0),
            [options.log_prob],
            f"-1 times column {as_label(options.log_prob)}",
            True,
        )
    if outcome is None:
        raise UsageError(
            "nothing says how well the model fits a row",
            where=where,
            do="Name a column with `loss:` or `log_prob:`, a language model as `model:`, or give members or non-members as "
            "`predictions:`.",
        )
    if outcome.task == "ranking":
        raise UsageError(
            "the source is a ranking, and how well a model fits one candidate has no measure there: only the order counts",
            where=where,
            do="Name a column of the loss that the model was trained on, by candidate: `loss:`.",
        )
    if model is not None:
        return (
            _of_model(model, outcome, where),
            [*model.features, outcome.label],
            "what the loaded model says",
            (outcome.task != "regression"),
        )
    if outcome.task == "binary" and outcome.score is not None:
        return _of_score(outcome, outcome.score), [outcome.score, outcome.label], "the supplied scores", True
    if outcome.task == "regression" and outcome.prediction is not None:
        return (
            _of_value(outcome, outcome.prediction, where),
            [outcome.prediction, outcome.label],
            ("the squared errors of the supplied predictions"),
            False,
        )
    if outcome.prediction is None:
        raise UsageError("nothing says how well the model fits a row", where=where, do="Name the model, or `loss:`.")
    return (
        _of_decision(outcome, outcome.prediction),
        [outcome.prediction, outcome.label],
        ("whether each supplied decision is right"),
        False,
    )


def _is_entropy(outcome: FittedOutcome | None) -> bool:
    return outcome is None or outcome.task != "regression"


def _of_column(column: str, sign: float) -> Reader:
    return lambda batch: sign * numbers(batch.column(column), where="leakage", what=f"column {quoted(column)}")


@dataclass(frozen=True)
class TokenLogProbs:
    """The log-probability of each token of a text: read from a column of lists, or computed by a language model."""

    column: str
    """The column of lists, or of texts."""
    how: str
    """Where they come from, in words."""
    read: Callable[[Any], Sequence[Sequence[float] | None]]
    """Of each row of a batch; empty or None where no token has one."""


def tokens_of(options: LeakageOptions, model: Model | LanguageModel | None, where: str) -> TokenLogProbs | None:
    """Where the log-probabilities of tokens come from; None where nothing gives them.

    Raises
    ------
    UsageError
        If a language model is named beside columns that say the same, or not which column holds the texts.
    """
    if isinstance(model, LanguageModel):
        beside = next((n for n in ("loss", "log_prob", "token_log_probs") if getattr(options, n) is not None), None)
        if beside is not None:
            raise UsageError(
                f"`{beside}` names a column, and the language model computes the same",
                where=where,
                do="Leave one of them out.",
            )
        if options.text is None:
            raise UsageError("which column holds the texts is not known", where=where, do="Name it with `text:`.")
        text, scored = options.text, model.token_log_probs
        return TokenLogProbs(
            text,
            "the mean over its tokens of -1 times the log-probability that the loaded language model gives",
            lambda batch: scored([str(one or "") for one in batch.column(text).to_pylist()]),
        )
    if options.token_log_probs is None:
        return None
    column = options.token_log_probs
    how = f"the mean of -1 times the tokens in column {as_label(column)}"
    return TokenLogProbs(column, how, lambda batch: list(batch.column(column).to_pylist()))


def _mean_loss(rows: Sequence[Sequence[float] | None]) -> FloatArray:
    return np.asarray([-float(np.mean(tokens)) if tokens else np.nan for tokens in rows], float)


def _labels(batch: Any, column: str) -> Any:
    return np.asarray([None if v is None else as_label(v) for v in batch.column(column).to_pylist()], dtype=object)


def _entropy(probability: Any) -> FloatArray:
    return np.asarray(-np.log(np.clip(probability, _LEAST_PROBABILITY, 1.0)), float)


def _of_score(outcome: FittedOutcome, column: str) -> Reader:
    def read(batch: Any) -> FloatArray:
        score = numbers(batch.column(column), where="leakage", what=f"column {quoted(column)}")
        return _entropy(np.where(_labels(batch, outcome.label) == outcome.favourable, score, 1 - score))

    return read


def _of_value(outcome: FittedOutcome, column: str, where: str) -> Reader:
    def read(batch: Any) -> FloatArray:
        values = numbers(batch.column(column), where=where, what=f"column {quoted(column)}")
        return (values - numbers(batch.column(outcome.label), where=where, what=f"column {quoted(outcome.label)}")) ** 2

    return read


def _of_decision(outcome: FittedOutcome, column: str) -> Reader:
    return lambda batch: (_labels(batch, outcome.label) != _labels(batch, column)).astype(np.float64)


def _of_model(model: Model, outcome: FittedOutcome, where: str) -> Reader:
    def read(batch: Any) -> FloatArray:
        values = said_by(model, batch, where)
        if values.ndim != (2 if outcome.task == "multiclass" else 1):
            raise UsageError(
                f"the model does not predict a {outcome.task} outcome",
                where=where,
                do="Correct `task:`, or name the model.",
            )
        return loss_of(values, batch, model, outcome, where)

    return read


def loss_of(prediction: Any, batch: Any, model: Model, outcome: FittedOutcome, where: str) -> FloatArray:
    """The loss of each row, of what the model said of it."""
    if outcome.task == "regression":
        truth = numbers(batch.column(outcome.label), where=where, what=f"column {quoted(outcome.label)}")
        return np.asarray((prediction - truth) ** 2, float)
    truth = _labels(batch, outcome.label)
    if outcome.task == "binary":
        return _entropy(np.where(truth == outcome.favourable, prediction, 1 - prediction))
    code_of = {name: number for number, name in enumerate(model.classes)}
    codes = np.asarray([code_of.get(name, -1) for name in truth], np.int64)
    # A class that the model does not know has the probability 0.
    return _entropy(np.where(codes >= 0, prediction[np.arange(len(prediction)), codes], 0.0))


def said_by(model: Model, batch: Any, where: str) -> FloatArray:
    """What the model says of the rows of a batch.

    Raises
    ------
    SourceError
        If it says nothing.
    """
    narrow = batch.select(list(model.features))
    try:
        parts = [model.predict(narrow.slice(start, _ROWS)) for start in range(0, max(narrow.num_rows, 1), _ROWS)]
    except CardwrightError:
        raise
    except Exception as exc:  # whatever a foreign model raises; its words may hold data, so they are not repeated
        raise SourceError(
            f"the model cannot predict these rows ({type(exc).__name__})",
            where=where,
            do="Check its features against the source's columns.",
        ) from exc
    return np.asarray(np.concatenate(parts), float)


def _wide(batch: Any, columns: Sequence[str], where: str) -> FloatArray:
    """Columns of numbers or of lists of numbers as one table, rows by models."""
    import pyarrow as pa

    parts: list[FloatArray] = []
    for column in columns:
        array = batch.column(column)
        if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
            lists = array.to_pylist()
            width = max((len(values or ()) for values in lists), default=0)
            table = np.full((len(lists), width), np.nan)
            for number, values in enumerate(lists):
                table[number, : len(values or ())] = [np.nan if v is None else v for v in values or ()]
            parts.append(table)
        else:
            parts.append(numbers(array, where=where, what=f"column {quoted(column)}")[:, None])
    return np.concatenate(parts, axis=1)


def _mean(parts: list[FloatArray]) -> FloatArray | None:
    return np.concatenate(parts).mean(axis=1) if parts else None


def _require(source: Predictions | Table, columns: Sequence[str], where: str) -> None:
    names = source.rows.schema.names
    for column in columns:
        if column not in names:
            raise UsageError(
                f"there is no column {quoted(column)} in {source.ref.name}",
                where=where,
                do=hint(column, names, columns=True),
            )


__all__ = ["MIN_K", "FittedOutcome", "FittedSide", "loss_of", "outcome_of", "said_by", "side", "tokens_of"]
