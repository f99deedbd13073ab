"""From several runs to spreads: mean, standard deviation and range of each metric, and how many decisions change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.direction import row_findings
from cardwright.evaluators.rows.group_names import confusable_groups
from cardwright.evaluators.rows.refusals import require_level_and_cases
from cardwright.evaluators.rows.weights import findings_of
from cardwright.evaluators.rows.wording import counted
from cardwright.evaluators.seeds.joined import join_runs
from cardwright.evaluators.seeds.options import SeedsOptions
from cardwright.evaluators.seeds.report import runs_table, seed_findings
from cardwright.evaluators.seeds.runs import MetricKey, RunRows, run_metrics, run_weights
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    NotTested,
    Scanned,
    count_severities,
)
from cardwright.record.measurement import Direction, Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Predictions

_BETTER: dict[str, Direction] = dict.fromkeys(("accuracy", "balanced_accuracy", "roc_auc", "ndcg"), "higher_is_better")


def assess(options: SeedsOptions, inputs: Inputs, others: Sequence[Predictions]) -> Evaluation:
    """See `Evaluator.evaluate`.

    Raises
    ------
    UsageError
        If a run is no column of the source.
    SourceError
        If a run has missing values.
    """
    source = inputs.get("source", Predictions)
    own = source.score or source.prediction
    if own is None:
        raise UsageError("seeds: the source has neither scores nor decisions", do="Name a column of either.")
    names = list(source.rows.schema.names)
    runs = list(dict.fromkeys([own, *options.runs]))
    for name in runs:
        if name not in names:
            raise UsageError(f"seeds: no column is called {quoted(name)}", do=hint(name, names, columns=True))
    require_level_and_cases(options.name, options.level, options.min_denominator)
    attributes = [a.name for a in source.sensitive]
    more = [column for column in (source.weight, source.query, source.key) if column]
    wanted = list(dict.fromkeys([source.label, *runs, *attributes, *more]))
    table = pa.Table.from_batches(list(source.rows.batches(wanted)))
    for name in (source.label, *runs):
        if table.column(name).null_count:
            raise SourceError(
                f"{table.column(name).null_count} rows have no value in {label(name)}",
                where=source.ref.name,
                do="A run is compared on the rows that all runs have; fill the column, or leave the run out.",
            )
    joined = join_runs(source, table, others, source.ref.path or source.ref.name)
    table, runs = joined.table, [*runs, *joined.runs]
    total, weight = table.num_rows, run_weights(table, source)
    if weight is not None:
        table = table.filter(weight > 0)
    rows = RunRows.of(source, table)
    per_run = [run_metrics(rows, name, options.min_denominator) for name in runs]
    measurements = [*_spread(options, source, per_run, len(runs)), _churn(options, source, rows, runs)]
    groups = {attribute.name: attribute.groups for attribute in source.sensitive}
    decides = "rows on which any two runs decide differently"
    findings = [
        *row_findings(source, inputs.seed),
        *findings_of(source.weight, weight),
        *confusable_groups(groups),
        *seed_findings(len(runs)),
    ]
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question="How much do the numbers vary when only the randomness of training does?",
        method=(
            f"{counted(len(runs), 'run')} of one training are compared on the same {table.num_rows} rows. "
            "For each metric: the mean over runs with Student's t interval, the standard deviation (n - 1) and the range. "
            "The interval is about the training procedure on these rows; it does not include the uncertainty of the rows. "
            f"Gaps are highest minus lowest selection rate over groups of at least {options.min_denominator} rows. Churn is the "
            f"share of {'queries whose first candidate differs between any two runs' if source.query else decides}."
        ),
        limits=(
            "A few runs give a standard deviation only roughly: with five, its own error is about a third.",
            "Only what differs between the runs is seen; data, features and settings were the same.",
        ),
        measurements=tuple(measurements),
        findings=tuple(findings),
        severities=count_severities(findings),
        tables=(runs_table(runs, per_run),),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=table.num_rows, total=total), *joined.scanned()),
            not_tested=(
                *joined.not_tested(),
                NotTested(what="other splits of the data", why="all runs are over the same rows"),
                NotTested(what="whether the columns are runs of one training", why="the plan says so"),
            ),
        ),
        completeness="complete",
    )


def _spread(
    options: SeedsOptions, source: Predictions, per_run: list[dict[MetricKey, float | str]], k: int
) -> list[Measurement]:
    from scipy import stats

    measurements: list[Measurement] = []
    sampling = Sampling(unit="run", units=k, observations=k)
    for key in per_run[0]:
        metric, across = key
        values = [run[key] for run in per_run]
        numbers = [v for v in values if isinstance(v, float)]
        common: dict[str, Any] = {"across": across, "sampling": sampling}
        if len(numbers) < k:
            reason = next(v for v in values if isinstance(v, str))
            for part in ("mean", "sd", "range"):
                measurements.append(
                    Unmeasured(metric=f"{metric}_seed_{part}", code="undefined", reason=reason, **common)
                )
            continue
        unit = "difference" if across else "outcome" if source.task == "regression" else "proportion"
        better = _BETTER.get(metric, "lower_is_better")
        mean = float(np.mean(numbers))
        if k < 2:
            measurements.append(
                Measured(metric=f"{metric}_seed_mean", value=mean, unit=unit, direction=better, denominator=k, **common)
            )
            for part in ("sd", "range"):
                measurements.append(
                    Unmeasured(
                        metric=f"{metric}_seed_{part}",
                        code="too_few_samples",
                        reason="There is 1 run; two are needed.",
                        denominator=1,
                        **common,
                    )
                )
            continue
        sd = float(np.std(numbers, ddof=1))
        half = float(stats.t.ppf(0.5 + options.level / 2, k - 1)) * sd / float(np.sqrt(k))
        measurements += [
            Measured(
                metric=f"{metric}_seed_mean",
                value=mean,
                unit=unit,
                direction=better,
                interval=Interval(level=options.level, lower=mean - half, upper=mean + half, method="student_t"),
                denominator=k,
                **common,
            ),
            Measured(
                metric=f"{metric}_seed_sd",
                value=sd,
                unit=unit,
                direction="lower_is_better",
                denominator=k,
                **common,
            ),
            Measured(
                metric=f"{metric}_seed_range",
                value=max(numbers) - min(numbers),
                unit=unit,
                direction="lower_is_better",
                denominator=k,
                **common,
            ),
        ]
    return measurements


def _churn(options: SeedsOptions, source: Predictions, rows: RunRows, runs: list[str]) -> Measurement:

    from cardwright.statistics.intervals import wilson

    if source.task == "regression":
        return Unmeasured(
            metric="prediction_churn", code="not_applicable", reason="Values are predicted, not decisions."
        )
    if len(runs) < 2:
        return Unmeasured(
            metric="prediction_churn",
            code="too_few_samples",
            reason="There is 1 run; two are needed.",
            denominator=1,
        )
    if rows.n == 0:
        return Unmeasured(metric="prediction_churn", code="undefined", reason="There are 0 rows.", denominator=0)
    first = rows.decisions(runs[0])
    differ = np.any([rows.decisions(run) != first for run in runs[1:]], axis=0)
    count, n = int(differ.sum()), len(differ)
    bounds = wilson(count, n, options.level)
    assert bounds is not None
    return Measured(
        metric="prediction_churn",
        value=count / n,
        unit="proportion",
        direction="lower_is_better",
        interval=Interval(level=options.level, lower=bounds.lower, upper=bounds.upper, method="wilson"),
        numerator=count,
        denominator=n,
        sampling=Sampling(unit=source.query or source.unit, units=n, observations=rows.n, design=source.design),
    )
