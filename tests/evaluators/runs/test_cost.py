"""What runs took, and how long requests take."""

import numpy as np
import pytest
from tests.evaluators.runs.support import BASE, CLAIM, look, one, run
from tests.support import memory_table

from cardwright.errors import SourceError, UsageError


def runs():
    return [
        run(f"c{s}", CLAIM, 0.8, seed=s, purpose="candidate", cost={"gpu_hours": 1.0 + s, "seconds": 60.0})
        for s in range(3)
    ] + [run("b", BASE, 0.7, seed=0, purpose="baseline")]


def test_cost_is_the_mean_of_the_runs_that_say_it():
    seen = look(runs())
    found = one(seen, "cost_gpu_hours", configuration="claim")
    assert (found.value, found.unit, found.denominator) == (2.0, "gpu_hours", 3)
    assert found.interval.method == "student_t"
    assert seen.find("cost_gpu_hours", slice={"configuration": "baseline"}) == ()


def test_latency_is_by_order_statistics():
    times = np.random.default_rng(1).exponential(20, 400)
    seen = look(runs(), latency="ms", more={"latencies": memory_table({"ms": times.tolist()})})
    found = one(seen, "latency_p95")
    assert found.value == sorted(times)[379]
    assert (found.interval.method, found.unit) == ("order_statistics", "ms")
    assert found.interval.lower <= found.value <= found.interval.upper


def test_a_time_that_is_none_is_refused():
    with pytest.raises(SourceError, match="missing, negative or no number"):
        look(runs(), latency="ms", more={"latencies": memory_table({"ms": [1.0, -2.0]})})
    with pytest.raises(UsageError, match='no column is called "msec"'):
        look(runs(), latency="msec", more={"latencies": memory_table({"ms": [1.0]})})
