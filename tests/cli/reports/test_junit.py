"""JUnit: what blocks is a failure and never skipped, and every text is legal XML."""

import pytest
from hypothesis import given
from tests.cli.reports.support import WAIVED, checks, outcome, parsed, raw_checks, runner_commands

from cardwright.cli.reports import junit
from cardwright.record.verdict import STATUSES


@pytest.mark.parametrize("status", [s for s in STATUSES if s not in ("passed", "not_applicable")])
def test_what_blocks_is_a_failure_in_junit_and_never_skipped(status):
    (case,) = parsed(junit.render(checks(outcome(1, status))))
    told = case[0]
    assert told.tag == ("error" if status == "error" else "failure")
    assert told.get("type") == status
    assert "It was found." in told.get("message")


def test_what_does_not_apply_is_skipped_with_its_reason_and_a_waiver_passes_with_a_note():
    skipped, waived = parsed(junit.render(checks(outcome(1, "not_applicable"), outcome(2, "missing", waived=WAIVED))))
    assert "kind is dataset" in skipped[0].get("message")
    assert waived[0].tag == "system-out"
    for word in ("WAIVED until 2026-12-20", "B. Lind", "A. Okafor", "A pilot of ten files.", "missing"):
        assert word in waived[0].text


def test_advice_that_is_not_met_never_looks_passed_and_fails_no_build():
    (case,) = parsed(junit.render(checks(outcome(1, "missing", level="advise"))))
    assert case[0].tag == "skipped"
    assert "advice, which does not block, is not met: missing" in case[0].get("message")


@given(raw_checks)
def test_junit_is_well_formed_whatever_a_record_says(some):
    data = junit.render(some)
    assert len(parsed(data)) == len(some.checks)
    assert runner_commands(data.decode()) == []
