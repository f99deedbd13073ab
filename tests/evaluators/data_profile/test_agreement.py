"""Whether those who labelled agree: kappa of each two, alpha of all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa
from tests.evaluators.data_profile.support import one, profile
from tests.strategies import FEW

from cardwright.errors import UsageError
from cardwright.record import Measured, Unmeasured

RATINGS = st.lists(st.tuples(*[st.sampled_from("xyz")] * 3), min_size=2, max_size=40)


def rated(rows):
    return {
        **{f"r{i}": [row[i] for row in rows] for i in range(3)},
        "y": [0, 1] * (len(rows) // 2) + [1] * (len(rows) % 2),
    }


@FEW
@given(RATINGS)
def test_kappa_of_each_two_is_that_of_scikit_learn(rows):
    evaluation = profile(rated(rows), sensitive=(), annotators=["r0", "r1", "r2"])
    for one_, other in (("r0", "r1"), ("r1", "r2")):
        found = one(evaluation, "cohen_kappa", slice={"annotators": f"{one_} × {other}"})
        columns = rated(rows)
        if isinstance(found, Measured):
            assert found.value == pytest.approx(cohen_kappa_score(columns[one_], columns[other]))
        else:
            assert len({*columns[one_], *columns[other]}) == 1


@FEW
@given(RATINGS.filter(lambda rows: len({v for row in rows for v in row}) > 1))
def test_alpha_of_complete_ratings_is_fleiss_kappa_with_its_small_sample_term(rows):
    """alpha = kappa + (1 - kappa) / (units × raters), Krippendorff 2011."""
    evaluation = profile(rated(rows), sensitive=(), annotators=["r0", "r1", "r2"])
    counts, _ = aggregate_raters(np.array([["xyz".index(v) for v in row] for row in rows]), n_cat=3)
    kappa = fleiss_kappa(counts)
    alpha = one(evaluation, "krippendorff_alpha")
    assert alpha.value == pytest.approx(kappa + (1 - kappa) / (3 * len(rows)))
    assert alpha.denominator == len(rows)


def test_rows_that_one_annotator_alone_rated_take_no_part():
    columns = {"r0": ["x", "y", "x", None], "r1": ["x", None, "y", "y"], "y": [0, 1, 0, 1]}
    evaluation = profile(columns, sensitive=(), annotators=["r0", "r1"])
    assert one(evaluation, "krippendorff_alpha").denominator == 2
    assert one(evaluation, "cohen_kappa", slice={"annotators": "r0 × r1"}).denominator == 2


def test_one_category_throughout_has_no_agreement_beyond_chance():
    columns = {"r0": ["x"] * 12, "r1": ["x"] * 12, "y": [0, 1] * 6}
    found = one(profile(columns, sensitive=(), annotators=["r0", "r1"]), "krippendorff_alpha")
    assert isinstance(found, Unmeasured)
    assert "12 rows" in found.reason


@pytest.mark.parametrize(
    ("annotators", "what"),
    [(["r0"], "two at least"), (["r0", "r9"], 'no column is called "r9"'), (["r0", "id"], "categories")],
)
def test_annotators_that_cannot_be_compared_are_refused(annotators, what):
    columns = {"r0": ["x"] * 60, "id": list(range(60)), "y": [0, 1] * 30}
    with pytest.raises(UsageError, match=what):
        profile(columns, sensitive=(), annotators=annotators)
