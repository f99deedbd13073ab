"""Rows of one person that are taken as independent are a finding wherever an interval or a p-value rests on them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import inputs_of, memory_predictions, memory_table

from cardwright.evaluators.data_profile import DataProfile
from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.impact_ratio import ImpactRatio
from cardwright.evaluators.performance import Performance
from cardwright.evaluators.rows import repeats as module
from cardwright.evaluators.rows.repeats import repeat_findings, repeats
from cardwright.evaluators.seeds import Seeds
from cardwright.evaluators.slices import Slices


def visits(persons=60, each=5, name="patient", **options):
    """A model's decisions on the visits of patients."""
    size = persons * each
    columns = {
        "y": [n % 2 for n in range(size)],
        "d": [(n // 3) % 2 for n in range(size)],
        "g": [("a", "b")[n % 2] for n in range(size)],
        name: [f"k{n // each}" for n in range(size)],
    }
    return memory_predictions(columns, prediction="d", classes=("0", "1"), sensitive=["g"], **options)


def cases(found):
    return [f for f in found if f.key == "rows_of_one_case"]


@pytest.mark.parametrize(
    "evaluator",
    [Performance(), Fairness(), ImpactRatio(), Slices(columns=["g"]), Seeds(), DataProfile()],
    ids=lambda one: one.name,
)
def test_patients_of_five_rows_in_rows_taken_as_independent_are_a_finding_with_the_effect(evaluator):
    (finding,) = cases(evaluator.evaluate(inputs_of(visits())).findings)
    assert (finding.severity, finding.where, finding.count) == ("high", "patient", 240)
    assert "60 different values in 300 rows, at most 5 rows each" in finding.explanation
    assert f"{math.sqrt(5):.2f} times too narrow" in finding.explanation
    assert "k1" not in finding.explanation


def test_nothing_is_said_if_the_plan_names_the_person_or_every_row_is_one():
    assert cases(repeat_findings(visits(person="patient"), 0)) == []
    assert cases(repeat_findings(visits(each=1), 0)) == []


def test_a_declared_unit_that_repeats_is_found_by_its_own_name():
    rows = visits(name="parcel_no", unit="parcel")
    assert [f.where for f in cases(repeat_findings(rows, 0))] == ["parcel_no"]
    assert cases(repeat_findings(visits(name="parcel_no"), 0)) == []


def test_kinds_of_customers_are_no_customers():
    rows = memory_table({"customer": ["retail", "business", "public"] * 50, "member": [0, 1] * 75})
    assert repeat_findings(rows, 0) == []


def test_a_few_rows_that_repeat_weigh_little():
    rows = memory_table({"patient_id": [f"k{n}" for n in range(200)] + ["k1"]})
    (finding,) = repeat_findings(rows, 0)
    assert (finding.severity, finding.count) == ("low", 1)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=120), st.lists(st.integers(0, 120), max_size=4))
def test_repeats_are_those_of_a_count_however_the_rows_are_cut(values, cuts):
    rows = memory_table({"person_id": [f"p{v}" for v in values], "k": values}, cuts=cuts)
    for column in ("person_id", "k"):
        (found,) = repeats(rows, [column], 0)
        sizes = np.unique(values, return_counts=True)[1]
        assert (found.rows, found.cases, found.most) == (len(values), len(sizes), sizes.max())
        assert found.design_effect == pytest.approx((sizes**2).sum() / sizes.sum())


@settings(max_examples=5)
@given(st.integers(1, 6))
def test_more_persons_than_are_followed_are_estimated(each):
    persons = 4 * module.KEPT
    rows = memory_table({"person_id": np.tile(np.arange(persons), each)}, cuts=[1000, persons])
    (found,) = repeats(rows, ["person_id"], 3)
    assert found.cases == pytest.approx(persons, rel=0.05)
    assert (found.most, found.design_effect) == (each, each)
