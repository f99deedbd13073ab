"""What is asked follows from what is given, together in one evaluation or each in its own; the rest is listed as not tested."""

import numpy as np
import pytest
from tests.evaluators.leakage.support import keys, look
from tests.support import memory_table

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.leakage import Leakage
from cardwright.evaluators.leakage.measure import QUESTIONS
from cardwright.testing import check_evaluator


def rows(seed):
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(0, 1, 200), "nll": rng.gamma(2, 1, 200), "id": [f"c{seed}x{n}" for n in range(200)]}


TOGETHER = {
    "loss": "nll",
    "inputs": ["x"],
    "entity": "id",
    "differential_privacy": {"mechanism": "DP-SGD", "epsilon": 1.0, "delta": 1e-5, "unit": "example"},
}


def sources():
    canaries = {"insertions": [0] * 40 + [2], "nll": [*np.random.default_rng(0).normal(20, 1, 40), 19.0]}
    tables = {
        "members": rows(1), "training": rows(1), "non_members": rows(2), "deletions": {"id": ["c1x5"]}, "canaries": canaries,
    }  # fmt: skip
    return {need: memory_table(table, name=need.replace("_", "-")) for need, table in tables.items()}


def test_questions_that_are_asked_together_are_one_evaluation():
    seen = look(TOGETHER, **sources())
    measured = {m.metric for m in seen.measurements}
    assert {"largest_membership_inference_auc", "largest_canary_exposure", "unhonoured_deletion_rate"} <= measured
    assert "deletion_not_honoured" in keys(seen)
    left = {gap.what for gap in seen.coverage.not_tested}
    assert {"verbatim extraction", "attacks on synthetic data"} <= left
    assert not left & {"membership inference", "canary exposure", "erasure and retention"}


def test_a_question_asked_alone_leaves_the_others_untested():
    one = sources()
    seen = look({"entity": "id"}, training=one["training"], deletions=one["deletions"])
    left = {gap.what for gap in seen.coverage.not_tested}
    assert {question.name for question in QUESTIONS} - left == {"erasure and retention"}


def test_nothing_given_is_an_error_that_says_what_can_be_given():
    with pytest.raises(UsageError, match="nothing was given"):
        look({}, training=sources()["training"])


def test_it_keeps_the_promises_of_an_evaluator_whatever_is_asked():
    check_evaluator(Leakage, Inputs(id="leak", sources=sources(), parameters=TOGETHER))
