"""GitLab's code quality: every entry has what GitLab asks for, and what is not met is never left out."""

import json

from hypothesis import given, settings
from tests.cli.reports.support import WAIVED, checks, every_sort, outcome, raw_checks, runner_commands

from cardwright.cli.reports import gitlab

SEVERITIES = {"info", "minor", "major", "critical", "blocker"}


def entries(some):
    return json.loads(gitlab.render(some))


def test_every_requirement_that_is_not_met_is_an_entry_and_no_other():
    found = {entry["check_name"].rpartition("/")[2]: entry for entry in entries(checks(*every_sort()))}
    expected = {
        o.requirement for o in every_sort() if o.waived is not None or o.status not in ("passed", "not_applicable")
    }
    assert set(found) == expected
    blocking = {o.requirement for o in every_sort() if not o.releases}
    assert {name for name, entry in found.items() if entry["severity"] in ("critical", "blocker")} == blocking


def test_what_is_met_leaves_an_empty_list():
    assert entries(checks(outcome(1, "passed"))) == []


def test_a_waiver_says_who_and_until_when():
    (entry,) = entries(checks(outcome(1, "failed", waived=WAIVED)))
    assert entry["severity"] == "info"
    assert "waived until 2026-12-20 by B. Lind" in entry["description"]


def test_a_fingerprint_is_of_the_requirement_and_not_of_its_numbers():
    first, second = (entries(checks(outcome(1, "failed", text=text)))[0] for text in ("0.71", "0.72"))
    assert first["fingerprint"] == second["fingerprint"]
    two = entries(checks(outcome(1, "failed"), outcome(2, "failed")))
    assert len({entry["fingerprint"] for entry in two}) == 2


@settings(max_examples=40)
@given(raw_checks)
def test_each_entry_has_what_gitlab_asks_for_whatever_a_record_says(some):
    data = gitlab.render(some)
    assert runner_commands(data.decode()) == []
    for entry in json.loads(data):
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in SEVERITIES
        assert len(entry["description"]) <= gitlab.MOST_TEXT
        assert "\n" not in entry["description"]
        assert not entry["location"]["path"].startswith("/")
        assert entry["location"]["lines"]["begin"] == 1
