"""From runs to what they support: how many were tried, what is gained, which setting gives it, whether it can be traced."""

from __future__ import annotations

from collections.abc import Iterator

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.runs.ablations import ablation_measurements, ablations
from cardwright.evaluators.runs.collecting import Collected, Configuration, chosen, collected
from cardwright.evaluators.runs.contrasts import contrast, expected_best, student_mean
from cardwright.evaluators.runs.cost import cost_measurements, latency_measurements
from cardwright.evaluators.runs.looks import look_measurements, looks_taken, require_looks
from cardwright.evaluators.runs.options import RunsOptions
from cardwright.evaluators.runs.report import findings, tables
from cardwright.evaluators.runs.training_run import training_run
from cardwright.privacy.showing import quoted
from cardwright.record.base import label
from cardwright.record.evaluation import Coverage, Evaluation, NotTested, Scanned, count_severities
from cardwright.record.measurement import Direction, Interval, Measured, Measurement, Sampling, Test, Unmeasured
from cardwright.record.run import seconds_between
from cardwright.sources.interface import LanguageModel, Model, TrackedRuns
from cardwright.sources.runs.interface import untested

DROPPED: tuple[str, ...] = ("failed", "killed", "running", "deleted", "debug")
"""Why a run enters no comparison."""


def assess(options: RunsOptions, inputs: Inputs) -> Evaluation:
    """See `Evaluator.evaluate`.

    Raises
    ------
    UsageError
        Where no run logged the metric, or a word names no configuration, or several.
    """
    _require_sense(options)
    source = inputs.get("source", TrackedRuns)
    model = inputs.sources.get("model")
    digests = (model.ref.sha256,) if isinstance(model, Model | LanguageModel) else ()
    seen = collected(
        source.read(), [options.metric, *(name for name, _, _ in options.margins)], options.ignore, digests
    )
    if not any(one.values(options.metric) for one in seen.configurations.values()):
        raise UsageError(
            f"runs: no run that ended logged a number called {quoted(options.metric)}",
            where=inputs.id,
            do="Correct `metric:`; `cardwright runs show` lists the metrics of a run.",
        )
    claim, no_claim = chosen(
        seen, options.claim, "candidate", options.metric, higher=options.higher_is_better, option="claim"
    )
    baseline, no_baseline = chosen(
        seen, options.baseline, "baseline", options.metric, higher=options.higher_is_better, option="baseline"
    )
    why = no_claim or no_baseline
    if claim is not None and claim is baseline:
        baseline, why = None, "The claimed configuration is the baseline."
    derived = ablations(seen, claim, options)
    looked = looks_taken(claim, baseline, options)
    traced = training_run(seen, model, claim)
    measurements: list[Measurement] = [
        *_counts(seen),
        *_means(claim, "claim", options, no_claim),
        *_means(baseline, "baseline", options, why),
        *_improvement(claim, baseline, options, why, looked.level(options.level)),
        *look_measurements(looked),
        *_comparable(claim, baseline, why),
        *_optimism(seen, claim, options),
        *_benchmark(seen, claim),
        *ablation_measurements(derived, claim, options, no_claim),
        *_guardrails(claim, baseline, options, why),
        *_reproduction(seen, claim, options),
        *cost_measurements(claim, baseline, options.level),
        *latency_measurements(inputs.sources.get("latencies"), options, inputs.id),
        *traced.measurements,
    ]
    found = findings(seen, claim, baseline, derived, options, traced, looked)
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question="How many runs were tried for the number that is claimed, what does it gain, and can it be traced?",
        method=_method(options, seen, claim, baseline),
        limits=(
            "Runs that nobody tracked are not counted.",
            "Looks are counted by pauses between runs; a look at a run that is still going leaves no trace.",
            "An interval over seeds is about the chance in training on these data; other data can give another number.",
            "An ablation shows what a setting gives beside all the others; settings that work together are not told apart.",
        ),
        measurements=tuple(measurements),
        findings=tuple(found),
        severities=count_severities(found),
        tables=tables(seen, claim, baseline, derived, options, traced),
        coverage=Coverage(
            scanned=(
                Scanned(what="runs and parts of the store", scanned=seen.tried, total=seen.tried + seen.unread_parts),
            ),
            not_tested=(
                NotTested(what="runs that were not tracked", why="the store does not hold them"),
                *_of_untested_versions(seen),
                *(NotTested(what=where, why=reason) for where, reason in seen.unread[:10]),
            ),
        ),
        completeness="partial" if seen.unread_parts else "complete",
    )


def _of_untested_versions(seen: Collected) -> Iterator[NotTested]:
    """Runs of a store whose version lies between those that tests have read, from which its meaning is taken."""
    for (tool, version), count in sorted(seen.versions.items()):
        why = untested(tool, version)
        if why is not None:
            yield NotTested(
                what=label(f"whether {count} runs of {tool} {version} are read as they were meant"), why=why
            )


def _require_sense(options: RunsOptions) -> None:
    if not options.metric:
        raise UsageError("runs: nobody says which metric is claimed", do="Write `metric: NAME`, as the runs call it.")
    if not 0 < options.level < 1:
        raise UsageError("runs: `level` must lie between 0 and 1", do="Write, for example, `level: 0.95`.")
    if options.min_seeds < 1:
        raise UsageError("runs: `min_seeds` must be a whole number of at least 1", do="Write `min_seeds: 3`.")
    require_looks(options)
    rails = [name for name, _, _ in options.margins]
    if options.metric in rails or len(set(rails)) < len(rails):
        raise UsageError("runs: a metric is named as a guardrail twice, or is the claimed one", do="Name it once.")
    if any(margin < 0 for _, margin, _ in options.margins):
        raise UsageError("runs: a margin is not negative", do="Write by how much the guardrail may be worse, or 0.")


def direction(options: RunsOptions) -> Direction:
    """Which way of the claimed metric is better."""
    return "higher_is_better" if options.higher_is_better else "lower_is_better"


def _count(metric: str, value: int, whole: int | None = None, **slice_: str) -> Measured:
    return Measured(
        metric=metric, slice=slice_, value=float(value), unit="count", direction="neither",
        denominator=None if whole is None else float(whole),
    )  # fmt: skip


def _counts(seen: Collected) -> list[Measurement]:
    return [
        _count("runs_tried", seen.tried),
        *(_count("runs_tried", count, seen.tried, status=status) for status, count in sorted(seen.by_status.items())),
        *(_count("runs_tried", count, seen.tried, purpose=purpose) for purpose, count in sorted(seen.by_purpose.items())),
        _count("runs_dropped", sum(seen.dropped.values()), seen.tried),
        *(_count("runs_dropped", seen.dropped[reason], seen.tried, reason=reason) for reason in DROPPED if seen.dropped[reason]),
        _count("runs_without_number", seen.no_number, seen.tried),
        _count("runs_unread", seen.unread_parts),
        _count("configurations_tried", len(seen.configurations)),
        Measured(
            metric="untraceable_runs", value=float(seen.untraceable_runs), unit="count", direction="lower_is_better",
            denominator=float(seen.tried),
        ),
    ]  # fmt: skip


def _means(one: Configuration | None, role: str, options: RunsOptions, why: str | None) -> list[Measurement]:
    slice_ = {"configuration": role}
    names = ("seed_mean", "seed_sd", "seed_range")
    if one is None:
        reason = why or "There is no such configuration."
        return [
            Unmeasured(metric=metric, slice=slice_, code="not_applicable", reason=reason)
            for metric in (*names, "seeds")
        ]
    values = one.values(options.metric)
    seeds = len(one.by_seed(options.metric))
    found: list[Measurement] = [
        Measured(metric=f"seeds_of_{role}", value=float(seeds), unit="count", direction="higher_is_better")
    ]
    if not values:
        return found + [
            Unmeasured(metric=name, slice=slice_, code="undefined", reason="No run of it logged a number.")
            for name in names
        ]
    mean, sd, interval = student_mean(values, options.level)
    sampling = Sampling(unit="seed", units=len(values), observations=len(one.trials))
    found.append(
        Measured(
            metric="seed_mean",
            slice=slice_,
            value=mean,
            unit="value",
            direction=direction(options),
            interval=interval,
            denominator=float(len(values)),
            sampling=sampling,
        )
    )
    for name, value in (("seed_sd", sd), ("seed_range", max(values) - min(values) if sd is not None else None)):
        found.append(
            Unmeasured(
                metric=name,
                slice=slice_,
                code="too_few_samples",
                reason="There is 1 seed; two are needed.",
                denominator=1.0,
                sampling=sampling,
            )
            if value is None
            else Measured(
                metric=name,
                slice=slice_,
                value=value,
                unit="value",
                direction="lower_is_better",
                denominator=float(len(values)),
                sampling=sampling,
            )
        )
    return found


def _improvement(
    claim: Configuration | None, baseline: Configuration | None, options: RunsOptions, why: str | None, level: float
) -> list[Measurement]:
    if claim is None or baseline is None:
        return [Unmeasured(metric="improvement", code="not_applicable", reason=why or "There is no baseline.")]
    found = contrast(claim, baseline, options.metric, level)
    if isinstance(found, str):
        return [Unmeasured(metric="improvement", code="undefined", reason=found)]
    sign = 1 if options.higher_is_better else -1
    interval = found.interval
    if interval is not None and sign < 0:
        interval = interval.model_copy(update={"lower": -interval.upper, "upper": -interval.lower})
    return [
        Measured(
            metric="improvement",
            value=sign * found.difference,
            unit="difference",
            direction="higher_is_better",
            interval=interval,
            denominator=float(found.seeds),
            sampling=Sampling(
                unit="paired seed" if found.paired else "seed", units=found.seeds, observations=found.seeds
            ),
            test=None
            if found.p_value is None
            else Test(p_value=found.p_value, method="student_t_paired" if found.paired else "welch"),
            reference=baseline.label,
        )
    ]


def _comparable(claim: Configuration | None, baseline: Configuration | None, why: str | None) -> list[Measurement]:
    """Whether both were made of the same data and code: 1 or 0, and unmeasured where one of them does not say."""
    found: list[Measurement] = []
    for metric, part in (("same_data", "data"), ("same_commit", "commit")):
        if claim is None or baseline is None:
            found.append(Unmeasured(metric=metric, code="not_applicable", reason=why or "There is no baseline."))
            continue
        first, second = getattr(claim, part), getattr(baseline, part)
        if not first or not second:
            reason = f"The {part if part == 'commit' else 'data version'} of one of the two is not recorded."
            found.append(Unmeasured(metric=metric, code="undefined", reason=reason))
            continue
        found.append(
            Measured(
                metric=metric, value=float(first == second), unit="truth", direction="higher_is_better", denominator=1.0
            )
        )
    return found


def _optimism(seen: Collected, claim: Configuration | None, options: RunsOptions) -> list[Measurement]:
    """By how much the best of so many configurations is expected to beat equals by the chance of seeds alone."""
    tried = [one for one in seen.configurations.values() if one.values(options.metric)]
    n = len(tried)
    known = (
        (student_mean(values, options.level)[1], len(values)) for one in tried if (values := one.values(options.metric))
    )
    spreads = [(sd, k) for sd, k in known if sd is not None]
    if claim is None or not spreads:
        reason = "No configuration has two seeds, so that the spread between seeds is not known."
        return [Unmeasured(metric="selection_optimism", code="too_few_samples", reason=reason, denominator=float(n))]
    pooled = (sum(sd**2 * (k - 1) for sd, k in spreads) / sum(k - 1 for _, k in spreads)) ** 0.5
    seeds = max(1, len(claim.values(options.metric)))
    return [
        Measured(
            metric="selection_optimism",
            value=expected_best(n) * pooled / seeds**0.5,
            unit="value",
            direction="lower_is_better",
            denominator=float(n),
        )
    ]


def _benchmark(seen: Collected, claim: Configuration | None) -> list[Measurement]:
    """How often these data have been used for this metric, and for how long: each use tells a little more about them."""
    if claim is None or not claim.data:
        reason = "Nothing is claimed." if claim is None else "The data version is not recorded."
        return [
            Unmeasured(metric=name, code="undefined", reason=reason) for name in ("benchmark_uses", "benchmark_age")
        ]
    uses, first, last = seen.uses[claim.data]
    counted = Measured(metric="benchmark_uses", value=float(uses), unit="count", direction="lower_is_better")
    if first is None or last is None:
        reason = "No run on these data says when it began."
        return [counted, Unmeasured(metric="benchmark_age", code="undefined", reason=reason)]
    days = seconds_between(first, last) / 86_400
    return [counted, Measured(metric="benchmark_age", value=days, unit="days", direction="lower_is_better")]


def _guardrails(
    claim: Configuration | None, baseline: Configuration | None, options: RunsOptions, why: str | None
) -> list[Measurement]:
    """How far each guardrail is from being worse than its margin allows: 0 or more is not inferior.

    Intervals hold for all of them at once (Bonferroni); the number without a slice is the smallest of them.
    """
    asked = options.margins
    if not asked or claim is None or baseline is None:
        reason = why or "There is no baseline." if asked else "The plan names no guardrail."
        return [
            Unmeasured(metric="guardrail_slack", slice=slice_, code="not_applicable", reason=reason)
            for slice_ in ({}, *({"guardrail": name} for name, _, _ in asked))
        ]
    level = 1 - (1 - options.level) / len(asked)
    found: list[Measurement] = []
    for name, margin, sign in asked:
        slice_: dict[str, str | None] = {"guardrail": name}
        change = contrast(claim, baseline, name, level)
        if isinstance(change, str):
            found.append(Unmeasured(metric="guardrail_slack", slice=slice_, code="undefined", reason=change))
            continue
        found.append(
            Measured(
                metric="guardrail_slack",
                slice=slice_,
                value=sign * change.difference + margin,
                unit="difference",
                direction="higher_is_better",
                interval=_turned(change.interval, sign, margin),
                denominator=float(change.seeds),
                reference=baseline.label,
            )
        )
    return [_smallest(found), *found]


def _turned(interval: Interval | None, sign: int, margin: float) -> Interval | None:
    if interval is None:
        return None
    ends = sorted((sign * interval.lower + margin, sign * interval.upper + margin))
    return interval.model_copy(update={"lower": ends[0], "upper": ends[1]})


def _smallest(found: list[Measurement]) -> Measurement:
    """The guardrail that is worst off: all are kept if this one is; unknown if one of them is."""
    unknown = next((one for one in found if isinstance(one, Unmeasured)), None)
    if unknown is not None:
        return unknown.model_copy(update={"slice": {}})
    measured = [one for one in found if isinstance(one, Measured)]
    worst = min(measured, key=lambda one: one.value)
    if any(one.interval is None for one in measured):
        return worst.model_copy(update={"slice": {}, "interval": None})
    intervals = [one.interval for one in measured if one.interval is not None]
    lower = min(one.lower for one in intervals)
    interval = intervals[0].model_copy(
        update={"lower": lower, "upper": max(lower, min(one.upper for one in intervals))}
    )
    return worst.model_copy(update={"slice": {}, "interval": interval})


def _reproduction(seen: Collected, claim: Configuration | None, options: RunsOptions) -> list[Measurement]:
    """The distance from an earlier value of what was obtained again; its interval says how large it can be."""
    if options.earlier is None:
        return []
    values = [
        trial.values[options.metric]
        for one in seen.configurations.values()
        for trial in one.trials
        if trial.purpose == "reproduction" and options.metric in trial.values
    ]
    if not values and claim is not None:
        values = claim.values(options.metric)
    if not values:
        return [Unmeasured(metric="reproduction_error", code="undefined", reason="No run obtained it again.")]
    mean, _, interval = student_mean(values, options.level)
    error = abs(mean - options.earlier)
    if interval is not None:
        ends = [abs(interval.lower - options.earlier), abs(interval.upper - options.earlier)]
        inside = interval.lower <= options.earlier <= interval.upper
        interval = interval.model_copy(update={"lower": 0.0 if inside else min(ends), "upper": max(ends)})
    return [
        Measured(
            metric="reproduction_error",
            value=error,
            unit="value",
            direction="lower_is_better",
            interval=interval,
            denominator=float(len(values)),
            reference="an earlier value",
        )
    ]


def _method(options: RunsOptions, seen: Collected, claim: Configuration | None, baseline: Configuration | None) -> str:
    named = " and ".join(
        f"{role} {one.label}" for role, one in (("claimed:", claim), ("baseline:", baseline)) if one is not None
    )
    return (
        f"{seen.tried} tracked runs of {len(seen.configurations)} configurations ({named or 'none is claimed'}). A configuration "
        "is what runs say they were set to, whatever the type, on the same commit and data; runs of it with other seeds are "
        "repetitions, and several runs of one seed count once, with their mean. Means have Student's t interval over seeds. "
        "Configurations are compared seed by seed (paired t), or by Welch's t if they share fewer than two seeds. Ablations are "
        "derived: configurations that differ from the claimed one in exactly one setting, on the same commit and data; their "
        "p-values are adjusted by Holm's method. "
        + (
            "Intervals of guardrails hold for all of them at once (Bonferroni). "
            if options.guardrails or options.guardrails_lower
            else ""
        )
        + "The optimism of selection is what the best of so many equal configurations is expected to gain by the chance of seeds "
        "alone (Blom's approximation)."
    )
