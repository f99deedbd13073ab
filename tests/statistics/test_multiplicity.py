"""Adjusted p-values agree with statsmodels."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from cardwright.statistics.multiplicity import benjamini_hochberg, holm

P_VALUES = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.05, 0.5, 1.0])), min_size=1, max_size=30)


@pytest.mark.parametrize("ours, name", [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
@given(p=P_VALUES)
def test_adjusted_p_values_are_those_of_statsmodels(ours, name, p):
    np.testing.assert_allclose(ours(p), theirs(p, name), rtol=1e-12, atol=1e-300)


def theirs(p, name):
    gc.freeze()  # for Holm's, statsmodels collects garbage in every call, which goes through all that was ever imported
    try:
        return multipletests(p, method=name)[1]
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_where_none_is_significant_none_becomes_so(adjust):
    """Giskard v2 and Aequitas: with no p-value under its threshold every hypothesis was taken as significant."""
    p = [0.2, 0.9, 0.31, 0.44, 0.6]
    assert (adjust(p) > 0.05).all()
    assert (adjust(p) >= p).all()


@given(p=P_VALUES, data=st.data())
def test_the_order_of_the_family_does_not_matter(p, data):
    order = data.draw(st.permutations(range(len(p))))
    for adjust in (holm, benjamini_hochberg):
        np.testing.assert_array_equal(adjust([p[i] for i in order]), adjust(p)[order])


@given(p=P_VALUES)
def test_holm_is_never_less_cautious_than_benjamini_hochberg(p):
    assert (holm(p) >= benjamini_hochberg(p) - 1e-15).all()


def test_an_empty_family_stays_empty_and_no_number_is_no_p_value():
    assert holm([]).tolist() == benjamini_hochberg([]).tolist() == []
    for wrong in ([float("nan")], [1.2], [-0.1]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            holm(wrong)
