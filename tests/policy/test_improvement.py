"""A policy can ask for slices, robustness and a comparison with a baseline, by metric, slice and role of the source."""

from dataclasses import replace

import pytest

pytest.importorskip("pandas", reason="evaluators need the tabular extra")

import numpy as np
import pandas as pd
from tests.policy.test_gate import policy_of
from tests.strategies import NOW, good_case, good_record
from tests.support import memory_predictions

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.performance import Performance
from cardwright.evaluators.robustness import Robustness
from cardwright.evaluators.slices import Slices
from cardwright.policy.gate import decide
from cardwright.record import PlanLock, Planned, Record
from cardwright.sources.models import model_from_callable

POLICY = """
schema: cardwright/policy/1
policy: improvement
version: 1.0.0
title: Claims about improvement
kinds: [model]
for_production: false
set_by: us
set_on: 2026-11-01
requirements:
  - {id: asked, title: t, why: w, origin: internal, %s}
"""

N = 2000
BAD = 0.3


def rule(frame):
    return 1 / (1 + np.exp(-np.clip(frame["a"].fillna(0).to_numpy(float), -700, 700)))


def refusing(frame):
    if frame.isna().any().any():
        raise ValueError
    return rule(frame)


def judged(requirement, function=rule):
    """The outcome of one requirement, on a record with the three evaluations."""
    rng = np.random.default_rng(2)
    a, region = rng.normal(size=N), rng.choice(["north", "south"], N)
    frame = pd.DataFrame({"a": a})
    right = rng.random(N) > np.where(region == "south", BAD, 0.02)
    y = np.where(right, a >= 0, a < 0).astype(int)
    data = {"a": a, "region": region, "y": y, "p": rule(frame)}
    common = {"score": "p", "threshold": 0.5, "classes": ("0", "1")}
    source = memory_predictions(data, **common)
    worse = memory_predictions(
        {**data, "p": np.where(rng.random(N) < 0.3, 1 - data["p"], data["p"])}, name="baseline", **common
    )
    model = model_from_callable(function, features=("a",), task="binary", sha256="0" * 64)
    made = {
        "slices": Slices(columns=["region"]).evaluate(Inputs(id="slices", sources={"source": source})),
        "robustness": Robustness(units={"a": [0.01]}, columns=["region"]).evaluate(
            Inputs(id="robustness", sources={"source": source, "model": model})
        ),
        "performance": Performance().evaluate(Inputs(id="performance", sources={"source": source, "baseline": worse})),
    }
    record, case = good_record(), good_case()
    planned = tuple(
        Planned(id=id, evaluator=id, inputs={"source": "test"}, roles={"source": "test"}) for id in sorted(made)
    )
    plan = PlanLock.model_validate({**case.plan.model_dump(), "planned": [p.model_dump() for p in planned]})
    provenance = record.provenance.model_copy(update={"plan_sha256": plan.sha256})
    record = Record.model_validate(
        record.model_copy(
            update={
                "planned": planned,
                "evaluations": tuple(made[p.id] for p in planned),
                "provenance": provenance,
            }
        ).model_dump()
    )
    run = case.run.model_copy(update={"record_sha256": record.sha256}) if case.run else None
    case = replace(case, record=record, plan=plan, run=run, claims=())
    verdict = decide(case, policy_of((POLICY % requirement).encode()), NOW)
    (outcome,) = [o for o in verdict.outcomes if o.requirement == "asked"]
    return outcome


@pytest.mark.parametrize(
    ("requirement", "status"),
    [
        ("evaluated: {evaluator: slices, role: test, metrics: [error_rate, largest_slice_difference]}", "passed"),
        (
            "measurement: {evaluator: slices, role: test, metric: error_rate, at_most: 0.05, slices: [{region: north}]}",
            "passed",
        ),
        (
            "measurement: {evaluator: slices, role: test, metric: error_rate, at_most: 0.05, slices: [{region: south}]}",
            "failed",
        ),
        (
            "measurement: {evaluator: slices, role: test, metric: error_rate, at_most: 0.05, slices: [{region: west}]}",
            "missing",
        ),
        ("measurement: {evaluator: slices, role: other, metric: error_rate, at_most: 0.5}", "missing"),
        ("measurement: {evaluator: slices, role: test, metric: largest_slice_difference, at_most: 0.1}", "failed"),
        ("measurement: {evaluator: slices, role: test, metric: largest_slice_difference, at_most: 0.5}", "passed"),
        (
            "measurement: {evaluator: robustness, role: test, metric: accuracy_drop, at_most: 0.05, slices: [{perturbation: noise 0.1}]}",
            "passed",
        ),
        ("measurement: {evaluator: robustness, role: test, metric: largest_accuracy_drop, at_most: 0.25}", "passed"),
        ("measurement: {evaluator: robustness, role: test, metric: largest_accuracy_drop, at_most: 0.001}", "failed"),
        (
            "measurement: {evaluator: robustness, role: test, metric: accuracy_drop, at_most: 0.1, slices: [{region: south}]}",
            "failed",
        ),
        ("measurement: {evaluator: performance, role: test, metric: accuracy_change, at_least: 0}", "passed"),
        ("measurement: {evaluator: performance, role: test, metric: accuracy_change, at_least: 0.5}", "failed"),
    ],
)
def test_a_policy_names_them_by_metric_slice_and_role(requirement, status):
    outcome = judged(requirement)
    assert outcome.status == status, outcome.explanation


def test_a_refused_perturbation_cannot_pass_and_the_largest_drop_without_it_neither():
    """A model that refuses missing values is inconclusive, and so is the largest drop over what it did answer."""
    one = judged(
        "measurement: {evaluator: robustness, role: test, metric: accuracy_drop, at_most: 0.9, slices: [{perturbation: missing 0.1}]}",
        refusing,
    )
    assert one.status == "inconclusive" and "refuses missing values" in one.explanation
    largest = judged(
        "measurement: {evaluator: robustness, role: test, metric: largest_accuracy_drop, at_most: 0.9}", refusing
    )
    assert largest.status == "inconclusive" and "it covers 3 of 4" in largest.explanation


def test_the_measurements_named_here_are_numbers():
    """So that the tests above compare numbers and not absences."""
    outcome = judged("measurement: {evaluator: slices, role: test, metric: error_rate, at_most: 0.9}")
    assert outcome.status == "passed" and outcome.observations[0].value == pytest.approx((BAD + 0.02) / 2, abs=0.03)
