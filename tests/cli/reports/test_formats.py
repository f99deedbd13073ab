"""What build servers read: nothing that did not run looks like a pass, and no text of a record becomes a command or markup."""

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("jsonschema")

import jsonschema
from tests.strategies import good_case

from cardwright.cli.reports import Check, Checks, github, junit, of_error, of_verdict, sarif
from cardwright.errors import IntegrityError
from cardwright.policy.gate import decide
from cardwright.record.verdict import STATUSES, Outcome, PolicyRef, Verdict, VerdictInputs, Waived

DATA = Path(__file__).parents[2] / "data" / "reports"
WAIVED = Waived(
    claim="8" * 64,
    approved_by="B. Lind",
    requested_by="A. Okafor",
    reason="A pilot of ten files.",
    controls="Each is read twice.",
    expires="2026-12-20",
)


def outcome(number, status, *, level="block", waived=None, text="It was found.", title="A requirement"):
    return Outcome(
        requirement=f"r{number}",
        number=number,
        title=title,
        kind="measurement",
        level=level,
        status=status,
        explanation=text,
        remedy="Run it again." if status not in ("passed", "not_applicable") else None,
        clause="kind is dataset" if status == "not_applicable" else None,
        waived=waived,
        why="Because.",
        origin="internal",
        set_by="us",
        set_on="2026-11-01",
    )


def verdict(*outcomes):
    allowed = all(o.releases for o in outcomes)
    return Verdict(
        stage="release",
        decision="allowed" if allowed else "refused",
        headline="ALLOWED" if allowed else "REFUSED",
        evaluated_at="2026-11-23T12:00:00Z",
        policy=PolicyRef(name="p", version="1", title="P", sha256="a" * 64, chosen_by="the plan"),
        inputs=VerdictInputs(record_sha256="b" * 64, policy_sha256="a" * 64),
        outcomes=outcomes,
    )


def every_sort():
    """One outcome of every status at both levels, and one waived."""
    sorts = list(itertools.product(STATUSES, ("block", "advise")))
    made = [outcome(n, status, level=level) for n, (status, level) in enumerate(sorts, 1)]
    return [*made, outcome(len(made) + 1, "failed", waived=WAIVED)]


def checks(*outcomes, where="governance/loans/1.0.0"):
    return of_verdict(verdict(*outcomes), subject="loans 1.0.0", where=where)


NASTY = [
    "::error::owned",
    "  ::set-output name=x::y",
    "##[add-mask]x",
    "a\n::warning::b\r\n::stop-commands::t",
    "x\x00\x1b[31m\x85\u202e\ufffe\ud800y",
    "100%, a:b, c%0A::error::d",
    "]]> <script>alert(1)</script> &amp; <!--",
    "[click](https://evil.example) {0} ![i](x) | a | `b` @someone www.evil.example",
    "\u2028::error::line separator",
]
nasty = st.sampled_from(NASTY) | st.text(max_size=80)
raw = st.builds(
    lambda texts, state, status, waived: Check(
        id="r1",
        label="R-01",
        title=texts[0],
        status=status,
        state="waived" if waived else state,
        explanation=texts[1],
        remedy=texts[2],
        why=texts[3],
        looked_at=(texts[4],),
        waiver=WAIVED if waived else None,
    ),
    st.tuples(nasty, nasty, nasty, nasty, nasty),
    st.sampled_from(["passed", "refused", "error", "advice", "not_applicable"]),
    st.sampled_from(STATUSES),
    st.booleans(),
)
raw_checks = st.builds(
    lambda some, head, file: Checks(
        command="gate",
        subject=head,
        headline=head,
        allowed=not some,
        at="2026-11-23T12:00:00Z",
        file=file,
        properties=(("policy", head),),
        checks=tuple(replace(check, id=f"r{n}") for n, check in enumerate(some)),
    ),
    st.lists(raw, max_size=3),
    nasty,
    nasty,
)


def runner_commands(log):
    """What GitHub's runner takes for a command in a log: `::` at a line's start after white space, `##[` anywhere."""
    lines = re.split(r"\r\n|\r|\n", log)
    return [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


# ---------------------------------------------------------------------------------------------------- JUnit


def parsed(data):
    """Strictly: one suite, attributes and children that build servers know, counts that are those of the cases."""
    root = ET.fromstring(data)
    assert root.tag == "testsuites"
    (suite,) = root
    assert {child.tag for child in suite} == {"properties", "testcase"} or len(suite) == 1
    cases = suite.findall("testcase")
    for element in (root, suite):
        assert int(element.get("tests")) == len(cases)
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.get(name)) == sum(case.find(tag) is not None for case in cases)
    for case in cases:
        assert {"name", "classname", "time"} == set(case.attrib)
        assert [child.tag for child in case] in ([], ["failure"], ["error"], ["skipped"], ["system-out"])
    return cases


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


# ---------------------------------------------------------------------------------------------------- SARIF


SCHEMA = jsonschema.Draft4Validator(json.loads((DATA / "sarif-2.1.0-rtm.5.json").read_text()))


def test_sarif_follows_its_schema_and_accounts_for_every_requirement():
    log = json.loads(sarif.render(checks(*every_sort())))
    SCHEMA.validate(log)
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


def test_a_path_outside_the_checkout_is_not_told():
    data = sarif.render(checks(outcome(1, "failed"), where="/home/me/secret place/1.0.0"))
    assert b"secret" not in data
    assert b'"uri": "1.0.0/record.json"' in data


@settings(max_examples=40)
@given(raw_checks)
def test_sarif_follows_its_schema_whatever_a_record_says(some):
    data = sarif.render(some)
    SCHEMA.validate(json.loads(data))
    assert runner_commands(data.decode()) == []
    for result in json.loads(data)["runs"][0]["results"]:
        text = result["message"]["text"]
        assert "](" not in text
        assert len(text) <= 1024
        assert not re.search(r"(?<!\{)\{\d+\}(?!\})", text)


# ---------------------------------------------------------------------------------------------------- GitHub


def unescaped(command):
    """A workflow command read as the runner reads it: kind, properties, message."""
    kind, rest = re.fullmatch(r"::(\w+) (.*)", command).groups()
    properties, message = rest.split("::", 1)

    def plain(text):
        for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            text = text.replace(code, character)
        return text

    return kind, {k: plain(v) for k, v in (p.split("=", 1) for p in properties.split(","))}, plain(message)


@given(raw_checks)
def test_only_our_own_commands_reach_the_runner(some):
    lines = github.commands(some).split("\n")
    assert len(lines) == 1 + sum(check.state in ("refused", "error", "advice", "waived") for check in some.checks)
    for line in lines:
        kind, properties, message = unescaped(line)
        assert kind in ("error", "warning", "notice")
        assert set(properties) == {"title", "file"}
        assert len(message.encode()) <= 4096
    assert all("\r" not in line for line in lines)


@given(nasty)
def test_harmless_text_holds_no_command(text):
    assert runner_commands(github.harmless(text)) == []


def test_no_more_than_ten_of_each_kind_and_the_rest_is_counted():
    many = [outcome(n, "missing") for n in range(1, 31)]
    many += [outcome(n, "missing", level="advise") for n in range(31, 61)]
    many += [outcome(n, "missing", waived=WAIVED) for n in range(61, 91)]
    lines = [unescaped(line) for line in github.commands(checks(*many)).split("\n")]
    kinds = [kind for kind, _, _ in lines]
    assert (kinds.count("error"), kinds.count("warning"), kinds.count("notice")) == (10, 10, 9)
    assert "21 more are in the job summary" in lines[0][2]


def test_a_long_explanation_is_cut_between_characters():
    *_, line = github.commands(checks(outcome(1, "failed", text="ü" * 9_000))).split("\n")
    assert len(unescaped(line)[2].encode()) <= 4096


def test_the_summary_puts_what_is_in_the_way_first_and_counts_what_does_not_fit():
    many = [outcome(n, "passed") for n in range(1, 5_000)] + [outcome(5_000, "missing", text="x" * 500)]
    data = github.summary(checks(*many), room=50_000)
    text = data.decode()
    assert len(data) <= 50_000
    rows = [line for line in text.split("\n") if line.startswith("| ") and "R\\-" in line]
    assert rows[0].startswith("| ✗ ")
    left = int(re.search(r"(\d+) of 5000 requirements do not fit", text).group(1))
    assert left + len(rows) == 5_000


def test_a_summary_that_does_not_fit_at_all_is_left_out_as_a_whole():
    assert github.summary(checks(outcome(1, "passed")), room=10) == b""


@given(raw_checks)
def test_the_summary_holds_no_markup_of_a_record(some):
    text = github.summary(some).decode()
    table = [line for line in text.split("\n") if line.startswith("| ")][2:]
    assert len(table) == len(some.checks)
    for row in table:
        bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", row).replace("<br>", "")
        assert bare.count("|") == 5
        assert not set(bare) & set("<>[]`*_@") - {"|"}


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
    SCHEMA.validate(log)
    unsuppressed = {r["ruleId"] for r in log["runs"][0]["results"] if r["level"] == "error" and "suppressions" not in r}
    assert unsuppressed == blocking


def test_a_dossier_that_cannot_be_read_leaves_a_failing_report():
    error = IntegrityError("its bytes are not those of the manifest", where="out/record.json", do="It was changed.")
    made = of_error(error, command="gate", where="out", at="2026-11-23T12:00:00Z")
    (case,) = parsed(junit.render(made))
    assert case[0].tag == "error"
    log = json.loads(sarif.render(made))
    SCHEMA.validate(log)
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False
    assert log["runs"][0]["results"][0]["level"] == "error"
    assert github.commands(made).startswith("::error ")
