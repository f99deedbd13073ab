"""Ranking: how good the order of candidates is for each query, and how much exposure each group of candidates gets."""

from __future__ import annotations

from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.ranking.options import RankingOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Predictions, Table


class Ranking(RankingOptions):
    """How well candidates are ordered for each query, and how exposure is shared between groups of candidates.

    A row is one candidate for one query. A source whose task is a ranking says its columns itself; for any other source they are
    named here.

    Parameters
    ----------
    query
        Column that names the query; its rows are ranked together, and it is the independent case of every interval.
    relevance
        Column of how relevant the candidate is, a number of at least 0; if omitted, the source's label.
    score
        Column of the model's score, higher first.
    rank
        Column of the position, 1 first, in place of `score`.
    k
        How many candidates are looked at: NDCG, recall and precision are taken at it.
    relevant_from
        The relevance from which a candidate counts as relevant, where only yes or no counts.
    min_queries
        Queries that a number, or a group of a gap, has to rest on.
    level
        Confidence level of intervals.

    Notes
    -----
    Ties count against the model: among equal scores the less relevant candidate comes first. A query without a relevant
    candidate has no NDCG, and is counted. Exposure falls with the logarithm of the position; how people look is not measured.
    """

    name: ClassVar[str] = "ranking"
    version: ClassVar[str] = "2"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Table, Predictions), "One row for each candidate of each query."),
        Need(
            "baseline",
            (Table, Predictions),
            "Another ranking of the same candidates, to compare with.",
            optional=True,
        ),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            Where a column is not named or not there, or a parameter makes no sense.
        SourceError
            Where a relevance, score or position is missing, or is no number that can be ranked by.
        """
        try:
            import numpy  # noqa: F401
            import pyarrow  # noqa: F401
            import scipy  # noqa: F401
        except ImportError as exc:
            raise MissingExtraError(exc.name or "numpy", "tabular", "ranking candidates") from exc
        from cardwright.evaluators.ranking.measure import assess

        return assess(self, inputs)


__all__ = ["Ranking"]
