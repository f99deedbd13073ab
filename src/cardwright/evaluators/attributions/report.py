"""What documents print of attributions: findings and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cardwright.evaluators.attributions.association import Association
from cardwright.evaluators.attributions.options import AttributionsOptions
from cardwright.evaluators.rows.wording import part_of, percent
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
    import pyarrow

    from cardwright.evaluators.attributions.ways import Explained


def quality_findings(measurements: list[Measurement]) -> list[Finding]:
    whole = [m for m in measurements if isinstance(m, Measured) and not m.slice]
    values, intervals = {m.metric: m.value for m in whole}, {m.metric: m.interval for m in whole}
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
    nothing = [
        name
        for name in ("deletion_gain", "insertion_gain")
        if (interval := intervals.get(name)) is not None and interval.upper <= 0
    ]
    if nothing:
        found.append(
            Finding(
                severity="high",
                key="no_better_than_chance",
                explanation="Replacing features in the order of their attributions moves the output no further than replacing "
                f"them in a random order ({', '.join(nothing)}): the explanation does not find what drives it.",
            )
        )
    alike = intervals.get("randomisation_similarity")
    if alike is not None and alike.lower > 0.9:
        found.append(
            Finding(
                severity="medium",
                key="explains_no_learning",
                explanation="A network with shuffled weights is explained almost alike: the attributions show the data rather "
                "than what the network has learnt.",
            )
        )
    flipped = [
        m for m in measurements if isinstance(m, Measured) and m.metric == "counterfactual_flip_rate" and m.value > 0
    ]
    for one in flipped:
        found.append(
            Finding(
                severity="high",
                key="decision_flips",
                explanation=f"For {part_of(round(one.value * (one.denominator or 0)), one.denominator or 0, 'row')} "
                f"({percent(one.value)}) the decision changes if {one.slice['feature']} alone is changed.",
            )
        )
    return found


def direction(values: pyarrow.Array, attributions: Any) -> float | None:
    """Spearman's correlation of a feature's values with its attributions: 1 where higher values always push the output up.

    None for words, and where either is the same for all rows.
    """
    import numpy as np
    import pyarrow as pa
    from scipy.stats import rankdata

    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        return None
    numbers = np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float)
    there = np.isfinite(numbers)
    if np.unique(numbers[there]).size < 2 or np.unique(attributions[there]).size < 2:
        return None
    return float(np.corrcoef(rankdata(numbers[there]), rankdata(attributions[there]))[0, 1])


def feature_tables(
    options: AttributionsOptions,
    model: Model,
    first: Explained,
    explained: pyarrow.RecordBatch,
    order: Any,
    proxies: list[tuple[str, str, Association]],
) -> tuple[TableValue, ...]:
    import numpy as np

    absolute = np.abs(first.values)
    mean, whole = absolute.mean(axis=0), float(absolute.mean(axis=0).sum())
    rows = []
    for index in list(order)[: options.top]:
        low, high = np.quantile(absolute[:, index], [0.05, 0.95])
        share = float(mean[index]) / whole if whole > 0 else None
        name, own = model.features[index], first.values[:, index]
        way = direction(explained.column(name), own)
        rows.append((label(name), float(mean[index]), share, float(low), float(high), float(own.mean()), way))
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
                TableColumn(name="signed", title="Mean attribution, with its sign", unit=first.output),
                TableColumn(name="direction", title="Higher values push up (+1) or down (-1)", unit="correlation"),
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
                    TableColumn(name="lower", title="Lower bound", unit="correlation"),
                    TableColumn(name="upper", title="Upper bound", unit="correlation"),
                ),
                rows=tuple(
                    (label(feature), label(attribute), found.value, found.lower, found.upper)
                    for feature, attribute, found in proxies
                ),
            )
        )
    return tuple(tables)
