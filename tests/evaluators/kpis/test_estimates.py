"""What plans estimated, beside what came of it."""

import pytest
from tests.evaluators.kpis.support import PLANNED, approved, look, one, rows, run, written

from cardwright.evaluators.kpis.estimates import amount_of


def test_runs_after_the_approval_are_what_it_took():
    plan = written(claims=approved("2026-11-02T09:00:00Z"), **PLANNED)
    runs = [run("before", day="2026-11-01"), run("a"), run("b", status="failed"), run("c", group="search")]
    found = look(plan, runs=runs)
    taken = {
        row["what"]: (row["estimated"], row["actual"], row["ratio"], row["why"]) for row in rows(found, "estimates")
    }
    assert taken == {
        "Training": (40, 2, 0.05, None), "Compute": (6, 1.0, pytest.approx(1 / 6), None),
        "People": (None, None, None, "the words give no amount in runs, hours, money or energy"),
    }  # fmt: skip
    ratio = one(found, "estimate_ratio", plan=plan.id, what="Compute", unit="cpu_hours")
    assert (ratio.numerator, ratio.denominator) == (1.0, 6.0)


@pytest.mark.parametrize(("claims", "runs", "why"), [
    ((), [run("a")], "nobody approved the plan"), (approved(), None, "no store of runs is named"),
    (approved(), [run("a", day="2026-10-01")], "no run began after"), (approved(), [run("a", cost={})], None),
])  # fmt: skip
def test_where_nothing_can_be_compared_it_says_why(claims, runs, why):
    found = rows(look(written(claims=claims, **PLANNED), runs=runs), "estimates")
    said = [row["why"] for row in found if row["what"] == "Compute"]
    assert said[0].startswith(why or "the runs do not log cpu hours")


@pytest.mark.parametrize(("words", "amount"), [
    ("40 runs", ("runs", 40)), ("1,200 runs", ("runs", 1200)), ("200 GPU-hours", ("gpu_hours", 200)), ("2.5 CPU hours", ("cpu_hours", 2.5)),
    ("5 minutes", ("seconds", 300)), ("2 h", ("seconds", 7200)), ("300 USD", ("money", 300)), ("3 kWh", ("energy_kwh", 3)),
    ("9 weeks", (None, None)), ("Little", (None, None)), ("", (None, None)), ("40 runs in 6 hours", (None, None)),
    ("10 to 20 runs", (None, None)), ("10-20 GPU-hours", (None, None)), ("at most 20 runs", ("runs", 20)),
])  # fmt: skip
def test_an_amount_is_read_where_there_is_one_with_a_unit(words, amount):
    assert amount_of(words) == amount


def test_a_quarterly_plan_is_compared_by_its_compute():
    stream = {
        "workstream": "Thin files",
        "effort": "9 weeks",
        "compute": "10 CPU-hours",
        "data": "d",
        "evaluated_by": "e",
    }
    plan = written("quarterly_plan", name="plan", workstreams=[stream], claims=approved())
    (row,) = rows(look(plan, runs=[run("a"), run("b")]), "estimates")
    assert (row["what"], row["estimated"], row["actual"]) == ("Thin files", 10, 1.0)
