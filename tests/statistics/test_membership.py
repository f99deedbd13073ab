"""Attack scores to areas and rates: against definitions, against brute force, and by how often intervals hold the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cardwright.statistics.membership import (
    attack_auc,
    folded_auc,
    least_non_members,
    likelihood_ratio,
    logit_scaled,
    rate_at_false_positives,
)

SCORES = st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=30)


@given(SCORES, SCORES)
def test_the_area_is_the_share_of_pairs_in_which_the_member_scores_above(members, non_members):
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in members for b in non_members]
    assert attack_auc(members, non_members).estimate == pytest.approx(np.mean(pairs))


def test_an_area_needs_two_of_each_and_finite_scores():
    assert attack_auc([1.0], [0.0, 1.0]) is None
    with pytest.raises(ValueError, match="finite"):
        attack_auc([1.0, np.nan], [0.0, 1.0])


def test_folds_are_averaged_and_not_pooled():
    first, second = ([10.0, 11.0, 12.0], [1.0, 2.0, 11.5]), ([0.0, 1.0, 2.0], [-1.0, 0.5, -2.0])
    folded = folded_auc([first, second])
    assert folded.estimate == pytest.approx((attack_auc(*first).estimate + attack_auc(*second).estimate) / 2)
    assert folded.bounds.lower < folded.estimate < folded.bounds.upper
    assert folded_auc([first, ([1.0], [2.0])]) is None
    assert folded_auc([]) is None


def test_folds_that_rank_all_right_keep_an_interval():
    perfect = ([1.0, 2.0, 3.0], [0.0, -1.0, -2.0])
    folded = folded_auc([perfect, perfect])
    assert folded.estimate == 1.0
    assert folded.bounds.lower < 0.9


@pytest.mark.parametrize(("rate", "level"), [(0.01, 0.95), (0.001, 0.95), (0.01, 0.99)])
def test_the_least_number_of_non_members_is_the_first_whose_highest_score_is_above_all_but_that_share(rate, level):
    least = least_non_members(rate, level)
    tail = (1 - level) / 4
    assert (1 - rate) ** least <= tail < (1 - rate) ** (least - 1)
    scores = np.arange(float(least))
    assert rate_at_false_positives(scores, scores, rate, level) is not None
    assert rate_at_false_positives(scores, scores[1:], rate, level) is None


def test_the_rate_counts_members_above_the_highest_threshold_that_accuses_no_more():
    non_members = np.arange(1000.0)
    hit = rate_at_false_positives(np.array([989.0, 989.5, 990.5, 5000.0]), non_members, 0.01)
    # Ten of a thousand may be accused: those above 989.
    assert (hit.found, hit.members, hit.estimate) == (3, 4, 0.75)
    assert hit.bounds.lower <= hit.estimate <= hit.bounds.upper


def test_ties_accuse_no_more_than_the_rate():
    hit = rate_at_false_positives(np.ones(500), np.ones(500), 0.01)
    assert hit.found == 0
    assert hit.bounds.lower == 0.0


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_the_interval_of_the_rate_holds_the_truth_at_least_as_often_as_it_says(shift):
    truth = float(stats.norm.sf(stats.norm.isf(0.01) - shift))
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        hit = rate_at_false_positives(rng.normal(shift, 1, 400), rng.normal(0, 1, 600), 0.01)
        held += hit.bounds.lower <= truth <= hit.bounds.upper
    assert (
        held >= 282
    )  # 94 % of 300: at a true coverage of 95 % fewer would be seen once in about 6 such runs, the seed is fixed


def test_logits_of_losses_are_logits_of_probabilities():
    p = np.array([0.01, 0.5, 0.99])
    assert logit_scaled(-np.log(p)) == pytest.approx(np.log(p / (1 - p)))
    assert np.isfinite(logit_scaled([0.0, 1e6])).all()


def test_the_online_likelihood_ratio_is_that_of_two_normals_with_a_shared_spread():
    own = np.array([1.0, 0.0])
    inside = np.array([[2.0, 0.0, np.nan], [1.0, 3.0, 2.0]])
    outside = np.array([[-1.0, 1.0, np.nan], [0.0, np.nan, 2.0]])
    spread_in = np.sqrt((2.0 + 2.0) / 3)  # deviations squared over rows, by values less rows
    spread_out = np.sqrt((2.0 + 2.0) / 2)
    expected = stats.norm.logpdf(own, [1.0, 2.0], spread_in) - stats.norm.logpdf(own, [0.0, 1.0], spread_out)
    assert likelihood_ratio(own, inside, outside) == pytest.approx(expected)
    assert likelihood_ratio(own, None, outside) == pytest.approx((own - [0.0, 1.0]) / spread_out)


def test_with_many_shadow_models_each_row_has_a_spread_of_its_own():
    rng = np.random.default_rng(0)
    outside = np.vstack([rng.normal(0, 1, 64), rng.normal(0, 10, 64)])
    scores = likelihood_ratio([3.0, 3.0], None, outside)
    assert scores == pytest.approx((3.0 - outside.mean(axis=1)) / outside.std(axis=1, ddof=1))


def test_a_row_without_shadow_values_has_no_score():
    scores = likelihood_ratio([1.0, 1.0], None, [[np.nan, np.nan], [0.0, 1.0]])
    assert np.isnan(scores[0])
    assert np.isfinite(scores[1])
