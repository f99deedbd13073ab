"""How often a model is right, how well it ranks and whether its probabilities come true, each with an interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need, run_tally
from cardwright.evaluators.performance.options import PerformanceOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Predictions

if TYPE_CHECKING:
    import pyarrow

    from cardwright.evaluators.rows.tally import RowTally


class Performance(PerformanceOptions):
    """How well predictions agree with true outcomes.

    Parameters
    ----------
    level
        Confidence level of intervals, each by itself.
    quantiles
        Of a regression: columns of predicted quantiles by their level, `{0.05: low, 0.95: high}`, to see how often the outcome
        lies below each, over all rows and in each group.
    horizon
        Of forecasts: column of how many steps ahead a row is forecast; errors are then stated for each.
    series
        Of forecasts: column of the series that a row belongs to, the independent case of their intervals; if omitted, the person.
    naive_error
        Of forecasts: column of the mean absolute error of the naive forecast on the past of the series, by which MASE divides.
    probabilities
        Of several classes: columns of probabilities by class, `{cat: p_cat, dog: p_dog}`, to see whether each comes true.

    Notes
    -----
    The numbers are about a population of which these rows are a random sample. No interval covers how the rows were chosen, nor
    outcomes that past decisions shaped.
    """

    name: ClassVar[str] = "performance"
    version: ClassVar[str] = "4"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Predictions,), "Predictions with true outcomes."),
        Need(
            "baseline",
            (Predictions,),
            "Predictions of another model for the same rows, to compare with.",
            optional=True,
        ),
    )

    def columns(self, inputs: Inputs) -> tuple[str, ...]:
        """See `TallyEvaluator.columns`."""
        _require_libraries()
        from cardwright.evaluators.performance.measure import layout_of

        return layout_of(inputs).columns

    def coded_columns(self, inputs: Inputs) -> tuple[str, ...]:
        """See `TallyEvaluator`."""
        _require_libraries()
        from cardwright.evaluators.performance.measure import layout_of

        return layout_of(inputs).categories

    def tally(self, inputs: Inputs, batch: pyarrow.RecordBatch) -> RowTally:
        """See `TallyEvaluator.tally`."""
        _require_libraries()
        from cardwright.evaluators.performance.measure import layout_of
        from cardwright.evaluators.rows.counting import count

        return count(layout_of(inputs), batch)

    def conclude(self, inputs: Inputs, tally: RowTally) -> Evaluation:
        """See `TallyEvaluator.conclude`."""
        _require_libraries()
        from cardwright.evaluators.performance.measure import conclude

        return conclude(self, inputs, tally)

    def reads_here(self, inputs: Inputs) -> tuple[str, ...]:
        """See `TallyEvaluator`."""
        asked = {
            "rows are compared with those of the baseline, each with its own": "baseline" in inputs.sources,
            "predicted quantiles are read row by row": bool(self.quantiles),
            "forecasts are put in their order in time": bool(self.horizon or self.series),
            "the probability of each class is read row by row": bool(self.probabilities),
        }
        return tuple(why for why, here in asked.items() if here)

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            Where `level` is no level, or the source has no rows.
        SourceError
            Where rows cannot be counted: missing labels or scores, scores outside [0, 1], labels that never match `favourable`.
        """
        _require_libraries()
        from cardwright.evaluators.performance.measure import check, complete

        check(self, inputs)
        return complete(self, inputs, run_tally(self, inputs))


def _require_libraries() -> None:
    try:
        import numpy  # noqa: F401
        import pyarrow  # noqa: F401
        import scipy  # noqa: F401
    except ImportError as exc:
        raise MissingExtraError(exc.name or "numpy", "tabular", "counting right and wrong predictions") from exc


__all__ = ["Performance"]
