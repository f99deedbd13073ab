"""Which columns make two rows the same: what the model reads, and never what a model says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cardwright.errors import UsageError
from cardwright.evaluators.overlap.options import OverlapOptions
from cardwright.privacy.showing import hint, quoted
from cardwright.sources.interface import Model, Predictions, Table

_SAID_BY_A_MODEL = re.compile(
    r"(?:^|_)(?:scores?|prob|probs|proba|probability|probabilities|logits?|preds?|predicted|predictions?|yhat|y_hat|p)(?:_|$)"
)
"""Words of a heading that a model's output has. `p` alone, as in `p_default`, is how probabilities are called."""


@dataclass(frozen=True)
class ComparedColumns:
    """The columns in which two rows are compared, and how they were told."""

    names: tuple[str, ...]
    known: str
    """Where they were taken from, as a clause of the method."""
    outputs: tuple[str, ...] = ()
    """Columns that both tables have and that were left out because they are called like what a model says."""
    lacking: tuple[str, ...] = ()
    """What the model reads and one of the tables does not have."""


def like_an_output(name: str) -> bool:
    """Whether a column is called like a score or a prediction.

    >>> [like_an_output(name) for name in ("p_default", "ScoreB", "pred", "score_2", "price", "prior")]
    [True, True, True, True, False, False]
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return _SAID_BY_A_MODEL.search(re.sub(r"[^a-z0-9]+", "_", snake.casefold())) is not None


def compared_columns(
    options: OverlapOptions, test: Predictions | Table, training: Predictions | Table, model: Model | None
) -> ComparedColumns:
    """The columns that the options name, else what the model reads, else what both tables have without outputs.

    Raises
    ------
    UsageError
        If a column is not in both tables, or the two have none in common.
    """
    here, there = list(test.rows.schema.names), set(training.rows.schema.names)
    for name in (*(options.columns or ()), *(c for c in (options.entity, options.time) if c is not None)):
        for names in (here, there):
            if name not in names:
                raise UsageError(
                    f"overlap: no column is called {quoted(name)} in both tables",
                    do=hint(name, sorted(names), columns=True),
                )
    told = _told(options, test, training, model)
    if not told.names:
        raise UsageError(
            "overlap: the two tables have no column in common to compare",
            do="Name the columns that make two rows the same: `columns: [age, income]`.",
        )
    return told


def _told(
    options: OverlapOptions, test: Predictions | Table, training: Predictions | Table, model: Model | None
) -> ComparedColumns:
    if options.columns is not None:
        return ComparedColumns(tuple(dict.fromkeys(options.columns)), "named in the plan")
    here, there = list(test.rows.schema.names), set(training.rows.schema.names)
    apart = {options.entity, options.time}
    for side in (test, training):
        apart |= {side.label, side.weight, side.person}
        if isinstance(side, Predictions):
            apart |= {side.prediction, side.score}
    declared = next((side.features for side in (test, training) if isinstance(side, Predictions) and side.features), ())
    inputs = (model.features if model is not None else ()) or declared
    if inputs:
        names = tuple(c for c in inputs if c in here and c in there)
        lacking = tuple(c for c in inputs if c not in names)
        return ComparedColumns(names, "what the model reads", lacking=lacking)
    common = [c for c in here if c in there and c not in apart]
    outputs = tuple(c for c in common if like_an_output(c))
    names = tuple(c for c in common if c not in outputs)
    return ComparedColumns(names, "what both tables have, since nothing says what the model reads", outputs=outputs)


__all__ = ["ComparedColumns", "compared_columns", "like_an_output"]
