"""What an audit asks for and the tables it gives, as values."""

import pytest
from tests.support import memory_predictions

from cardwright.evaluators.impact_ratio.options import ImpactRatioOptions
from cardwright.evaluators.impact_ratio.plan import plan
from cardwright.evaluators.impact_ratio.tables import CategoryLine, CategoryTable
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.rates import Estimate

RATE = Estimate(0.5, 10, "applicants", 5.0, 10.0)


@pytest.mark.parametrize(
    ("slice_", "name"),
    [({"sex": "f"}, "f"), ({"sex": "f", "race": "a"}, "f × a"), ({"sex": None, "race": "a"}, "unknown × a")],
)
def test_a_category_is_named_by_its_groups_and_unknown_membership_as_that(slice_, name):
    assert CategoryLine(slice_, RATE, None, 0.5, False).name == name


def test_a_table_is_named_by_its_attributes():
    assert CategoryTable(("sex", "race"), "x", None, (), None, 0, 0, 0).name == "sex × race"


@pytest.mark.parametrize(("rates", "metric"), [("selection", "selection_rate"), ("scoring", "scoring_rate")])
def test_an_audit_knows_the_rate_of_its_tables_and_the_attributes_asked_for(rates, metric):
    source = memory_predictions(
        {"y": [1, 0], "s": [0.9, 0.1], "sex": ["f", "m"], "race": ["a", "b"]},
        score="s",
        threshold=0.5,
        sensitive=["sex", "race"],
    )
    audit = plan(ImpactRatioOptions(rates=rates, attributes=["race"]), Inputs("audit", {"source": source}))
    assert (audit.metric.name, audit.names, audit.exclude, audit.median_of) == (metric, ("race",), None, "full_sample")
