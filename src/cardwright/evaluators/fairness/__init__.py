"""Outcomes and decisions by group: rates, gaps between groups, and what the data could have shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.fairness.options import FairnessOptions
from cardwright.evaluators.interface import Inputs, Need, run_tally
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Predictions, Table

if TYPE_CHECKING:
    import pyarrow

    from cardwright.evaluators.rows.tally import RowTally


class Fairness(FairnessOptions):
    """Whether outcomes and decisions differ between groups, and how sure that is.

    Parameters
    ----------
    min_denominator
        Cases that a group needs below the line of a rate (positives for a true positive rate) to enter a gap. A smaller group
        is shown with its interval, left out of the gap and named there, and the gap is then over k of K groups. 20 is the
        smallest size at which the intervals used here were found to hold (`benchmarks/interval_coverage.py`).
    depth
        How many attributes are crossed: 2 reports every pair of attributes as intersections.
    level
        Confidence level of intervals; those of gaps hold for all pairs of groups at once.
    alpha
        Significance level of the tests; it decides the number of shuffles and what findings call significant.
    family
        Gaps whose p-values are adjusted together by Holm's method, over all attributes and intersections, by their stems.
        All other tests are adjusted by Benjamini and Hochberg's method, for screening.
    limits
        The limit that somebody will compare a gap with, by metric. It decides no outcome; with it the record says how many rows
        would settle the question.
    reference
        The group that others are compared with in ratios, shortfalls and odds ratios, by attribute. If omitted, it is the group
        with the highest rate among those with enough cases, and intervals take that choice into account.

    Notes
    -----
    A gap says that groups are treated or served differently on these rows; it does not say why, nor whether that is justified or
    lawful. Groups that nobody named are not seen. Rows of weight 0 are in no rate and no number of rows.
    """

    name: ClassVar[str] = "fairness"
    version: ClassVar[str] = "4"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need(
            "source", (Predictions, Table), "Predictions with outcomes and groups, or a table with labels and groups."
        ),
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
        from cardwright.evaluators.fairness.plan import layout_of

        return layout_of(inputs).columns

    def coded_columns(self, inputs: Inputs) -> tuple[str, ...]:
        """See `TallyEvaluator`."""
        _require_libraries()
        from cardwright.evaluators.fairness.plan import layout_of

        return layout_of(inputs).categories

    def tally(self, inputs: Inputs, batch: pyarrow.RecordBatch) -> RowTally:
        """See `TallyEvaluator.tally`."""
        _require_libraries()
        from cardwright.evaluators.fairness.plan import layout_of
        from cardwright.evaluators.rows.counting import count

        return count(layout_of(inputs), batch)

    def conclude(self, inputs: Inputs, tally: RowTally) -> Evaluation:
        """See `TallyEvaluator.conclude`."""
        _require_libraries()
        from cardwright.evaluators.fairness.measure import conclude

        return conclude(self, inputs, tally)

    def reads_here(self, inputs: Inputs) -> tuple[str, ...]:
        """See `TallyEvaluator`."""
        beside = "rows are compared with those of the baseline, each with its own"
        return (beside,) if "baseline" in inputs.sources else ()

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            Where a parameter makes no sense, or the source names no sensitive attribute.
        SourceError
            Where rows cannot be counted: missing labels or scores, scores outside [0, 1], labels that never match `favourable`.
        """
        _require_libraries()
        from cardwright.evaluators.fairness.measure import complete
        from cardwright.evaluators.fairness.plan import check

        check(self, inputs)
        return complete(self, inputs, run_tally(self, inputs))


def _require_libraries() -> None:
    try:
        import numpy  # noqa: F401
        import pyarrow  # noqa: F401
        import scipy  # noqa: F401
    except ImportError as exc:
        raise MissingExtraError(exc.name or "numpy", "tabular", "counting rows by group") from exc


__all__ = ["Fairness"]
