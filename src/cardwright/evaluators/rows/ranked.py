"""Candidates in the order of their query: NDCG, average precision, reciprocal rank, recall and precision at k, and exposure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray


@dataclass(frozen=True)
class Ranked:
    """Candidates in the order in which they are shown, query after query."""

    query: IntArray
    """Code of the query, rising; shape (candidates,)."""
    position: IntArray
    """From 0 within the query."""
    relevance: FloatArray
    order: IntArray
    """Where each candidate stands in the rows as they were read."""
    starts: IntArray
    """Where each query begins; shape (queries,)."""

    @property
    def queries(self) -> int:
        """How many."""
        return len(self.starts)

    def sums(self, values: FloatArray) -> FloatArray:
        """The sum of each query."""
        return np.asarray(np.add.reduceat(values, self.starts), float) if len(values) else np.zeros(0)


def ranked(query: IntArray, score: FloatArray, relevance: FloatArray) -> Ranked:
    """Candidates by query and falling score. Ties count against the model: the less relevant comes first.

    >>> order = ranked(np.array([0, 0, 1]), np.array([0.1, 0.9, 0.5]), np.array([1.0, 0.0, 2.0]))
    >>> order.relevance.tolist(), order.position.tolist()
    ([0.0, 1.0, 2.0], [0, 1, 0])
    """
    order = np.lexsort((relevance, -score, query))
    there = query[order]
    starts = np.flatnonzero(np.concatenate(([True], there[1:] != there[:-1]))) if len(there) else np.zeros(0, np.int64)
    sizes = np.diff(np.concatenate((starts, [len(there)])))
    position = np.arange(len(there)) - np.repeat(starts, sizes)
    return Ranked(there, position, relevance[order], order, starts)


def exposure(position: IntArray) -> FloatArray:
    """1 / log2(1 + rank), where the first rank is 1.

    Source: Singh and Joachims (2018), Fairness of Exposure in Rankings, KDD, section 3.
    """
    return np.asarray(1 / np.log2(position + 2.0), float)


def ndcg(shown: Ranked, best: Ranked, k: int) -> FloatArray:
    """Normalized discounted cumulative gain of each query at k, with the gain 2**relevance - 1; NaN without a gain to have.

    Source: Järvelin and Kekäläinen (2002), ACM TOIS 20:422; the exponential gain of Burges et al. (2005), ICML.
    """

    def gained(ranking: Ranked) -> FloatArray:
        gain = np.where(ranking.position < k, np.exp2(ranking.relevance) - 1, 0.0)
        return ranking.sums(gain * exposure(ranking.position))

    with np.errstate(invalid="ignore", divide="ignore"):
        return gained(shown) / gained(best)


AT = 10
"""Where NDCG is taken if nobody says otherwise."""


def ndcg_by_query(query: IntArray, score: FloatArray, relevance: FloatArray, k: int = AT) -> FloatArray:
    """NDCG of the query that each row is a candidate for; NaN where no candidate of it is relevant. Shape (rows,).

    `query` holds whole numbers from 0 on, each of which occurs.

    >>> query, score, relevance = np.array([0, 0, 1]), np.array([0.9, 0.1, 0.5]), np.array([1.0, 0.0, 0.0])
    >>> ndcg_by_query(query, score, relevance).tolist()
    [1.0, 1.0, nan]
    """
    shown, best = ranked(query, score, relevance), ranked(query, relevance, relevance)
    return ndcg(shown, best, k)[query] if len(query) else np.zeros(0)


def chance_ndcg(best: Ranked, k: int) -> FloatArray:
    """The NDCG of each query that a random order has on average; NaN without a gain to have.

    Every position gains the mean gain of the candidates, so the mean DCG is that times the sum of the first k discounts.
    """
    sizes = np.diff(np.concatenate((best.starts, [len(best.relevance)])))
    gain = np.exp2(best.relevance) - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = best.sums(gain) / sizes
        discount = best.sums(np.where(best.position < k, exposure(best.position), 0.0))
        ideal = best.sums(np.where(best.position < k, gain, 0.0) * exposure(best.position))
        return np.asarray(mean * discount / ideal, float)


def above_chance(values: FloatArray, chance: FloatArray) -> FloatArray:
    """What is above a random order, from 0 at chance to 1; NaN where every order is as good.

    As the adjusted balanced accuracy: (value - chance) / (1 - chance).
    """
    room = 1 - chance
    return np.where(room > _NO_ROOM, (values - chance) / np.where(room > _NO_ROOM, room, 1.0), np.nan)


_NO_ROOM = 1e-12
"""Below it every order of the candidates is as good: rounding, and not a difference, is left."""


def first_candidates(query: IntArray, score: FloatArray, relevance: FloatArray) -> IntArray:
    """The row that stands first for each query, ties as in `ranked`. Shape (queries,)."""
    shown = ranked(query, score, relevance)
    return shown.order[shown.starts]


def average_precision(shown: Ranked, relevant: FloatArray) -> FloatArray:
    """The mean precision at the positions of the relevant candidates of each query; NaN where there are none.

    Source: Buckley and Voorhees (2000), Evaluating Evaluation Measure Stability, SIGIR.
    """
    running = np.cumsum(relevant)
    before = running[shown.starts] - relevant[shown.starts] if shown.queries else np.zeros(0)
    sizes = np.diff(np.concatenate((shown.starts, [len(relevant)])))
    seen = running - np.repeat(before, sizes)
    with np.errstate(invalid="ignore", divide="ignore"):
        return shown.sums(relevant * seen / (shown.position + 1.0)) / shown.sums(relevant)


def reciprocal_rank(shown: Ranked, relevant: FloatArray) -> FloatArray:
    """One over the rank of the first relevant candidate of each query; NaN where there is none.

    Source: Voorhees (1999), The TREC-8 Question Answering Track Report.
    """
    if not shown.queries:
        return np.zeros(0)
    rank = np.where(relevant > 0, shown.position + 1.0, np.inf)
    first = np.minimum.reduceat(rank, shown.starts)
    return np.where(np.isfinite(first), 1 / first, np.nan)


def recall_at(shown: Ranked, relevant: FloatArray, k: int) -> FloatArray:
    """The share of each query's relevant candidates that stand among the first k; NaN where there are none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return shown.sums(relevant * (shown.position < k)) / shown.sums(relevant)


def precision_at(shown: Ranked, relevant: FloatArray, k: int) -> FloatArray:
    """The share of relevant candidates among the first k of each query, over k even if a query has fewer."""
    return shown.sums(relevant * (shown.position < k)) / k
