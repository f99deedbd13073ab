"""The numbers of each query, and how they differ from those of another ranking of the same candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardwright.errors import SourceError
from cardwright.evaluators.ranking.candidates import Candidates
from cardwright.evaluators.ranking.options import RankingOptions
from cardwright.evaluators.rows import ranked as metrics
from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.ranked import ranked
from cardwright.evaluators.rows.rates import HIGHER, About, Estimate, Metric, measure
from cardwright.record.base import label
from cardwright.record.evaluation import NotTested, Scanned
from cardwright.record.measurement import Measured, Test, Unmeasured
from cardwright.statistics.contrast import Losses, mean_change
from cardwright.statistics.intervals import mean_interval

NDCG = Metric("ndcg", "NDCG", "proportion", HIGHER)
ABOVE_CHANCE = Metric("ndcg_above_chance", "NDCG, 0 at chance", "proportion", HIGHER)
MAP = Metric("mean_average_precision", "Mean average precision", "proportion", HIGHER)
MRR = Metric("mean_reciprocal_rank", "Mean reciprocal rank", "proportion", HIGHER)
RECALL = Metric("recall", "Recall", "proportion", HIGHER)
PRECISION = Metric("precision", "Precision", "proportion", HIGHER)


@dataclass(frozen=True)
class OfQueries:
    """A number for each query; NaN where it has none."""

    metric: Metric
    values: FloatArray
    """Shape (queries,), in the order of `Candidates.names`."""
    at: dict[str, float] | None


def numbers_of(rows: Candidates, options: RankingOptions) -> list[OfQueries]:
    """Every metric of every query."""
    shown, best = ranked(rows.query, rows.score, rows.relevance), ranked(rows.query, rows.relevance, rows.relevance)
    relevant = (shown.relevance >= options.relevant_from).astype(float)
    k = options.k
    at = {"k": float(k)}
    gained = metrics.ndcg(shown, best, k)
    return [
        OfQueries(NDCG, gained, at),
        OfQueries(ABOVE_CHANCE, metrics.above_chance(gained, metrics.chance_ndcg(best, k)), at),
        OfQueries(MAP, metrics.average_precision(shown, relevant), None),
        OfQueries(MRR, metrics.reciprocal_rank(shown, relevant), None),
        OfQueries(RECALL, metrics.recall_at(shown, relevant, k), at),
        OfQueries(PRECISION, metrics.precision_at(shown, relevant, k), at),
    ]


def mean_of(values: FloatArray, options: RankingOptions, *, lowest: float = 0.0) -> Estimate:
    """The mean over the queries that have a number, with Student's interval; too few have none."""
    kept = values[np.isfinite(values)]
    count = len(kept)
    if count < options.min_queries:
        reason = f"{count} queries have this number, fewer than {options.min_queries}."
        return Estimate(None, count, "queries", denominator=float(count), reason=reason)
    found = mean_interval(count, float(kept.sum()), float((kept**2).sum()), options.level)
    bounds = None
    if found is not None:
        cut = found.bounds
        bounds = type(cut)(max(lowest, cut.lower), min(1.0, cut.upper), cut.level, cut.method)
    return Estimate(
        float(kept.mean()),
        count,
        "queries",
        denominator=float(count),
        bounds=bounds,
        standard_error=None if found is None else found.standard_error,
    )


@dataclass(frozen=True)
class PairedQueries:
    """Two rankings of the same candidates, query by query."""

    changes: tuple[tuple[OfQueries, FloatArray], ...]
    """Of each metric: the model's numbers, and how far they are above the baseline's, of the queries that both have."""
    matched: int
    first: int
    """Queries of the model."""
    second: int
    """Queries of the baseline."""

    def scanned(self) -> Scanned:
        """As an evaluation lists it."""
        return Scanned(what="queries compared with the baseline", scanned=self.matched, total=self.first)

    def not_tested(self) -> tuple[NotTested, ...]:
        """The queries that found no partner; none if all did."""
        alone = self.first - self.matched, self.second - self.matched
        if not any(alone):
            return ()
        why = "the other ranking does not have them, so that changes are about the others alone"
        return (NotTested(what=f"{alone[0]} queries of the model and {alone[1]} of the baseline", why=why),)


def pair_queries(rows: Candidates, baseline: Candidates, options: RankingOptions, where: str) -> PairedQueries:
    """Two rankings, matched by the names of their queries.

    Raises
    ------
    SourceError
        If no query is in both, or one has other candidates in the other: another number of them, or another relevance.
    """
    there = {name: place for place, name in enumerate(baseline.names)}
    both = [(place, there[name]) for place, name in enumerate(rows.names) if name in there]
    if not both:
        raise SourceError(
            "the baseline ranks none of the queries", where=where, do="Name a source that ranks the same queries."
        )
    first, second = (np.asarray(places, np.int64) for places in zip(*both, strict=True))
    mine, theirs = _relevances(rows), _relevances(baseline)
    for one, other in both:
        if len(mine[one]) != len(theirs[other]) or not np.array_equal(mine[one], theirs[other]):
            raise SourceError(
                "the baseline ranks other candidates for a query, or their relevance is another there",
                where=where,
                do="Let both rank the same candidates: NDCG of other candidates is another scale.",
            )
    before = {of.metric.name: of.values for of in numbers_of(baseline, options)}
    changes = tuple(
        (of, of.values[first] - before[of.metric.name][second])
        for of in numbers_of(rows, options)
        if of.metric is not ABOVE_CHANCE
    )
    return PairedQueries(changes, len(both), len(rows.names), len(baseline.names))


def _relevances(rows: Candidates) -> list[FloatArray]:
    """The relevances of each query, in rising order."""
    best = ranked(rows.query, rows.relevance, rows.relevance)
    return np.split(best.relevance[: len(best.relevance)], best.starts[1:])


def changes_of(
    pairs: PairedQueries, options: RankingOptions, about: About, baseline: str
) -> list[Measured | Unmeasured]:
    """How much higher each mean is than the baseline's, with Student's paired interval over queries and its test."""
    found: list[Measured | Unmeasured] = []
    for of, change in pairs.changes:
        metric = Metric(f"{of.metric.name}_change", f"Change of {of.metric.title}", "difference", HIGHER)
        kept = change[np.isfinite(change)]
        count = len(kept)
        paired = mean_change(Losses(kept, False), options.level) if count >= options.min_queries else None
        reason = f"{count} queries have this number in both rankings, fewer than {options.min_queries}."
        estimate = Estimate(
            None if paired is None else paired.value,
            count,
            "queries",
            denominator=float(count),
            bounds=None if paired is None else paired.bounds,
            reason=reason,
        )
        made = measure(metric, estimate, about, reference=label(baseline)).model_copy(update={"at": of.at})
        if (
            isinstance(made, Measured)
            and paired is not None
            and paired.p_value is not None
            and paired.method is not None
        ):
            made = made.model_copy(update={"test": Test(p_value=paired.p_value, method=paired.method)})
        found.append(made)
    return found


__all__ = ["OfQueries", "PairedQueries", "changes_of", "mean_of", "numbers_of", "pair_queries"]
