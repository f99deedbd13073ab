"""What can go wrong, and which evaluation looked at it: the matrix of risk, evaluation and outcome that a decision needs.

An evaluation looks at a topic if it holds one of the numbers that the literature measures it by, whichever evaluator made it. A
topic that applies to the subject and has no such number was not tested, and the report says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from cardwright.documents.language import Language
from cardwright.record import canonical
from cardwright.record.evaluation import SEVERITIES, Evaluation, Severity
from cardwright.record.measurement import Measured
from cardwright.record.record import Record
from cardwright.record.verdict import Outcome, Verdict

Applies = Literal["model", "predictions", "texts", "data"]
"""Where a topic arises: any model or system, one whose predictions are rows, one that answers in words, or any data."""


@dataclass(frozen=True)
class Topic:
    """Something that can go wrong, and the numbers that tell."""

    name: str
    """In the language of the edition."""
    applies: Applies
    metrics: tuple[str, ...]
    """Names in the literature; `*` stands for any part of one."""

    def has(self, metric: str) -> bool:
        """Whether a number of this name tells something about it."""
        return any(fnmatchcase(metric, name) for name in self.metrics)


@dataclass(frozen=True)
class TopicCoverage:
    """A topic, who looked at it, and what came out."""

    topic: str
    evaluations: tuple[str, ...]
    """E-1 …; none if nobody looked."""
    measured: int
    """How many numbers tell something about it."""
    outcomes: tuple[Outcome, ...]
    """The requirements that judged one of these numbers."""
    worst: Severity | None
    """The gravest finding of these evaluations."""


def topics(say: Language) -> tuple[Topic, ...]:
    """What a reader of an audit expects to be looked at, in the order in which documents show it."""
    return (
        Topic(
            say.text("Wrong decisions and answers"),
            "model",
            ("accuracy", "balanced_accuracy", "roc_auc", "mean_absolute_error", "root_mean_squared_error", "ndcg*",
             "precision_at*", "task_success_rate", "ungrounded_rate"),
        ),
        Topic(
            say.text("Probabilities that do not come true"),
            "predictions",
            ("expected_calibration_error", "brier_score", "log_loss"),
        ),
        Topic(
            say.text("Groups of people treated differently"),
            "model",
            ("demographic_parity*", "equal_opportunity*", "equalized_odds*", "adverse_impact_ratio", "impact_ratio",
             "base_rate_difference", "stereotype_rate", "counterfactual*", "exposure*", "mean_error_difference"),
        ),
        Topic(
            say.text("Weak spots that nobody named"),
            "predictions",
            ("largest_slice_difference", "found_slices_confirmed"),
        ),
        Topic(
            say.text("Inputs that change or drift"),
            "model",
            ("largest_*_drop", "decision_flip_rate", "population_stability_index*", "paraphrase*"),
        ),
        Topic(
            say.text("Decisions for wrong reasons"),
            "predictions",
            ("mean_absolute_attribution", "attribution_share"),
        ),
        Topic(say.text("Chance in training"), "predictions", ("seed_*", "seeds_*", "prediction_churn*")),
        Topic(
            say.text("Attacks on instructions, secrets and tools"),
            "texts",
            ("attack_success_rate",),
        ),
        Topic(say.text("Harmful or leaking answers in use"), "texts", ("incident_rate", "harmful_content_rate", "toxicity_rate")),
        Topic(say.text("Harmless questions refused"), "texts", ("over_refusal_rate",)),
        Topic(
            say.text("Training data given away by the model"),
            "model",
            ("largest_membership_inference_auc", "membership_inference_tpr", "attribute_inference_difference",
             "largest_canary_exposure", "verbatim_extraction*", "ngram_containment_rate", "training_pii_in_output_rate"),
        ),
        Topic(say.text("Personal data and secrets in data"), "data", ("pii_row_rate", "personal_column_count")),
        Topic(
            say.text("People told apart in data"),
            "data",
            ("k_anonymity", "unique_row_share", "largest_synthetic_attack_risk", "exact_copy_rate"),
        ),
        Topic(
            say.text("Incomplete or repeated data"),
            "data",
            ("missing_rate", "duplicate_row_rate"),
        ),
        Topic(
            say.text("Tested on what it was trained on"),
            "model",
            ("exact_overlap_rate", "near_overlap_rate", "exact_overlap_with_label_rate"),
        ),
    )  # fmt: skip


def covered(record: Record, verdict: Verdict | None, names: dict[str, str], say: Language) -> tuple[TopicCoverage, ...]:
    """Every topic that applies to the subject, with the evaluations that looked at it and the requirements that judged it.

    Parameters
    ----------
    names
        Ids of the evaluations in this document (E-1 …) by their ids in the plan.
    """
    kinds = {dataset.kind for dataset in record.provenance.datasets}
    words = bool(kinds & {"texts", "interactions"}) and "predictions" not in kinds
    applies: set[Applies] = {"data"}
    if record.subject.kind != "dataset":
        applies |= {"model", "texts" if words else "predictions"}
    every = topics(say)
    return tuple(
        TopicCoverage(
            topic=topic.name,
            evaluations=tuple(names[e.id] for e in found),
            measured=sum(isinstance(m, Measured) and topic.has(m.metric) for e in found for m in e.measurements),
            outcomes=_outcomes(topic, verdict, [e for e in found if _mainly(e, every) is topic]),
            worst=_worst(found),
        )
        for topic in every
        if (found := [e for e in record.evaluations if e.id in names and _looks(topic, e)]) or topic.applies in applies
    )


def _mainly(evaluation: Evaluation, every: tuple[Topic, ...]) -> Topic:
    """The topic that most of its numbers are about; only the findings of an evaluation are ascribed by it."""
    return max(every, key=lambda topic: sum(topic.has(m.metric) for m in evaluation.measurements))


def _looks(topic: Topic, evaluation: Evaluation) -> bool:
    return any(isinstance(m, Measured) and topic.has(m.metric) for m in evaluation.measurements)


def _outcomes(topic: Topic, verdict: Verdict | None, evaluations: list[Evaluation]) -> tuple[Outcome, ...]:
    """Those that judged one of its numbers, and those on findings that name one of its evaluations or rest on it alone."""
    digests = {canonical.sha256({e.id: e.content_sha256}) for e in evaluations}
    names = re.compile("|".join(rf"(?<![\w-]){re.escape(e.id)}(?![\w-])" for e in evaluations) or "(?!)")
    return tuple(
        o
        for o in (verdict.outcomes if verdict is not None else ())
        if any(topic.has(seen.metric) for seen in o.observations)
        or (o.kind == "findings" and (o.evidence_sha256 in digests or names.search(o.explanation)))
    )


def _worst(evaluations: Iterable[Evaluation]) -> Severity | None:
    found = [finding.severity for e in evaluations for finding in e.findings]
    return max(found, key=SEVERITIES.index, default=None)


__all__ = ["Topic", "TopicCoverage", "covered", "topics"]
