"""How `Kpis` is set: every default, what makes no sense refused by its name, and no grouping by person."""

import pytest
from tests.evaluators import option_checks

from cardwright.errors import UsageError
from cardwright.evaluators.kpis import Kpis

DEFAULTS = {
    "workstream_from": "about", "runs_workstream": "", "since": "", "until": "", "min_cases": 5, "max_uses": 40,
    "max_age_days": 365, "level": 0.95,
}  # fmt: skip
TAKES = {
    "workstream_from": "a text", "runs_workstream": "a text", "since": "a text", "until": "a text", "min_cases": "a whole number",
    "max_uses": "a whole number", "max_age_days": "a whole number", "level": "a number",
}  # fmt: skip


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("kpis", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("kpis")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("kpis")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("kpis", "untl", "until")


@pytest.mark.parametrize(("parameters", "says"), [
    ({"since": "yesterday"}, "the first day of the period is no day"), ({"until": "2026-13-01"}, "the last day of the period"),
    ({"since": "20261001"}, "no day"), ({"since": "2026-11-02", "until": "2026-11-01"}, "ends before it begins"),
    ({"min_cases": 0}, "`min_cases`"), ({"max_uses": 0}, "`max_uses`"), ({"level": 1.0}, "`level` must lie between 0 and 1"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(parameters, says):
    with pytest.raises(UsageError, match=says):
        Kpis(**parameters).check("kpis")


@pytest.mark.parametrize(
    "field", ["author", "owners", "stated_by", "person", "reviewer", "lead_researcher", "owner_of_data"]
)
def test_grouping_by_a_field_about_people_is_refused_with_the_reason(field):
    with pytest.raises(UsageError, match="never grouped by person") as refused:
        Kpis(workstream_from=field).check("kpis")
    assert "not how people do" in refused.value.do
