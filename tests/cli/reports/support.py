"""A verdict with every sort of outcome, and texts that a build server could take for something else."""

import functools
import itertools
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import strategies as st

from cardwright.cli.reports import Check, Checks, of_verdict
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


@functools.cache
def _schema():
    import jsonschema

    return jsonschema.Draft4Validator(json.loads((DATA / "sarif-2.1.0-rtm.5.json").read_text()))


def follows_the_schema(log):
    """SARIF's own schema; raises where it does not."""
    _schema().validate(log)
