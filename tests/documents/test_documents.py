"""Documents say what the record says, escape what is hostile, and prove that they belong to it."""

import io
import os
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape
from tests.policy.test_gate import FAILED, P, with_gap, with_record
from tests.strategies import NOW, good_case, good_record, waiver

from cardwright import decide, documents
from cardwright.documents.interface import State
from cardwright.errors import UsageError
from cardwright.record import (
    Answer,
    Component,
    Details,
    Evaluation,
    Finding,
    Interval,
    Measured,
    NotEvaluated,
    Record,
    Series,
    Table,
    TableColumn,
    canonical,
)
from cardwright.record.claim import SignOff
from cardwright.record.evaluation import count_severities
from cardwright.record.verdict import Limit

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parent.parent.parent


def edition(case=None, **more):
    case = case or with_gap(FAILED)
    return documents.Edition(record=case.record, verdict=decide(case, P, NOW, "review"), run=case.run, **more)


def rich_record() -> Record:
    """The good record with a table, curves, findings and long words."""
    record = good_record()
    fairness = record.evaluations[0]
    findings = (
        *fairness.findings,
        Finding(severity="high", key="leak", explanation="A token came out.", where="notes", examples=("s***",)),
    )
    rich = fairness.model_copy(
        update={
            "findings": findings,
            "severities": count_severities(findings),
            "tables": (
                Table(
                    id="groups",
                    title="Groups",
                    columns=(
                        TableColumn(name="group", title="Group"),
                        TableColumn(name="rate", title="Rate", unit="proportion"),
                    ),
                    rows=(("a", 0.5), ("b", None)),
                ),
            ),
            "series": (
                Series(
                    id="roc",
                    title="ROC",
                    x="False positive rate",
                    y="True positive rate",
                    points=((0, 0), (0.2, 0.7), (1, 1)),
                ),
            ),
        }
    )
    evaluations = (Evaluation.model_validate(rich.model_dump()), record.evaluations[1])
    return Record.model_validate(record.model_copy(update={"evaluations": evaluations}).model_dump())


def everything_missing() -> Record:
    record = good_record()
    gaps = tuple(NotEvaluated(id=p.id, code="error", reason="It raised.", remedy="Mend it.") for p in record.planned)
    return Record.model_validate(
        record.model_copy(update={"evaluations": (), "not_evaluated": gaps, "details": Details()}).model_dump()
    )


# ------------------------------------------------------------------------------------------------ golden


@pytest.mark.parametrize(
    ("document", "format", "name"),
    [
        ("model_card", "markdown", "model_card.md"),
        ("dataset_card", "markdown", "dataset_card.md"),
        ("model_card", "html", "model_card.html"),
        ("audit_report", "html", "audit_report.html"),
    ],
)
def test_a_document_is_the_golden_one(document, format, name):
    case = with_record(good_case(), rich_record())
    data = documents.render(edition(case), document=document, format=format)
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    assert data == path.read_bytes(), "UPDATE_GOLDEN=1 writes it anew; look at the difference"


def test_markdown_has_headings_tables_and_bullets_of_its_own():
    case = with_record(good_case(), rich_record())
    lines = documents.render(edition(case), document="model_card", format="markdown").decode().splitlines()
    assert "### Owners" in lines
    assert "| Id | Metric | Value | Interval | Counted |" in lines
    assert "| Group | Rate | " in lines
    assert "- l" in lines


@pytest.mark.parametrize("format", ["markdown", "html"])
def test_a_card_says_which_evaluation_was_not_run_again(format):
    record = good_record()
    digest = "ab" * 32
    first = record.evaluations[0].model_copy(update={"reused_from": digest})
    record = Record.model_validate(
        record.model_copy(update={"evaluations": (first, *record.evaluations[1:])}).model_dump()
    )
    case = with_record(good_case(), record)
    card = documents.render(edition(case), document="model_card", format=format).decode()
    assert card.count("not run again: nothing it depends on has changed") == 1
    assert digest in card


# ------------------------------------------------------------------------------------------------ everything missing


@pytest.mark.parametrize(
    ("document", "format"), [("model_card", "markdown"), ("dataset_card", "html"), ("audit_report", "pdf")]
)
def test_a_record_with_everything_missing_renders_and_invents_nothing(document, format):
    case = with_record(good_case(), everything_missing())
    data = documents.render(edition(case), document=document, format=format)
    if format != "pdf":
        text = data.decode()
        assert "not provided" in text
        assert "has no result (error)" in text
        assert not re.search(r"\b(nan|inf)\b|\bNone\b", text.split("</style>")[-1])


def test_a_record_that_nobody_judged_says_so():
    html = documents.render(documents.Edition(record=good_record()), document="audit_report", format="html").decode()
    assert "NOT JUDGED" in html


# ------------------------------------------------------------------------------------------------ hostile text

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% for x in y %}",
    "[click](javascript:alert(1)) ![x](file:///etc/passwd)",
    "| a | b |\n# heading\n- item",
    "</style><style>* {display: none}</style>",
    '=HYPERLINK("http://example.com")',
    "http://example.com www.example.com",
    "`code` *bold* _em_ ~~gone~~ $x$",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text):
    record = good_record()
    answers = {
        "summary": Answer(text=text + " and words that say something", stated_by="A", stated_on="2026-11-20"),
        "owners": Answer(
            entries=({"name": text.replace("\n", " "), "role": "owner", "contact": "c"},),
            stated_by="A",
            stated_on="2026-11-20",
        ),
    }
    title = text.replace("\n", " ")
    record = Record.model_validate(
        record.model_copy(update={"details": Details(answers=answers), "title": title}).model_dump()
    )
    shown = documents.Edition(record=record)
    html = documents.render(shown, document="model_card", format="html").decode()
    body = html.split("</style>", 1)[1]
    for tag in ("<script", "<img", "<style", "onerror=alert(1)>"):
        assert tag not in body
    assert "49 " not in body.split("What is missing")[0]
    markdown = documents.render(shown, document="model_card", format="markdown").decode()
    body = markdown[4:].partition("\n---\n")[2]
    for made in ("<script", "<img", "](javascript", "](file:", "![", "http://example", "www.example"):
        assert made not in body
    assert not [line for line in body.splitlines()[2:] if line.startswith(("# heading", "- item", "| a"))]


def test_a_document_that_is_not_there_is_said_with_the_nearest():
    with pytest.raises(UsageError, match='"model_card"'):
        documents.render(edition(), document="modelcard", format="html")


# ------------------------------------------------------------------------------------------------ words and numbers


def test_no_document_claims_what_evidence_cannot():
    case = with_record(good_case(), rich_record())
    for document, format in (("model_card", "markdown"), ("audit_report", "html")):
        text = documents.render(edition(case), document=document, format=format).decode().lower()
        assert not re.search(r"\b(compliant|debiased|unbiased|guarantee)", text)


OTHERS = ("evaluation_summary", "responsible_ai_report", "handoff_package", "bias_audit_summary")


@pytest.mark.parametrize("document", OTHERS)
def test_every_other_document_prints_the_digest_and_says_what_is_missing(document):
    case = with_record(good_case(), everything_missing())
    page = documents.render(edition(case), document=document, format="html").decode()
    assert case.record.sha256 in page
    assert "not provided" in page or "No checklist" in page
    assert not re.search(r"\b(compliant|satisfies|unbiased)\b", page)


@pytest.mark.parametrize("document", OTHERS)
def test_every_other_document_is_a_pdf_with_the_record_inside(document):
    pikepdf = pytest.importorskip("pikepdf")
    one = edition()
    with pikepdf.open(io.BytesIO(documents.render(one, document=document, format="pdf"))) as made:
        assert made.attachments["record.json"].get_file().read_bytes() == canonical.dumps(one.record)
        assert document != "evaluation_summary" or len(made.pages) <= 2


def test_the_summary_draws_how_far_each_measured_requirement_is_from_its_limit():
    page = documents.render(edition(), document="evaluation_summary", format="html").decode()
    assert re.search(r"numbers with a limit: \d+ passed, \d+ failed, \d+ neither", page)
    assert ">outside<" in page


def test_the_responsible_ai_report_counts_the_items_of_its_checklists_with_their_parts():
    from cardwright.dossier.contents import coverage_of

    coverage = coverage_of(good_record())
    page = documents.render(edition(coverage=coverage), document="responsible_ai_report", format="html").decode()
    first = coverage[0]
    assert f"{len(first.items)} items: {first.counts['evidence']} with evidence" in page
    assert all(item.requirement.split(",")[0] in page for item in first.items)


def test_the_audit_report_says_what_changed_since_the_previous_record():
    from cardwright.record.comparison import Side, compare

    old, new = good_case().record, with_gap(FAILED).record
    found = compare(Side(record=old), Side(record=new))
    page = documents.render(edition(comparison=found), document="audit_report", format="html").decode()
    body = page.split('id="changes"')[1].split('id="evaluations"')[0]
    assert "demographic parity difference" in body
    assert "Nothing is tested here" in body
    alone = documents.render(edition(), document="audit_report", format="html").decode()
    assert "names no previous record" in alone


def test_more_findings_than_a_table_shows_leave_no_link_to_nowhere():
    """The engine warns of a link without a target, and a warning stops the PDF."""
    from cardwright.record.evaluation import count_severities

    record = rich_record()
    findings = tuple(Finding(severity="low", key=f"k{i}", explanation=f"Number {i} to look at.") for i in range(205))
    first = record.evaluations[0].model_copy(update={"findings": findings, "severities": count_severities(findings)})
    record = Record.model_validate(
        record.model_copy(update={"evaluations": (first, record.evaluations[1])}).model_dump()
    )
    data = documents.render(edition(with_record(good_case(), record)), document="audit_report", format="pdf")
    assert data.startswith(b"%PDF")


def test_a_report_names_the_requirements_that_are_judged_without_their_interval():
    made = edition(with_record(good_case(), rich_record()))
    limit = Limit(operator="at_most", value=0.1, on="value")
    first, *rest = made.verdict.outcomes
    verdict = made.verdict.model_copy(update={"outcomes": (first.model_copy(update={"limit": limit}), *rest)})
    text = documents.render(replace(made, verdict=verdict), document="audit_report", format="html").decode()
    assert f"Judged on the number itself, without its interval: {first.label}." in text


# --------------------------------------------------------------------------------- sentences that claim no more than is so


def _page(record: Record, document: str) -> str:
    return documents.render(edition(with_record(good_case(), record)), document=document, format="html").decode()


def _with_first(**changes) -> Record:
    record = good_record()
    first = record.evaluations[0].model_copy(update=changes)
    return Record.model_validate(
        record.model_copy(update={"evaluations": (first, *record.evaluations[1:])}).model_dump()
    )


def test_the_worst_group_is_named_however_few_its_cases_and_the_report_says_so():
    first = good_record().evaluations[0]
    rates = [m for m in first.measurements if m.metric == "true_positive_rate"]
    few = rates[0].model_copy(
        update={
            "value": 1 / 3,
            "numerator": 1.0,
            "denominator": 3.0,
            "interval": Interval(level=0.95, lower=0.06, upper=0.79, method="wilson"),
        }
    )
    page = _page(_with_first(measurements=(few, *first.measurements[1:])), "audit_report")
    table = page.split('id="groups"')[1].split('id="findings"')[0]
    assert f"race = {few.slice['race']}" in table
    assert re.search(r'<td class="n">3</td>', table)
    assert "with few cases extremes arise by chance" in table
    assert "enough cases" not in table


def test_a_file_that_is_a_component_too_is_counted_once():
    record = good_record()
    one = record.subject.files[0]
    part = Component(role="prompt", name="p", sha256=one.sha256)
    other = Component(role="tools", name="t", sha256="e" * 64)
    page = _page(
        record.model_copy(update={"subject": record.subject.model_copy(update={"components": (part, other)})}),
        "audit_report",
    )
    assert len(record.subject.files) == 1
    assert "2 files, hashed" in page


def test_the_summary_says_how_many_rows_each_input_has_and_lends_them_to_no_other():
    first = good_record().evaluations[0]
    more = first.inputs[0].model_copy(update={"need": "baseline", "name": "older", "rows": 77})
    page = _page(_with_first(inputs=(*first.inputs, more)), "evaluation_summary")
    assert "test, 1,000 rows; older, 77 rows" in page


@pytest.mark.parametrize("document", ["evaluation_summary", "responsible_ai_report"])
def test_findings_that_read_alike_are_told_apart_by_where_they_are(document):
    findings = tuple(
        Finding(severity="high", key=f"few_{where}", explanation="Only 12 were scored.", where=where)
        for where in ("secret_leak", "tool_misuse")
    )
    page = _page(_with_first(findings=findings, severities=count_severities(findings)), document)
    assert "(secret_leak)" in page
    assert "(tool_misuse)" in page


def test_the_handoff_package_gives_alarm_limits_that_are_wider_than_the_interval():
    accuracy = Measured(
        metric="accuracy",
        value=0.9,
        unit="proportion",
        direction="higher_is_better",
        interval=Interval(level=0.95, lower=0.88, upper=0.92, method="wilson"),
        numerator=900.0,
        denominator=1000.0,
    )
    record = _with_first(evaluator="performance", measurements=(accuracy,))
    planned = tuple(
        p.model_copy(update={"evaluator": "performance"}) if p.id == record.evaluations[0].id else p
        for p in record.planned
    )
    page = _page(record.model_copy(update={"planned": planned}), "handoff_package")
    part = page.split('id="monitoring"')[1].split('id="rollout"')[0]
    assert "about 5\u00a0% of measurements" in part
    assert "up to 17\u00a0% of them lie outside it" in part
    assert "0.872" in part
    assert "0.928" in part


# --------------------------------------------------------------------------------- one truth about the decision


def with_open_risk(edition_):
    entry = {
        "risk": "a gap that nobody accepted",
        "evaluated": "e",
        "threshold": "t",
        "mitigation": "m",
        "residual": "r",
    }
    risk = Answer(
        entries=({**entry, "decision": "not accepted", "accepted_by": "nobody"},), stated_by="A", stated_on="2026-11-20"
    )
    answers = {**edition_.record.details.answers, "risks": risk}
    return replace(edition_, record=edition_.record.model_copy(update={"details": Details(answers=answers)}))


DECIDING = [
    (name, format)
    for name, document in documents.DOCUMENTS.items()
    for format in document.templates
    if format != "pdf" and name in ("audit_report", "model_card", *OTHERS)
]
"""Documents that say the decision; a dataset card may be of a model's data, about which nothing is decided."""


@pytest.mark.parametrize(("document", "format"), DECIDING)
def test_allowed_never_stands_alone_over_a_risk_that_nobody_accepted(document, format):
    text = documents.render(with_open_risk(edition(good_case())), document=document, format=format).decode()
    told = [text[m.start() - 120 : m.end() + 120] for m in re.finditer("ALLOWED", text)]
    assert told
    assert all("1 risk not accepted" in beside for beside in told)


@pytest.mark.parametrize("case", [good_case(), with_gap(FAILED)], ids=["allowed", "refused"])
def test_no_two_documents_of_an_edition_disagree_on_decision_counts_and_open_risks(case):
    one = with_open_risk(edition(case))
    counts = ", ".join(f"{n} {status.replace('_', ' ')}" for status, n in one.verdict.counts.items())
    for document, format in DECIDING:
        text = documents.render(one, document=document, format=format).decode()
        assert one.verdict.headline.split(":")[0].split(" on ")[0] in text
        assert counts in text
        assert "1 risk not accepted" in text
        assert "risks not accepted" not in text


NAMES = ("Ines Prado", "Olaf Berg", "Uma Nair")
"""Who signs in the cases below: names that nothing else in a document holds."""


@st.composite
def editions(draw):
    """An edition in any state, refused or allowed, with a waiver or without, and with any decisions of three people."""
    case = good_case()
    kind = draw(st.sampled_from(["allowed", "refused", "waived"]))
    if kind != "allowed":
        case = with_gap(FAILED)
    if kind == "waived":
        case = replace(case, claims=(*waiver(case.record, P.sha256, "gap", "failed", bound=0.4), *case.claims))
    one = edition(case)
    decisions = draw(st.lists(st.sampled_from(["approve", "request_changes", "reject"]), max_size=3))
    signed = tuple(
        SignOff(
            id=str(n) * 64, person=name, key=f"{n}a" * 32, role="risk", at=f"2026-11-2{n}T00:00:00Z",
            decision=decision, meaning="review", manifest_sha256="7" * 64,
        )
        for n, (name, decision) in enumerate(zip(NAMES, decisions, strict=False), 1)
    )  # fmt: skip
    state = draw(st.sampled_from(get_args(State)))
    manifest = "7" * 64 if state not in ("draft", "in review") else None
    return replace(one, state=state, claims=(*case.claims, *signed), manifest_sha256=manifest)


def seen(data: bytes) -> str:
    """What a reader sees of HTML or Markdown: without tags, escapes and backslashes."""
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", data.decode(), flags=re.S)
    return re.sub(r"\s+", " ", unescape(text).replace("\\", ""))


@settings(max_examples=8, deadline=None)
@given(editions())
def test_no_two_documents_of_an_edition_disagree_on_state_decision_counts_signers_and_waivers(one):
    counts = ", ".join(f"{n} {status.replace('_', ' ')}" for status, n in one.verdict.counts.items())
    signers = {claim.person for claim in one.claims if claim.person in NAMES}
    waivers = [o.waived for o in one.verdict.outcomes if o.waived is not None]
    others = [state for state in get_args(State) if state != one.state]
    for document, format in DECIDING:
        data = documents.render(one, document=document, format=format)
        text, at = seen(data), (document, format)
        assert counts in text, at
        assert ("REFUSED" in text, "ALLOWED" in text) == (not one.verdict.allowed, one.verdict.allowed), at
        if format == "html":
            assert f'<header class="band">{one.state.upper()}</header>' in data.decode(), at
        assert [state for state in others if f"edition: {state}" in text or f"Edition {state}" in text] == [], at
        told = {name for name in NAMES if name in text}
        assert told in (set(), signers), at
        assert not (signers and re.search(r"[Nn]obody has signed", text)), at
        assert all(w.expires in text for w in waivers) or not waivers, at
        assert not (waivers and "nothing is waived" in text.lower()), at
        assert not (waivers and "No waiver is in force" in text), at


def test_what_nobody_answered_in_a_checklist_is_quoted_and_not_stated():
    from cardwright.dossier.contents import coverage_of

    coverage = coverage_of(good_record())
    page = documents.render(edition(coverage=coverage), document="audit_report", format="html").decode()
    part = page.split('id="checklists"')[-1].split("<h2")[0]
    missing = [item for one in coverage for item in one.items if item.answered == "missing"]
    assert missing
    assert all(f"“{escape(item.requirement)}”" in part for item in missing)
    assert "blocks only where a requirement asks for it" in part


def test_what_stands_in_the_way_has_to_be_met_or_waived_in_the_same_words_everywhere():
    page = documents.render(edition(with_gap(FAILED)), document="audit_report", format="html").decode()
    assert "each requirement in the way has to be met or, where the policy allows it, waived" in page
    assert "Can be waived:" in page
