"""What documents print of attributions: findings and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cardwright.evaluators.attributions.options import AttributionsOptions
from cardwright.record.base import label
from cardwright.record.evaluation import (
    Finding,
    Table,
    TableColumn,
)
from cardwright.record.evaluation import Table as TableValue
from cardwright.record.measurement import Measured, Measurement
from cardwright.sources.interface import Model

if TYPE_CHECKING:
    from cardwright.evaluators.attributions.explain import Explained


def quality_findings(measurements: list[Measurement]) -> list[Finding]:
    values = {m.metric: m.value for m in measurements if isinstance(m, Measured) and not m.slice}
    found = []
    if values.get("attribution_rank_stability", 1.0) < 0.8:
        found.append(
            Finding(
                severity="medium",
                key="unstable_ranking",
                explanation="The ranking of features changes with the background: mean Spearman correlation "
                f"{values['attribution_rank_stability']:.2f}.",
            )
        )
    if values.get("additivity_residual_p99", 0.0) > 0.01:
        found.append(
            Finding(
                severity="high",
                key="additivity",
                explanation="Attributions do not add up to the output: the 99th percentile of the residual is "
                f"{values['additivity_residual_p99']:.3g} of the output's range.",
            )
        )
    return found


def feature_tables(
    options: AttributionsOptions, model: Model, first: Explained, order: Any, proxies: list[tuple[str, str, float]]
) -> tuple[TableValue, ...]:
    import numpy as np

    absolute = np.abs(first.values)
    mean, whole = absolute.mean(axis=0), float(absolute.mean(axis=0).sum())
    rows = []
    for index in list(order)[: options.top]:
        low, high = np.quantile(absolute[:, index], [0.05, 0.95])
        share = float(mean[index]) / whole if whole > 0 else None
        rows.append((label(model.features[index]), float(mean[index]), share, float(low), float(high)))
    tables = [
        Table(
            id="top_features",
            title="Features by mean absolute attribution",
            columns=(
                TableColumn(name="feature", title="Feature"),
                TableColumn(
                    name="mean",
                    title=f"Mean absolute attribution ({first.output.replace('_', ' ')})",
                    unit=first.output,
                ),
                TableColumn(name="share", title="Share", unit="share"),
                TableColumn(name="low", title="5th percentile of rows", unit=first.output),
                TableColumn(name="high", title="95th percentile of rows", unit=first.output),
            ),
            rows=tuple(rows),
        )
    ]
    if proxies:
        tables.append(
            Table(
                id="proxies",
                title="Features associated with a sensitive attribute",
                columns=(
                    TableColumn(name="feature", title="Feature"),
                    TableColumn(name="attribute", title="Sensitive attribute"),
                    TableColumn(name="association", title="Association", unit="correlation"),
                ),
                rows=tuple((label(feature), label(attribute), strength) for feature, attribute, strength in proxies),
            )
        )
    return tuple(tables)
