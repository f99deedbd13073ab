"""What documents print of several runs: findings, and a table of each run."""

from __future__ import annotations

from cardwright.evaluators.seeds.runs import MetricKey
from cardwright.record.base import label
from cardwright.record.evaluation import (
    Finding,
    TableColumn,
)
from cardwright.record.evaluation import Table as TableValue


def runs_table(runs: list[str], per_run: list[dict[MetricKey, float | str]]) -> TableValue:
    keys = list(per_run[0])
    return TableValue(
        id="runs",
        title="Each run",
        columns=(
            TableColumn(name="run", title="Run"),
            *(
                TableColumn(
                    name=f"{metric}{''.join(f'_{i}' for i, _ in enumerate(across))}_{index}",
                    title=metric.replace("_", " ")
                    + (f" across {', '.join(label(a) for a in across)}" if across else ""),
                    unit="difference" if across else "proportion",
                )
                for index, (metric, across) in enumerate(keys)
            ),
        ),
        rows=tuple(
            (label(run), *(v if isinstance(v := numbers[key], float) else None for key in keys))
            for run, numbers in zip(runs, per_run, strict=True)
        ),
    )


def seed_findings(k: int) -> list[Finding]:
    if k < 2:
        return [
            Finding(
                severity="medium",
                key="single_seed",
                explanation="There is one run, so how much its numbers depend on chance in training is not known.",
                count=1,
            )
        ]
    return (
        [
            Finding(
                severity="low",
                key="few_seeds",
                explanation=f"There are {k} runs. A standard deviation over fewer than five runs is rough.",
                count=k,
            )
        ]
        if k < 5
        else []
    )
