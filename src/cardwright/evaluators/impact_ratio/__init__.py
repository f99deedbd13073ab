"""Impact ratios as New York City's Local Law 144 asks for them: rates by sex, by race or ethnicity, and by both together."""

from __future__ import annotations

from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.impact_ratio.options import ImpactRatioOptions
from cardwright.evaluators.impact_ratio.published import (
    Discrepancy,
    check_impact_ratio_table,
    check_impact_ratio_tables,
)
from cardwright.evaluators.interface import Inputs, Need
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Predictions, Table


class ImpactRatio(ImpactRatioOptions):
    """Selection or scoring rates of categories, and their ratio to the highest rate (6 RCNY 5-301).

    The rule has no pass mark, and none is applied: the numbers are stated, with the number of applicants each rests on.

    Parameters
    ----------
    attributes
        The sensitive attributes that make the categories: a table each, and one of all of them crossed. The rule asks for
        `[sex, race_ethnicity]`; if omitted, all sensitive attributes of the source, in their order.
    rates
        `selection`: the share of a category that was selected (6 RCNY 5-301(b)). `scoring`: the share of a category whose score
        is strictly above the median score (5-301(c)). If omitted, `selection` for a source that decides, by a column of
        decisions or a threshold, and `scoring` for one that has scores alone.
    median_of
        Whose scores the median is of: `full_sample`, as 5-301(c)(1) says, unknown categories included, or `known`, applicants
        whose category is known in every attribute, as the rule's own example could also be read.
    exclude
        Categories that the auditor leaves out of impact ratios (5-301(d)): `under_two_percent` for all of them, or a list such as
        `[{sex: female, race: native}]`. Only a category of less than 2 % of a table's applicants can be left out; its number of
        applicants and its rate are still stated. They are left out before the highest rate is looked for.
    justification
        The auditor's reason for leaving them out, which the rule asks for. It is printed.
    level
        Confidence level of intervals. The rule asks for none; a ratio of small categories means little without one.

    Notes
    -----
    For decisions other than hiring and promotion in New York City these are the same numbers without the rule's force. A bias
    audit in the sense of the rule is made by an independent auditor, not by this program.
    """

    name: ClassVar[str] = "impact_ratio"
    version: ClassVar[str] = "2"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need(
            "source",
            (Predictions, Table),
            "Decisions or scores with the categories of the applicants, or a table of past applicants and who was selected.",
        ),
    )

    def reads_here(self, inputs: Inputs) -> tuple[str, ...]:
        """See `cardwright.evaluators.interface.reads_here`: everything of it is a sum."""
        return ()

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            If a parameter makes no sense for this source; where a category is to be left out without a justification, or is
            2 % or more of the applicants; where rows are weighted, because the rule counts applicants.
        SourceError
            If decisions or scores are missing.
        """
        try:
            import numpy  # noqa: F401
            import pyarrow  # noqa: F401
            import scipy  # noqa: F401
        except ImportError as exc:
            raise MissingExtraError(exc.name or "numpy", "tabular", "counting applicants by category") from exc
        from cardwright.evaluators.impact_ratio.measure import assess

        return assess(self, inputs)


__all__ = ["Discrepancy", "ImpactRatio", "check_impact_ratio_table", "check_impact_ratio_tables"]
