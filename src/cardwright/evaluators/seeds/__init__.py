"""Seeds: how much a number moves when only the chance in training does."""

from __future__ import annotations

from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.seeds.options import SeedsOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Predictions

FILES = tuple(f"run{number}" for number in range(2, 11))
"""Inputs for runs that stand in files of their own."""


class Seeds(SeedsOptions):
    """The same metrics for several runs of one training, on the same rows.

    The file of predictions holds a column for each run, or each run has a file of its own (`run2`, `run3` …), which is joined by
    `key`, or by place if it has the same rows. Runs are compared on the rows that all of them have; how many, is said.

    Parameters
    ----------
    runs
        Columns with the other runs' scores (or decisions, or values: whatever the source's own column holds). The source's own
        predictions are a run too.
    min_denominator
        Rows a group must have to enter the gap of a run.
    level
        Confidence level of intervals.

    Notes
    -----
    A few runs give a standard deviation only roughly: with five, its own error is about a third. Only what differs between runs
    is seen; whether the columns are runs of one training is as the plan says.
    """

    name: ClassVar[str] = "seeds"
    version: ClassVar[str] = "3"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Predictions,), "predictions of one run, with a column for each other run"),
        *(
            Need(name, (Predictions,), "predictions of another run, in a file of its own", optional=True)
            for name in FILES
        ),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            If a run is no column of the source.
        SourceError
            If a run has missing values.
        """
        try:
            import scipy  # noqa: F401
            import sklearn  # noqa: F401
        except ImportError as exc:
            raise MissingExtraError(exc.name or "numpy", "tabular", "comparing runs") from exc
        from cardwright.evaluators.seeds.measure import assess

        return assess(self, inputs, [inputs.get(name, Predictions) for name in FILES if name in inputs.sources])


__all__ = ["Seeds"]
