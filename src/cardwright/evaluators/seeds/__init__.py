"""Seeds: how much a number moves when only the chance in training does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from cardwright.errors import MissingExtraError, SourceError, UsageError, did_you_mean
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.seeds.options import SeedsOptions
from cardwright.record.base import label
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    Finding,
    NotTested,
    Scanned,
    TableColumn,
    count_severities,
)
from cardwright.record.evaluation import Table as TableValue
from cardwright.record.measurement import Direction, Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Predictions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BETTER: dict[str, Direction] = dict.fromkeys(("accuracy", "balanced_accuracy", "roc_auc"), "higher_is_better")


class Seeds(SeedsOptions):
    """The same metrics for several runs of one training, on the same rows.

    The file of predictions holds a column for each run, so that no two runs can be over different rows.

    Parameters
    ----------
    runs
        Columns with the other runs' scores (or decisions, or values: as the source's own column is). The source's own predictions
        are a run too.
    min_denominator
        Rows a group must have to enter the gap of a run.
    level
        Confidence level of intervals.
    """

    name: ClassVar[str] = "seeds"
    version: ClassVar[str] = "1"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Predictions,), "predictions of one run, with a column for each other run"),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            Where a run is no column of the source.
        SourceError
            Where a run has missing values.
        """
        try:
            import numpy as np
            import pyarrow as pa
            import scipy  # noqa: F401
            import sklearn  # noqa: F401
        except ImportError as exc:
            raise MissingExtraError(exc.name or "numpy", "tabular", "comparing runs") from exc
        source = inputs.get("source", Predictions)
        own = source.score or source.prediction
        if own is None:
            raise UsageError("seeds: the source has neither scores nor decisions", do="Name a column of either.")
        names = list(source.rows.schema.names)
        runs = list(dict.fromkeys([own, *self.runs]))
        for name in runs:
            if name not in names:
                raise UsageError(f'seeds: no column is called "{label(name)}"', do=did_you_mean(name, names))
        if not 0 < self.level < 1:
            raise UsageError("seeds: `level` lies between 0 and 1", do="Say for example 0.95.")
        attributes = [a.name for a in source.sensitive]
        more = [source.weight] if source.weight else []
        wanted = list(dict.fromkeys([source.label, *runs, *attributes, *more]))
        table = pa.Table.from_batches(list(source.rows.batches(wanted)))
        for name in (source.label, *runs):
            if table.column(name).null_count:
                raise SourceError(
                    f"{table.column(name).null_count} rows have no value in {label(name)}",
                    where=source.ref.name,
                    do="A run is compared on the rows that all runs have; fill the column, or leave the run out.",
                )
        rows = _Rows(source, table, np)
        per_run = [_metrics(rows, name, self.min_denominator) for name in runs]
        measurements = [*self._spread(source, per_run, len(runs)), self._churn(source, rows, runs)]
        findings = self._findings(len(runs), measurements)
        return Evaluation(
            id=inputs.id,
            evaluator=self.name,
            evaluator_version=self.version,
            inputs=inputs.recorded(),
            parameters=dict(inputs.parameters),
            binding=inputs.binding,
            question="How much do the numbers move when only the chance in training does?",
            method=(
                f"{len(runs)} run{'' if len(runs) == 1 else 's'} of one training are compared on the same {table.num_rows} rows. "
                "For each metric: the mean over runs with Student's t interval, the standard deviation (n - 1) and the range. "
                "The interval is about the training procedure on these rows; it does not hold the uncertainty of the rows. "
                f"Gaps are highest minus lowest selection rate over groups of at least {self.min_denominator} rows. Churn is the "
                "share of rows on which any two runs decide differently."
            ),
            limits=(
                "A few runs tell a standard deviation only roughly: of five, its own error is about a third.",
                "Only what differs between the runs is seen; data, features and settings were the same.",
            ),
            measurements=tuple(measurements),
            findings=tuple(findings),
            severities=count_severities(findings),
            tables=(_table(runs, per_run),),
            coverage=Coverage(
                scanned=(Scanned(what="rows", scanned=table.num_rows, total=table.num_rows),),
                not_tested=(
                    NotTested(what="other splits of the data", why="all runs are over the same rows"),
                    NotTested(what="that the columns are runs of one training", why="the plan says so"),
                ),
            ),
            completeness="complete",
        )

    def _spread(self, source: Predictions, per_run: list[dict[_Key, float | str]], k: int) -> list[Measurement]:
        import numpy as np
        from scipy import stats

        found: list[Measurement] = []
        sampling = Sampling(unit="run", units=k, observations=k)
        for key in per_run[0]:
            metric, across = key
            values = [run[key] for run in per_run]
            numbers = [v for v in values if isinstance(v, float)]
            common: dict[str, Any] = {"across": across, "sampling": sampling}
            if len(numbers) < k:
                reason = next(v for v in values if isinstance(v, str))
                for part in ("mean", "sd", "range"):
                    found.append(Unmeasured(metric=f"{metric}_seed_{part}", code="undefined", reason=reason, **common))
                continue
            unit = "difference" if across else "outcome" if source.task == "regression" else "proportion"
            better = _BETTER.get(metric, "lower_is_better")
            mean = float(np.mean(numbers))
            if k < 2:
                found.append(
                    Measured(
                        metric=f"{metric}_seed_mean", value=mean, unit=unit, direction=better, denominator=k, **common
                    )
                )
                for part in ("sd", "range"):
                    found.append(
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
            half = float(stats.t.ppf(0.5 + self.level / 2, k - 1)) * sd / float(np.sqrt(k))
            found += [
                Measured(
                    metric=f"{metric}_seed_mean",
                    value=mean,
                    unit=unit,
                    direction=better,
                    interval=Interval(level=self.level, lower=mean - half, upper=mean + half, method="student_t"),
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
        return found

    def _churn(self, source: Predictions, rows: _Rows, runs: list[str]) -> Measurement:
        import numpy as np

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
        count = int(differ.sum())
        bounds = wilson(count, rows.n, self.level)
        assert bounds is not None
        return Measured(
            metric="prediction_churn",
            value=count / rows.n,
            unit="proportion",
            direction="lower_is_better",
            interval=Interval(level=self.level, lower=bounds.lower, upper=bounds.upper, method="wilson"),
            numerator=count,
            denominator=rows.n,
            sampling=Sampling(unit=source.unit, units=rows.n, observations=rows.n, design=source.design),
        )

    def _findings(self, k: int, measurements: list[Measurement]) -> list[Finding]:
        if k < 2:
            return [
                Finding(
                    severity="medium",
                    key="single_seed",
                    explanation="There is one run. How much its numbers owe to chance in training cannot be told.",
                    count=1,
                )
            ]
        return (
            [
                Finding(
                    severity="low",
                    key="few_seeds",
                    explanation=f"There are {k} runs. A standard deviation over fewer than five is rough.",
                    count=k,
                )
            ]
            if k < 5
            else []
        )


_Key = tuple[str, tuple[str, ...]]


class _Rows:
    """The rows that all runs are judged on."""

    def __init__(self, source: Predictions, table: Any, np: Any) -> None:
        self.source, self.table, self.np = source, table, np
        self.n = int(table.num_rows)
        self.truth = self._labels(source.label) if source.task != "regression" else self._numbers(source.label)
        self.weight = self._numbers(source.weight) if source.weight else None

    def _labels(self, column: str) -> NDArray[np.object_]:
        encoded = self.table.column(column).combine_chunks().dictionary_encode()
        names = self.np.array([label(v) for v in encoded.dictionary.to_pylist()], dtype=object)
        return names[encoded.indices.to_numpy(zero_copy_only=False)] if len(names) else self.np.array([], dtype=object)  # type: ignore[no-any-return]

    def _numbers(self, column: str) -> NDArray[np.float64]:
        return self.np.asarray(self.table.column(column).to_numpy(), dtype=float)  # type: ignore[no-any-return]

    def scores(self, run: str) -> NDArray[np.float64]:
        return self._numbers(run)

    def positive(self) -> NDArray[np.bool_]:
        return self.np.asarray(self.truth == self.source.favourable)  # type: ignore[no-any-return]

    def decisions(self, run: str) -> NDArray[Any]:
        """What a run decides: favourable or not, or the class."""
        if self.source.score is not None and self.source.task == "binary":
            threshold = 0.5 if self.source.threshold is None else self.source.threshold
            return self.scores(run) >= threshold
        decided = self._labels(run)
        return decided == self.source.favourable if self.source.task == "binary" else decided

    def groups(self, attribute: Any) -> dict[str, NDArray[np.bool_]]:
        encoded = self.table.column(attribute.name).combine_chunks().dictionary_encode()
        names = [None if v is None or v != v else label(v) for v in encoded.dictionary.to_pylist()]  # noqa: PLR0124  NaN
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        known: dict[str, NDArray[np.bool_]] = {}
        for place, name in enumerate(names):
            if name is not None and name not in attribute.unknown:
                known[name] = known.get(name, self.np.zeros(self.n, bool)) | (codes == place)
        return dict(sorted(known.items()))


def _metrics(rows: _Rows, run: str, least: int) -> dict[_Key, float | str]:
    """Every metric of one run, or the reason why there is none."""
    from sklearn import metrics

    source = rows.source
    out: dict[_Key, float | str] = {}
    if not rows.n:
        return {("accuracy" if source.task != "regression" else "mean_absolute_error", ()): "There are 0 rows."}
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
            found = {g: mask for g, mask in rows.groups(attribute).items() if int(mask.sum()) >= least}
            rates = [
                float((decided[m] * weight[m]).sum() / weight[m].sum())
                if weight is not None
                else float(decided[m].mean())
                for m in found.values()
            ]
            key = ("demographic_parity_difference", (attribute.name,))
            out[key] = (
                max(rates) - min(rates)
                if len(rates) > 1
                else f"{len(rates)} groups have {least} rows or more; two are compared."
            )
    return out


def _table(runs: list[str], per_run: list[dict[_Key, float | str]]) -> TableValue:
    keys = list(per_run[0])
    return TableValue(
        id="runs",
        title="Each run",
        columns=(
            TableColumn(name="run", title="Run"),
            *(
                TableColumn(
                    name=f"{metric}{''.join(f'_{i}' for i, _ in enumerate(across))}_{place}",
                    title=metric.replace("_", " ")
                    + (f" across {', '.join(label(a) for a in across)}" if across else ""),
                    unit="difference" if across else "proportion",
                )
                for place, (metric, across) in enumerate(keys)
            ),
        ),
        rows=tuple(
            (label(run), *(v if isinstance(v := numbers[key], float) else None for key in keys))
            for run, numbers in zip(runs, per_run, strict=True)
        ),
    )
