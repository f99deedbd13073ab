"""Attribute inference: does the model tell more of a person's attribute if the person was in its training data?"""

from __future__ import annotations

from typing import Any

import numpy as np

from cardwright.errors import UsageError
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.evaluators.leakage.part import LOWER, Measurement, interval, share
from cardwright.evaluators.leakage.signals import FittedOutcome, loss_of, said_by
from cardwright.evaluators.rows.sampling import choose
from cardwright.evaluators.rows.wording import part_of, percent
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import Finding
from cardwright.record.measurement import Measured, Sampling, Unmeasured
from cardwright.sources.interface import Model, Predictions, Table
from cardwright.statistics.intervals import newcombe

ACCURACY, DIFFERENCE = "attribute_inference_accuracy", "attribute_inference_difference"
MOST_VALUES = 20
"""Values that an attacker tries at most."""


def measured(
    options: LeakageOptions,
    members: Predictions | Table,
    non_members: Predictions | Table,
    outcome: FittedOutcome | None,
    model: Model | None,
    why: Unmeasured | None,
    seed: int,
    where: str,
) -> tuple[list[Measurement], list[Finding]]:
    """How often an attacker who knows the rest of a row and its outcome guesses each attribute, of members and of non-members.

    Raises
    ------
    UsageError
        If an attribute is not a feature of the model, or has too many values to be tried.
    """
    if not options.attributes:
        return [], []
    if model is None or outcome is None:
        raise UsageError(
            "attribute inference asks the model about each value",
            where=where,
            do="Name the `model:`, and members or non-members as `predictions:`.",
        )
    measurements: list[Measurement] = []
    findings: list[Finding] = []
    for attribute in options.attributes:
        if attribute not in model.features:
            raise UsageError(
                f"{quoted(attribute)} is not among the model's features",
                where=where,
                do=hint(attribute, model.features, columns=True),
            )
        of: dict[str, str | None] = {"attribute": as_label(attribute)}
        if why is not None:
            measurements += [
                why.model_copy(update={"metric": metric, "slice": of}) for metric in (ACCURACY, DIFFERENCE)
            ]
            continue
        wanted = list(dict.fromkeys([*model.features, outcome.label]))
        sides = [choose(source.rows, wanted, options.rows, seed)[0] for source in (members, non_members)]
        values = _values(sides, attribute, where)
        hits = [_hits(batch, attribute, values, model, outcome, where) for batch in sides]
        counts = [(int(hit.sum()), len(hit)) for hit in hits]
        for side, (right, of_rows) in zip(("members", "non-members"), counts, strict=True):
            measurements.append(
                share(
                    ACCURACY,
                    right,
                    of_rows,
                    level=options.level,
                    what=side,
                    slice={**of, "rows": side},
                    least=options.min_denominator,
                )
            )
        bounds = newcombe(*counts[0], *counts[1], options.level)
        if bounds is None:
            measurements.append(
                Unmeasured(
                    metric=DIFFERENCE, slice=of, code="undefined", reason="A side has no rows (0).", denominator=0
                )
            )
            continue
        rates = [right / of_rows for right, of_rows in counts]
        rows = counts[0][1] + counts[1][1]
        measurements.append(
            Measured(
                metric=DIFFERENCE,
                slice=of,
                value=rates[0] - rates[1],
                unit="difference",
                direction=LOWER,
                interval=interval(bounds),
                reference="non-members",
                sampling=Sampling(unit=members.unit, units=rows, observations=rows),
            )
        )
        if bounds.lower > 0:
            findings.append(
                Finding(
                    severity="medium",
                    key="attribute_inference",
                    explanation="Whoever asks the model about each possible value guesses this attribute right for "
                    f"{part_of(*counts[0], 'member')} ({percent(rates[0])}) and {part_of(*counts[1], 'non-member')} "
                    f"({percent(rates[1])}): the model tells more about those that it was trained on.",
                    where=as_label(attribute),
                )
            )
    return measurements, findings


def _values(sides: list[Any], attribute: str, where: str) -> list[Any]:
    seen = {value for batch in sides for value in batch.column(attribute).to_pylist() if value is not None}
    if not 2 <= len(seen) <= MOST_VALUES:
        raise UsageError(
            f"{quoted(attribute)} has {len(seen)} different values, and 2 to {MOST_VALUES} are tried",
            where=where,
            do="Name a category.",
        )
    return sorted(seen, key=lambda value: (str(type(value)), value))


def _hits(batch: Any, attribute: str, values: list[Any], model: Model, outcome: FittedOutcome, where: str) -> Any:
    """Whether the value under which the model fits the outcome best is the true one; of several, the commonest is guessed."""
    import pyarrow as pa

    true = batch.column(attribute).to_pylist()
    common = sorted(range(len(values)), key=lambda code: (-sum(v == values[code] for v in true), code))
    column_index = batch.schema.get_field_index(attribute)
    kind = batch.schema.field(attribute).type
    losses = []
    for code in common:
        tried = batch.set_column(column_index, attribute, pa.array([values[code]] * batch.num_rows, type=kind))
        losses.append(loss_of(said_by(model, tried, where), batch, model, outcome, where))
    best = np.argmin(np.stack(losses), axis=0)  # the first of equals, which is the commonest
    guessed = [values[common[number]] for number in best]
    return np.asarray([g == t for g, t in zip(guessed, true, strict=True)], bool)


__all__ = ["measured"]
