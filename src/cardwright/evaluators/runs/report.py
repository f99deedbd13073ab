"""What documents print of runs: findings, and tables of configurations, ablations, provenance and untraceable runs."""

from __future__ import annotations

from collections import Counter

from cardwright.evaluators.runs.ablations import Ablation
from cardwright.evaluators.runs.collecting import NOT_STATED, Collected, Configuration, differing
from cardwright.evaluators.runs.contrasts import student_mean
from cardwright.evaluators.runs.looks import LooksTaken
from cardwright.evaluators.runs.options import RunsOptions
from cardwright.evaluators.runs.training_run import Traced
from cardwright.record.base import label
from cardwright.record.evaluation import Finding, Severity, TableColumn
from cardwright.record.evaluation import Table as TableValue

MAX_CONFIGURATIONS = 100
"""So many configurations are listed, best first; the others are counted."""


def findings(
    seen: Collected,
    claim: Configuration | None,
    baseline: Configuration | None,
    derived: tuple[Ablation, ...],
    options: RunsOptions,
    traced: Traced,
    looked: LooksTaken,
) -> list[Finding]:
    """What a person should look at."""
    found: list[Finding] = []

    def add(severity: Severity, key: str, explanation: str, count: int | None = None) -> None:
        found.append(Finding(severity=severity, key=key, explanation=explanation, count=count))

    if claim is not None:
        seeds = len(claim.by_seed(options.metric))
        if seeds < options.min_seeds:
            add(
                "medium",
                "few_seeds",
                f"The claimed configuration has {seeds} seeds; {options.min_seeds} are asked for.",
                seeds,
            )
        tried = sum(1 for one in seen.configurations.values() if one.values(options.metric))
        if tried > 1 and not options.claim and sum(1 for one in seen.configurations.values() if _is_candidate(one)) > 1:
            add(
                "medium",
                "best_of_n",
                f"The claimed configuration is the best of {tried} that were tried, chosen by the number that is claimed, which "
                "is therefore too good on average; `selection_optimism` says by how much if all were equal.",
                tried,
            )
        if not derived:
            add(
                "low",
                "no_ablation",
                "No run differs from the claimed configuration in exactly one setting, so no cause is shown.",
            )
    if claim is not None and baseline is not None:
        if claim.data and baseline.data and claim.data != baseline.data:
            add(
                "high",
                "other_data",
                "The claimed configuration and the baseline were made of different versions of the data.",
            )
        if claim.commit and baseline.commit and claim.commit != baseline.commit:
            add("medium", "other_code", "The claimed configuration and the baseline are of different commits.")
        if not claim.data or not baseline.data:
            add(
                "medium",
                "data_unknown",
                "Whether the claimed configuration and the baseline were made of the same data is not recorded.",
            )
    if baseline is None:
        add("medium", "no_baseline", "There is no baseline among the runs.")
    if seen.untraceable_runs:
        lacks = ", ".join(f"{name} {count}" for name, count in sorted(seen.lacking.items()))
        add(
            "medium",
            "untraceable",
            f"{seen.untraceable_runs} of {seen.tried} runs cannot be traced ({lacks}).",
            seen.untraceable_runs,
        )
    if seen.unread_parts:
        add("medium", "unread", f"{seen.unread_parts} parts of the store could not be read.", seen.unread_parts)
    if seen.no_number:
        add(
            "low",
            "no_number",
            f"{seen.no_number} runs that ended logged no number of {options.metric}.",
            seen.no_number,
        )
    if seen.types:
        add(
            "low", "types_only", "Settings say the same and are of another type in some runs, which is taken for the same: "
            + ", ".join(label(key) for key in sorted(seen.types)[:10]), len(seen.types),
        )  # fmt: skip
    if seen.late_parents:
        add(
            "low",
            "clocks",
            f"{seen.late_parents} runs began before the run that started them: clocks disagree.",
            seen.late_parents,
        )
    gaps = sorted(seen.gaps.items())
    if gaps:
        add(
            "low", "gaps", "What runs say and what cannot be used: " + "; ".join(f"{why} ({count})" for why, count in gaps[:10])
            + (f"; and {len(gaps) - 10} more" if len(gaps) > 10 else ""), sum(seen.gaps.values()),
        )  # fmt: skip
    if looked.undeclared:
        at = ", ".join(str(seeds) for seeds in looked.undeclared)
        add(
            "high",
            "undeclared_look",
            f"The comparison was, or could be, looked at with {at} seeds, which nobody declared. A comparison that goes on "
            "until it looks good is wrong more often than its level says.",
            len(looked.undeclared),
        )
    if traced.why is not None:
        add("high", "training_run", f"Numbers of the model do not resolve to its training. {traced.why}")
    return found


def _is_candidate(one: Configuration) -> bool:
    return any(trial.purpose in ("candidate", "search") for trial in one.trials)


def tables(
    seen: Collected,
    claim: Configuration | None,
    baseline: Configuration | None,
    derived: tuple[Ablation, ...],
    options: RunsOptions,
    traced: Traced,
) -> tuple[TableValue, ...]:
    """Configurations best first, ablations, the model's training run, runs that cannot be traced, and first starts."""
    found = [_configurations(seen, claim, baseline, options)]
    if derived:
        found.append(_ablations(derived, options))
    if traced.model is not None:
        found.append(_provenance(traced))
    if seen.untraceable:
        more = seen.untraceable_runs - len(seen.untraceable)
        title = "Runs that cannot be traced" + (f", and {more} more" if more else "")
        found.append(
            TableValue(
                id="untraceable",
                title=title,
                columns=(TableColumn(name="run", title="Run"), TableColumn(name="lacks", title="Lacks")),
                rows=tuple(seen.untraceable),
            )
        )
    found.append(_starts(seen))
    return tuple(found)


def _starts(seen: Collected) -> TableValue:
    """What a plan's signature is compared with. What could not be read may be a run of any purpose that started at any time."""
    undated = Counter(seen.undated)
    undated[NOT_STATED] += seen.unread_parts
    purposes = sorted({*seen.by_purpose, *(purpose for purpose, count in undated.items() if count)})
    return TableValue(
        id="starts",
        title="When the first run of each purpose started",
        columns=(
            TableColumn(name="purpose", title="Purpose"),
            TableColumn(name="runs", title="Runs", unit="count"),
            TableColumn(name="first", title="First started"),
            TableColumn(name="undated", title="Without a start", unit="count"),
        ),
        rows=tuple(
            (purpose, float(seen.by_purpose[purpose]), seen.first_start.get(purpose), float(undated[purpose]))
            for purpose in purposes
        ),
    )


def _configurations(
    seen: Collected, claim: Configuration | None, baseline: Configuration | None, options: RunsOptions
) -> TableValue:
    rows: list[tuple[float, tuple[float | str | None, ...]]] = []
    for one in seen.configurations.values():
        values = one.values(options.metric)
        if not values:
            continue
        mean, sd, interval = student_mean(values, options.level)
        role = "claimed" if one is claim else "baseline" if one is baseline else None
        reference = claim or baseline
        apart = "" if reference is None or one is reference else ", ".join(differing(reference, one)[:8])
        rows.append(
            (
                -mean if options.higher_is_better else mean,
                (
                    label(one.label), role, float(len(values)), mean, sd, interval.lower if interval else None,
                    interval.upper if interval else None, label(apart) if apart else None,
                    ", ".join(trial.id for trial in one.trials[:5])[:200],
                ),
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (row[0], str(row[1][0])))
    more = len(rows) - MAX_CONFIGURATIONS
    return TableValue(
        id="configurations",
        title=f"Configurations by {label(options.metric)}, best first"
        + (f"; {more} more are not listed" if more > 0 else ""),
        columns=(
            TableColumn(name="configuration", title="Configuration"),
            TableColumn(name="role", title="Role"),
            TableColumn(name="seeds", title="Seeds", unit="count"),
            TableColumn(name="mean", title="Mean", unit="value"),
            TableColumn(name="sd", title="Standard deviation", unit="value"),
            TableColumn(name="lower", title="Lower", unit="value"),
            TableColumn(name="upper", title="Upper", unit="value"),
            TableColumn(name="differs_in", title="Differs from the claimed one in"),
            TableColumn(name="runs", title="Runs"),
        ),
        rows=tuple(row for _, row in rows[:MAX_CONFIGURATIONS]),
    )


def _ablations(derived: tuple[Ablation, ...], options: RunsOptions) -> TableValue:
    rows: list[tuple[float | str | None, ...]] = []
    for one in derived:
        effect = None if isinstance(one.effect, str) else one.effect
        interval = effect.interval if effect else None
        rows.append(
            (
                one.setting, one.value, effect.difference if effect else None, interval.lower if interval else None,
                interval.upper if interval else None, float(effect.seeds) if effect else None, one.adjusted_p,
            )
        )  # fmt: skip
    return TableValue(
        id="ablations",
        title=f"What each setting gives: the claimed configuration minus the one without it, in {label(options.metric)}",
        columns=(
            TableColumn(name="setting", title="Setting"),
            TableColumn(name="value", title="Set otherwise to"),
            TableColumn(name="effect", title="Effect", unit="difference"),
            TableColumn(name="lower", title="Lower", unit="difference"),
            TableColumn(name="upper", title="Upper", unit="difference"),
            TableColumn(name="seeds", title="Seeds", unit="count"),
            TableColumn(name="p", title="p, adjusted (Holm)", unit="proportion"),
        ),
        rows=tuple(rows),
    )


def _provenance(traced: Traced) -> TableValue:
    rows = tuple(
        (
            label(traced.model or ""), run.id, run.commit, (run.config_sha256 or "")[:12] or None,
            label(", ".join(f"{name} {version}" for name, version in run.data.items())) or None,
            None if run.seed is None else float(run.seed), run.started,
        )
        for run in traced.runs[:10]
    ) or ((label(traced.model or ""), "resolves to no run", None, None, None, None, None),)  # fmt: skip
    return TableValue(
        id="training_run",
        title="The run that made the model" if traced.why is None else f"The run that made the model: {traced.why}",
        columns=(
            TableColumn(name="model", title="Model"),
            TableColumn(name="run", title="Run"),
            TableColumn(name="commit", title="Commit"),
            TableColumn(name="config", title="Configuration"),
            TableColumn(name="data", title="Data"),
            TableColumn(name="seed", title="Seed", unit="count"),
            TableColumn(name="started", title="Started"),
        ),
        rows=rows,
    )
