"""Data profile: what is in a table, counted exactly, without showing any person."""

from __future__ import annotations

from typing import ClassVar

from cardwright.evaluators.data_profile.options import DataProfileOptions
from cardwright.evaluators.interface import Inputs, Need
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Predictions
from cardwright.sources.interface import Table as TableSource


class DataProfile(DataProfileOptions):
    """What is in a table, what is missing, and whether anybody could be told apart.

    Parameters
    ----------
    quasi_identifiers
        Columns that together could single people out, counted besides the sensitive attributes and every column whose heading
        speaks of one (`zip`, `birth_date`, `gender` …, in eight languages). An empty list says that rows are not about people.
    not_quasi_identifiers
        Columns whose headings speak of one and that are none, each with the reason, which the record prints.
    population
        Shares of the groups among the people meant, `{attribute: {group: share}}`, each attribute's adding up to 1.
    annotators
        Columns that hold what each annotator said of a row; missing if one did not rate it.
    smallest_count
        Values in fewer rows are not shown; the plan's `small_cell` if that is higher.
    depth
        How many attributes are crossed.
    level
        Confidence level of intervals.

    Notes
    -----
    A column's values are shown only if it is a category by the rule of `cardwright.privacy.showing.category_values`.

    Counts say what is there, not whether it is right. k-anonymity counts the columns named and inferred; whoever knows more can
    tell more people apart.
    """

    name: ClassVar[str] = "data_profile"
    version: ClassVar[str] = "5"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (TableSource, Predictions), "the table that is profiled"),
        Need("reference", (TableSource, Predictions), "the table it should resemble", optional=True),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            If a column named by a parameter is not there, or what it names makes no sense for this table.
        """
        from cardwright.evaluators.data_profile.measure import assess

        return assess(self, inputs)


__all__ = ["DataProfile"]
