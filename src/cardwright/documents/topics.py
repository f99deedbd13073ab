"""What can go wrong, and which evaluation looked at it: the matrix of risk, evaluation and outcome that a decision needs.

An evaluation looks at a topic if it measured, over at least one case, one of the numbers that the literature measures it by,
whichever evaluator made it. What is about another model than the subject looks at no risk of the subject's. A topic that applies
to the subject and has no such number was not tested, and the report says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from cardwright.documents.language import Language
from cardwright.record import canonical, filling
from cardwright.record.evaluation import SEVERITIES, Evaluation, Finding, Severity
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
    findings: tuple[str, ...] = ()
    """Keys of findings that are about it, whatever else their evaluation measured."""
    beside: tuple[str, ...] = ()
    """Numbers that tell how well it was measured, and nothing about the risk: they make nobody one who looked."""

    def has(self, metric: str) -> bool:
        """Whether a number of this name tells something about it."""
        return _one_of(metric, self.metrics)

    def is_judged_by(self, metric: str) -> bool:
        """Whether a requirement on a number of this name is one about it."""
        return _one_of(metric, (*self.metrics, *self.beside))

    def is_about(self, finding: Finding) -> bool:
        """Whether a finding is about it, by its key."""
        return _one_of(finding.key, self.findings)


def _one_of(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


@dataclass(frozen=True)
class Looked:
    """An evaluation that measured a risk."""

    id: str
    """E-1 …"""
    cases: float | None
    """The most cases that one of its numbers about the risk rests on; None if it states none."""


@dataclass(frozen=True)
class TopicCoverage:
    """A topic, who looked at it, and what came out."""

    topic: str
    evaluations: tuple[Looked, ...]
    """None if nobody looked."""
    measured: int
    """How many numbers tell something about it."""
    outcomes: tuple[Outcome, ...]
    """The requirements that judged one of these numbers."""
    worst: Severity | None
    """The gravest finding about it."""


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
            ("threshold_selected_on_test", "few_rows", "score_reversed", "quantiles_cross", "few_queries",
             "queries_without_relevant", "tied_scores", "order_reversed", "breaks_more_than_it_fixes",
             "constraint.*", "contradicted_statements"),
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
            ("unknown_membership", "groups_left_out", "four_fifths", "unknown_category", "left_out", "small_reference",
             "confusable_groups", "counterfactual.*", "sensitive_feature_used", "proxy_features", "proxy_words", "decision_flips",
             "gap_grows", "gap_not_reduced", "uses_attribute", "group_loses.*", "levelling_down"),
        ),
        Topic(
            say.text("Weak spots, named or found"),
            "predictions",
            ("largest_slice_difference", "largest_standardized_slice_difference", "found_slices_confirmed"),
            ("slice_with_more_errors", "found_slice"),
        ),
        Topic(
            say.text("Inputs that change or drift"),
            "model",
            ("largest_*_drop", "largest_*_increase", "decision_flip_rate", "population_stability_index*", "paraphrase*"),
            ("drop", "refuses_*", "model_differs_from_file"),
        ),
        Topic(
            say.text("Decisions for wrong reasons"),
            "predictions",
            ("mean_absolute_attribution", "attribution_share", "attribution_rank_stability", "additivity_residual*"),
            ("unstable_ranking", "additivity", "no_better_than_chance", "explains_no_learning", "sensitive_feature_used",
             "proxy_features", "proxy_words"),
        ),
        Topic(
            say.text("Chance in training"),
            "predictions",
            ("seed_*", "seeds_*", "prediction_churn*", "ablations_*"),
            ("single_seed", "few_seeds", "decided_by_chance"),
        ),
        Topic(
            say.text("Attacks on instructions, secrets and tools"),
            "texts",
            ("attack_success_rate",),
            ("attack_success.*", "reported_success.*", "few_prompts", "planting_failed", "canary_not_recorded", "unscored.attack",
             "errors.attack", "newly_broken.attack"),
            ("unscored_rate", "error_rate", "attack_success_change*"),
        ),
        Topic(
            say.text("Harmful or leaking answers in use"),
            "texts",
            ("incident_rate", "harmful_content_rate", "toxicity_rate"),
            ("incident.*", "reported.*", "constraint.*", "contradicted_statements", "unscored.observed", "errors.observed"),
        ),
        Topic(
            say.text("Harmless questions refused"),
            "texts",
            ("over_refusal_rate",),
            ("over_refusal", "unscored.benign", "errors.benign", "newly_broken.benign"),
            ("over_refusal_change",),
        ),
        Topic(
            say.text("Training data given away by the model"),
            "model",
            ("largest_membership_inference_auc", "membership_inference_tpr", "attribute_inference_difference",
             "largest_canary_exposure", "verbatim_extraction*", "ngram_containment_rate", "training_pii_in_output_rate"),
            ("members_among_non_members", "membership_inference*", "memorised_canary", "attribute_inference",
             "verbatim_extraction", "training_pii_in_output", "new_pii_in_output", "deletion_*",
             "retention_*", "epsilon_understated"),
        ),
        Topic(
            say.text("Personal data and secrets in data"),
            "data",
            ("pii_row_rate", "personal_column_count"),
            ("entity.*", "possible.*", "heading.*", "column_name.*", "personal_data"),
        ),
        Topic(
            say.text("People told apart in data"),
            "data",
            ("k_anonymity", "unique_row_share", "largest_synthetic_attack_risk", "exact_copy_rate"),
            ("k_anonymity", "exact_copies", "closer_to_training", "synthetic_attack"),
        ),
        Topic(
            say.text("Incomplete or repeated data"),
            "data",
            ("missing_rate", "duplicate_row_rate"),
            ("missing", "missing_labels", "duplicates", "constant"),
        ),
        Topic(
            say.text("Tested on what it was trained on"),
            "model",
            ("exact_overlap_rate", "near_overlap_rate", "exact_overlap_with_label_rate"),
            ("*_overlap", "target_leakage", "equals_label"),
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
    own = [e for e in record.evaluations if e.id in names]
    about_subject = [e for e in own if not filling.is_of_another(e, record)]
    listed = []
    for topic in every:
        looked = [e for e in (own if topic.applies == "data" else about_subject) if _numbers(topic, e)]
        if looked or topic.applies in applies:
            listed.append(
                TopicCoverage(
                    topic=topic.name,
                    evaluations=tuple(Looked(names[e.id], _most_cases(_numbers(topic, e), e)) for e in looked),
                    measured=sum(len(_numbers(topic, e)) for e in looked),
                    outcomes=_outcomes(topic, verdict, [e for e in looked if _mainly(e, every) is topic]),
                    worst=_worst(f for e in about_subject for f in e.findings if topic in _topics_of(f, e, every)),
                )
            )
    told = {o.requirement for one in listed for o in one.outcomes}
    other = tuple(
        o
        for o in (verdict.outcomes if verdict is not None else ())
        if o.requirement not in told and o.limit is not None and any(s.evaluation in names for s in o.observations)
    )
    if not other:
        return tuple(listed)
    # A limit on a number that no topic names stands in the matrix all the same: a policy may ask for anything.
    seen = [(s.evaluation, s.metric) for o in other for s in o.observations]
    numbers = {e.id: [m for m in _measured(e) if (e.id, m.metric) in seen] for e in own}
    by = tuple(Looked(names[e.id], _most_cases(numbers[e.id], e)) for e in own if e.id in {name for name, _ in seen})
    worst = _worst(f for e in own if numbers[e.id] for f in e.findings)
    return (*listed, TopicCoverage(say.text("Other numbers with a limit"), by, len(other), other, worst))


def _predicts_a_quantity(record: Record) -> bool:
    """Whether its performance is that of a regression: distances between numbers, and no decision between classes."""
    measured = {m.metric for e in record.evaluations for m in e.measurements if isinstance(m, Measured)}
    return "r_squared" in measured and not measured & {"accuracy", "roc_auc", "balanced_accuracy"}


def _mainly(evaluation: Evaluation, every: tuple[Topic, ...]) -> Topic:
    """The topic that most of its numbers are about; only the findings of an evaluation are ascribed by it."""
    return max(every, key=lambda topic: sum(topic.has(m.metric) for m in evaluation.measurements))


def _measured(evaluation: Evaluation) -> list[Measured]:
    return [m for m in evaluation.measurements if isinstance(m, Measured)]


def _numbers(topic: Topic, evaluation: Evaluation) -> list[Measured]:
    """What an evaluation measured about a topic; a number over no case measured nothing."""
    return [m for m in _measured(evaluation) if topic.has(m.metric) and _cases(m) != 0]


def _cases(m: Measured) -> float | None:
    # The largest of several is counted over one group alone, and was looked for among all cases.
    if m.metric.startswith("largest_") and m.sampling is not None:
        return m.sampling.units
    if m.denominator is not None:
        return m.denominator
    if m.sampling is not None:
        return m.sampling.units
    return m.groups.rows if m.groups is not None else None


def _most_cases(numbers: Iterable[Measured], evaluation: Evaluation) -> float | None:
    """By its numbers; where these are of groups alone, by those over all too; where they state none, the rows of what it read."""
    told = list(numbers)
    if all(m.slice or m.metric.startswith("largest_") for m in told):
        told += [m for m in _measured(evaluation) if not m.slice]
    known = [cases for m in told if (cases := _cases(m)) is not None]
    return max(known or [source.rows for source in evaluation.inputs if source.rows is not None], default=None)


def _topics_of(finding: Finding, evaluation: Evaluation, every: tuple[Topic, ...]) -> list[Topic]:
    """By its key; a finding that no topic names belongs to what its evaluation is mainly about."""
    return [topic for topic in every if topic.is_about(finding)] or [_mainly(evaluation, every)]


def _outcomes(topic: Topic, verdict: Verdict | None, evaluations: list[Evaluation]) -> tuple[Outcome, ...]:
    """Those that judged one of its numbers, and those on findings that name one of its evaluations or rest on it alone."""
    digests = {canonical.sha256({e.id: e.content_sha256}) for e in evaluations}
    names = re.compile("|".join(rf"(?<![\w-]){re.escape(e.id)}(?![\w-])" for e in evaluations) or "(?!)")
    return tuple(
        o
        for o in (verdict.outcomes if verdict is not None else ())
        if any(topic.is_judged_by(seen.metric) for seen in o.observations)
        or (o.kind == "findings" and (o.evidence_sha256 in digests or names.search(o.explanation)))
    )


def _worst(findings: Iterable[Finding]) -> Severity | None:
    return max((finding.severity for finding in findings), key=SEVERITIES.index, default=None)


__all__ = ["Looked", "Topic", "TopicCoverage", "covered", "topics"]
