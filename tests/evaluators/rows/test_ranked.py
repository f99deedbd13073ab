"""Per query: against scikit-learn where it defines a value, and by hand where it does not."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from cardwright.evaluators.rows import ranked as metrics
from cardwright.evaluators.rows.ranked import ranked


def drawn(seed, queries=30, least=2, most=15):
    """Candidates of some queries, with scores that are all different."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(least, most, queries)
    query = np.repeat(np.arange(queries), sizes)
    return query, rng.permutation(len(query)) / len(query), rng.integers(0, 4, len(query)).astype(float)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("k", [1, 5, 10])
def test_ndcg_is_scikit_learns_of_the_gains(seed, k):
    query, score, relevance = drawn(seed)
    found = metrics.ndcg(ranked(query, score, relevance), ranked(query, relevance, relevance), k)
    for number in range(30):
        here = query == number
        gains = np.exp2(relevance[here]) - 1
        if gains.sum() == 0:
            assert np.isnan(found[number])
        else:
            assert found[number] == pytest.approx(sk.ndcg_score([gains], [score[here]], k=k))


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_is_scikit_learns(seed):
    query, score, relevance = drawn(seed)
    shown = ranked(query, score, relevance)
    found = metrics.average_precision(shown, (shown.relevance >= 2).astype(float))
    for number in range(30):
        here = query == number
        if (relevance[here] >= 2).any():
            assert found[number] == pytest.approx(sk.average_precision_score(relevance[here] >= 2, score[here]))
        else:
            assert np.isnan(found[number])


def test_reciprocal_rank_recall_and_precision_by_hand():
    query = np.array([0, 0, 0, 1, 1, 2])
    score = np.array([0.9, 0.5, 0.1, 0.2, 0.8, 0.3])
    relevance = np.array([0.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    shown = ranked(query, score, relevance)
    relevant = (shown.relevance >= 1).astype(float)
    assert metrics.reciprocal_rank(shown, relevant).tolist()[:2] == [0.5, 0.5]
    assert np.isnan(metrics.reciprocal_rank(shown, relevant)[2])
    assert metrics.recall_at(shown, relevant, 2).tolist()[:2] == [0.5, 1.0]
    assert np.isnan(metrics.recall_at(shown, relevant, 2)[2])
    assert metrics.precision_at(shown, relevant, 2).tolist() == [0.5, 0.5, 0.0]


def test_a_model_that_scores_all_alike_is_judged_by_its_worst_order():
    query, relevance = np.zeros(4, int), np.array([3.0, 0.0, 2.0, 1.0])
    tied, worst = ranked(query, np.ones(4), relevance), ranked(query, -relevance, relevance)
    best = ranked(query, relevance, relevance)
    assert metrics.ndcg(tied, best, 4) == metrics.ndcg(worst, best, 4)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_rows_changes_nothing_and_no_order_beats_the_best(seed):
    query, score, relevance = drawn(seed, queries=6)
    shuffled = np.random.default_rng(seed).permutation(len(query))
    first, best = ranked(query, score, relevance), ranked(query, relevance, relevance)
    again = ranked(query[shuffled], score[shuffled], relevance[shuffled])
    assert np.array_equal(metrics.ndcg(first, best, 5), metrics.ndcg(again, best, 5), equal_nan=True)
    found = metrics.ndcg(first, best, 5)
    assert (found[np.isfinite(found)] <= 1 + 1e-12).all()
    whole = metrics.ndcg(best, best, 5)
    assert (whole[np.isfinite(whole)] == 1).all()


def test_exposure_falls_with_the_logarithm_of_the_rank():
    assert metrics.exposure(np.arange(4)).tolist() == pytest.approx([1, 1 / np.log2(3), 0.5, 1 / np.log2(5)])


@pytest.mark.parametrize("k", [2, 10])
def test_chance_is_the_mean_over_every_order_of_the_candidates(k):
    relevance = np.array([0.0, 1.0, 3.0, 0.0, 2.0])
    query = np.zeros(5, np.int64)
    best = ranked(query, relevance, relevance)
    orders = [np.array(order, float) for order in itertools.permutations(range(5))]
    every = [metrics.ndcg(ranked(query, order, relevance), best, k)[0] for order in orders]
    assert metrics.chance_ndcg(best, k)[0] == pytest.approx(np.mean(every))


def test_what_is_above_chance_is_undefined_where_every_order_is_as_good():
    assert np.isnan(metrics.above_chance(np.array([1.0]), np.array([1.0])))[0]
    assert metrics.above_chance(np.array([1.0, 0.4, 0.1]), np.array([0.4, 0.4, 0.4])).tolist() == pytest.approx(
        [1.0, 0.0, -0.5]
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 200))
def test_the_first_candidate_is_the_highest_and_each_row_has_its_query_s_ndcg(seed):
    query, score, relevance = drawn(seed)
    first = metrics.first_candidates(query, score, relevance)
    assert [score[row] for row in first] == [score[query == number].max() for number in range(30)]
    by_row = metrics.ndcg_by_query(query, score, relevance)
    each = metrics.ndcg(ranked(query, score, relevance), ranked(query, relevance, relevance), 10)
    np.testing.assert_array_equal(by_row, each[query])
