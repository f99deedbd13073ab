"""Which questions about leakage the inputs allow, each answered by a module of its own, put together as one evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.leakage import canaries, erasure, extraction, membership, noise, synthetic
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.evaluators.leakage.part import LeakagePart
from cardwright.record.evaluation import Coverage, Evaluation, NotTested, count_severities


@dataclass(frozen=True)
class LeakageQuestion:
    """A way in which a model or a dataset gives away what it was made from."""

    name: str
    asked_by: tuple[str, ...]
    """The needs and options any of which asks it."""
    answer: Callable[[LeakageOptions, Inputs], LeakagePart]


QUESTIONS: tuple[LeakageQuestion, ...] = (
    LeakageQuestion("membership inference", ("members", "non_members"), membership.assess),
    LeakageQuestion("canary exposure", ("canaries",), canaries.assess),
    LeakageQuestion("verbatim extraction", ("training_texts", "control_texts", "outputs"), extraction.assess),
    LeakageQuestion("attacks on synthetic data", ("synthetic", "holdout"), synthetic.assess),
    LeakageQuestion("differential privacy", ("differential_privacy",), noise.assess),
    LeakageQuestion("erasure and retention", ("deletions", "retain_until"), erasure.assess),
)
"""What is tested where it is asked for, in the order of the record."""

NEVER: tuple[tuple[str, str], ...] = (
    ("leakage from embeddings", "no attack on embeddings is made here"),
    ("leakage from explanations", "no attack on attributions or other explanations is made here"),
    ("model inversion", "no attack that reconstructs inputs is made here"),
)
"""What is never tested, and listed every time."""


def assess(options: LeakageOptions, inputs: Inputs) -> Evaluation:
    """See `Leakage.evaluate`."""
    _check(options, inputs)
    asked = [question for question in QUESTIONS if _asked(question, options, inputs)]
    if not asked:
        raise UsageError(
            "nothing was given to evaluate",
            where=f"{inputs.id} (leakage)",
            do="Name `members:` and `non_members:`, or `canaries:`, `training_texts:`, `synthetic:`, `deletions:`.",
        )
    parts = [question.answer(options, inputs) for question in asked]
    left = [NotTested(what=q.name, why=f"no `{q.asked_by[0]}` was given") for q in QUESTIONS if q not in asked]
    findings = tuple(finding for part in parts for finding in part.findings)
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=next((part.binding for part in parts if part.binding is not None), inputs.binding),
        question="What does it reveal about the data that it was made from?",
        method=" ".join(part.method for part in parts),
        limits=_once([limit for part in parts for limit in part.limits]),
        measurements=tuple(m for part in parts for m in part.measurements),
        findings=findings,
        severities=count_severities(findings),
        tables=tuple(table for part in parts for table in part.tables),
        series=tuple(one for part in parts for one in part.series),
        coverage=Coverage(
            scanned=tuple(scan for part in parts for scan in part.scanned),
            not_tested=(
                *(gap for part in parts for gap in part.not_tested),
                *left,
                *(NotTested(what=what, why=why) for what, why in NEVER),
            ),
        ),
        completeness="sampled" if any(part.sampled for part in parts) else "complete",
    )


def _asked(question: LeakageQuestion, options: LeakageOptions, inputs: Inputs) -> bool:
    return any(name in inputs.sources or getattr(options, name, None) for name in question.asked_by)


def _once(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))


def _check(options: LeakageOptions, inputs: Inputs) -> None:
    where = f"{inputs.id} (leakage)"
    if not 0 < options.level < 1:
        raise UsageError("`level` must lie between 0 and 1", where=where, do="Write, for example, 0.95.")
    if not isinstance(options.folds, int) or options.folds < 2:
        raise UsageError("`folds` must be a whole number of at least 2", where=where, do="Write, for example, 5.")
    if options.min_denominator < 10 or options.rows < options.min_denominator:
        raise UsageError(
            "`min_denominator` must be at least 10, and `rows` at least as much",
            where=where,
            do="Leave them out for 100 and 20,000.",
        )
    for rate in options.false_positive_rates:
        if not 0 < rate < 0.5:
            raise UsageError(
                "a false positive rate must lie between 0 and 0.5", where=where, do="Write, for example, [0.01, 0.001]."
            )
    if len(set(options.false_positive_rates)) != len(options.false_positive_rates):
        raise UsageError("a false positive rate is listed twice", where=where, do="Write, for example, [0.01, 0.001].")
    if options.shadow_in and not options.shadow_out:
        raise UsageError(
            "`shadow_in` needs `shadow_out`, the losses of shadow models trained without each row",
            where=where,
            do="Name both, or `shadow_out` alone for the offline attack.",
        )


__all__ = ["assess"]
