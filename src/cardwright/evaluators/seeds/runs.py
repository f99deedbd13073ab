"""The rows that all runs are judged on, and every metric of one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cardwright.evaluators.rows.ranked import first_candidates, ndcg_by_query
from cardwright.record.base import label
from cardwright.sources.interface import Predictions

MetricKey = tuple[str, tuple[str, ...]]


def run_weights(table: pa.Table, source: Predictions) -> NDArray[np.float64] | None:
    """The weight of each row; None if rows are not weighted."""
    return _numbers(table, source.weight) if source.weight else None


@dataclass(frozen=True)
class RunRows:
    """The rows that all runs are judged on."""

    source: Predictions
    table: pa.Table
    truth: NDArray[Any]
    """Outcomes: labels, or numbers of a regression or ranking."""
    weight: NDArray[np.float64] | None

    @classmethod
    def of(cls, source: Predictions, table: pa.Table) -> RunRows:
        """Rows with their outcomes and weights."""
        truth = _numbers(table, source.label) if source.says_numbers else _labels(table, source.label)
        return cls(source, table, truth, run_weights(table, source))

    @property
    def n(self) -> int:
        """How many rows."""
        return int(self.table.num_rows)

    def scores(self, run: str) -> NDArray[np.float64]:
        """The scores of a run, the highest first."""
        return -_numbers(self.table, run) if self.source.by_rank else _numbers(self.table, run)

    def queries(self) -> NDArray[np.int64]:
        """The query of each row of a ranking, as whole numbers from 0 on."""
        column = self.table.column(self.source.query).combine_chunks()
        return np.asarray(column.dictionary_encode().indices.to_numpy(zero_copy_only=False), np.int64)

    def first_of_query(self) -> NDArray[np.int64]:
        """A row of each query."""
        return np.unique(self.queries(), return_index=True)[1]

    def positive(self) -> NDArray[np.bool_]:
        return np.asarray(self.truth == self.source.favourable)

    def decisions(self, run: str) -> NDArray[Any]:
        """What a run decides: favourable or not, the class, or which row stands first for each query."""
        if self.source.task == "ranking":
            return first_candidates(self.queries(), self.scores(run), self.truth)
        if self.source.score is not None and self.source.task == "binary":
            threshold = 0.5 if self.source.threshold is None else self.source.threshold
            return self.scores(run) >= threshold
        decided = _labels(self.table, run)
        return decided == self.source.favourable if self.source.task == "binary" else decided

    def groups(self, attribute: Any) -> dict[str, NDArray[np.bool_]]:
        encoded = self.table.column(attribute.name).combine_chunks().dictionary_encode()
        names = [None if v is None or v != v else label(v) for v in encoded.dictionary.to_pylist()]  # noqa: PLR0124  NaN
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        known: dict[str, NDArray[np.bool_]] = {}
        for index, name in enumerate(names):
            if name is not None and name not in attribute.unknown:
                known[name] = known.get(name, np.zeros(self.n, bool)) | (codes == index)
        return dict(sorted(known.items()))


def _labels(table: pa.Table, column: str) -> NDArray[np.object_]:
    encoded = table.column(column).combine_chunks().dictionary_encode()
    names = np.array([label(v) for v in encoded.dictionary.to_pylist()], dtype=object)
    return names[encoded.indices.to_numpy(zero_copy_only=False)] if len(names) else np.array([], dtype=object)


def _numbers(table: pa.Table, column: str) -> NDArray[np.float64]:
    return np.asarray(table.column(column).to_numpy(), dtype=float)


_FIRST = {"regression": "mean_absolute_error", "ranking": "ndcg"} | dict.fromkeys(("binary", "multiclass"), "accuracy")
"""The metric that stands for all where there are no rows."""


def run_metrics(rows: RunRows, run: str, least: int) -> dict[MetricKey, float | str]:
    """Every metric of one run, or the reason why there is none."""
    from sklearn import metrics

    source = rows.source
    out: dict[MetricKey, float | str] = {}
    if not rows.n:
        return {(_FIRST[source.task], ()): "There are 0 rows."}
    if source.task == "ranking":
        by_row = ndcg_by_query(rows.queries(), rows.scores(run), rows.truth)
        judged = by_row[rows.first_of_query()]
        judged = judged[np.isfinite(judged)]
        return {("ndcg", ()): float(judged.mean()) if len(judged) else "No query has a relevant candidate."}
    weight = rows.weight
    if source.task == "regression":
        values = rows.scores(run)
        return {
            ("mean_absolute_error", ()): float(metrics.mean_absolute_error(rows.truth, values, sample_weight=weight)),
            ("root_mean_squared_error", ()): float(
                metrics.root_mean_squared_error(rows.truth, values, sample_weight=weight)
            ),
        }
    truth = rows.positive() if source.task == "binary" else rows.truth
    decided = rows.decisions(run)
    kinds = sorted(set(truth.tolist()))
    one_class = f"All {rows.n} rows have one true class."
    right = decided == truth
    total = float(weight.sum()) if weight is not None else float(rows.n)
    out[("accuracy", ())] = float((right * weight).sum() / total if weight is not None else right.mean())
    recalls = [
        float((right[truth == k] * weight[truth == k]).sum() / weight[truth == k].sum())
        if weight is not None
        else float(right[truth == k].mean())
        for k in kinds
    ]
    out[("balanced_accuracy", ())] = sum(recalls) / len(recalls) if len(kinds) > 1 else one_class
    if source.task == "binary":
        if source.score is not None:
            out[("roc_auc", ())] = (
                float(metrics.roc_auc_score(truth, rows.scores(run), sample_weight=weight))
                if len(kinds) > 1
                else one_class
            )
        for attribute in source.sensitive:
            masks = {g: mask for g, mask in rows.groups(attribute).items() if int(mask.sum()) >= least}
            rates = [
                float((decided[m] * weight[m]).sum() / weight[m].sum())
                if weight is not None
                else float(decided[m].mean())
                for m in masks.values()
            ]
            key = ("demographic_parity_difference", (attribute.name,))
            out[key] = (
                max(rates) - min(rates)
                if len(rates) > 1
                else f"{len(rates)} groups have {least} rows or more; two are compared."
            )
    return out
