"""The seventeen indicators, each with its caveat."""

from cardwright.evaluators.kpis.figures import FIGURES
from cardwright.evaluators.kpis.indicators import BY_METRIC, CAVEAT, INDICATORS


def test_there_are_seventeen_and_each_is_counted():
    assert len(INDICATORS) == len(BY_METRIC) == 17
    assert [*FIGURES] == [one.metric for one in INDICATORS]


def test_each_says_how_it_is_counted_and_how_it_misleads():
    for one in INDICATORS:
        assert one.counted.endswith("."), one.metric
        assert one.caveat.endswith("."), one.metric
        assert len(one.caveat) <= 200, one.metric
    assert "not quotas" in CAVEAT


def test_what_only_people_can_say_is_marked():
    assert [one.metric for one in INDICATORS if one.by_people] == [
        "documentation_quality", "stakeholder_satisfaction", "learning_contributions",
    ]  # fmt: skip
