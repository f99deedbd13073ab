"""A score of the other outcome is a critical finding of every evaluation of rows that used it."""

import numpy as np
import pytest
from tests.support import inputs_of, memory_predictions

from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.impact_ratio import ImpactRatio
from cardwright.evaluators.performance import Performance
from cardwright.evaluators.robustness import Robustness
from cardwright.evaluators.seeds import Seeds
from cardwright.evaluators.slices import Slices
from cardwright.sources.models import model_from_callable

EVALUATORS = [Fairness(), Performance(), ImpactRatio(), Slices(columns=["g"]), Seeds(), Robustness(noise=[0.1])]
by_name = pytest.mark.parametrize("evaluator", EVALUATORS, ids=lambda one: one.name)


def bank(toward, size=400, weight=None):
    """Loans whose score speaks for the good outcome (1), for the bad one (-1) or for neither (0)."""
    rng = np.random.default_rng(1)
    good = rng.integers(0, 2, size)
    score = 0.5 + 0.3 * toward * (good - 0.5) + 0.1 * rng.uniform(-1, 1, size)
    columns = {
        "y": np.where(good, "good", "bad").tolist(),
        "p": score.tolist(),
        "g": (["a", "b"] * size)[:size],
        "x": (score - 0.1).tolist(),
    }
    options = {"score": "p", "threshold": 0.5, "favourable": "good", "classes": ("bad", "good"), "sensitive": ["g"]}
    if weight is not None:
        columns["w"] = [weight] * size
        options["weight"] = "w"
    return memory_predictions(columns, **options)


def assessed(evaluator, rows):
    """What the evaluator says of rows, beside a model that made their scores where it asks for one."""
    more = {}
    if any(need.name == "model" for need in evaluator.needs):
        more["model"] = model_from_callable(
            lambda frame: frame["x"].to_numpy(float) + 0.1, features=("x",), sha256="0" * 64, task="binary"
        )
    return evaluator.evaluate(inputs_of(rows, **more))


@by_name
@pytest.mark.parametrize("weight", [None, 2.0])
def test_a_probability_of_the_bad_outcome_is_a_critical_finding(evaluator, weight):
    if weight is not None and evaluator.name == "impact_ratio":
        return  # it counts applicants, and refuses weights
    found = assessed(evaluator, bank(-1, weight=weight))
    (finding,) = [f for f in found.findings if f.key == "score_reversed"]
    assert (finding.severity, finding.where) == ("critical", "p")
    assert "store 1 - score" in finding.explanation
    assert found.severities["critical"] == 1


@by_name
@pytest.mark.parametrize("toward", [0, 1])
def test_a_score_that_ranks_well_or_by_chance_is_none(evaluator, toward):
    found = assessed(evaluator, bank(toward))
    assert [f for f in found.findings if f.key == "score_reversed"] == []


def test_too_few_rows_for_an_interval_say_nothing():
    found = Performance().evaluate(inputs_of(bank(-1, size=2)))
    assert [f for f in found.findings if f.key == "score_reversed"] == []


def test_a_calibration_slope_below_0_is_critical_though_the_order_is_no_worse_than_chance():
    """Most rows are near one half and say nothing; the few that are sure are sure of the wrong outcome."""
    middle = np.repeat([0.45, 0.55], 400)
    outcome = np.repeat([1, 0, 1, 0], [190, 210, 210, 190])
    sure = np.repeat([0.02, 0.98], 20)
    wrong = np.repeat([1, 0], 20)
    # One row against the trend in each group keeps the slope finite, and the order near chance.
    columns = {
        "y": ["good" if y else "bad" for y in [*outcome, *wrong, 0, 1]],
        "p": [*middle, *sure, 0.02, 0.98],
    }
    rows = memory_predictions(columns, score="p", threshold=0.5, favourable="good", classes=("bad", "good"))
    found = Performance().evaluate(inputs_of(rows))
    (auc,) = found.find("roc_auc")
    assert auc.interval.upper > 0.5
    (finding,) = [f for f in found.findings if f.key == "score_reversed"]
    assert finding.severity == "critical"
    assert "calibration slope -" in finding.explanation
