"""SARIF: it follows its schema, accounts for every requirement, and a waiver is an accepted suppression."""

import json
import re

import pytest
from hypothesis import given, settings

pytest.importorskip("jsonschema")
from tests.cli.reports.support import (
    WAIVED,
    checks,
    every_sort,
    follows_the_schema,
    outcome,
    raw_checks,
    runner_commands,
)

from cardwright.cli.reports import sarif


def test_sarif_follows_its_schema_and_accounts_for_every_requirement():
    log = json.loads(sarif.render(checks(*every_sort())))
    follows_the_schema(log)
    (run,) = log["runs"]
    results = {result["ruleId"]: result for result in run["results"]}
    for o in every_sort():
        assert run["properties"]["states"][o.requirement].endswith(o.status)
        if o.releases and o.waived is None and o.level == "block":
            assert o.requirement not in results
        elif o.status not in ("passed", "not_applicable"):
            assert results[o.requirement]["level"] == ("error" if o.level == "block" else "warning")
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [o.requirement for o in every_sort()]
    assert all(run["tool"]["driver"]["rules"][r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])


def test_a_waiver_is_an_accepted_suppression_with_its_justification():
    (result,) = json.loads(sarif.render(checks(outcome(1, "failed", waived=WAIVED))))["runs"][0]["results"]
    (suppression,) = result["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert "A pilot of ten files." in suppression["justification"]


def test_a_fingerprint_is_of_the_requirement_and_not_of_its_numbers():
    def of(text):
        return json.loads(sarif.render(checks(outcome(1, "failed", text=text))))["runs"][0]["results"][0]

    assert of("0.71 is below 0.80")["partialFingerprints"] == of("0.72 is below 0.80")["partialFingerprints"]


@settings(max_examples=40)
@given(raw_checks)
def test_sarif_follows_its_schema_whatever_a_record_says(some):
    data = sarif.render(some)
    follows_the_schema(json.loads(data))
    assert runner_commands(data.decode()) == []
    for result in json.loads(data)["runs"][0]["results"]:
        text = result["message"]["text"]
        assert "](" not in text
        assert len(text) <= 1024
        assert not re.search(r"(?<!\{)\{\d+\}(?!\})", text)
