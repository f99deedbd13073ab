"""Weights of 0, and weights that hardly count or decide alone: counted, disclosed, and never part of a number of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import inputs_of, memory_predictions, memory_table

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.data_profile import DataProfile
from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.impact_ratio import ImpactRatio
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.performance import Performance
from cardwright.evaluators.robustness import Robustness
from cardwright.evaluators.rows.weights import weight_findings, weight_sizes
from cardwright.evaluators.seeds import Seeds
from cardwright.evaluators.slices import Slices
from cardwright.sources.models import model_from_callable


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


# ------------------------------------------------------------------------------------------------ of every evaluator


def rows(seed, size=300, extra=0):
    """Rows of which the last `extra` are denied, of group b and of weight 0, in the middle of the others."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=size)
    data = {
        "g": rng.choice(["a", "b"], size),
        "place": rng.choice(["near", "far"], size),
        "a": a,
        "y": (a + rng.normal(size=size) > 0).astype(int),
        "p": 1 / (1 + np.exp(-a)),
        "q": 1 / (1 + np.exp(-a - rng.normal(0, 0.2, size))),
        "w": rng.uniform(0.5, 2, size),
    }
    if not extra:
        return data
    planted = {"g": "b", "place": "far", "a": -3.0, "y": 1, "p": 0.05, "q": 0.05, "w": 0.0}
    half = size // 2
    return {name: np.concatenate([v[:half], np.full(extra, planted[name]), v[half:]]) for name, v in data.items()}


def weighted(extra, **more):
    return memory_predictions(
        rows(7, extra=extra),
        score="p",
        threshold=0.5,
        classes=("0", "1"),
        sensitive=["g"],
        weight="w",
        features=("a",),
        **more,
    )


MODEL = model_from_callable(
    lambda frame: 1 / (1 + np.exp(-frame["a"].fillna(0).to_numpy(float))),
    features=("a",),
    sha256="0" * 64,
    task="binary",
)
EVERY = {
    "performance": lambda source: Performance().evaluate(inputs_of(source)),
    "fairness": lambda source: Fairness().evaluate(inputs_of(source)),
    "slices": lambda source: Slices(columns=["place"], max_depth=1).evaluate(inputs_of(source)),
    "robustness": lambda source: Robustness(noise=[0.3], missing=[0.2], columns=["place"]).evaluate(
        Inputs("r", {"source": source, "model": MODEL})
    ),
    "seeds": lambda source: Seeds(runs=["q"]).evaluate(inputs_of(source)),
}


@pytest.mark.parametrize("evaluator", EVERY)
def test_rows_of_weight_0_are_in_no_number_of_any_evaluator_and_are_said(evaluator):
    """Denied rows of one group, given the weight 0: as if they were not there, and a high finding that they are."""
    without, beside = EVERY[evaluator](weighted(0)), EVERY[evaluator](weighted(60))
    assert beside.measurements == without.measurements
    assert beside.completeness == without.completeness == "complete"
    (finding,) = [f for f in beside.findings if f.key == "weight_zero"]
    assert (finding.severity, finding.count) == ("high", 60)
    assert not [f for f in without.findings if f.key == "weight_zero"]
    (scanned,) = [s for s in beside.coverage.scanned if s.what == "rows"]
    assert (scanned.scanned, scanned.total) == (300, 360)


@pytest.mark.parametrize("evaluator", EVERY)
def test_a_weight_that_decides_alone_is_a_finding_of_every_evaluator(evaluator):
    data = rows(7)
    data["w"][0] = 2.0**20
    source = memory_predictions(
        data, score="p", threshold=0.5, classes=("0", "1"), sensitive=["g"], weight="w", features=("a",)
    )
    found = [f for f in EVERY[evaluator](source).findings if f.key == "extreme_weights"]
    assert [f.severity for f in found] == ["high"]


def test_a_profile_counts_rows_as_they_stand_and_says_which_weigh_nothing():
    evaluation = DataProfile().evaluate(inputs_of(memory_table(rows(7, extra=60), weight="w", sensitive=["g"])))
    (count,) = evaluation.find("row_count")
    assert count.value == 360
    assert [f.count for f in evaluation.findings if f.key == "weight_zero"] == [60]


def test_impact_ratios_and_paired_comparisons_are_of_rows_without_weights():
    with pytest.raises(UsageError, match="weighted"):
        ImpactRatio(attributes=["g"]).evaluate(inputs_of(weighted(0)))
    both = Inputs("p", {"source": weighted(60), "baseline": weighted(60)})
    changes = [m for m in Performance().evaluate(both).measurements if m.metric.endswith("_change")]
    assert changes
    assert {m.status for m in changes} == {"unmeasured"}
