"""What an evaluation says in one sentence, which stands as its title: the most that is at stake first.

In this order: that the question does not arise; what a requirement says of its numbers, the worst first; the gravest finding from
medium on; the largest difference that it looked for; what its figure of groups shows; its first number with a better direction.
"""

from __future__ import annotations

from collections.abc import Sequence

from cardwright.documents.environment import counted_value, general, interval, number, sentences
from cardwright.documents.figures import Figure
from cardwright.documents.language import Language, words
from cardwright.record.evaluation import SEVERITIES, Evaluation, Finding
from cardwright.record.measurement import Measured
from cardwright.record.verdict import STATUSES, Observation, Outcome, Verdict


def of(
    evaluation: Evaluation, verdict: Verdict | None, shown: Sequence[Figure], say: Language, other: str | None = None
) -> str:
    """The sentence; what people and evaluators wrote in it stays in their language.

    Parameters
    ----------
    shown
        Its figures.
    other
        Whose numbers these are, if they are not the subject's: it stands before the sentence.
    """
    sentence = _sentence(evaluation, verdict, shown, say)
    return (
        sentence
        if other is None
        else say.text("About {name}, which is not what is judged: {sentence}", name=other, sentence=sentence)
    )


def _sentence(evaluation: Evaluation, verdict: Verdict | None, shown: Sequence[Figure], say: Language) -> str:
    if evaluation.not_applicable is not None:
        return say.text("The question does not arise.")
    judged = [
        (STATUSES.index(seen.status), outcome.number, position, outcome, seen)
        for outcome in (verdict.outcomes if verdict is not None else ())
        for position, seen in enumerate(outcome.observations)
        if seen.evaluation == evaluation.id and outcome.limit is not None and seen.value is not None
    ]
    if judged:
        *_, outcome, seen = min(judged, key=lambda one: one[:3])
        return _judged(outcome, seen, evaluation, say)
    worst = max(enumerate(evaluation.findings), key=lambda one: (_weight(one[1]), -one[0]), default=None)
    if worst is not None and _weight(worst[1]) >= SEVERITIES.index("medium"):
        return _first(worst[1].explanation)
    measured = [m for m in evaluation.measurements if isinstance(m, Measured)]
    if not measured:
        return say.text("Nothing could be measured.")
    largest = next((m for m in measured if m.metric.startswith("largest_") and not m.slice), None)
    if largest is not None:
        return _said(evaluation, largest, say)
    if (by_group := next((figure for figure in shown if figure.by_group), None)) is not None:
        return by_group.finding
    directed = [m for m in measured if not m.slice and m.direction != "neither"]
    told = next((m for m in directed if m.interval is not None), None) or next(iter(directed), measured[0])
    return _said(evaluation, told, say)


def _weight(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)


def _judged(outcome: Outcome, seen: Observation, evaluation: Evaluation, say: Language) -> str:
    assert outcome.limit is not None
    there = evaluation.find(seen.metric, slice=dict(seen.slice), across=seen.across)
    unit = next((m.unit for m in there if isinstance(m, Measured)), "ratio")
    compared = (outcome.limit.value,)
    value = number(seen.value, unit, say, limits=compared)
    parts = {
        "metric": _capital(words(seen.metric)),
        "over": _over(evaluation, seen, say),
        "value": f"{value} ({interval(seen.interval, unit, say, compared)})" if seen.interval is not None else value,
        "limit": f"{'≥' if outcome.limit.operator == 'at_least' else '≤'} {general(outcome.limit.value, say)}",
        "status": say.term(seen.status),
        "label": outcome.label,
    }
    return say.text("{metric}{over} is {value}; {label} asks for {limit}: {status}.", **parts)


def _said(evaluation: Evaluation, m: Measured, say: Language) -> str:
    value = counted_value(m, say)
    if m.interval is not None:
        value += f" ({interval(m.interval, m.unit, say)})"
    over = _over(evaluation, m, say)
    return say.text(
        "{metric}{over} is {value}; no limit is set on it.", metric=_capital(words(m.metric)), over=over, value=value
    )


def _over(evaluation: Evaluation, m: Measured | Observation, say: Language) -> str:
    """Over which groups, or that it is over all rows where the same evaluation has one of the worst group, which is larger."""
    if m.across:
        return f" {say.text('across {names}', names=' × '.join(m.across))}"
    rest = m.metric.removeprefix("largest_")
    whole = rest != m.metric and any(one.metric == f"worst_group_{rest}" for one in evaluation.measurements)
    return f" {say.text('over all rows')}" if whole and not m.slice else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _first(text: str) -> str:
    """The first sentence, however long: half a sentence can say the opposite."""
    first = next(iter(sentences(text)), text)
    return first if first.endswith((".", "!", "?")) else first + "."


__all__ = ["of"]
