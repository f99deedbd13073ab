"""What a model may reveal of the data it was made from: the questions that every model card answers, with "not tested" if so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cardwright.documents.language import Language

Row = TypeVar("Row")


@dataclass(frozen=True)
class RevealingQuestion(Generic[Row]):
    """One question, and the numbers that answer it; none if it was not tested."""

    question: str
    """In the language of the edition."""
    rows: tuple[Row, ...]


def questions(say: Language) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each question with the metrics, by their names in the literature, that answer it whichever evaluator measured them.

    The last has none: nothing here attacks embeddings or explanations, and a card says so.
    """
    return (
        (
            say.text("Whether a person was in the training data"),
            ("largest_membership_inference_auc", "membership_inference_tpr", "blind_baseline_auc"),
        ),
        (say.text("An attribute of a person in the training data"), ("attribute_inference_difference",)),
        (say.text("Rare or planted sequences of the training data"), ("largest_canary_exposure",)),
        (
            say.text("Training texts, word for word"),
            ("verbatim_extraction_rate", "verbatim_extraction_difference", "ngram_containment_rate"),
        ),
        (say.text("Personal data from the training texts in its output"), ("training_pii_in_output_rate",)),
        (
            say.text("People behind synthetic data"),
            ("exact_copy_rate", "closer_to_training_rate", "largest_synthetic_attack_risk"),
        ),
        (
            say.text("Deletion requests, and data kept beyond its retention date"),
            ("unhonoured_deletion_rate", "retention_passed_rate"),
        ),
        (say.text("Privacy through noise added in training"), ("differential_privacy_epsilon",)),
        (say.text("Inputs reconstructed from embeddings, explanations or scores"), ()),
    )


def answered(say: Language, rows: Iterable[tuple[str, Row]]) -> tuple[RevealingQuestion[Row], ...]:
    """The questions with their rows, given as (metric, row) in the order of the record."""
    every = tuple(rows)
    return tuple(
        RevealingQuestion(question, tuple(row for metric, row in every if metric in metrics))
        for question, metrics in questions(say)
    )


__all__ = ["RevealingQuestion", "answered", "questions"]
