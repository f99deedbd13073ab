"""Parameters and sources that make no sense are refused, with what to do."""

from __future__ import annotations

import numpy as np
import pytest
from tests.evaluators.fairness.support import TWO, assess, decisions, random_rows
from tests.support import memory_predictions

from cardwright.errors import SourceError, UsageError


def test_a_numeric_sensitive_attribute_is_refused_instead_of_vanishing():
    """Ages in years are no groups: an error that says what to do, not a page that disappears."""
    rng = np.random.default_rng(0)
    data = {"y": rng.integers(0, 2, 2000), "d": rng.integers(0, 2, 2000), "age": rng.normal(40, 10, 2000)}
    with pytest.raises(SourceError, match="Put them into groups first"):
        assess(memory_predictions(data, prediction="d", sensitive=["age"]))


def test_depth_1_takes_no_intersections_and_says_so():
    """What is not asked for is listed as not tested."""
    _, data = random_rows(14)
    evaluation = assess(memory_predictions(data, prediction="d", classes=("0", "1"), sensitive=["g", "h"]), depth=1)
    assert not evaluation.find("demographic_parity_ratio", across=("g", "h"))
    assert any("Intersections" in said.what for said in evaluation.coverage.not_tested)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"min_denominator": 0}, "`min_denominator` must be a whole number"),
        ({"depth": "two"}, "`depth` must be a whole number"),
        ({"level": 95}, "`level` must lie between 0 and 1"),
        ({"alpha": 0}, "`alpha` must lie between 0 and 1"),
        ({"alpha": 1e-12}, "`alpha` is at least 0.0001"),
        ({"family": ("demographic_party",)}, 'Did you mean "demographic_parity"?'),
        ({"limits": {"demographic_parity": 0.1}}, 'Did you mean "demographic_parity_'),
        ({"limits": {"demographic_parity_ratio": 80}}, "must lie between 0 and 1"),
        ({"reference": {"race": "a"}}, "no sensitive attribute"),
        ({"reference": {"g": "z"}}, "a group that"),
    ],
)
def test_parameters_that_make_no_sense_are_refused_with_what_to_do(parameters, said):
    """Before any row is read."""
    with pytest.raises(UsageError) as caught:
        assess(decisions(TWO), **parameters)
    assert said in str(caught.value)


def test_a_source_without_sensitive_attributes_is_refused():
    """There is nothing to compare, and an empty evaluation would look like a clean one."""
    with pytest.raises(UsageError, match="names no sensitive attribute"):
        assess(decisions(TWO, sensitive=[]))
