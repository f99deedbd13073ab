"""How `Leakage` is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from cardwright.evaluators.interface import Options


@dataclass(frozen=True, kw_only=True)
class LeakageOptions(Options):
    """The parameters of `Leakage`, explained there, as a value that its modules hand on."""

    loss: str | None = None
    log_prob: str | None = None
    token_log_probs: str | None = None
    text: str | None = None
    reference_loss: Sequence[str] = ()
    shadow_in: Sequence[str] = ()
    shadow_out: Sequence[str] = ()
    inputs: Sequence[str] | None = None
    false_positive_rates: Sequence[float] = (0.01, 0.001)
    attributes: Sequence[str] = ()
    insertions: str = "insertions"
    canary_form: str | None = None
    canary_space: float | None = None
    rank: str | None = None
    output: str | None = None
    unit: str = "word"
    prefix: int = 50
    match: int = 50
    run: int = 20
    ngram: int = 8
    contained: float = 0.8
    prompts: int = 1000
    least_texts: int = 30
    attacks: int = 2000
    secrets: Sequence[str] = ()
    linked_columns: Sequence[Sequence[str]] = ()
    differential_privacy: Mapping[str, JsonValue] | None = None
    entity: str | None = None
    retain_until: str | None = None
    as_of: str | None = None
    min_denominator: int = 100
    folds: int = 5
    rows: int = 20_000
    level: float = 0.95


__all__ = ["LeakageOptions"]
