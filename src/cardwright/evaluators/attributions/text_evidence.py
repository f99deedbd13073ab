"""Evidence that attributions of texts hold: words are left out in their order and in a random one; a second method is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cardwright.evaluators.attributions.budget import TimeBudget
from cardwright.evaluators.attributions.evidence import (
    METRICS,
    agreement_of,
    infidelity_of,
    mean_of,
    no_time,
    rank_correlation,
)
from cardwright.evaluators.attributions.texts import LEFT_OUT, ExplainedTexts, explain_texts, output_of, without
from cardwright.record.measurement import Measurement, Unmeasured
from cardwright.sources.interface import Model

if TYPE_CHECKING:
    import numpy

LOOKED_AT = 60
"""So many texts are looked at, those of at least two words."""
COMPARED_TEXTS = 20
"""So many texts a second method explains."""
SHARES = (0.2, 0.4, 0.6, 0.8)
"""Words are left out in steps of these shares of a text."""
HALVES = 4
"""So many random halves of each text are left out."""


@dataclass(frozen=True)
class LookedAt:
    """Texts with their attributions, and what asks the model of them with words left out."""

    model: Model
    explained: ExplainedTexts
    texts: tuple[tuple[str, ...], ...]
    values: tuple[numpy.ndarray[Any, Any], ...]
    outputs: numpy.ndarray[Any, Any]
    left_out: Callable[[Sequence[Sequence[bool]]], numpy.ndarray[Any, Any]]
    """The output of each text without the words that are taken."""
    column: int | None
    level: float
    unit: str
    steps: int
    probability: bool


def text_evidence(
    model: Model,
    explained: ExplainedTexts,
    texts: Sequence[tuple[str, ...]],
    *,
    column: int | None,
    level: float,
    unit: str,
    seed: int,
    steps: int,
    probability: bool,
    budget: TimeBudget,
) -> list[Measurement]:
    """How well attributions of texts hold: the measures of `evidence`, by words in place of features.

    A word that is left out is replaced by the model's mask. `method_agreement` is that of integrated gradients with SHAP's Text
    masker, or of this with leaving out one word at a time. `sensitivity_max` is not applicable: words do not move by a little.
    """
    import numpy as np

    looked = _looked_at(model, explained, texts, column, level, unit, steps, probability)
    if looked is None:
        why = "Fewer than two texts have two words that the model reads."
        return [Unmeasured(metric=metric, code="too_few_samples", reason=why) for metric in METRICS]
    rng = np.random.default_rng([seed, 7])
    parts: tuple[tuple[tuple[str, ...], Callable[[], list[Measurement]]], ...] = (
        (METRICS[:2], lambda: _gains(looked, rng)),
        (METRICS[2:3], lambda: [_infidelity(looked, rng)]),
        (METRICS[3:4], lambda: [_agreement(looked)]),
        (METRICS[4:5], lambda: [_randomised(looked, rng)]),
    )
    found: list[Measurement] = []
    for metrics, measure in parts:
        found += measure() if budget.left > 0 else [no_time(metric, budget) for metric in metrics]
    why = "The model reads words, and no word moves by a little."
    return [*found, Unmeasured(metric=METRICS[5], code="not_applicable", reason=why)]


def _looked_at(
    model: Model,
    explained: ExplainedTexts,
    texts: Sequence[tuple[str, ...]],
    column: int | None,
    level: float,
    unit: str,
    steps: int,
    probability: bool,
) -> LookedAt | None:
    import numpy as np

    places = [i for i, words in enumerate(explained.words) if len(words) > 1][:LOOKED_AT]
    if len(places) < 2:
        return None
    words = [explained.words[i] for i in places]
    rows = tuple(texts[i] for i in places)
    _, of = output_of(model, column, probability)
    mask = model.mask or LEFT_OUT

    def left_out(taken: Sequence[Sequence[bool]]) -> Any:
        return of([without(row, here, gone, mask) for row, here, gone in zip(rows, words, taken, strict=True)])

    # Of the model itself, not of the network before it: both sides of each difference go the same way.
    return LookedAt(
        model,
        explained,
        rows,
        tuple(explained.values[i] for i in places),
        np.asarray(of(rows)),
        left_out,
        column,
        level,
        unit,
        steps,
        probability,
    )


def _gains(looked: LookedAt, rng: numpy.random.Generator) -> list[Measurement]:
    import numpy as np

    by_value = [np.argsort(np.argsort(-np.abs(values), kind="stable")) for values in looked.values]
    by_chance = [rng.permutation(len(values)) for values in looked.values]
    deleted, inserted = np.zeros(len(by_value)), np.zeros(len(by_value))
    for share in SHARES:
        first = [[rank < max(1, round(share * len(ranks))) for rank in ranks] for ranks in by_value]
        chance = [[rank < max(1, round(share * len(ranks))) for rank in ranks] for ranks in by_chance]
        away = [np.abs(looked.outputs - looked.left_out(taken)) for taken in (first, chance)]
        left = [
            np.abs(looked.outputs - looked.left_out([[not gone for gone in row] for row in taken]))
            for taken in (first, chance)
        ]
        deleted += (away[0] - away[1]) / len(SHARES)
        inserted += (left[1] - left[0]) / len(SHARES)
    output = looked.explained.output
    return [
        mean_of("deletion_gain", deleted, output, "higher_is_better", looked.level, looked.unit),
        mean_of("insertion_gain", inserted, output, "higher_is_better", looked.level, looked.unit),
    ]


def _infidelity(looked: LookedAt, rng: numpy.random.Generator) -> Measurement:
    import numpy as np

    error, movement = np.zeros(len(looked.texts)), np.zeros(len(looked.texts))
    for _ in range(HALVES):
        taken = [rng.random(len(values)) < 0.5 for values in looked.values]
        moved = looked.outputs - looked.left_out([row.tolist() for row in taken])
        foreseen = np.array([values[gone].sum() for values, gone in zip(looked.values, taken, strict=True)])
        error += (foreseen - moved) ** 2
        movement += moved**2
    return infidelity_of(error, movement, looked.level, looked.unit)


def _agreement(looked: LookedAt) -> Measurement:
    import numpy as np

    metric, texts = "method_agreement", looked.texts[:COMPARED_TEXTS]
    if looked.explained.method == "integrated_gradients" and len(looked.model.features) == 1:
        second = explain_texts(
            looked.model,
            texts,
            method="text_masker",
            column=looked.column,
            steps=looked.steps,
            probability=looked.probability,
        )
        # The masker knows all words, also those behind the last that the model reads.
        others = [values[: len(own)] for values, own in zip(second.values, looked.values, strict=False)]
    else:
        longest = max(len(values) for values in looked.values)
        moved = np.array(
            [
                looked.outputs - looked.left_out([[i == place for i in range(len(v))] for v in looked.values])
                for place in range(longest)
            ]
        )
        others = [moved[: len(values), row] for row, values in enumerate(looked.values)]
    return _alike(metric, looked, others, "higher_is_better")


def _randomised(looked: LookedAt, rng: numpy.random.Generator) -> Measurement:
    import copy

    metric = "randomisation_similarity"
    if looked.explained.method != "integrated_gradients" or looked.model.text is None:
        why = "Weights can be shuffled in a network whose inside is known only."
        return Unmeasured(metric=metric, code="not_applicable", reason=why)
    import torch

    shuffled = copy.deepcopy(looked.model.native)
    with torch.no_grad():
        for weight in shuffled.parameters():
            order = torch.from_numpy(rng.permutation(weight.numel()))
            weight.copy_(weight.reshape(-1)[order].reshape(weight.shape))
    again = explain_texts(
        replace(looked.model, native=shuffled),
        looked.texts[:COMPARED_TEXTS],
        method="auto",
        column=looked.column,
        steps=16,
        probability=looked.probability,
    )
    return _alike(metric, looked, again.values, "lower_is_better")


def _alike(metric: str, looked: LookedAt, others: Sequence[Any], direction: Any) -> Measurement:
    correlations = [
        found
        for own, other in zip(looked.values, others, strict=False)
        if len(own) == len(other) and (found := rank_correlation(own, other)) is not None
    ]
    return agreement_of(metric, correlations, direction, looked.level, looked.unit)


__all__ = ["text_evidence"]
