"""Weights of 0, and weights that hardly count or decide alone: counted, disclosed, and never part of a number of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import inputs_of, memory_predictions

from cardwright.errors import SourceError
from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.performance import Performance
from cardwright.evaluators.rows.weights import weight_findings, weight_sizes


def lending(weights):
    """Two groups of 100, of which 60 and 40 are granted, with a weight for each row."""
    groups = ["a"] * 100 + ["b"] * 100
    granted = [1] * 60 + [0] * 40 + [1] * 40 + [0] * 60
    return memory_predictions(
        {"g": groups, "y": granted, "d": granted, "w": weights},
        prediction="d",
        classes=("0", "1"),
        sensitive=["g"],
        weight="w",
    )


DENIED_IN_B = [1.0] * 140 + [0.0] * 60
ALL = [1.0] * 200


@pytest.mark.parametrize("evaluator", [Fairness, Performance])
def test_attack_weight_0_on_denied_rows_leaves_the_number_of_rows_as_it_was(evaluator):
    """Parity moves; so does n, and a high finding says how many rows count for nothing."""
    honest = evaluator().evaluate(inputs_of(lending(ALL)))
    attacked = evaluator().evaluate(inputs_of(lending(DENIED_IN_B)))
    (finding,) = [f for f in attacked.findings if f.key == "weight_zero"]
    assert (finding.severity, finding.count) == ("high", 60)
    assert "60 of 200 rows have the weight 0" in finding.explanation
    assert not [f for f in honest.findings if f.key == "weight_zero"]
    assert (honest.coverage.scanned[0].scanned, attacked.coverage.scanned[0].scanned) == (200, 140)


def test_attack_rows_of_weight_0_do_not_lift_a_group_over_its_least_size():
    weights = [1.0] * 110 + [0.0] * 90  # ten rows of b count
    evaluation = Fairness(min_denominator=20).evaluate(inputs_of(lending(weights)))
    (gap,) = evaluation.find("demographic_parity_difference", across=("g",))
    assert (gap.status, gap.groups.compared) == ("unmeasured", 1)
    (rate,) = evaluation.find("selection_rate", slice={"g": "b"})
    assert rate.sampling.observations == 10


def test_attack_weights_near_0_are_a_finding_like_0():
    evaluation = Fairness().evaluate(inputs_of(lending([1.0] * 140 + [1e-5] * 60)))
    (finding,) = [f for f in evaluation.findings if f.key == "extreme_weights"]
    assert (finding.severity, finding.count) == ("high", 60)


def test_attack_weights_too_small_to_add_up_are_refused():
    with pytest.raises(SourceError, match="60 of 200 rows have a weight above 0 and below"):
        Fairness().evaluate(inputs_of(lending([1.0] * 140 + [1e-9] * 60)))


def test_attack_one_row_that_outweighs_all_others_is_a_finding():
    sizes = weight_sizes(np.array([1.0] * 10_000 + [2.0**20]))
    (finding,) = weight_findings("w", sizes, 10_000 + 2.0**20, 0)
    assert (finding.severity, finding.key) == ("high", "extreme_weights")


def test_ordinary_weights_are_no_finding():
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.2, 5, 200)
    assert weight_findings("w", weight_sizes(weights), float(weights.sum()), 0) == ()


@given(st.lists(st.floats(0, 2.0**24), max_size=40), st.integers(0, 40))
def test_sizes_of_parts_add_up_to_those_of_the_whole(weights, cut):
    whole = np.array(weights, float)
    parts = weight_sizes(whole[:cut]) + weight_sizes(whole[cut:])
    assert parts.tolist() == weight_sizes(whole).tolist()
    assert int(parts.sum()) == int((whole > 0).sum())
