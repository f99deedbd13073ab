"""What build servers read: nothing that did not run looks like a pass, and no text of a record becomes a command or markup."""

import json

import pytest
from tests.cli.reports.support import checks, every_sort, follows_the_schema, parsed

pytest.importorskip("jsonschema")

from tests.strategies import good_case

from cardwright.cli.reports import github, junit, of_verdict, sarif
from cardwright.policy.gate import decide

# ---------------------------------------------------------------------------------------------------- JUnit


# ---------------------------------------------------------------------------------------------------- SARIF


# ---------------------------------------------------------------------------------------------------- GitHub


# ---------------------------------------------------------------------------------------------------- all of them


@pytest.mark.parametrize("render", [junit.render, sarif.render, github.summary])
def test_the_same_verdict_gives_the_same_bytes(render):
    assert render(checks(*every_sort())) == render(checks(*every_sort()))


def test_every_format_agrees_with_the_verdict_of_a_packaged_policy():
    from cardwright.dossier.contents import policy_of

    case = good_case()
    found = decide(case, policy_of("production"), "2026-11-23T12:00:00Z")
    made = of_verdict(found, subject="m 1", where="out")
    cases = parsed(junit.render(made))
    blocking = {o.requirement for o in found.blocking}
    assert blocking
    failing = {
        c.get("name").split(" ")[1].rstrip(":")
        for c in cases
        if c.find("failure") is not None or c.find("error") is not None
    }
    assert failing == blocking
    log = json.loads(sarif.render(made))
    follows_the_schema(log)
    unsuppressed = {r["ruleId"] for r in log["runs"][0]["results"] if r["level"] == "error" and "suppressions" not in r}
    assert unsuppressed == blocking
