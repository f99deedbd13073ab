"""What runs took, and how long requests take."""

from __future__ import annotations

from typing import get_args

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.runs.collecting import Configuration
from cardwright.evaluators.runs.contrasts import student_mean
from cardwright.evaluators.runs.options import RunsOptions
from cardwright.privacy.showing import hint, quoted
from cardwright.record.measurement import Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.record.run import CostKind
from cardwright.sources.interface import Source, Table
from cardwright.statistics.order import quantile

KINDS: tuple[CostKind, ...] = get_args(CostKind)
_QUANTILES = {"latency_p50": 0.5, "latency_p95": 0.95}


def cost_measurements(claim: Configuration | None, baseline: Configuration | None, level: float) -> list[Measurement]:
    """What a run of the claimed configuration and of the baseline took on average, of those that say it."""
    found: list[Measurement] = []
    for role, one in (("claim", claim), ("baseline", baseline)):
        if one is None:
            continue
        for kind in KINDS:
            values = [trial.cost[kind] for trial in one.trials if kind in trial.cost]
            if not values:
                continue
            mean, _, interval = student_mean(values, level)
            found.append(
                Measured(
                    metric=f"cost_{kind}",
                    slice={"configuration": role},
                    value=mean,
                    unit=kind,
                    direction="lower_is_better",
                    interval=interval,
                    denominator=float(len(values)),
                    sampling=Sampling(unit="run", units=len(values), observations=len(one.trials)),
                )
            )
    return found


def latency_measurements(source: Source | None, options: RunsOptions, id_: str) -> list[Measurement]:
    """p50 and p95 of single requests by order statistics; nothing if no file of them is named.

    Raises
    ------
    UsageError
        Where `latency` is no column of them.
    SourceError
        Where one of them is missing or negative.
    """
    if source is None:
        if options.latency:
            raise UsageError(
                "`latency` is a column of a source that is not named",
                where=id_,
                do="Add `latencies: SOURCE`, or leave it out.",
            )
        return []
    assert isinstance(source, Table)
    names = list(source.rows.schema.names)
    if options.latency not in names:
        raise UsageError(
            f"runs: no column is called {quoted(options.latency)}",
            where=id_,
            do=hint(options.latency, names, columns=True),
        )
    import numpy as np

    parts = [batch.column(0).to_numpy(zero_copy_only=False) for batch in source.rows.batches([options.latency])]
    try:
        values = np.concatenate(parts).astype(float) if parts else np.zeros(0)
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if not np.isfinite(values).all() or (values < 0).any():
        raise SourceError(
            "a time of a request is missing, negative or no number",
            where=source.ref.path or source.ref.name,
            do="Leave out rows without a time; a request that timed out has the time until it did.",
        )
    sampling = Sampling(unit="request", units=len(values), observations=len(values), design=source.design)
    found: list[Measurement] = []
    for name, q in _QUANTILES.items():
        measured = quantile(values, q, options.level)
        if measured is None:
            found.append(Unmeasured(metric=name, code="undefined", reason="There are 0 requests.", sampling=sampling))
            continue
        bounds = measured.bounds
        found.append(
            Measured(
                metric=name,
                value=measured.estimate,
                unit="ms",
                direction="lower_is_better",
                interval=None
                if bounds is None
                else Interval(level=bounds.level, lower=bounds.lower, upper=bounds.upper, method=bounds.method),
                denominator=float(len(values)),
                sampling=sampling,
            )
        )
    return found
