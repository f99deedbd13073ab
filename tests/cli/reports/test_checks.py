"""One list of checks of a verdict, of a verification or of an error: nothing that did not run looks like a pass."""

import json

import pytest
from tests.cli.reports.support import WAIVED, checks, every_sort, outcome

from cardwright.attest.verify import Report, Step
from cardwright.cli.reports import of_verification

pytest.importorskip("jsonschema")
from tests.cli.reports.support import follows_the_schema, parsed

from cardwright.cli.reports import github, junit, of_error, sarif
from cardwright.errors import IntegrityError


def test_a_path_outside_the_checkout_is_not_told():
    data = sarif.render(checks(outcome(1, "failed"), where="/home/me/secret place/1.0.0"))
    assert b"secret" not in data
    assert b'"uri": "1.0.0/record.json"' in data


def test_a_dossier_that_cannot_be_read_leaves_a_failing_report():
    error = IntegrityError("its bytes are not those of the manifest", where="out/record.json", do="It was changed.")
    made = of_error(error, command="gate", where="out", at="2026-11-23T12:00:00Z")
    (case,) = parsed(junit.render(made))
    assert case[0].tag == "error"
    log = json.loads(sarif.render(made))
    follows_the_schema(log)
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False
    assert log["runs"][0]["results"][0]["level"] == "error"
    assert github.commands(made).startswith("::error ")


@pytest.mark.parametrize(
    ("status", "level", "waived", "state"),
    [
        *(
            (status, "block", None, "refused")
            for status in ("failed", "inconclusive", "missing", "stale", "mismatched")
        ),
        ("error", "block", None, "error"),
        ("passed", "block", None, "passed"),
        ("not_applicable", "advise", None, "not_applicable"),
        *((status, "advise", None, "advice") for status in ("failed", "missing", "error")),
        ("failed", "block", WAIVED, "waived"),
        ("error", "block", WAIVED, "waived"),
    ],
)
def test_what_an_outcome_means_for_a_build(status, level, waived, state):
    (made,) = checks(outcome(1, status, level=level, waived=waived)).checks
    assert made.state == state


def test_every_outcome_is_a_check_and_each_is_in_one_state():
    made = checks(*every_sort())
    assert [check.id for check in made.checks] == [one.requirement for one in every_sort()]
    states = ("passed", "refused", "error", "waived", "advice", "not_applicable")
    assert sum(len(made.of(state)) for state in states) == len(made.checks)
    assert not made.allowed


def test_a_path_is_written_as_a_relative_uri():
    made = checks(outcome(1, "passed"), where="governance/my loans#1/1.0.0")
    assert (made.file, made.uri) == (
        "governance/my loans#1/1.0.0/record.json",
        "governance/my%20loans%231/1.0.0/record.json",
    )


@pytest.mark.parametrize(("step", "broken", "state"), [
    ("passed", False, "passed"), ("failed", False, "refused"), ("not judged", False, "refused"), ("failed", True, "error"),
])  # fmt: skip
def test_a_step_that_was_not_judged_is_a_failure(step, broken, state):
    report = Report(steps=(Step(number=8, name="release", outcome=step, detail="d", broken=broken),), trusted=True)
    made = of_verification(report, subject="loans 1", where="out", at="2026-11-23T12:00:00Z")
    ((check,), trusted) = made.checks, dict(made.properties)["trusted"]
    assert (check.state, check.label, check.name) == (state, "step 8", "step 8 release")
    assert trusted == "with the receiver's trust file"
