"""How closely a feature goes with an attribute: 0 for noise, 1 for a copy, nothing for too few rows."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats.contingency import association as scipys

from cardwright.evaluators.attributions.association import association, association_bounds

GROUPS = st.lists(st.sampled_from("abc"), min_size=12, max_size=60).filter(lambda groups: len(set(groups)) > 1)


def of(feature, attribute, unknown=()):
    return association(pa.array(feature), pa.array(attribute), unknown)


@given(GROUPS, st.data())
def test_it_lies_between_nothing_and_one_whatever_the_order_of_rows(groups, data):
    feature = data.draw(st.lists(st.floats(-10, 10), min_size=len(groups), max_size=len(groups)))
    found = of(feature, groups)
    order = data.draw(st.permutations(range(len(groups))))
    again = of([feature[i] for i in order], [groups[i] for i in order])
    assert found is not None and 0 <= found <= 1
    assert again == pytest.approx(found, abs=1e-6)


@given(GROUPS)
def test_a_copy_of_the_attribute_tells_it_whole(groups):
    assert of([f"is {group}" for group in groups], groups) == pytest.approx(1)
    assert of([float("abc".index(group)) for group in groups], groups) == pytest.approx(1)


def test_noise_over_many_groups_tells_hardly_anything():
    """A plain eta of 300 rows of noise over 60 ages is about 0.45."""
    rng = np.random.default_rng(0)
    ages = [str(age) for age in rng.integers(20, 80, 300)]
    values = rng.normal(size=300)
    groups = [values[[a == age for a in ages]] for age in set(ages)]
    plain = np.sqrt(
        sum(len(g) * (g.mean() - values.mean()) ** 2 for g in groups) / ((values - values.mean()) ** 2).sum()
    )
    assert plain > 0.4
    assert of(values.tolist(), ages) < 0.2


def test_of_many_rows_it_is_cramers_v_of_scipy():
    """The correction for bias vanishes as rows grow."""
    table = np.array([[300, 100, 50], [80, 400, 70]]) * 20
    pairs = [(f"f{i}", f"g{j}") for i in range(2) for j in range(3) for _ in range(table[i, j])]
    found = of([f for f, _ in pairs], [g for _, g in pairs])
    assert found == pytest.approx(scipys(table, method="cramer"), abs=1e-3)


@pytest.mark.parametrize("attribute", [["a"] * 20, ["a", "b"] * 4, [str(n) for n in range(20)]])
def test_one_group_few_rows_and_a_group_for_each_row_tell_nothing(attribute):
    assert of([float(n) for n in range(len(attribute))], attribute) is None


def test_rows_where_either_is_unknown_count_for_nothing():
    feature, attribute = [1.0, 2.0, 1.5, 2.5] * 5, ["a", "b"] * 10
    more = [9.0, None, float("nan"), 7.0], [None, "a", "b", "?"]
    assert of(feature + more[0], attribute + more[1], ["?"]) == of(feature, attribute)
    assert of(feature + more[0], attribute + more[1]) != of(feature, attribute)


def test_a_constant_feature_goes_with_nothing():
    assert of([1.0] * 10 + [1.0] * 10, ["a", "b"] * 10) == 0


def test_the_interval_of_a_number_covers_the_ratio_of_the_population():
    """Three groups of 40 whose means differ by known steps: 60 samples of normal noise."""
    rng = np.random.default_rng(0)
    groups, means = np.repeat(["a", "b", "c"], 40), np.repeat([0.0, 0.5, 1.0], 40)
    between = means.var()
    true = np.sqrt(between / (between + 1))
    found = [association_bounds(pa.array(means + rng.normal(size=120)), pa.array(groups), level=0.9) for _ in range(60)]
    assert 0.8 <= np.mean([one.lower <= true <= one.upper for one in found]) <= 0.98
    assert all(0 <= one.lower <= one.value <= one.upper <= 1 for one in found)


def test_the_interval_of_words_covers_cramers_v_of_the_population():
    """Two groups and two words, which agree with a chance of 0.7: V is 0.4."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(60):
        group = rng.integers(0, 2, 150)
        word = np.where(rng.random(150) < 0.7, group, 1 - group)
        found.append(association_bounds(pa.array(word.astype(str)), pa.array(group.astype(str)), level=0.9))
    assert 0.8 <= np.mean([one.lower <= 0.4 <= one.upper for one in found]) <= 0.98


def test_more_rows_make_the_interval_narrower_and_a_copy_has_none():
    rng = np.random.default_rng(0)
    widths = []
    for n in (30, 300, 3000):
        group = rng.integers(0, 2, n)
        one = association_bounds(pa.array(group + rng.normal(size=n)), pa.array(group.astype(str)))
        widths.append(one.upper - one.lower)
    assert widths == sorted(widths, reverse=True)
    copy = association_bounds(pa.array([0.0, 1.0, 3.0] * 10), pa.array(["x", "y", "z"] * 10))
    assert (copy.lower, copy.upper) == (1, 1)


@pytest.mark.parametrize("kind", [pa.string(), pa.int64(), pa.null()], ids=str)
def test_an_attribute_that_is_known_of_nobody_tells_nothing(kind):
    assert association(pa.array([1.0, 2.0] * 10), pa.array([None] * 20, kind)) is None
