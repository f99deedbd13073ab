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

Applies = Literal["model", "predictions", "classes", "texts", "data"]
"""Where a topic arises: any model or system, one whose predictions are rows, one of these that decides between classes and does
not predict a quantity, one that answers in words, or any data."""


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
            ("accuracy", "accuracy_change", "balanced_accuracy", "adjusted_balanced_accuracy", "matthews_correlation", "roc_auc",
             "mean_absolute_error", "mean_absolute_error_change", "root_mean_squared_error", "r_squared", "standardized_bias",
             "ndcg", "ndcg_at*", "ndcg_change", "ndcg_above_chance", "precision_at*", "task_success_rate", "ungrounded_rate",
             "improvement", "guardrail_slack"),
        ),
        Topic(
            say.text("Probabilities that do not come true"),
            "classes",
            ("expected_calibration_error", "brier_score", "log_loss"),
        ),
        Topic(
            say.text("Groups of people treated differently"),
            "model",
            ("demographic_parity*", "equal_opportunity*", "equalized_odds*", "adverse_impact_ratio", "impact_ratio",
             "true_positive_rate", "false_positive_rate",
             "base_rate_difference", "stereotype_rate", "counterfactual*", "largest_counterfactual*", "exposure*",
             "*mean_error_difference", "*mean_prediction_difference", "largest_standardized_mean_difference"),
        ),
        Topic(
            say.text("Weak spots that nobody named"),
            "predictions",
            ("largest_slice_difference", "largest_standardized_slice_difference", "listedslices_confirmed"),
        ),
        Topic(
            say.text("Inputs that change or drift"),
            "model",
            ("largest_*_drop", "largest_*_increase", "decision_flip_rate", "population_stability_index*", "paraphrase*"),
        ),
        Topic(
            say.text("Decisions for wrong reasons"),
            "predictions",
            ("mean_absolute_attribution", "attribution_share", "attribution_rank_stability", "additivity_residual*"),
        ),
        Topic(say.text("Chance in training"), "predictions", ("seed_*", "seeds_*", "prediction_churn*", "ablations_*")),
        Topic(
            say.text("Attacks on instructions, secrets and tools"),
            "texts",
            ("attack_success_rate", "unscored_rate"),
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
        applies |= set() if words or _predicts_a_quantity(record) else {"classes"}
    every = topics(say)
    listed = tuple(
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
    told = {o.requirement for one in listed for o in one.outcomes}
    other = tuple(
        o
        for o in (verdict.outcomes if verdict is not None else ())
        if o.requirement not in told and o.limit is not None and any(s.evaluation in names for s in o.observations)
    )
    if not other:
        return listed
    # A limit on a number that no topic names stands in the matrix all the same: a policy may ask for anything.
    by = tuple(dict.fromkeys(names[s.evaluation] for o in other for s in o.observations if s.evaluation in names))
    looked = [e for e in record.evaluations if names.get(e.id) in by]
    return (*listed, TopicCoverage(say.text("Other numbers with a limit"), by, len(other), other, _worst(looked)))


def _predicts_a_quantity(record: Record) -> bool:
    """Whether its performance is that of a regression: distances between numbers, and no decision between classes."""
    measured = {m.metric for e in record.evaluations for m in e.measurements if isinstance(m, Measured)}
    return "r_squared" in measured and not measured & {"accuracy", "roc_auc", "balanced_accuracy"}


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
